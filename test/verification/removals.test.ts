// A verdict never turns better when something is removed: CMS, PDF, certificate and chain, part by part.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeSignatureTimeStamp } from '../../formats/cms/attributes.ts';
import { encodeSignedData } from '../../formats/cms/signed-data.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { octetString, oid, sequence, setOf } from '../../formats/x509/der-writer.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { OID } from '../../formats/x509/oid.ts';
import { readChainCase } from '../../verification/chain-case.ts';
import { policyData, policyNamed } from '../../verification/policy.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { verifyChain } from '../../verification/verify-chain.ts';
import { makeOcsp } from '../traps/world.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { addDocumentTimeStamp, addStore } from './long-term-pdf.ts';
import { daysFromNow, makeCrl, makeKey, makeParty, makePki, now, sha256, signWith } from './pki.ts';
import type { Party, PkiOptions, TestPki } from './pki.ts';
import { neverBetter } from './removals.ts';
import { latin1, makeToken, signPdf } from './signed-pdf.ts';

const attribute = (type: string, value: Uint8Array): Uint8Array => sequence(oid(type), setOf([value]));
const policies = fc.constantFrom(...policyData.map(({ name }) => name));
const content = latin1('Signed beside.');

/** Who signs, good and bad in time: what a time-stamp may speak for or against. */
const worlds: Readonly<Record<string, PkiOptions>> = {
  good: {},
  'signer expired': { signer: { notAfter: daysFromNow(-1) } },
  'signer since yesterday': { signer: { notBefore: daysFromNow(-1) } },
  'signer from tomorrow': { signer: { notBefore: daysFromNow(1) } },
  'CA since yesterday': { sealCa: { notBefore: daysFromNow(-1) } },
};
const pkis = new Map(Object.entries(worlds).map(([name, options]) => [name, makePki(options)]));
const stranger = makePki({ root: { commonName: '别处根' }, sealCa: { commonName: '别处CA' } });

const pkiOf = (name: string): TestPki => pkis.get(name) ?? stranger;

/** Certificates of others that say they are the signer's, by issuer and serial number, one with his very key. */
function namesakes(pki: TestPki): { readonly otherKey: Party; readonly sameKey: Party } {
  const { serialNumber } = parseCertificate(pki.signer.certificate);
  const issuer = { ...stranger.sealCa, name: pki.sealCa.name };
  const of = { commonName: '演示部门印章', issuer, serial: serialNumber };
  return { otherKey: makeParty(of), sameKey: makeParty({ ...of, key: pki.signer.key }) };
}
const decoys = new Map([...pkis].map(([name, pki]) => [name, namesakes(pki)]));

const tokenParts = [
  'token',
  'token of two days ago',
  'token over other data',
  'token of a stranger',
  'token not signed',
  'token that is none',
  'other attribute',
] as const;
type TokenPart = (typeof tokenParts)[number];

function unsignedAttributes(parts: ReadonlySet<string>, pki: TestPki, signature: Uint8Array): Uint8Array[] {
  const made: Record<TokenPart, () => Uint8Array> = {
    token: () => encodeSignatureTimeStamp(makeToken(pki, signature)),
    'token of two days ago': () =>
      encodeSignatureTimeStamp(makeToken(pki, signature, { genTime: daysFromNow(-2) })),
    'token over other data': () => encodeSignatureTimeStamp(makeToken(pki, signature, { over: content })),
    'token of a stranger': () => encodeSignatureTimeStamp(makeToken(stranger, signature)),
    'token not signed': () => encodeSignatureTimeStamp(makeToken(pki, signature, { breakSignature: true })),
    'token that is none': () => encodeSignatureTimeStamp(sequence(octetString(content))),
    'other attribute': () => sequence(oid('1.2.3.4.5'), setOf([octetString(content)])),
  };
  return tokenParts.flatMap((part) => (parts.has(part) ? [made[part]()] : []));
}

const certificateParts = ['decoy', 'decoy with the same key', 'signer', 'CA', 'CA of a stranger'] as const;

function carried(parts: ReadonlySet<string>, world: string): readonly Uint8Array[] {
  const pki = pkiOf(world);
  const { otherKey, sameKey } = decoys.get(world) ?? namesakes(pki);
  const made = {
    decoy: otherKey,
    'decoy with the same key': sameKey,
    signer: pki.signer,
    CA: pki.sealCa,
    'CA of a stranger': stranger.sealCa,
  };
  return certificateParts.flatMap((part) => (parts.has(part) ? [made[part].certificate] : []));
}

const outsideParts = [
  'root list',
  'list of the CA',
  'list that revokes',
  'list of the time-stamping CA',
  'list out of date',
  'list of a stranger',
  'OCSP answer',
  'anchor',
  'another anchor',
] as const;

/** What a definite no can rest on; a time-stamp, a namesake or rubbish never is. */
const proving = [
  'signer',
  'CA',
  'root list',
  'list of the CA',
  'list that revokes',
  'OCSP answer',
  'anchor',
  'another anchor',
] as const;

type Revoked = 'never' | 'before' | 'since';
const revocations = fc.constantFrom<Revoked>('never', 'before', 'since');

/** The list that revokes stands in for the good one, so that nothing at hand ever says the opposite. */
function lists(parts: ReadonlySet<string>, pki: TestPki, revoked: Revoked): readonly Uint8Array[] {
  const [root, seals, tsa] = pki.crls;
  const at = daysFromNow(revoked === 'before' ? -3 : -0.5);
  const revoking = makeCrl(pki.sealCa, {
    thisUpdate: daysFromNow(-0.4),
    revoked: [{ certificate: pki.signer.certificate, at, reason: 'keyCompromise' }],
  });
  const made: Record<string, Uint8Array | undefined> = {
    'root list': root,
    'list of the CA': revoked === 'never' ? seals : undefined,
    'list that revokes': revoked === 'never' ? undefined : revoking,
    'list of the time-stamping CA': tsa,
    'list out of date': makeCrl(pki.sealCa, { thisUpdate: daysFromNow(-40), nextUpdate: daysFromNow(-35) }),
    'list of a stranger': makeCrl({ ...stranger.sealCa, name: pki.sealCa.name }),
  };
  return Object.entries(made).flatMap(([part, list]) => (parts.has(part) ? (list ?? []) : []));
}

function outside(
  parts: ReadonlySet<string>,
  pki: TestPki,
  revoked: Revoked,
): Partial<VerificationDependencies> {
  return {
    anchors: [
      ...(parts.has('anchor') ? [pki.root.certificate] : []),
      ...(parts.has('another anchor') ? [stranger.root.certificate] : []),
    ],
    crls: lists(parts, pki, revoked),
    ocsps:
      parts.has('OCSP answer') && revoked === 'never'
        ? [makeOcsp({ about: pki.signer, issuer: pki.sealCa })]
        : [],
  };
}

const worldNames = fc.constantFrom(...pkis.keys());

describe('whatever is taken away from a CMS signature', () => {
  const defects = ['none', 'other content', 'other key', 'no binding'] as const;

  function make(parts: ReadonlySet<string>, world: string, defect: (typeof defects)[number]): Uint8Array {
    const pki = pkiOf(world);
    const whole = [
      attribute(OID.contentType, oid(OID.data)),
      attribute(
        OID.messageDigest,
        octetString(sha256(defect === 'other content' ? latin1('Another.') : content)),
      ),
      attribute(
        OID.signingCertificateV2,
        sequence(sequence(sequence(octetString(sha256(pki.signer.certificate))))),
      ),
    ];
    const signed = setOf(defect === 'no binding' ? whole.slice(0, 2) : whole);
    const signature = signWith(defect === 'other key' ? pki.tsa.key : pki.signer.key, signed);
    const attributes = unsignedAttributes(parts, pki, signature);
    return encodeSignedData({
      digestAlgorithm: 'sha256',
      signedAttributes: signed,
      signatureAlgorithm: 'ES256',
      signature,
      signerCertificate: pki.signer.certificate,
      certificates: carried(parts, world),
      ...(attributes.length === 0 ? {} : { unsignedAttributes: attributes }),
    });
  }

  it('never makes the verdict better', () =>
    neverBetter(
      {
        parts: [...tokenParts, ...certificateParts, ...outsideParts],
        // A signature that names nobody cannot tell a namesake from its signer: the namesake's key is the one there is.
        proving: ({ defect }) =>
          defect === 'no binding' ? [...proving, 'decoy', 'decoy with the same key'] : proving,
        settings: fc.record({
          world: worldNames,
          revoked: revocations,
          policy: policies,
          defect: fc.oneof(
            { weight: 3, arbitrary: fc.constant('none' as const) },
            fc.constantFrom(...defects),
          ),
        }),
        judge: (parts, { world, revoked, policy, defect }) =>
          verifyBytes(
            make(parts, world, defect),
            depsFor(pkiOf(world), {
              ...outside(parts, pkiOf(world), revoked),
              policy: policyNamed(policy),
              content: { kind: 'bytes', source: bytesSource(content) },
            }),
          ),
      },
      120,
    ));

  it('starts from what passes, with everything there', async () => {
    const parts = new Set<string>([...tokenParts, ...certificateParts, ...outsideParts]);
    const pki = pkiOf('good');
    const report = await verifyBytes(
      make(parts, 'good', 'none'),
      depsFor(pki, {
        ...outside(parts, pki, 'never'),
        content: { kind: 'bytes', source: bytesSource(content) },
      }),
    );
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
  });
});

describe('whatever is taken away from a PDF', () => {
  const storeParts = [
    'store: certificates',
    'store: root list',
    'store: list of the CA',
    'store: list of the time-stamping CA',
    'store: rubbish',
    'store by signature',
    'document time-stamp',
  ] as const;

  function make(parts: ReadonlySet<string>, world: string): Uint8Array {
    const pki = pkiOf(world);
    const token = parts.has('token') ? {} : parts.has('token over other data') ? { over: content } : null;
    let pdf = signPdf(pki, undefined, { token, certificates: carried(parts, world) });
    const [root, seals, tsa] = pki.crls;
    const kept = (part: string, bytes: Uint8Array | undefined): readonly Uint8Array[] =>
      parts.has(part) && bytes !== undefined ? [bytes] : [];
    const data = {
      certificates: parts.has('store: certificates')
        ? [pki.sealCa.certificate, pki.tsaCa.certificate, pki.root.certificate]
        : [],
      crls: [
        ...kept('store: root list', root),
        ...kept('store: list of the CA', seals),
        ...kept('store: list of the time-stamping CA', tsa),
        ...kept('store: rubbish', latin1('rubbish')),
      ],
    };
    pdf = addStore(pdf, data);
    if (parts.has('store by signature')) pdf = addStore(pdf, data, true);
    return parts.has('document time-stamp') ? addDocumentTimeStamp(pki, pdf) : pdf;
  }

  it('never makes the verdict better', () =>
    neverBetter(
      {
        parts: ['token', 'token over other data', ...certificateParts, ...storeParts, ...outsideParts],
        proving: () => proving,
        settings: fc.record({ world: worldNames, policy: policies }),
        judge: (parts, { world, policy }) =>
          verifyBytes(
            make(parts, world),
            depsFor(pkiOf(world), {
              ...outside(parts, pkiOf(world), 'never'),
              policy: policyNamed(policy),
            }),
          ),
      },
      60,
    ));
});

describe('whatever is taken away beside a certificate', () => {
  it('never makes the verdict better', () =>
    neverBetter(
      {
        parts: [...certificateParts, ...outsideParts],
        proving: () => proving,
        settings: fc.record({ world: worldNames, revoked: revocations, policy: policies }),
        judge: (parts, { world, revoked, policy }) =>
          verifyBytes(
            pkiOf(world).signer.certificate,
            depsFor(pkiOf(world), {
              ...outside(parts, pkiOf(world), revoked),
              certificates: carried(parts, world),
              policy: policyNamed(policy),
            }),
          ),
      },
      120,
    ));

  it('never makes the answer of verify-chain better', () =>
    neverBetter(
      {
        parts: [...certificateParts, ...outsideParts],
        proving: () => proving,
        settings: fc.record({
          world: worldNames,
          revoked: revocations,
          revocation: fc.constantFrom('require', 'none'),
        }),
        judge: (parts, { world, revoked, revocation }) => {
          const pki = pkiOf(world);
          const { anchors = [], crls = [], ocsps = [] } = outside(parts, pki, revoked);
          const text = (der: Uint8Array): string => Buffer.from(der).toString('base64');
          const line = JSON.stringify({
            id: 1,
            leaf: text(pki.signer.certificate),
            anchors: anchors.map(text),
            untrusted: carried(parts, world).map(text),
            crls: crls.map(text),
            ocsp: ocsps.map(text),
            at: now.toISOString(),
            revocation,
          });
          return verifyChain(readChainCase(line), { verifier, now });
        },
      },
      120,
    ));
});

describe('a certificate that only looks like the signer’s', () => {
  it('beside the signature does not take its place, bound or not', async () => {
    const pki = pkiOf('good');
    const { otherKey, sameKey } = namesakes(pki);
    for (const subFilter of ['ETSI.CAdES.detached', 'adbe.pkcs7.detached'])
      for (const decoy of [
        otherKey,
        sameKey,
        makeParty({ commonName: '演示部门印章', issuer: null, key: makeKey() }),
      ]) {
        const certificates = [decoy.certificate, pki.signer.certificate, pki.sealCa.certificate];
        const report = await verifyBytes(signPdf(pki, undefined, { certificates, subFilter }), depsFor(pki));
        assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
        assert.equal(
          report.signatures[0]?.signer?.fingerprint,
          Buffer.from(sha256(pki.signer.certificate)).toString('hex'),
        );
      }
  });
});
