// The frame of an official page: two lines with woven waves between them, as one stroked path a strand.

/** A path operation in points, for the page's content stream. */
type Stroke = readonly (
  readonly [number, number, number, number, number, number] | readonly [number, number]
)[];

/** Strands of a frame and how thick each is drawn. */
export interface Frame {
  readonly lines: readonly { readonly inset: number; readonly thickness: number }[];
  readonly strands: readonly Stroke[];
  readonly strandThickness: number;
}

const POINTS_PER_MM = 72 / 25.4;
/** Control points at 0.3642 of a half wave give a Bézier curve within 0.1 % of a sine. */
const SINE = 0.3642;

function wave(
  from: readonly [number, number],
  to: readonly [number, number],
  halfWaves: number,
  amplitude: number,
  phase: 1 | -1,
): Stroke {
  const [dx, dy] = [(to[0] - from[0]) / halfWaves, (to[1] - from[1]) / halfWaves];
  const length = Math.hypot(dx, dy);
  const [nx, ny] = [-dy / length, dx / length];
  const path: (readonly [number, number, number, number, number, number] | readonly [number, number])[] = [
    [from[0], from[1]],
  ];
  for (let step = 0; step < halfWaves; step++) {
    const rise = (step % 2 === 0 ? phase : -phase) * amplitude * 1.27;
    const [x, y] = [from[0] + dx * step, from[1] + dy * step];
    const [ox, oy] = [nx * rise, ny * rise];
    path.push([
      x + dx * SINE + ox,
      y + dy * SINE + oy,
      x + dx * (1 - SINE) + ox,
      y + dy * (1 - SINE) + oy,
      x + dx,
      y + dy,
    ]);
  }
  return path;
}

/** The frame of a page of the given size in points. */
export function frameOf(style: 'woven' | 'double', width: number, height: number): Frame {
  const outer = 8 * POINTS_PER_MM;
  if (style === 'double') {
    return {
      lines: [
        { inset: outer, thickness: 2.2 },
        { inset: outer + 4.5, thickness: 0.6 },
      ],
      strands: [],
      strandThickness: 0,
    };
  }
  const band = 5 * POINTS_PER_MM;
  const middle = outer + band / 2;
  const corners: readonly (readonly [number, number])[] = [
    [middle, middle],
    [width - middle, middle],
    [width - middle, height - middle],
    [middle, height - middle],
  ];
  const strands: Stroke[] = [];
  corners.forEach((from, index) => {
    const to = corners[(index + 1) % corners.length] ?? from;
    // An even number of half waves, so that the strands meet in phase at the corners.
    const halfWaves = 2 * Math.round(Math.hypot(to[0] - from[0], to[1] - from[1]) / (2 * band));
    for (const amplitude of [0.36, 0.24, 0.12]) {
      for (const phase of [1, -1] as const) strands.push(wave(from, to, halfWaves, amplitude * band, phase));
    }
  });
  return {
    lines: [
      { inset: outer, thickness: 1.6 },
      { inset: outer + band, thickness: 0.9 },
      { inset: outer + band + 2.4, thickness: 0.4 },
    ],
    strands,
    strandThickness: 0.45,
  };
}
