// The printed code as a picture: QR model 2, level M, a byte segment for the address and a numeric one for the digits.
import qrcode from 'qrcode';
import { LicenseError } from './errors.ts';

/** Light modules round the symbol (ISO/IEC 18004 §6.3.8). */
export const QUIET_ZONE = 4;
/** Points a printer dot: 300 dpi. */
export const POINTS_PER_DOT = 72 / 300;
/** Modules a side up to which a symbol is drawn with five dots a module (version 14: 34 mm); larger ones take four. */
const LARGEST_WITH_FIVE_DOTS = 73;

/** Points a module: whole printer dots, so that no module comes out wider than its neighbour. */
export function modulePoints(size: number): number {
  return (size <= LARGEST_WITH_FIVE_DOTS ? 5 : 4) * POINTS_PER_DOT;
}

/** A drawn symbol: `size` × `size` modules, 1 is dark. */
export interface CodeMatrix {
  readonly size: number;
  readonly modules: Uint8Array;
}

/** What the code says, in its two segments. */
export interface CodeText {
  /** `https://host/v#` */
  readonly prefix: string;
  readonly digits: string;
}

/** @throws LicenseError `code-too-long` where no symbol version holds the text. */
export function codeMatrix(text: CodeText): CodeMatrix {
  try {
    const symbol = qrcode.create(
      [
        { data: new TextEncoder().encode(text.prefix), mode: 'byte' },
        { data: text.digits, mode: 'numeric' },
      ],
      { errorCorrectionLevel: 'M' },
    );
    return { size: symbol.modules.size, modules: Uint8Array.from(symbol.modules.data) };
  } catch (cause) {
    throw new LicenseError('code-too-long', 'The text does not fit into a code.', { cause });
  }
}

/** Horizontal runs of dark modules: what one path fills. */
export function darkRuns(
  matrix: CodeMatrix,
): readonly { readonly x: number; readonly y: number; readonly length: number }[] {
  const runs: { x: number; y: number; length: number }[] = [];
  for (let y = 0; y < matrix.size; y++) {
    let length = 0;
    for (let x = 0; x <= matrix.size; x++) {
      const dark = x < matrix.size && matrix.modules[y * matrix.size + x] === 1;
      if (dark) length++;
      else if (length > 0) {
        runs.push({ x: x - length, y, length });
        length = 0;
      }
    }
  }
  return runs;
}

/** A picture for screens: one path, quiet zone included, sharp at any size. */
export function codeSvg(matrix: CodeMatrix): string {
  const side = matrix.size + 2 * QUIET_ZONE;
  const path = darkRuns(matrix)
    .map(({ x, y, length }) => `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h${length}v1h-${length}z`)
    .join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">` +
    `<rect width="${side}" height="${side}" fill="#fff"/><path d="${path}"/></svg>`
  );
}

/** A greyscale picture, `scale` pixels a module, quiet zone included. */
export function codePixels(
  matrix: CodeMatrix,
  scale: number,
): { readonly side: number; readonly grey: Uint8Array } {
  const side = (matrix.size + 2 * QUIET_ZONE) * scale;
  const grey = new Uint8Array(side * side).fill(255);
  for (const { x, y, length } of darkRuns(matrix)) {
    for (let row = 0; row < scale; row++) {
      const start = ((y + QUIET_ZONE) * scale + row) * side + (x + QUIET_ZONE) * scale;
      grey.fill(0, start, start + length * scale);
    }
  }
  return { side, grey };
}
