// Damaged PDFs of every producer: a refusal in the closed union or a result, never another exception and never a hang.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { joinBytes } from '../../../formats/bytes.ts';
import { FormatError } from '../../../formats/errors.ts';
import { openPdf } from '../../../formats/pdf/document.ts';
import { walkPages } from '../../../formats/pdf/pages.ts';
import { latin1 } from '../../../formats/pdf/serialise.ts';
import { readSignatures } from '../../../formats/pdf/signatures.ts';
import { bytesSource } from '../../../formats/pdf/source.ts';
import { findWidgetPages } from '../../../formats/pdf/widget-pages.ts';
import { SigningError } from '../../../signing/errors.ts';
import { finishSignature } from '../../../signing/finish.ts';
import { prepareSignature } from '../../../signing/prepare.ts';
import { libraryDocument } from '../../interop/producers.ts';
import { scale } from '../../scale.ts';
import { handmade, handmadeUpdate, lastStartxref, onePage } from './handmade.ts';

const time = new Date('2026-11-22T05:06:07Z');

/** Everything a verifier and a signer read. */
async function use(bytes: Uint8Array): Promise<void> {
  const document = await openPdf(bytesSource(bytes));
  for (let revision = 0; revision < document.revisions.length; revision++) await document.entriesOf(revision);
  const signatures = await readSignatures(document);
  await findWidgetPages(
    document,
    signatures.flatMap(({ field }) => field.widgets),
  );
  for await (const page of walkPages(document)) assert.ok(page.cropBox.right > page.cropBox.left);
}

async function survives(bytes: Uint8Array): Promise<void> {
  const start = process.cpuUsage();
  for (const work of [
    () => use(bytes),
    () => prepareSignature(bytesSource(bytes), { time, contentsCapacity: 10 }),
  ]) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof SigningError)) throw error;
    }
  }
  assert.ok(process.cpuUsage(start).user < 1_000_000, 'more than a second for one damaged file');
}

const digits = /\d+/g;
const words = [
  '/Prev 9',
  '/Kids',
  '<<',
  '>>',
  '[',
  ']',
  '(',
  '<',
  '%',
  ' R',
  'obj',
  'null',
  '/Length',
  '-1',
  '1e9',
  '/Count 99999999',
];

type Mutation = (bytes: Uint8Array) => Uint8Array;
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(255)).map(([at, value]): Mutation => (bytes) => {
    const copy = bytes.slice();
    copy[at % copy.length] = value;
    return copy;
  }),
  fc.tuple(fc.nat(), fc.nat(200)).map(([at, length]): Mutation => (bytes) => {
    const from = at % bytes.length;
    return joinBytes([bytes.subarray(0, from), bytes.subarray(from + length)]);
  }),
  fc.tuple(fc.nat(), fc.constantFrom(...words)).map(([at, word]): Mutation => (bytes) => {
    const from = at % bytes.length;
    return joinBytes([bytes.subarray(0, from), latin1(word), bytes.subarray(from)]);
  }),
  // A number of the file becomes another number of the file: the way references and offsets go astray.
  fc.tuple(fc.nat(), fc.nat()).map(([from, to]): Mutation => (bytes) => {
    const text = Buffer.from(bytes).toString('latin1');
    const numbers = [...text.matchAll(digits)];
    const [old, other] = [numbers[from % numbers.length], numbers[to % numbers.length]];
    if (old === undefined || other === undefined) return bytes;
    return latin1(text.slice(0, old.index) + other[0] + text.slice(old.index + old[0].length));
  }),
  fc.nat().map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, at % bytes.length),
  ),
);

describe('damaged PDFs', () => {
  it('are refused or read, in time', async function () {
    this.timeout(120_000);
    const signedOriginal = handmade(onePage);
    const prepared = await prepareSignature(bytesSource(signedOriginal), {
      time,
      contentsCapacity: 50,
      docMdp: 2,
    });
    const signed = joinBytes([signedOriginal, finishSignature(prepared, Uint8Array.of(0x30, 0))]);
    const seeds = [
      await libraryDocument(false),
      await libraryDocument(true),
      signed,
      handmadeUpdate(signed, { 9: '(later)' }, lastStartxref(signed)),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (seed, mutations) =>
          survives(mutations.reduce((bytes, mutate) => (bytes.length === 0 ? bytes : mutate(bytes)), seed)),
      ),
      { numRuns: scale(2_000) },
    );
  });

  it('made of nothing but noise behind a header are refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (noise) =>
        survives(joinBytes([latin1('%PDF-1.7\n'), noise, latin1('\nstartxref\n9\n%%EOF')])),
      ),
      { numRuns: scale(300) },
    );
  });
});
