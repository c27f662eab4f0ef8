// Printed codes after a photocopier: two decoders that share nothing read them, noise, blur and a stain of 6 % notwithstanding.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEnvelope } from '../../formats/qr/license-code.ts';
import { codeMatrix, codePixels, modulePoints, POINTS_PER_DOT } from '../../licenses/code-picture.ts';
import { readCodes } from '../../licenses/code-reader.ts';
import { requireProgram } from '../programs.ts';
import { scale } from '../scale.ts';
import { enlarged, median, numbersOf, photocopied } from './photocopy.ts';
import { asPgm, asPixels, type GreyPicture } from './raster.ts';

const prefix = 'https://zz.tjhb.gov.cn/v#';
const copier = { blur: 1, noise: 30, specks: 0.002, stain: 0.06 } as const;

/** The symbol on white paper as a 300 dpi printer puts it there: whole dots a module. */
function sheet(text: string): { readonly picture: GreyPicture; readonly side: number; readonly at: number } {
  const matrix = codeMatrix({ prefix, digits: text });
  const dots = Math.round(modulePoints(matrix.size) / POINTS_PER_DOT);
  const symbol = codePixels(matrix, dots);
  const margin = 60;
  const width = symbol.side + 2 * margin;
  const grey = new Uint8Array(width * width).fill(255);
  for (let y = 0; y < symbol.side; y += 1)
    grey.set(symbol.grey.subarray(y * symbol.side, (y + 1) * symbol.side), (y + margin) * width + margin);
  return { picture: { width, height: width, grey }, side: symbol.side, at: margin };
}

/** An envelope's worth of bytes, the same for a seed: what a copy looks like must not change from run to run. */
function bytesOf(count: number, seed: number): Uint8Array {
  const next = numbersOf(seed * 7919);
  return Uint8Array.from({ length: count }, () => Math.floor(next() * 256));
}

/** What a scanning program tries in turn: the picture, other sizes of it, and without its specks. */
function* attempts(picture: GreyPicture): Generator<GreyPicture> {
  const calm = median(picture);
  for (const each of [picture, calm])
    for (const factor of [1, 1.5, 2, 0.7, 0.85, 1.25, 0.5])
      yield factor === 1 ? each : enlarged(each, factor);
}

describe('a photocopied license code', function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yinxin-photocopy-'));
  });
  after(() => rm(folder, { recursive: true }));

  // Envelopes of the design: a resident's, a typical one, one with a business scope.
  for (const bytes of [196, 244, 308])
    it(`of ${bytes} bytes is read by both decoders, with noise, blur and a stain of 6 %`, async function () {
      const zbarimg = requireProgram(this, 'zbarimg');
      const tries = Math.max(6, scale(12));
      const read = { zxing: 0, zbar: 0 };
      for (let seed = 1; seed <= tries; seed += 1) {
        const digits = encodeEnvelope(bytesOf(bytes, seed));
        const { picture, side, at } = sheet(digits);
        const copy = photocopied(picture, { x: at, y: at, side }, { ...copier, seed });
        const text = prefix + digits;
        for (const each of attempts(copy)) {
          const found = await readCodes(asPixels(each));
          // Whatever is read is what was printed: a damaged symbol never reads as another one.
          assert.deepEqual(found, found.length === 0 ? [] : [text]);
          read.zxing += found.length;
          if (found.length > 0) break;
        }
        for (const each of attempts(copy)) {
          const file = join(folder, 'copy.pgm');
          await writeFile(file, asPgm(each));
          const { status, stdout } = spawnSync(
            zbarimg,
            ['-q', '--raw', '-Sdisable', '-Sqrcode.enable', file],
            {
              encoding: 'utf8',
            },
          );
          if (status !== 0) continue;
          assert.equal(stdout.trim(), text);
          read.zbar += 1;
          break;
        }
      }
      assert.equal(read.zxing, tries);
      // A second look by eye is a new copy; a program of another make may miss one of twenty.
      assert.ok(read.zbar >= tries * 0.95, `zbar read ${read.zbar} of ${tries}`);
    });

  it('is given up, not misread, where a fifth of it is gone', async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const digits = encodeEnvelope(bytesOf(244, seed));
      const { picture, side, at } = sheet(digits);
      const copy = photocopied(picture, { x: at, y: at, side }, { ...copier, stain: 0.3, seed });
      for (const each of await readCodes(asPixels(copy))) assert.equal(each, prefix + digits);
    }
  });
});
