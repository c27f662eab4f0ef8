// Photos as other people's programs write them: read, stripped, and refused where they are damaged or of another kind.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { PDFDocument, rgb } from 'pdf-lib';
import { FormatError } from '../../../formats/errors.ts';
import { readJpeg } from '../../../formats/picture/jpeg.ts';
import { encodePng, readPng } from '../../../formats/picture/png.ts';
import { requireProgram } from '../../programs.ts';

const refusal = (error: unknown): boolean =>
  error instanceof FormatError && error.code === 'picture-malformed';

/** An Exif segment (CIPA DC-008) with one tag: the orientation, and words behind it that must not survive. */
function exif(orientation: number): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write('MM', 0, 'latin1');
  tiff.writeUInt16BE(42, 2);
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(1, 8);
  tiff.writeUInt16BE(0x0112, 10);
  tiff.writeUInt16BE(3, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff, Buffer.from('GPS 39.1 117.2')]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

function segment(marker: number, body: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

function insertAfterStart(jpeg: Uint8Array, more: Buffer): Uint8Array {
  return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), more, jpeg.subarray(2)]));
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(named));
  return Buffer.concat([head, named, tail]);
}

describe('photos', function () {
  this.timeout(60_000);
  let folder: string;
  const files: Record<string, Uint8Array> = {};

  before(async function () {
    const pdftoppm = requireProgram(this, 'pdftoppm');
    folder = await mkdtemp(join(tmpdir(), 'yinxin-photo-'));
    const document = await PDFDocument.create();
    const page = document.addPage([120, 160]);
    for (let step = 0; step < 12; step++)
      page.drawRectangle({
        x: step * 10,
        y: step * 12,
        width: 30,
        height: 40,
        color: rgb(step / 12, 0.5, 1 - step / 12),
      });
    await writeFile(join(folder, 'page.pdf'), await document.save());
    for (const [name, options] of Object.entries({
      'baseline.jpg': ['-jpeg'],
      'progressive.jpg': ['-jpeg', '-jpegopt', 'progressive=y,quality=80'],
      'rgb.png': ['-png'],
    })) {
      const path = join(folder, name);
      execFileSync(pdftoppm, [
        ...options,
        '-r',
        '150',
        '-singlefile',
        join(folder, 'page.pdf'),
        path.replace(/\.\w+$/, ''),
      ]);
      files[name] = new Uint8Array(await readFile(path));
    }
  });
  after(() => rm(folder, { recursive: true }));

  const file = (name: string): Uint8Array => {
    const found = files[name];
    assert.ok(found);
    return found;
  };

  it('come in as JPEG, baseline and progressive', () => {
    for (const [name, components] of [
      ['baseline.jpg', 3],
      ['progressive.jpg', 3],
    ] as const) {
      const picture = readJpeg(file(name));
      assert.deepEqual([picture.width, picture.height, picture.components], [250, 334, components], name);
      assert.deepEqual(readJpeg(picture.file).file, picture.file, 'what is stripped stays as it is');
    }
  });

  it('come in as PNG, and as written here', () => {
    const { width, height, components, file: kept } = readPng(file('rgb.png'));
    assert.deepEqual([width, height, components], [250, 334, 3]);
    assert.deepEqual(readPng(kept).file, kept);
    const grey = readPng(encodePng({ width: 9, height: 4, components: 1 }, new Uint8Array(36).fill(7)));
    assert.deepEqual([grey.width, grey.height, grey.components], [9, 4, 1]);
    const samples = Uint8Array.from({ length: 5 * 7 * 3 }, (_, index) => index);
    assert.equal(readPng(encodePng({ width: 5, height: 7, components: 3 }, samples)).height, 7);
    assert.throws(() => encodePng({ width: 5, height: 7, components: 3 }, samples.subarray(1)), refusal);
  });

  it('lose every word that is not the picture', () => {
    const jpeg = file('baseline.jpg');
    const secret = Buffer.concat([
      exif(1),
      segment(0xfe, Buffer.from('comment GPS')),
      segment(0xed, Buffer.from('GPS')),
    ]);
    const { file: kept } = readJpeg(insertAfterStart(jpeg, secret));
    assert.ok(!Buffer.from(kept).includes('GPS') && !Buffer.from(kept).includes('Exif'));
    assert.deepEqual(kept, readJpeg(jpeg).file);
    const png = Buffer.from(file('rgb.png'));
    const at = 33;
    const withText = Buffer.concat([
      png.subarray(0, at),
      chunk('tEXt', Buffer.from('Comment\0GPS')),
      png.subarray(at),
    ]);
    assert.ok(!Buffer.from(readPng(new Uint8Array(withText)).file).includes('GPS'));
    assert.deepEqual(readPng(new Uint8Array(withText)).file, readPng(file('rgb.png')).file);
  });

  it('are the same picture afterwards, for a reader that shares nothing with this one', async function () {
    const pdfimages = requireProgram(this, 'pdfimages');
    for (const [name, read] of [
      ['baseline.jpg', readJpeg],
      ['rgb.png', readPng],
    ] as const) {
      const draw = async (bytes: Uint8Array): Promise<Buffer> => {
        const document = await PDFDocument.create();
        const picture = name.endsWith('jpg')
          ? await document.embedJpg(bytes)
          : await document.embedPng(bytes);
        document.addPage([250, 334]).drawImage(picture, { x: 0, y: 0, width: 250, height: 334 });
        const path = join(folder, `drawn-${name}.pdf`);
        await writeFile(path, await document.save());
        execFileSync(pdfimages, ['-png', path, join(folder, 'drawn')]);
        return readFile(join(folder, 'drawn-000.png'));
      };
      assert.ok((await draw(file(name))).equals(await draw(read(file(name)).file)), name);
    }
  });

  it('are refused when they would look otherwise without their metadata', () => {
    const jpeg = file('baseline.jpg');
    assert.throws(() => readJpeg(insertAfterStart(jpeg, exif(6))), /lies on its side/);
    const adobe = segment(0xee, Buffer.from('Adobe\0d\0\0\0\0\0', 'latin1'));
    assert.throws(() => readJpeg(insertAfterStart(jpeg, adobe)), /RGB/);
  });

  it('are refused when they are something else', () => {
    const jpeg = file('baseline.jpg');
    const png = Buffer.from(file('rgb.png'));
    const header = (change: (data: Buffer) => void): Uint8Array => {
      const data = Buffer.from(png.subarray(16, 29));
      change(data);
      return new Uint8Array(Buffer.concat([png.subarray(0, 8), chunk('IHDR', data), png.subarray(33)]));
    };
    const wrong: Readonly<Record<string, () => unknown>> = {
      nothing: () => readJpeg(new Uint8Array()),
      'a PNG as JPEG': () => readJpeg(file('rgb.png')),
      'a JPEG as PNG': () => readPng(jpeg),
      'a tail behind a JPEG': () => readJpeg(new Uint8Array([...jpeg, 0])),
      'a tail behind a PNG': () => readPng(new Uint8Array([...png, 0])),
      'a palette': () => readPng(header((data) => (data[9] = 3))),
      transparency: () => readPng(header((data) => (data[9] = 6))),
      interlaced: () => readPng(header((data) => (data[12] = 1))),
      'sixteen bits': () => readPng(header((data) => (data[8] = 16))),
      'larger than its rows': () => readPng(header((data) => data.writeUInt32BE(9999, 0))),
      'a bomb': () => readPng(header((data) => data.writeUInt32BE(0x7fffffff, 0))),
      'more pixels than a photo has': () =>
        readPng(encodePng({ width: 2200, height: 1900, components: 1 }, new Uint8Array(2200 * 1900))),
      'no size': () => readPng(header((data) => data.writeUInt32BE(0, 0))),
      'a transparent colour': () =>
        readPng(
          new Uint8Array(
            Buffer.concat([png.subarray(0, 33), chunk('tRNS', Buffer.alloc(6)), png.subarray(33)]),
          ),
        ),
      'an unknown part': () =>
        readPng(
          new Uint8Array(
            Buffer.concat([png.subarray(0, 33), chunk('ABCD', Buffer.alloc(1)), png.subarray(33)]),
          ),
        ),
    };
    for (const [name, read] of Object.entries(wrong)) assert.throws(read, refusal, name);
  });

  it('are never anything but read or refused, whatever is wrong with their bytes', () => {
    for (const [name, read] of [
      ['baseline.jpg', readJpeg],
      ['progressive.jpg', readJpeg],
      ['rgb.png', readPng],
    ] as const) {
      const whole = file(name);
      for (let length = 0; length < whole.length; length += 1 + Math.floor(length / 20))
        assert.throws(() => read(whole.subarray(0, length)), refusal, `${name} cut at ${length}`);
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
          (changes) => {
            const bytes = Uint8Array.from(whole);
            for (const [at, value] of changes) bytes[at] = value;
            try {
              read(bytes);
            } catch (error) {
              if (!refusal(error)) throw error;
            }
          },
        ),
        { numRuns: 300 },
      );
    }
  });
});
