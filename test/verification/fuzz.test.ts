// Mutated inputs of every kind: always a report, never an exception, never a hang, never a pass that was not earned.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scale } from '../scale.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { makePki } from './pki.ts';
import { cmsIn, latin1, signPdf, textOf } from './signed-pdf.ts';

const pki = makePki();
const good = signPdf(pki, signPdf(pki));
/** The padding of /Contents takes most of the file; the interesting bytes lie outside it. */
const interesting = Array.from(good.keys()).filter((at) => good[at] !== 0x30 || good[at - 1] !== 0x30);

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), with: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 400 }) }),
  fc.record({
    kind: fc.constant('number' as const),
    at: fc.nat(),
    value: fc.constantFrom('0', '-1', '99999999999', '1 0 R', 'null', '[', '<<', '>>'),
  }),
  fc.record({ kind: fc.constant('truncate' as const), at: fc.nat() }),
);

/** What the last signature covers: everything but its own /Contents, where unsigned attributes may be lost or changed. */
function withoutContents(pdf: Uint8Array): string {
  const text = textOf(pdf).trimEnd();
  const at = text.lastIndexOf('/Contents <');
  return text.slice(0, at) + text.slice(text.indexOf('>', at));
}

type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(pdf: Uint8Array, change: Mutation): Uint8Array {
  const at = interesting[change.at % interesting.length] ?? 0;
  const text = textOf(pdf);
  switch (change.kind) {
    case 'flip': {
      const copy = pdf.slice();
      copy[at] = (copy[at] ?? 0) ^ change.with;
      return copy;
    }
    case 'cut':
      return latin1(text.slice(0, at) + text.slice(at + change.length));
    case 'repeat':
      return latin1(text.slice(0, at + change.length) + text.slice(at));
    case 'number': {
      const digits = /\d+/g;
      digits.lastIndex = at;
      const found = digits.exec(text);
      return found === null
        ? pdf
        : latin1(text.slice(0, found.index) + change.value + text.slice(found.index + found[0].length));
    }
    case 'truncate':
      return pdf.subarray(0, at);
  }
}

describe('verification under mutated input', () => {
  it('answers a report for every mutated PDF, and never passes one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (changes) => {
        const mutated = changes.reduce(mutate, good);
        if (Buffer.compare(mutated, good) === 0) return;
        const started = performance.now();
        const report = await verifyBytes(mutated, depsFor(pki));
        assert.ok(performance.now() - started < 5000, 'no hang');
        if (report.conclusion === 'TOTAL-PASSED')
          assert.equal(withoutContents(mutated), withoutContents(good), 'a changed file does not pass');
      }),
      { numRuns: scale(300) },
    );
  });

  it('answers a report for every mutated CMS inside a PDF', async () => {
    const cms = cmsIn(good);
    await fc.assert(
      fc.asyncProperty(fc.nat(cms.length - 1), fc.integer({ min: 1, max: 255 }), async (at, value) => {
        const pdf = signPdf(pki, undefined, {
          cms: (made) => made.map((byte, index) => (index === at % made.length ? byte ^ value : byte)),
        });
        const report = await verifyBytes(pdf, depsFor(pki));
        assert.equal(report.kind, 'pdf');
      }),
      { numRuns: scale(150) },
    );
  });

  it('answers a report for any bytes at all', async () => {
    const starts = [
      '',
      '%PDF-1.7\n',
      '0\x82',
      '-----BEGIN CERTIFICATE-----',
      '1',
      'https://a/v#1',
      'startxref 0 %%EOF',
    ].map(latin1);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        const report = await verifyBytes(Uint8Array.of(...start, ...rest), depsFor(pki));
        assert.notEqual(report.conclusion, 'TOTAL-PASSED');
      }),
      { numRuns: scale(600) },
    );
  });
});
