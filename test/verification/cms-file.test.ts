// CMS signatures beside their content and around it: ours, openssl's, and every way in which they do not hold.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinBytes } from '../../formats/bytes.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { readDer } from '../../formats/x509/der.ts';
import {
  explicit,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  tagged,
} from '../../formats/x509/der-writer.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { policyNamed } from '../../verification/policy.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { requireProgram } from '../programs.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import type { Expected } from './expect.ts';
import { daysFromNow, makeCrl, makeParty, makePki, now, sha256 } from './pki.ts';
import { attribute, contentType, essV2, messageDigest, rawCms } from './raw-cms.ts';
import { latin1, makeCms } from './signed-pdf.ts';
import type { SigningOptions } from './signed-pdf.ts';

const content = latin1('The decision, signed beside it.');
const pki = makePki();
const beside: Partial<VerificationDependencies> = {
  content: { kind: 'bytes', source: bytesSource(content) },
};

function signed(options: SigningOptions = {}): Uint8Array {
  return makeCms(pki, sha256(content), { signingTime: now, ...options });
}

function pemOf(label: string, der: Uint8Array): Uint8Array {
  return latin1(`-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`);
}

/** Puts revocation lists into a SignedData, where encoders of ours have none. */
function withCrls(cms: Uint8Array, crls: readonly Uint8Array[]): Uint8Array {
  const limits = { maxBytes: 1 << 20, maxDepth: 40, setOrder: 'any' } as const;
  return readDer(cms, limits, 'cms-malformed', (top) =>
    top.sequence((info) => {
      const type = info.element().bytes;
      const parts = info.inside(0xa0, (inner) =>
        inner.sequence((fields) => fields.every((each) => each.element().bytes)),
      );
      const signers = parts.at(-1) ?? new Uint8Array();
      return sequence(type, explicit(0, sequence(...parts.slice(0, -1), setOf(crls, 0xa1), signers)));
    }),
  );
}

describe('CMS signatures by themselves', () => {
  const passes: Expected = ['TOTAL-PASSED', null, null];
  const cases: readonly (readonly [string, Uint8Array, Partial<VerificationDependencies>, Expected])[] = [
    ['detached, with its content', signed(), beside, passes],
    [
      'detached, with the digest of its content',
      signed(),
      { content: { kind: 'digest', algorithm: 'sha256', value: sha256(content) } },
      passes,
    ],
    ['attached', signed({ eContent: content }), {}, passes],
    ['attached, and the same content given', signed({ eContent: content }), beside, passes],
    ['as PEM', pemOf('CMS', signed()), beside, passes],
    ['without a time-stamp', signed({ token: null }), beside, passes],
    [
      'without a time-stamp where one is required',
      signed({ token: null }),
      { ...beside, policy: policyNamed('archive') },
      ['INDETERMINATE', 'NO_POE', 'signature.time-stamp'],
    ],
    [
      'detached, without its content',
      signed(),
      {},
      ['INDETERMINATE', 'SIGNED_DATA_NOT_FOUND', 'cms.content'],
    ],
    [
      'detached, with the digest by another algorithm',
      signed(),
      { content: { kind: 'digest', algorithm: 'sha512', value: new Uint8Array(64) } },
      ['INDETERMINATE', 'SIGNED_DATA_NOT_FOUND', 'signature.content'],
    ],
    [
      'detached, with other content',
      signed(),
      { content: { kind: 'bytes', source: bytesSource(latin1('Another decision.')) } },
      ['TOTAL-FAILED', 'HASH_FAILURE', 'signature.content'],
    ],
    [
      'attached, and other content given',
      signed({ eContent: content }),
      { content: { kind: 'bytes', source: bytesSource(latin1('Another decision.')) } },
      ['TOTAL-FAILED', 'HASH_FAILURE', 'cms.content'],
    ],
    [
      'signed with another key',
      signed({ wrongKey: pki.tsa }),
      beside,
      ['TOTAL-FAILED', 'SIG_CRYPTO_FAILURE', 'signature.value'],
    ],
    [
      'naming another certificate',
      signed({ essCertificate: pki.root.certificate }),
      beside,
      ['INDETERMINATE', 'SIG_CONSTRAINTS_FAILURE', 'signature.signing-certificate'],
    ],
    [
      "without its signer's certificate",
      signed({ certificates: [] }),
      beside,
      ['INDETERMINATE', 'NO_SIGNING_CERTIFICATE_FOUND', 'signature.certificate'],
    ],
    [
      "its signer's certificate brought along",
      signed({ certificates: [] }),
      { ...beside, certificates: [pki.signer.certificate, pki.sealCa.certificate] },
      passes,
    ],
    [
      'by an authority nobody trusts',
      signed(),
      { ...beside, anchors: [] },
      ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'certificate.path'],
    ],
    [
      'by a revoked certificate',
      signed({ token: null }),
      {
        ...beside,
        crls: [
          makeCrl(pki.sealCa, {
            revoked: [{ certificate: pki.signer.certificate, at: daysFromNow(-2), reason: 'keyCompromise' }],
          }),
          ...pki.crls,
        ],
      },
      ['INDETERMINATE', 'REVOKED_NO_POE', 'certificate.revocation'],
    ],
    [
      'without any list',
      signed(),
      { ...beside, crls: [] },
      ['INDETERMINATE', 'TRY_LATER', 'certificate.revocation'],
    ],
  ];
  for (const [name, cms, changes, expected] of cases) {
    it(`${name}: ${expected[0]}`, async () => {
      const report = await verifyBytes(cms, depsFor(pki, changes));
      assert.equal(report.kind, 'cms');
      expectReport(report, expected);
    });
  }

  it('tells the level as it is', async () => {
    const levelOf = async (options: SigningOptions): Promise<string | undefined> =>
      (await verifyBytes(signed(options), depsFor(pki, beside))).signatures[0]?.level;
    assert.equal(await levelOf({ token: null }), 'B-B');
    assert.equal(await levelOf({}), 'B-T');
    assert.equal(
      await levelOf({ token: { over: content } }),
      'B-B',
      'a token over other data does not count',
    );
    assert.equal(await levelOf({ wrongKey: pki.tsa }), 'none');
  });

  it('says of an archive time-stamp that it was not looked into', async () => {
    // The token under the identifier of an archive time-stamp (RFC 5126), which ends otherwise.
    const bytes = signed().slice();
    const token = Buffer.from('060b2a864886f70d010910020e', 'hex');
    const at = Buffer.from(bytes).indexOf(token);
    assert.ok(at > 0);
    bytes[at + token.length - 1] = 48;
    const report = await verifyBytes(bytes, depsFor(pki, beside));
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    const [signature] = report.signatures;
    assert.equal(signature?.level, 'B-B');
    const row = signature.rows.find(({ id }) => id === 'signature.archive-time-stamp');
    assert.equal(row?.outcome, 'warned');
  });

  it('may be followed by the zeros of the place it was cut from, and by nothing else', async () => {
    const padded = (last: number): Uint8Array =>
      joinBytes([signed(), new Uint8Array(300), Uint8Array.of(last)]);
    const report = await verifyBytes(padded(0), depsFor(pki, beside));
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    expectReport(await verifyBytes(padded(1), depsFor(pki, beside)), [
      'TOTAL-FAILED',
      'FORMAT_FAILURE',
      'cms.format',
    ]);
  });

  it('holds with signed attributes in any order, signed as they stand or as DER has them', async () => {
    const attributes = [
      messageDigest(sha256(content)),
      essV2(pki.signer.certificate),
      contentType(),
    ] as const;
    const unsorted = joinBytes([...attributes]);
    const sorted = setOf([...attributes]);
    const stands = tagged(0x31, unsorted);
    assert.notDeepEqual(stands, sorted);
    for (const [over, holds] of [
      [stands, true],
      [sorted, true],
      [setOf([...attributes, contentType()]), false],
    ] as const) {
      const der = rawCms(
        [{ party: pki.signer, attributes: [...attributes], over }],
        [pki.signer.certificate, pki.sealCa.certificate],
      );
      const shuffled = Buffer.from(der);
      const at = shuffled.indexOf(Buffer.from(sorted.subarray(sorted.length - unsorted.length)));
      assert.ok(at > 0);
      shuffled.set(unsorted, at);
      const report = await verifyBytes(new Uint8Array(shuffled), depsFor(pki, beside));
      assert.equal(report.conclusion, holds ? 'TOTAL-PASSED' : 'TOTAL-FAILED', report.summary.en);
      const row = report.signatures[0]?.rows.find(({ id }) => id === 'signature.attributes');
      assert.equal(row?.outcome, 'warned');
      assert.match(row.finding.en, /not in the order/);
    }
  });

  it('may hold a signed attribute several times, where the standard lets it', async () => {
    const stamp = (text: string): Uint8Array =>
      attribute('1.2.840.113549.1.9.16.2.20', octetString(latin1(text)));
    const common = [contentType(), messageDigest(sha256(content)), essV2(pki.signer.certificate)];
    const twice = (more: readonly Uint8Array[]) =>
      verifyBytes(
        rawCms(
          [{ party: pki.signer, attributes: [...common, ...more] }],
          [pki.signer.certificate, pki.sealCa.certificate],
        ),
        depsFor(pki, beside),
      );
    const good = await twice([stamp('first'), stamp('second')]);
    assert.equal(good.conclusion, 'TOTAL-PASSED', good.summary.en);
    for (const doubled of [contentType(), messageDigest(sha256(content)), essV2(pki.root.certificate)])
      expectReport(await twice([doubled]), ['TOTAL-FAILED', 'FORMAT_FAILURE', 'cms.format']);
  });

  it('leaves the answer open where a key is too weak to be asked, and calls nobody a forger', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = {
      algorithm: 'RS256',
      privateKey,
      spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    } as const;
    const signer = makeParty({ commonName: '弱密钥', issuer: pki.sealCa, key: weak });
    for (const attributes of [
      [contentType(), messageDigest(sha256(content)), essV2(signer.certificate)],
      null,
    ]) {
      const cms = rawCms(
        [
          {
            party: signer,
            attributes,
            signatureAlgorithm: sequence(oid('1.2.840.113549.1.1.11'), nullValue()),
            ...(attributes === null ? { over: content } : {}),
          },
        ],
        [signer.certificate, pki.sealCa.certificate],
      );
      expectReport(await verifyBytes(cms, depsFor(pki, beside)), [
        'INDETERMINATE',
        'CRYPTO_CONSTRAINTS_FAILURE',
        'signature.value',
      ]);
    }
  });

  it('refuses a changed signature value', async () => {
    const bytes = signed();
    const [signer] = parseSignedData(bytes).signerInfos;
    const at = Buffer.from(bytes).indexOf(Buffer.from(signer?.signature ?? []));
    const broken = bytes.slice();
    broken[at + 12] = (broken[at + 12] ?? 0) ^ 1;
    expectReport(await verifyBytes(broken, depsFor(pki, beside)), [
      'TOTAL-FAILED',
      'SIG_CRYPTO_FAILURE',
      'signature.value',
    ]);
  });

  it('finds the evidence that a signature carries, and calls it B-LT where nothing else is needed', async () => {
    const carrying = (crls: readonly Uint8Array[]) =>
      verifyBytes(withCrls(signed(), crls), depsFor(pki, { ...beside, crls: [] }));
    const whole = await carrying(pki.crls);
    assert.equal(whole.conclusion, 'TOTAL-PASSED', whole.summary.en);
    assert.equal(whole.signatures[0]?.level, 'B-LT');
    for (const absent of pki.crls.keys()) {
      const part = await carrying(pki.crls.filter((_, at) => at !== absent));
      assert.notEqual(part.signatures[0]?.level, 'B-LT');
    }
  });

  it('refuses a SignedData that nobody signed', async () => {
    const empty = Buffer.from(
      '3023 06092a864886f70d010702 a0163014 020101 3100 300b06092a864886f70d010701 3100'.replaceAll(' ', ''),
      'hex',
    );
    const report = await verifyBytes(new Uint8Array(empty), depsFor(pki));
    assert.equal(report.kind, 'cms');
    assert.equal(report.conclusion, 'TOTAL-FAILED');
    assert.equal(report.subIndication, 'FORMAT_FAILURE');
  });
});

describe("openssl's CMS signatures", () => {
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-cms-'));
  after(() => rmSync(folder, { recursive: true }));
  const path = (name: string): string => join(folder, name);
  before(() => {
    writeFileSync(path('content'), content);
    writeFileSync(path('key.pem'), pki.signer.key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    writeFileSync(path('cert.pem'), pemOf('CERTIFICATE', pki.signer.certificate));
    writeFileSync(path('ca.pem'), pemOf('CERTIFICATE', pki.sealCa.certificate));
  });

  for (const [name, flags] of [
    ['detached', []],
    ['detached with signing-certificate-v2', ['-cades']],
    ['detached without signed attributes', ['-noattr']],
    ['attached', ['-nodetach']],
    ['attached, in BER', ['-nodetach', '-stream']],
    ['detached, in BER', ['-stream']],
    ['attached without signed attributes', ['-nodetach', '-noattr']],
  ] as const) {
    it(`${name} holds, and not over other content`, async function () {
      execFileSync(
        requireProgram(this, 'openssl'),
        [
          'cms',
          '-sign',
          '-binary',
          '-outform',
          'DER',
          '-md',
          'sha256',
          '-in',
          path('content'),
          '-out',
          path('cms'),
        ]
          .concat(['-signer', path('cert.pem'), '-inkey', path('key.pem'), '-certfile', path('ca.pem')])
          .concat(flags),
      );
      const cms = new Uint8Array(readFileSync(path('cms')));
      const good = await verifyBytes(cms, depsFor(pki, beside));
      assert.equal(good.conclusion, 'TOTAL-PASSED', good.summary.en);
      const other = { content: { kind: 'bytes', source: bytesSource(latin1('Another.')) } } as const;
      assert.equal((await verifyBytes(cms, depsFor(pki, other))).conclusion, 'TOTAL-FAILED');
    });
  }

  it('judges every signer of several', async function () {
    const openssl = requireProgram(this, 'openssl');
    const stranger = makePki();
    writeFileSync(path('key2.pem'), stranger.signer.key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    writeFileSync(path('cert2.pem'), pemOf('CERTIFICATE', stranger.signer.certificate));
    const own = ['-signer', path('cert.pem'), '-inkey', path('key.pem'), '-certfile', path('ca.pem')];
    const both = [...own, '-signer', path('cert2.pem'), '-inkey', path('key2.pem')];
    execFileSync(openssl, [
      ...['cms', '-sign', '-binary', '-outform', 'DER', '-in', path('content'), '-out', path('two')],
      ...both,
    ]);
    const report = await verifyBytes(new Uint8Array(readFileSync(path('two'))), depsFor(pki, beside));
    const conclusions = report.signatures.map(({ conclusion }) => conclusion).toSorted();
    assert.deepEqual(conclusions, ['INDETERMINATE', 'TOTAL-PASSED']);
    expectReport(report, ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'certificate.path']);
  });
});
