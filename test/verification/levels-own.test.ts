// What our own stamping writes, with every algorithm, judged at the level it really has.
import assert from 'node:assert/strict';
import { constants, createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { joinBytes } from '../../formats/bytes.ts';
import { encodeSignatureTimeStamp, encodeSignedAttributes } from '../../formats/cms/attributes.ts';
import { encodeSignedData } from '../../formats/cms/signed-data.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import type { DigestName, WrittenSignatureName } from '../../formats/x509/algorithm.ts';
import { oid, sequence } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { finishSignature } from '../../signing/finish.ts';
import { prepareSignature } from '../../signing/prepare.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { makeParty, makePki, makeSm2Key, now, signWith } from './pki.ts';
import type { Party, TestKey } from './pki.ts';
import { contentType, essV2, messageDigest, rawCms } from './raw-cms.ts';
import { makeToken, unsignedPdf } from './signed-pdf.ts';

const pki = makePki();

interface Suite {
  readonly name: WrittenSignatureName;
  readonly digest: DigestName;
  key(): TestKey;
  sign(message: Uint8Array, key: TestKey): Uint8Array;
}

function keyOf(pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): TestKey {
  const spki = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }));
  return { privateKey: pair.privateKey, spki };
}

const rsa = (): TestKey => keyOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const by =
  (hash: string | null) =>
  (message: Uint8Array, { privateKey }: TestKey): Uint8Array =>
    new Uint8Array(sign(hash, message, privateKey));

const suites: readonly Suite[] = [
  { name: 'RS256', digest: 'sha256', key: rsa, sign: by('sha256') },
  {
    name: 'PS256',
    digest: 'sha256',
    key: rsa,
    sign: (message, { privateKey }) =>
      new Uint8Array(
        sign('sha256', message, {
          key: privateKey,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: 32,
        }),
      ),
  },
  {
    name: 'ES256',
    digest: 'sha256',
    key: () => keyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    sign: by('sha256'),
  },
  {
    name: 'ES384',
    digest: 'sha384',
    key: () => keyOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
    sign: by('sha384'),
  },
  { name: 'Ed25519', digest: 'sha512', key: () => keyOf(generateKeyPairSync('ed25519')), sign: by(null) },
  { name: 'SM2SM3', digest: 'sm3', key: makeSm2Key, sign: (message, key) => signWith(key, message) },
];

function digestOf(name: DigestName, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** One update by our own preparing and finishing. */
async function stamped(
  pdf: Uint8Array,
  suite: Suite,
  party: Party,
  timestamp: boolean,
  make: ((digest: Uint8Array) => Uint8Array) | null = null,
): Promise<Uint8Array> {
  const prepared = await prepareSignature(bytesSource(pdf), { time: now, contentsCapacity: 8000 });
  const digest = digestOf(suite.digest, pdf, prepared.before, prepared.after);
  if (make !== null) return joinBytes([pdf, finishSignature(prepared, make(digest))]);
  const attributes = encodeSignedAttributes({
    contentType: OID.data,
    messageDigest: digest,
    signingCertificate: {
      digestAlgorithm: suite.digest,
      certificateDigest: digestOf(suite.digest, party.certificate),
    },
  });
  const signature = suite.sign(attributes, party.key);
  const cms = encodeSignedData({
    digestAlgorithm: suite.digest,
    signedAttributes: attributes,
    signatureAlgorithm: suite.name,
    signature,
    signerCertificate: party.certificate,
    certificates: [party.certificate, pki.sealCa.certificate],
    ...(timestamp ? { unsignedAttributes: [encodeSignatureTimeStamp(makeToken(pki, signature))] } : {}),
  });
  return joinBytes([pdf, finishSignature(prepared, cms)]);
}

describe('what our own stamping signs', () => {
  for (const suite of suites)
    it(`with ${suite.name} is B-B, and B-T with a time-stamp`, async () => {
      const party = makeParty({ commonName: suite.name, issuer: pki.sealCa, key: suite.key() });
      for (const timestamp of [false, true]) {
        const pdf = await stamped(unsignedPdf(), suite, party, timestamp);
        const report = await verifyBytes(pdf, depsFor(pki));
        expectReport(report, ['TOTAL-PASSED', null, null]);
        assert.equal(report.signatures[0]?.level, timestamp ? 'B-T' : 'B-B');
        // One bit anywhere in the signed part, and it is another document.
        const changed = pdf.slice();
        changed[30] = (changed[30] ?? 0) ^ 1;
        assert.notEqual((await verifyBytes(changed, depsFor(pki))).conclusion, 'TOTAL-PASSED');
      }
    });

  for (const [family, type, data, signatureAlgorithm] of [
    ['RFC 5652', OID.signedData, OID.data, OID.sm2WithSm3],
    ['GB/T 35275', OID.gmSignedData, OID.gmData, OID.sm2Signature],
  ] as const)
    it(`with SM2 under the identifiers of ${family} is accepted`, async () => {
      const suite = suites[5];
      assert.ok(suite?.name === 'SM2SM3');
      const party = makeParty({ commonName: family, issuer: pki.sealCa, key: suite.key() });
      const digestAlgorithm = sequence(oid(OID.sm3));
      const make = (digest: Uint8Array): Uint8Array =>
        rawCms(
          [
            {
              party,
              attributes: [contentType(data), messageDigest(digest), essV2(party.certificate)],
              digestAlgorithm,
              signatureAlgorithm: sequence(oid(signatureAlgorithm)),
            },
          ],
          [party.certificate, pki.sealCa.certificate],
          { type, contentType: data, digestAlgorithm },
        );
      const report = await verifyBytes(await stamped(unsignedPdf(), suite, party, false, make), depsFor(pki));
      expectReport(report, ['TOTAL-PASSED', null, null]);
    });

  it('twice, by two algorithms, leaves both whole, and each change is listed', async () => {
    const [first, second] = [suites[5], suites[2]];
    assert.ok(first !== undefined && second !== undefined);
    const parties = [first, second].map((suite) =>
      makeParty({ commonName: suite.name, issuer: pki.sealCa, key: suite.key() }),
    );
    const once = await stamped(unsignedPdf(), first, parties[0] ?? pki.signer, true);
    const twice = await stamped(once, second, parties[1] ?? pki.signer, true);
    const report = await verifyBytes(twice, depsFor(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.deepEqual(
      report.signatures.map(({ level, coverage, changes }) => [
        level,
        coverage,
        changes.map(({ kind }) => kind),
      ]),
      [
        ['B-T', 'earlier-revision', ['signature-added']],
        ['B-T', 'whole-file', []],
      ],
    );
  });
});
