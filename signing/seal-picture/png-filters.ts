// The five filters of a PNG scan line (ISO/IEC 15948, clause 9), undone.

/**
 * @param filter 0 to 4
 * @param dotBytes bytes of one dot, at least 1
 * @returns the line's samples, in a new array
 */
export function unfiltered(
  filter: number,
  line: Uint8Array,
  above: Uint8Array,
  dotBytes: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(line.length);
  for (let i = 0; i < line.length; i++) {
    const left = i >= dotBytes ? (out[i - dotBytes] ?? 0) : 0;
    const up = above[i] ?? 0;
    const upLeft = i >= dotBytes ? (above[i - dotBytes] ?? 0) : 0;
    out[i] = (line[i] ?? 0) + predicted(filter, left, up, upLeft);
  }
  return out;
}

function predicted(filter: number, left: number, up: number, upLeft: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4: {
      const estimate = left + up - upLeft;
      const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - upLeft)];
      if (a <= b && a <= c) return left;
      return b <= c ? up : upLeft;
    }
    default:
      return 0;
  }
}
