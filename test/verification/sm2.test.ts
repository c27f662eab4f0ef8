// SM2 where evidence is judged: accepted with SM3 under the default identifier, and in no other way.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digest } from '../../crypto/algorithms.ts';
import { encodeProtectedHeader, encodeSign1, keyIdOf } from '../../formats/cose/sign1.ts';
import { encodeEnvelope } from '../../formats/qr/license-code.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { verifyCode } from '../../verification/code.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import { portalPolicy } from '../../verification/policy.ts';
import type { Report } from '../../verification/report.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../../verification/signature-verifier-node.ts';
import { webSignatureVerifier } from '../../verification/signature-verifier-web.ts';
import type { SignatureVerifier } from '../../verification/signature-verifier.ts';
import { verifyTrustList } from '../../verification/trust-list.ts';
import { verify } from '../../verification/verify.ts';
import { makeCodeWorld, type CodeWorld } from '../browser/code-world.ts';
import { requireProgram, run } from '../programs.ts';

const verifiers = { 'node:crypto': nodeSignatureVerifier, 'plain arithmetic': webSignatureVerifier };

describe('codes, trust lists and status lists signed with SM2', () => {
  let world: CodeWorld;

  before(async function () {
    world = await makeCodeWorld(requireProgram(this, 'openssl'), 'SM2SM3');
  });

  async function judged(digits: string, verifier: SignatureVerifier): Promise<Report> {
    const time = new Date();
    const trustList = await verifyTrustList(await world.trustList(), {
      verifier,
      operatorKeys: [new Uint8Array(Buffer.from(world.operatorKey, 'base64'))],
      time,
    });
    const statusLists = { statusList: () => world.statusList(0) };
    return verifyCode(digits, { verifier, inflate: inflateWeb, time, trustList, statusLists });
  }

  for (const [name, verifier] of Object.entries(verifiers)) {
    it(`pass, and name their digests by SM3, with ${name}`, async () => {
      const report = await judged(world.digits, verifier);
      assert.equal(report.conclusion, 'TOTAL-PASSED');
      assert.match(report.document?.digest ?? '', /^sm3:[0-9a-f]{64}$/);
      assert.match(report.license?.recordDigest ?? '', /^sm3:[0-9a-f]{32}$/);
    });

    it(`are refused with one bit changed, with ${name}`, async () => {
      const { protectedHeader, payload, signature } = world.envelope;
      for (const at of [0, 31, 32, 63]) {
        const changed = new Uint8Array(signature);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const digits = encodeEnvelope(encodeSign1({ protectedHeader, payload, signature: changed }));
        const report = await judged(digits, verifier);
        assert.deepEqual([report.conclusion, report.subIndication], ['TOTAL-FAILED', 'SIG_CRYPTO_FAILURE']);
        assert.equal(report.license, null);
      }
    });

    it(`are nobody's when they call themselves ES256, with ${name}`, async () => {
      const { payload, signature } = world.envelope;
      const trustList = JSON.parse(
        Buffer.from((await world.trustList()).split('.')[1] ?? '', 'base64url').toString('utf8'),
      ) as unknown;
      assert.ok(trustList !== null);
      const listed = /"val":"([^"]+)"/.exec(JSON.stringify(trustList))?.[1] ?? '';
      assert.ok(listed.length > 100);
      for (const algorithm of ['sha256', 'sm3'] as const) {
        // Named either way, the key is no key of ES256.
        const keyId = keyIdOf(digest(algorithm, spkiOf(listed)));
        const protectedHeader = encodeProtectedHeader('ES256', keyId);
        const digits = encodeEnvelope(encodeSign1({ protectedHeader, payload, signature }));
        const report = await judged(digits, verifier);
        assert.notEqual(report.conclusion, 'TOTAL-PASSED');
        assert.equal(report.license, null);
      }
    });
  }
});

function spkiOf(certificate: string): Uint8Array {
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate.replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
  const text = run('openssl', ['x509', '-noout', '-pubkey'], Buffer.from(pem));
  return new Uint8Array(Buffer.from(text.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64'));
}

describe('certificates signed with SM2', () => {
  let folder: string;
  let openssl: string;

  before(function () {
    openssl = requireProgram(this, 'openssl');
  });
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'yinxin-sm2-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string): string => join(folder, name);

  /** A root and a certificate below it. @param identifiers - what each is signed under; null for openssl's own default. */
  function issue(identifiers: { readonly root: string | null; readonly leaf: string | null }) {
    const under = (identifier: string | null): string[] =>
      identifier === null ? [] : ['-sigopt', `distid:${identifier}`];
    for (const name of ['root.key', 'leaf.key'])
      run(openssl, ['genpkey', '-algorithm', 'SM2', '-out', file(name)]);
    run(openssl, [
      ...['req', '-x509', '-sm3', '-key', file('root.key'), '-days', '30', '-subj', '/CN=root'],
      ...['-out', file('root.pem'), '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
      ...under(identifiers.root),
    ]);
    run(openssl, [
      ...['req', '-new', '-sm3', '-key', file('leaf.key'), '-subj', '/CN=leaf', '-out', file('leaf.csr')],
      ...under('1234567812345678'),
    ]);
    writeFileSync(file('extensions'), 'keyUsage=critical,nonRepudiation\n');
    run(openssl, [
      ...['x509', '-req', '-in', file('leaf.csr'), '-CA', file('root.pem'), '-CAkey', file('root.key')],
      ...['-days', '10', '-sm3', '-extfile', file('extensions'), '-outform', 'DER', '-out', file('leaf.der')],
      ...['-vfyopt', 'distid:1234567812345678', ...under(identifiers.leaf)],
    ]);
    run(openssl, ['x509', '-in', file('root.pem'), '-outform', 'DER', '-out', file('root.der')]);
    return {
      root: new Uint8Array(readFileSync(file('root.der'))),
      leaf: new Uint8Array(readFileSync(file('leaf.der'))),
    };
  }

  const conclusionOf = async (made: { readonly root: Uint8Array; readonly leaf: Uint8Array }) =>
    verify(bytesSource(made.leaf), {
      verifier: nodeSignatureVerifier,
      startDigest: nodeStartDigest,
      inflate: inflateWeb,
      time: new Date(),
      anchors: [made.root],
      // Openssl publishes no status for what it just made; the path is what is asked for.
      policy: { ...portalPolicy, revocation: 'ignored' },
      documentDigest: 'sm3',
    });

  it('lead to a trusted root under the identifier 1234567812345678', async () => {
    const report = await conclusionOf(issue({ root: '1234567812345678', leaf: '1234567812345678' }));
    assert.equal(report.conclusion, 'TOTAL-PASSED', JSON.stringify(report.rows));
    assert.match(report.document?.digest ?? '', /^sm3:/);
  });

  for (const leaf of [null, 'ALICE123@YAHOO.COM'])
    it(`lead nowhere when signed under ${leaf ?? 'no identifier at all'}`, async () => {
      const report = await conclusionOf(issue({ root: '1234567812345678', leaf }));
      assert.equal(report.conclusion, 'INDETERMINATE');
      assert.equal(report.subIndication, 'NO_CERTIFICATE_CHAIN_FOUND');
    });
});
