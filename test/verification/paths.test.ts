// Paths: OCSP answers, name constraints, several ways to an anchor, and certificates made to waste time.
import assert from 'node:assert/strict';
import { toHex } from '../../formats/bytes.ts';
import {
  encodeDigestAlgorithm,
  encodeSignatureAlgorithm,
  parseSubjectPublicKeyInfo,
} from '../../formats/x509/algorithm.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { explicit, implicitConstructed, sequence } from '../../formats/x509/der-writer.ts';
import { encodeCertId, encodeOcspResponse, encodeTbsOcspResponse } from '../../formats/x509/ocsp.ts';
import type { OcspCertStatus } from '../../formats/x509/ocsp.ts';
import { OID } from '../../formats/x509/oid.ts';
import { createHash } from 'node:crypto';
import { gatherEvidence } from '../../verification/evidence.ts';
import { findPath } from '../../verification/path.ts';
import type { PathParameters } from '../../verification/path-model.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import { daysFromNow, makeCrl, makeKey, makeParty, makePki, nameOf, now, sha256, signWith } from './pki.ts';
import type { Party } from './pki.ts';

const sha1 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha1').update(bytes).digest());

interface Question {
  readonly anchor: Party;
  readonly leaf: Party;
  readonly others?: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  readonly ocsps?: readonly Uint8Array[];
  readonly parameters?: Partial<PathParameters>;
}

/** `valid`, or the code of the problem. */
async function outcome({
  anchor,
  leaf,
  others = [],
  crls = [],
  ocsps = [],
  parameters = {},
}: Question): Promise<string> {
  const { graph, revocation } = await gatherEvidence({
    verifier,
    anchors: [{ certificate: anchor.certificate, service: null, qualification: 'unconfirmed' }],
    certificates: [leaf.certificate, ...others],
    crls,
    ocsps,
    source: null,
  });
  const node = graph.nodes.get(toHex(sha256(leaf.certificate)));
  assert.ok(node !== undefined);
  const result = findPath(node, graph, revocation, {
    purpose: 'signature',
    time: { at: now, now, skewSeconds: 300, freshnessSeconds: 86_400 },
    revocation: 'required',
    ...parameters,
  });
  return result.kind === 'valid' ? 'valid' : result.problem.code;
}

interface AnswerOptions {
  readonly responder: Party;
  readonly status?: OcspCertStatus;
  readonly aboutIssuer?: Party;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly hash?: 'sha1' | 'sha256';
  readonly signedBy?: Party;
}

function answer(certificate: Party, issuer: Party, options: AnswerOptions): Uint8Array {
  const hash = options.hash ?? 'sha256';
  const digest = hash === 'sha1' ? sha1 : sha256;
  const keyBits = (party: Party): Uint8Array => parseSubjectPublicKeyInfo(party.key.spki).publicKey;
  const about = options.aboutIssuer ?? issuer;
  const certId = encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm(hash),
    issuerNameHash: digest(about.name),
    issuerKeyHash: digest(keyBits(about)),
    serialNumber: parseCertificate(certificate.certificate).serialNumber,
  });
  const thisUpdate = options.thisUpdate ?? daysFromNow(-0.1);
  const tbs = encodeTbsOcspResponse({
    responderKeyHash: sha1(keyBits(options.responder)),
    producedAt: thisUpdate,
    responses: [
      {
        certId,
        status: options.status ?? { kind: 'good' },
        thisUpdate,
        nextUpdate: options.nextUpdate ?? daysFromNow(1),
      },
    ],
    nonce: null,
    extendedRevoke: false,
  });
  const signature = signWith((options.signedBy ?? options.responder).key, tbs);
  return encodeOcspResponse(tbs, encodeSignatureAlgorithm('ES256'), signature, [
    options.responder.certificate,
  ]);
}

describe('a path with OCSP answers', () => {
  const pki = makePki();
  const { root, sealCa, signer } = pki;
  const noCheck = { oid: OID.ocspNoCheck, critical: false, value: Uint8Array.of(5, 0) };
  const responderOf = (issuer: Party, extra = {}): Party =>
    makeParty({
      commonName: 'OCSP',
      issuer,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [OID.ocspSigning],
      extra: [noCheck],
      ...extra,
    });
  const responder = responderOf(sealCa);
  const ask = (options: AnswerOptions): Promise<string> =>
    outcome({
      anchor: root,
      leaf: signer,
      others: [sealCa.certificate],
      crls: [makeCrl(root)],
      ocsps: [answer(signer, sealCa, options)],
    });

  it('takes a good answer of an authorised responder, whichever digest names the certificate', async () => {
    assert.equal(await ask({ responder }), 'valid');
    assert.equal(await ask({ responder, hash: 'sha1' }), 'valid');
    assert.equal(await ask({ responder: sealCa }), 'valid');
  });

  it('believes a revocation', async () => {
    assert.equal(
      await ask({ responder, status: { kind: 'revoked', at: daysFromNow(-1), reason: null } }),
      'revoked',
    );
  });

  for (const [name, options] of [
    ['of unknown status', { responder, status: { kind: 'unknown' } }],
    [
      'signed by a self-made key',
      {
        responder: makeParty({
          commonName: 'OCSP',
          issuer: null,
          extendedKeyUsage: [OID.ocspSigning],
          extra: [noCheck],
        }),
      },
    ],
    [
      'signed by an ordinary certificate of the CA',
      { responder: makeParty({ commonName: 'OCSP', issuer: sealCa }) },
    ],
    ['signed by a responder of another CA', { responder: responderOf(pki.tsaCa) }],
    ['whose signature does not hold', { responder, signedBy: signer }],
    ['by a responder without nocheck', { responder: responderOf(sealCa, { extra: [] }) }],
    ['by a responder that has expired', { responder: responderOf(sealCa, { notAfter: daysFromNow(-1) }) }],
    ['that is out of date', { responder, thisUpdate: daysFromNow(-3), nextUpdate: daysFromNow(-2) }],
    ['from the future', { responder, thisUpdate: daysFromNow(1), nextUpdate: daysFromNow(2) }],
    ['about the serial of another issuer', { responder, aboutIssuer: pki.tsaCa }],
  ] as const) {
    it(`makes nothing of an answer ${name}`, async () => {
      assert.equal(await ask(options), 'revocation-unknown');
    });
  }
});

describe('a path', () => {
  const ignoring: Partial<PathParameters> = { revocation: 'ignored' };

  it('is tried by every way: an expired cross-certificate does not hide the good one', async () => {
    const root = makeParty({ commonName: 'Root', issuer: null, ca: true });
    const key = makeKey();
    const ca = { commonName: 'CA', issuer: root, ca: true, key };
    const expired = makeParty({ ...ca, notAfter: daysFromNow(-1) });
    const good = makeParty(ca);
    const leaf = makeParty({ commonName: 'Leaf', issuer: good });
    const others = [expired.certificate, good.certificate];
    assert.equal(await outcome({ anchor: root, leaf, others, parameters: ignoring }), 'valid');
    assert.equal(
      await outcome({ anchor: root, leaf, others: [expired.certificate], parameters: ignoring }),
      'expired',
    );
  });

  it('obeys name constraints on directory names', async () => {
    const constraint = (name: Uint8Array): Uint8Array =>
      sequence(implicitConstructed(0, sequence(explicit(4, name))));
    const root = makeParty({ commonName: 'Root', issuer: null, ca: true });
    const within = (name: Uint8Array): Party =>
      makeParty({
        commonName: 'CA',
        issuer: root,
        ca: true,
        extra: [{ oid: OID.nameConstraints, critical: true, value: constraint(name) }],
      });
    const good = within(nameOf('Leaf'));
    const bad = within(nameOf('Somebody else'));
    for (const [ca, expected] of [
      [good, 'valid'],
      [bad, 'name-constraints'],
    ] as const) {
      const leaf = makeParty({ commonName: 'Leaf', issuer: ca });
      assert.equal(
        await outcome({ anchor: root, leaf, others: [ca.certificate], parameters: ignoring }),
        expected,
      );
    }
  });

  it('ends within a second in a thicket of CAs that certify each other', async () => {
    const key = makeKey();
    const root = makeParty({ commonName: 'Root', issuer: null, ca: true });
    const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
    const parties = names.map((commonName) =>
      makeParty({ commonName, issuer: null, ca: true, key: makeKey() }),
    );
    const others = parties.flatMap((subject, at) =>
      parties.flatMap((issuer, by) =>
        at === by
          ? []
          : [1, 2, 3].map(
              () =>
                makeParty({ commonName: names[at] ?? '', issuer, ca: true, key: subject.key }).certificate,
            ),
      ),
    );
    const entrance = makeParty({ commonName: 'A', issuer: root, ca: true, key, notAfter: daysFromNow(-1) });
    const [first] = parties;
    assert.ok(first !== undefined);
    const bridge = makeParty({
      commonName: 'H',
      issuer: root,
      ca: true,
      key: parties[7]?.key ?? key,
      notAfter: daysFromNow(-1),
    });
    const leaf = makeParty({ commonName: 'Leaf', issuer: first });
    const started = performance.now();
    const found = await outcome({
      anchor: root,
      leaf,
      others: [...others, entrance.certificate, bridge.certificate],
      parameters: ignoring,
    });
    assert.notEqual(found, 'valid');
    assert.ok(performance.now() - started < 3000, `${performance.now() - started} ms`);
  });
});
