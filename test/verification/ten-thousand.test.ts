// Mutants of PDFs, CMS, seals, uses of seals and license codes: each is answered, quickly, and none passes that should not. A few here; ten thousand of each by `npm run test:scale`.
import assert from 'node:assert/strict';
import { bytesSource } from '../../formats/pdf/source.ts';
import { verifyCode } from '../../verification/code.ts';
import type { Report } from '../../verification/report.ts';
import { scale } from '../scale.ts';
import { codeDeps, goodClaims, makeCode, makeCodeWorld, makeStatusToken } from './code-world.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { addDocumentTimeStamp, addStore, fullData } from './long-term-pdf.ts';
import { makePki, now, sha256 } from './pki.ts';
import { makeSeal, makeSealWorld, sealDeps, useSeal } from './seal-world.ts';
import { latin1, makeCms, signPdf, textOf } from './signed-pdf.ts';

const count = scale(50);
const permitted = 1000;

/** Numbers that repeat from run to run: xorshift over 32 bits. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

type Random = ReturnType<typeof randomFrom>;

/** One to four changes: octets flipped, lost, doubled, moved, set to what lengths and tags are made of, or the end cut off. */
function mutant(good: Uint8Array, random: Random): Uint8Array {
  let bytes = good;
  for (let left = 1 + random(4); left > 0; left -= 1) {
    const at = random(bytes.length);
    const length = 1 + random(Math.min(200, bytes.length - at));
    const [before, piece, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, at + length),
      bytes.subarray(at + length),
    ];
    const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
    switch (random(7)) {
      case 0:
        bytes = join(before, after);
        break;
      case 1:
        bytes = join(before, piece, piece, after);
        break;
      case 2:
        bytes = join(before, piece.toReversed(), after);
        break;
      case 3:
        bytes = join(
          before,
          Uint8Array.of([0, 0x80, 0xff, 0x30, 0x82, 0x84][random(6)] ?? 0),
          bytes.subarray(at + 1),
        );
        break;
      case 4:
        if (random(4) === 0) bytes = before.length > 0 ? before : bytes;
        break;
      default:
        bytes = join(before, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random(8))), bytes.subarray(at + 1));
    }
    if (bytes.length === 0) return Uint8Array.of(random(256));
  }
  return bytes;
}

async function answered(judge: () => Promise<Report>, what: string): Promise<Report> {
  let started = performance.now();
  let report = await judge();
  let took = performance.now() - started;
  if (took > permitted) {
    // What else the machine did is no fault of the input.
    started = performance.now();
    report = await judge();
    took = performance.now() - started;
  }
  assert.ok(took <= permitted, `${what}: ${took.toFixed(0)} ms`);
  JSON.stringify(report);
  return report;
}

describe(`mutants, ${count} of each kind`, function () {
  this.timeout(0);
  const pki = makePki();
  const world = makeSealWorld();
  const content = latin1('Signed beside.');
  const beside = { content: { kind: 'bytes', source: bytesSource(content) } } as const;
  const long = addDocumentTimeStamp(pki, addStore(signPdf(pki, signPdf(pki)), fullData(pki)));
  /** The padding of /Contents takes most of a file and is told by its own row: mutants shall fall elsewhere, too. */
  const short = latin1(textOf(long).replace(/(0000){200,}/g, '0'.repeat(800)));

  const kinds: Readonly<
    Record<string, readonly [good: Uint8Array, judge: (bytes: Uint8Array) => Promise<Report>]>
  > = {
    'PDF of level B-LTA': [long, (bytes) => verifyBytes(bytes, depsFor(pki))],
    'PDF whose offsets are wrong': [short, (bytes) => verifyBytes(bytes, depsFor(pki))],
    'CMS with its time-stamp': [
      makeCms(pki, sha256(content)),
      (bytes) => verifyBytes(bytes, depsFor(pki, beside)),
    ],
    'seal of version 1': [makeSeal(world, 1), (bytes) => verifyBytes(bytes, sealDeps(world))],
    'seal of version 4': [makeSeal(world, 4), (bytes) => verifyBytes(bytes, sealDeps(world))],
    'use of a seal, version 5': [useSeal(world, 5), (bytes) => verifyBytes(bytes, sealDeps(world))],
    certificate: [
      pki.signer.certificate,
      (bytes) => verifyBytes(bytes, depsFor(pki, { certificates: [pki.sealCa.certificate] })),
    ],
    'revocation list': [
      pki.crls[1] ?? content,
      (bytes) => {
        const [root = content, , tsa = content] = pki.crls;
        return verifyBytes(
          signPdf(pki, undefined, { token: null }),
          depsFor(pki, { crls: [root, bytes, tsa] }),
        );
      },
    ],
  };

  for (const [seed, [name, [good, judge]]] of Object.entries(kinds).entries())
    it(name, async () => {
      const random = randomFrom(4711 + seed);
      for (let at = 0; at < count; at += 1) {
        const bytes = mutant(good, random);
        const report = await answered(() => judge(bytes), `${name} ${at}`);
        // Spaces at the end of a PDF, and what nobody signed of a CMS, change nothing that counts: those have tests of their own.
        if (/^(seal|use|certificate)/.test(name) && Buffer.compare(bytes, good) !== 0)
          assert.notEqual(report.conclusion, 'TOTAL-PASSED', `${name} ${at}`);
      }
    });

  it('license code', async () => {
    const codes = makeCodeWorld();
    const code = makeCode(codes.codeSigner, goodClaims());
    const dependencies = codeDeps(codes, await makeStatusToken(codes.statusSigner, { issuedAt: now }));
    const digits = (text: string): string => text.slice(text.indexOf('#') + 1).trim();
    const random = randomFrom(815);
    for (let at = 0; at < count; at += 1) {
      const place = random(code.length);
      const changed =
        random(3) === 0
          ? textOf(mutant(latin1(code), random))
          : code.slice(0, place) + String(random(10)) + code.slice(place + 1 + random(2) * 17);
      const report = await answered(() => verifyCode(changed, dependencies), changed);
      if (digits(changed) !== digits(code)) assert.notEqual(report.conclusion, 'TOTAL-PASSED', changed);
    }
  });
});
