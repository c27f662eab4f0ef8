// License codes: what is good passes, every deviation gets its reason, and nothing unknown is a yes.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { build } from 'esbuild';
import type { LicenseClaims } from '../../formats/cose/cwt.ts';
import { decodeLicenseCode, encodeEnvelope } from '../../formats/qr/license-code.ts';
import { verifyCode } from '../../verification/code.ts';
import type { CodeDependencies } from '../../verification/code.ts';
import type { Conclusion, SubIndication } from '../../verification/report.ts';
import { webSignatureVerifier } from '../../verification/signature-verifier-web.ts';
import type { TrustedService, TrustList } from '../../verification/trust-list.ts';
import { scale } from '../scale.ts';
import {
  codeDeps,
  goodClaims,
  makeCode,
  makeCodeWorld,
  makeEnvelope,
  makeStatusToken,
  prefix,
} from './code-world.ts';
import { daysFromNow, makeParty } from './pki.ts';

const world = makeCodeWorld();
const good = makeCode(world.codeSigner, goodClaims());

type Case = readonly [
  name: string,
  run: () => Promise<{
    readonly code?: string;
    readonly token?: string | null;
    readonly deps?: Partial<CodeDependencies>;
  }>,
  conclusion: Conclusion,
  subIndication: SubIndication | null,
];

function claims(changes: Partial<LicenseClaims>): string {
  return makeCode(world.codeSigner, { ...goodClaims(), ...changes });
}

function withService(change: (service: TrustedService) => TrustedService): TrustList {
  return {
    ...world.list,
    entities: world.list.entities.map((entity) => ({ ...entity, services: entity.services.map(change) })),
  };
}

/** The good code with another signature of the same length. */
function withSignature(change: (octet: number, at: number) => number): string {
  const { envelope } = decodeLicenseCode(good);
  const start = envelope.length - 64;
  return (
    prefix + encodeEnvelope(envelope.map((octet, at) => (at < start ? octet : change(octet, at - start))))
  );
}

const of = <T>(value: T): Promise<T> => Promise.resolve(value);

const cases: readonly Case[] = [
  ['untouched', () => of({}), 'TOTAL-PASSED', null],
  ['digits alone', () => of({ code: good.slice(prefix.length) }), 'TOTAL-PASSED', null],
  ['another host', () => of({ code: good.replace('verify.test', 'evil.test') }), 'TOTAL-PASSED', null],
  ['not a code', () => of({ code: 'hello' }), 'TOTAL-FAILED', 'FORMAT_FAILURE'],
  ['cut short', () => of({ code: good.slice(0, -17) }), 'TOTAL-FAILED', 'FORMAT_FAILURE'],
  [
    'signed by another key',
    () => of({ code: makeCode(world.codeSigner, goodClaims(), world.statusSigner) }),
    'TOTAL-FAILED',
    'SIG_CRYPTO_FAILURE',
  ],
  ['a signature of zeros', () => of({ code: withSignature(() => 0) }), 'TOTAL-FAILED', 'SIG_CRYPTO_FAILURE'],
  [
    'a signature whose r is zero',
    () => of({ code: withSignature((octet, at) => (at < 32 ? 0 : octet)) }),
    'TOTAL-FAILED',
    'SIG_CRYPTO_FAILURE',
  ],
  [
    'a key nobody lists',
    () => of({ code: makeCode(makeParty({ commonName: 'Stranger', issuer: null }), goodClaims()) }),
    'INDETERMINATE',
    'NO_SIGNING_CERTIFICATE_FOUND',
  ],
  [
    'a key listed for something else',
    () => of({ code: makeCode(world.statusSigner, goodClaims()) }),
    'INDETERMINATE',
    'NO_SIGNING_CERTIFICATE_FOUND',
  ],
  ['expired', () => of({ code: claims({ expires: daysFromNow(-1) }) }), 'TOTAL-FAILED', 'EXPIRED'],
  ['without end', () => of({ code: claims({ expires: null }) }), 'TOTAL-PASSED', null],
  [
    'from the future',
    () => of({ code: claims({ issuedAt: daysFromNow(2) }) }),
    'TOTAL-FAILED',
    'NOT_YET_VALID',
  ],
  [
    'issued before the key was recognised',
    () => of({ code: claims({ issuedAt: daysFromNow(-25) }) }),
    'INDETERMINATE',
    'CHAIN_CONSTRAINTS_FAILURE',
  ],
  [
    'key withdrawn later',
    () =>
      of({
        deps: {
          trustList: withService((s) =>
            s.type === 'license-code'
              ? { ...s, state: { status: 'withdrawn', since: daysFromNow(-1) }, history: [s.state] }
              : s,
          ),
        },
      }),
    'TOTAL-PASSED',
    null,
  ],
  [
    'key withdrawn before',
    () =>
      of({
        deps: {
          trustList: withService((s) =>
            s.type === 'license-code'
              ? { ...s, state: { status: 'withdrawn', since: daysFromNow(-15) }, history: [s.state] }
              : s,
          ),
        },
      }),
    'INDETERMINATE',
    'CHAIN_CONSTRAINTS_FAILURE',
  ],
  [
    'key not for this type',
    () => of({ deps: { trustList: withService((s) => ({ ...s, licenseTypes: ['other'] })) } }),
    'INDETERMINATE',
    'CHAIN_CONSTRAINTS_FAILURE',
  ],
  [
    'authority not listed',
    () => of({ code: claims({ issuer: '91120105MA0000015K' }) }),
    'INDETERMINATE',
    'CHAIN_CONSTRAINTS_FAILURE',
  ],
  [
    'type not listed',
    () => of({ deps: { trustList: { ...world.list, licenseTypes: [] } } }),
    'INDETERMINATE',
    'CHAIN_CONSTRAINTS_FAILURE',
  ],
  [
    'no trust list',
    () => of({ deps: { trustList: null, trustListProblem: 'unavailable' } }),
    'INDETERMINATE',
    'NO_CERTIFICATE_CHAIN_FOUND',
  ],
  [
    'trust list out of date',
    () => of({ deps: { trustList: { ...world.list, nextUpdate: daysFromNow(-0.5) } } }),
    'INDETERMINATE',
    'TRY_LATER',
  ],
  ['status unavailable', () => of({ token: null }), 'INDETERMINATE', 'TRY_LATER'],
  [
    'no status source',
    () => of({ deps: { statusLists: { statusList: () => of(null) } } }),
    'INDETERMINATE',
    'TRY_LATER',
  ],
  ['status not published', () => of({ code: claims({ status: null }) }), 'INDETERMINATE', 'TRY_LATER'],
  ['status token damaged', () => of({ token: 'a.b.c' }), 'INDETERMINATE', 'TRY_LATER'],
  [
    'status signed by another key',
    async () => ({ token: await makeStatusToken(world.codeSigner) }),
    'INDETERMINATE',
    'TRY_LATER',
  ],
  [
    'status of another list',
    async () => ({ token: await makeStatusToken(world.statusSigner, { list: 4 }) }),
    'INDETERMINATE',
    'TRY_LATER',
  ],
  [
    'status out of date',
    async () => ({
      token: await makeStatusToken(world.statusSigner, {
        issuedAt: daysFromNow(-3),
        expires: daysFromNow(-2),
      }),
    }),
    'INDETERMINATE',
    'TRY_LATER',
  ],
  [
    'status without end, too old',
    async () => ({
      token: await makeStatusToken(world.statusSigner, { issuedAt: daysFromNow(-9), expires: null }),
    }),
    'INDETERMINATE',
    'TRY_LATER',
  ],
  [
    'status from the future',
    async () => ({
      token: await makeStatusToken(world.statusSigner, { issuedAt: daysFromNow(1), expires: daysFromNow(2) }),
    }),
    'INDETERMINATE',
    'TRY_LATER',
  ],
  [
    'out of force',
    async () => ({ token: await makeStatusToken(world.statusSigner, { value: 1 }) }),
    'TOTAL-FAILED',
    'REVOKED',
  ],
  [
    'suspended',
    async () => ({ token: await makeStatusToken(world.statusSigner, { value: 2 }) }),
    'TOTAL-FAILED',
    'REVOKED',
  ],
  [
    'superseded',
    async () => ({ token: await makeStatusToken(world.statusSigner, { value: 3 }) }),
    'TOTAL-FAILED',
    'REVOKED',
  ],
  [
    'a status nobody knows',
    async () => ({ token: await makeStatusToken(world.statusSigner, { value: 9 }) }),
    'TOTAL-FAILED',
    'REVOKED',
  ],
  [
    'inspection overdue',
    async () => ({ token: await makeStatusToken(world.statusSigner, { value: 13 }) }),
    'TOTAL-PASSED',
    null,
  ],
];

describe('a license code', () => {
  for (const [name, run, conclusion, subIndication] of cases) {
    it(`${name}: ${conclusion}`, async () => {
      const { code, token, deps } = await run();
      const status = token === undefined ? await makeStatusToken(world.statusSigner) : token;
      const report = await verifyCode(code ?? good, codeDeps(world, status, deps));
      assert.equal(report.conclusion, conclusion, report.summary.en);
      assert.equal(report.subIndication, subIndication);
    });
  }

  it('shows its face in words, and nothing of a face that nobody vouches for', async () => {
    const token = await makeStatusToken(world.statusSigner);
    const report = await verifyCode(good, codeDeps(world, token));
    const covered = report.license?.fields
      .filter((field) => field.covered)
      .map((field) => [field.label.zh, field.value]);
    assert.deepEqual(covered?.slice(1), [
      ['证照编号', 'JY11201050000001'],
      ['持证主体', '演示餐饮有限公司'],
      ['经营项目', '热食类食品制售'],
    ]);
    assert.equal(report.license?.status?.value, 0);
    assert.match(report.qualification.words.zh, /第十六条/);
    const forged = await verifyCode(
      makeCode(world.codeSigner, goodClaims(), world.statusSigner),
      codeDeps(world, token),
    );
    assert.equal(forged.license, null);
  });

  it('gives the same report through WebCrypto', async () => {
    const token = await makeStatusToken(world.statusSigner);
    const here = await verifyCode(good, codeDeps(world, token));
    const there = await verifyCode(good, codeDeps(world, token, { verifier: webSignatureVerifier }));
    assert.deepEqual(there, here);
  });

  it('never passes with any byte of its envelope changed', async () => {
    const token = await makeStatusToken(world.statusSigner);
    const envelope = makeEnvelope(world.codeSigner, goodClaims());
    await fc.assert(
      fc.asyncProperty(fc.nat(envelope.length - 1), fc.integer({ min: 1, max: 255 }), async (at, value) => {
        const changed = envelope.map((byte, index) => (index === at ? byte ^ value : byte));
        const report = await verifyCode(prefix + encodeEnvelope(changed), codeDeps(world, token));
        assert.notEqual(report.conclusion, 'TOTAL-PASSED');
      }),
      { numRuns: scale(500) },
    );
  });

  it('never passes with any single bit of its envelope, or any single digit, changed', async () => {
    const token = await makeStatusToken(world.statusSigner);
    const envelope = makeEnvelope(world.codeSigner, goodClaims());
    const deps = codeDeps(world, token);
    const changed = envelope.slice();
    for (let bit = 0; bit < envelope.length * 8; bit += 1) {
      changed[bit >> 3] = (envelope[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const report = await verifyCode(prefix + encodeEnvelope(changed), deps);
      assert.notEqual(report.conclusion, 'TOTAL-PASSED', `bit ${bit}`);
      // Nor is a face shown that nobody vouches for.
      assert.equal(report.license, null, `bit ${bit}`);
      changed[bit >> 3] = envelope[bit >> 3] ?? 0;
    }
    const digits = good.slice(prefix.length);
    for (let at = 0; at < digits.length; at += 1)
      for (let add = 1; add < 10; add += 1) {
        const digit = (Number(digits.charAt(at)) + add) % 10;
        const text = prefix + digits.slice(0, at) + String(digit) + digits.slice(at + 1);
        assert.notEqual((await verifyCode(text, deps)).conclusion, 'TOTAL-PASSED', `digit ${at}`);
      }
  });

  it('is verified by code that bundles for a browser', async () => {
    const result = await build({
      stdin: {
        contents: `export { verifyCode } from './verification/code.ts';
          export { verifyTrustList } from './verification/trust-list.ts';
          export { webSignatureVerifier } from './verification/signature-verifier-web.ts';
          export { inflateWeb } from './verification/inflate-web.ts';`,
        resolveDir: new URL('../..', import.meta.url).pathname,
        loader: 'ts',
      },
      bundle: true,
      splitting: true,
      outdir: 'bundled',
      platform: 'browser',
      format: 'esm',
      write: false,
      minify: true,
      metafile: true,
      logLevel: 'silent',
    });
    const { inputs, outputs } = result.metafile;
    // Of crypto only what needs no Node: the arithmetic of SM2 and SM3.
    const allowed = ['crypto/sm2-parameters.ts', 'crypto/sm2-portable.ts', 'crypto/sm3-portable.ts'];
    const strangers = Object.keys(inputs).filter(
      (input) =>
        input.startsWith('formats/pdf/') || (input.startsWith('crypto/') && !allowed.includes(input)),
    );
    assert.deepEqual(strangers, []);
    /** Bytes of an output with all that it imports before it can run. */
    const weigh = (name: string): number =>
      (outputs[name]?.imports ?? [])
        .filter(({ kind }) => kind === 'import-statement')
        .reduce((sum, { path }) => sum + weigh(path), outputs[name]?.bytes ?? Infinity);
    const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === '<stdin>') ?? '';
    assert.ok(weigh(entry) < 90_000, String(weigh(entry)));
    const late = (outputs[entry]?.imports ?? []).filter(({ kind }) => kind === 'dynamic-import');
    assert.equal(late.length, 2, 'SM2 and SM3 are loaded when a signature needs them');
    assert.ok(late.every(({ path }) => weigh(path) < 60_000));
  });
});
