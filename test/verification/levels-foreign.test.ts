// Signatures of every level made by @libpdf/core with our test authorities: told as what they are.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDF } from '@libpdf/core';
import type { PAdESLevel, RevocationProvider, Signer, TimestampAuthority } from '@libpdf/core';
import { nodePdfCiphers } from '../../verification/pdf-ciphers-node.ts';
import type { Report } from '../../verification/report.ts';
import { requireProgram, run } from '../programs.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { makeCrl, makeParty, makePki, now } from './pki.ts';
import type { Party, TestPki } from './pki.ts';
import { makeToken, unsignedPdf } from './signed-pdf.ts';

const pki = makePki();

function signerOf(party: Party, trusted: TestPki): Signer {
  return {
    certificate: party.certificate,
    certificateChain: [trusted.sealCa.certificate, trusted.root.certificate],
    keyType: 'EC',
    signatureAlgorithm: 'ECDSA',
    sign: (data) => Promise.resolve(new Uint8Array(sign('sha256', data, party.key.privateKey))),
  };
}

const authority: TimestampAuthority = {
  timestamp: (digest) => Promise.resolve(makeToken(pki, digest, { imprint: digest })),
};

/** Lists by issuer, as a distribution point would give them. */
const revocation: RevocationProvider = {
  getCRL: (certificate) => {
    const issuer = [pki.sealCa, pki.tsaCa, pki.root].find((ca) =>
      Buffer.from(certificate).subarray(0, 300).includes(Buffer.from(ca.name)),
    );
    return Promise.resolve(issuer === undefined ? null : makeCrl(issuer));
  },
};

async function signedBy(
  level: PAdESLevel,
  signer = signerOf(pki.signer, pki),
  file = unsignedPdf(),
): Promise<Uint8Array> {
  const pdf = await PDF.load(file);
  const { bytes } = await pdf.sign({
    signer,
    level,
    signingTime: now,
    ...(level === 'B-B' ? {} : { timestampAuthority: authority, revocationProvider: revocation }),
  });
  return bytes;
}

function levelIn(report: Report): string | undefined {
  return report.signatures.find(({ type }) => type === 'signature')?.level;
}

describe('what @libpdf/core signs', () => {
  for (const level of ['B-B', 'B-T', 'B-LT', 'B-LTA'] as const)
    it(`at ${level} is ${level}`, async () => {
      const report = await verifyBytes(await signedBy(level), depsFor(pki));
      const row = report.signatures[0]?.rows.find(({ id }) => id === 'signature.level');
      assert.equal(levelIn(report), level, row?.finding.en);
      // This producer writes the claimed time into the CMS too, which EN 319 142-1 6.3 forbids.
      assert.equal(row?.outcome, 'warned');
      assert.match(row.finding.en, /signing-time/);
      expectReport(report, ['TOTAL-PASSED', null, null]);
    });

  it('passes at B-LT and above with nothing but the root from outside', async () => {
    for (const level of ['B-LT', 'B-LTA'] as const)
      expectReport(await verifyBytes(await signedBy(level), depsFor(pki, { crls: [] })), [
        'TOTAL-PASSED',
        null,
        null,
      ]);
  });

  it('twice, with a time-stamp over both, is listed change by change', async () => {
    const pdf = await PDF.load(await signedBy('B-LT'));
    const second = await pdf.sign({
      signer: signerOf(pki.signer, pki),
      level: 'B-LTA',
      signingTime: now,
      timestampAuthority: authority,
      revocationProvider: revocation,
    });
    const report = await verifyBytes(second.bytes, depsFor(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    const kinds = report.signatures[0]?.changes.map(({ kind }) => kind) ?? [];
    for (const kind of ['validation-data-added', 'signature-added', 'time-stamp-added'])
      assert.ok(kinds.includes(kind as (typeof kinds)[number]), `${kind} is not among ${kinds.join(', ')}`);
  });

  it('over a file that qpdf encrypted is opened with the password, up to its validation data', async function () {
    const qpdf = requireProgram(this, 'qpdf');
    const folder = mkdtempSync(join(tmpdir(), 'yinxin-foreign-'));
    const [open, encrypted] = [join(folder, 'open.pdf'), join(folder, 'encrypted.pdf')];
    try {
      writeFileSync(open, unsignedPdf());
      for (const options of [['40'], ['128', '--use-aes=n'], ['128', '--use-aes=y'], ['256']]) {
        const weak = options[0] === '256' ? [] : ['--allow-weak-crypto'];
        // The producer reads its own file again without a password.
        run(qpdf, [...weak, '--encrypt', '', 'owner', ...options, '--', open, encrypted]);
        const signed = await signedBy('B-LTA', undefined, new Uint8Array(readFileSync(encrypted)));
        for (const password of ['', 'owner']) {
          const changes = { crls: [], encrypted: { password, ciphers: nodePdfCiphers } };
          const report = await verifyBytes(signed, depsFor(pki, changes));
          expectReport(report, ['TOTAL-PASSED', null, null]);
          assert.equal(levelIn(report), 'B-LTA');
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('with an RSA key is accepted', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = { privateKey, spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })) };
    const party = makeParty({ commonName: 'RSA', issuer: pki.sealCa, key });
    const rsa: Signer = {
      ...signerOf(party, pki),
      keyType: 'RSA',
      signatureAlgorithm: 'RSASSA-PKCS1-v1_5',
      sign: (data) => Promise.resolve(new Uint8Array(sign('sha256', data, privateKey))),
    };
    const report = await verifyBytes(await signedBy('B-T', rsa), depsFor(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.equal(levelIn(report), 'B-T');
  });

  it('changed by one byte anywhere in the page fails', async () => {
    const bytes = await signedBy('B-LTA');
    const at = Buffer.from(bytes).indexOf('Alice');
    const changed = bytes.slice();
    changed[at] = 0x4d;
    assert.notDeepEqual(
      createHash('sha256').update(changed).digest(),
      createHash('sha256').update(bytes).digest(),
    );
    expectReport(await verifyBytes(changed, depsFor(pki)), [
      'TOTAL-FAILED',
      'HASH_FAILURE',
      'signature.content',
    ]);
  });
});
