// Certificates made to waste time, and valid paths hidden among them: every answer within a second, every path tried.
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { toHex } from '../../formats/bytes.ts';
import { encodeSignatureAlgorithm } from '../../formats/x509/algorithm.ts';
import { encodeCertificate, encodeTbsCertificate } from '../../formats/x509/certificate.ts';
import {
  bitString,
  ia5String,
  implicitConstructed,
  integer,
  nullValue,
  oid,
  sequence,
  unsignedInteger,
} from '../../formats/x509/der-writer.ts';
import {
  encodeBasicConstraints,
  encodeCertificatePolicies,
  extension,
} from '../../formats/x509/extensions.ts';
import type { Extension } from '../../formats/x509/extensions.ts';
import { OID } from '../../formats/x509/oid.ts';
import { gatherEvidence } from '../../verification/evidence.ts';
import { findPath } from '../../verification/path.ts';
import type { PathParameters } from '../../verification/path-model.ts';
import { anyPolicyInputs } from '../../verification/policies.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import { daysFromNow, makeKey, makeParty, nameOf, now, sha256 } from './pki.ts';
import type { Party, TestKey } from './pki.ts';

async function outcome(
  anchors: readonly Party[],
  leaf: Uint8Array,
  others: readonly Uint8Array[],
  parameters: Partial<PathParameters> = {},
): Promise<string> {
  const started = performance.now();
  const { graph, revocation } = await gatherEvidence({
    verifier,
    anchors: anchors.map(({ certificate }) => ({
      certificate,
      service: null,
      qualification: 'unconfirmed' as const,
    })),
    certificates: [leaf, ...others],
    crls: [],
    ocsps: [],
    source: null,
  });
  const node = graph.nodes.get(toHex(sha256(leaf)));
  assert.ok(node !== undefined);
  const result = findPath(node, graph, revocation, {
    purpose: 'any',
    time: { at: now, now, skewSeconds: 0, freshnessSeconds: 0 },
    revocation: 'ignored',
    ...parameters,
  });
  const took = performance.now() - started;
  assert.ok(took < 1000, `${took.toFixed(0)} ms`);
  return result.kind === 'valid' ? `valid ${result.path.length}` : result.problem.code;
}

const root = makeParty({ commonName: 'Root', issuer: null, ca: true });

/** Layers of CAs, each certified by every one of the layer above, the uppermost by the root. */
function ladder(layers: number, width: number): { readonly others: Uint8Array[]; readonly lowest: Party } {
  let above: Party[] = [root];
  const others: Uint8Array[] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    const made: Party[] = [];
    for (let at = 0; at < width; at += 1) {
      const key = makeKey();
      const versions = above.map((issuer) =>
        makeParty({ commonName: `CA ${layer}.${at}`, issuer, ca: true, key }),
      );
      others.push(...versions.map((version) => version.certificate));
      made.push(versions[0]!);
    }
    above = made;
  }
  return { others, lowest: above[0]! };
}

const requireExplicit: Partial<PathParameters> = {
  policies: { ...anyPolicyInputs, requireExplicitPolicy: true },
};

describe('path building', () => {
  it('ends within a second where 250,000 paths reach an anchor and none holds', async () => {
    const { others, lowest } = ladder(8, 5);
    const leaf = makeParty({ commonName: 'Leaf', issuer: lowest });
    assert.equal(await outcome([root], leaf.certificate, others, requireExplicit), 'too-much-work');
  });

  it('finds the only path that holds among four hundred', async () => {
    const { others, lowest } = ladder(3, 6);
    const policy = extension(OID.certificatePolicies, false, encodeCertificatePolicies(['1.2.3.4']));
    const key = makeKey();
    // Certified anew with policies all the way: every other way to the root has none.
    const top = makeParty({ commonName: 'CA 0.5', issuer: root, ca: true, key, extra: [policy] });
    const middle = makeParty({ commonName: 'CA 1.5', issuer: top, ca: true, extra: [policy] });
    const low = makeParty({
      commonName: 'CA 2.0',
      issuer: middle,
      ca: true,
      key: lowest.key,
      extra: [policy],
    });
    const leaf = makeParty({ commonName: 'Leaf', issuer: low, extra: [policy] });
    const all = [...others, low.certificate, middle.certificate, top.certificate];
    assert.equal(await outcome([root], leaf.certificate, all, requireExplicit), 'valid 5');
    assert.equal(await outcome([root], leaf.certificate, others, requireExplicit), 'policies');
  });

  it('finds a longer path where the shorter does not hold', async () => {
    const key = makeKey();
    const expired = makeParty({
      commonName: 'CA',
      issuer: root,
      ca: true,
      key,
      notAfter: daysFromNow(-1),
    });
    const bridge = makeParty({ commonName: 'Bridge', issuer: root, ca: true });
    const crossed = makeParty({ commonName: 'CA', issuer: bridge, ca: true, key });
    const leaf = makeParty({ commonName: 'Leaf', issuer: crossed });
    const others = [expired, bridge, crossed].map(({ certificate }) => certificate);
    assert.equal(await outcome([root], leaf.certificate, others), 'valid 4');
  });

  it('goes round no loop of CAs that certify each other', async () => {
    const [one, two] = [makeKey(), makeKey()];
    const first = makeParty({ commonName: 'One', issuer: null, ca: true, key: one });
    const second = makeParty({ commonName: 'Two', issuer: null, ca: true, key: two });
    const loop = [
      makeParty({ commonName: 'One', issuer: second, ca: true, key: one }),
      makeParty({ commonName: 'Two', issuer: first, ca: true, key: two }),
    ];
    const leaf = makeParty({ commonName: 'Leaf', issuer: first });
    const others = loop.map(({ certificate }) => certificate);
    assert.equal(await outcome([root], leaf.certificate, others), 'no-anchor');
    const way = makeParty({ commonName: 'Two', issuer: root, ca: true, key: two });
    assert.equal(await outcome([root], leaf.certificate, [...others, way.certificate]), 'valid 4');
  });

  it('finds the issuer behind nine hundred of its name', async () => {
    const crowd = Array.from(
      { length: 900 },
      () => makeParty({ commonName: 'CA', issuer: root, ca: true }).certificate,
    );
    const ca = makeParty({ commonName: 'CA', issuer: root, ca: true });
    const leaf = makeParty({ commonName: 'Leaf', issuer: ca });
    assert.equal(await outcome([root], leaf.certificate, [...crowd, ca.certificate]), 'valid 3');
  });

  it('ends within a second among nine hundred of one name that all name each other', async () => {
    const crowd = Array.from({ length: 900 }, () =>
      makeParty({ commonName: 'Same', issuer: null, ca: true }),
    );
    const leaf = makeParty({ commonName: 'Leaf', issuer: { ...crowd[0]!, key: makeKey() } });
    const others = crowd.map(({ certificate }) => certificate);
    assert.equal(await outcome([root], leaf.certificate, others), 'too-much-work');
  });
});

/** A certificate signed by an RSA or EC key of any size, under SHA-256 or SHA-512. */
function handMade(
  subject: string,
  issuer: string,
  spki: Uint8Array,
  signature: (tbs: Uint8Array) => Uint8Array,
  extra: readonly Extension[] = [],
): Uint8Array {
  const algorithm = encodeSignatureAlgorithm('RS256');
  const tbs = encodeTbsCertificate({
    serialNumber: Uint8Array.of(0x40, ...randomBytes(8)),
    signatureAlgorithm: algorithm,
    issuer: nameOf(issuer),
    notBefore: daysFromNow(-1),
    notAfter: daysFromNow(1),
    subject: nameOf(subject),
    subjectPublicKeyInfo: spki,
    extensions: [
      extension(OID.basicConstraints, true, encodeBasicConstraints({ ca: true, pathLength: null })),
      ...extra,
    ],
  });
  return encodeCertificate(tbs, algorithm, signature(tbs));
}

describe('costly keys, names and policies', () => {
  it('RSA keys with exponents as long as they are: within a second', async () => {
    const rsaKey = (): Uint8Array => {
      const number = (): Uint8Array => {
        const octets = new Uint8Array(randomBytes(384));
        octets[0]! |= 0x80;
        octets[383]! |= 1;
        return octets;
      };
      const key = sequence(unsignedInteger(number()), unsignedInteger(number()));
      return sequence(sequence(oid(OID.rsaEncryption), nullValue()), bitString(key));
    };
    const noise = (): Uint8Array => Uint8Array.of(1, ...randomBytes(383));
    const crowd = Array.from({ length: 200 }, () => handMade('Same', 'Same', rsaKey(), noise));
    assert.equal(await outcome([root], crowd[0]!, crowd), 'too-much-work');
  });

  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsa: TestKey = {
    privateKey,
    spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
  };
  const signed = (tbs: Uint8Array): Uint8Array => new Uint8Array(sign('sha256', tbs, rsa.privateKey));
  const anchorOf = (extra: readonly Extension[]): Party => ({
    key: rsa,
    name: nameOf('Anchor'),
    certificate: handMade('Anchor', 'Anchor', rsa.spki, signed, extra),
  });

  it('thousands of names under thousands of constraints: within a second, and not valid', async () => {
    const names = (count: number, prefix: string): Uint8Array[] =>
      Array.from({ length: count }, (_, at) => ia5String(`${prefix}${at}.test`, 0x82));
    const constraints = sequence(
      implicitConstructed(0, ...names(1500, 'p').map((name) => sequence(name))),
      implicitConstructed(1, ...names(1500, 'x').map((name) => sequence(name))),
    );
    const anchor = anchorOf([extension(OID.nameConstraints, true, constraints)]);
    const leaf = handMade('Leaf', 'Anchor', rsa.spki, signed, [
      extension(OID.subjectAltName, false, sequence(...names(2500, 'p'))),
    ]);
    assert.equal(await outcome([anchor], leaf, []), 'too-much-work');
  });

  it('policies mapped each to each, again and again: within a second', async () => {
    const policies = Array.from({ length: 45 }, (_, at) => `1.2.3.${at}`);
    const pairs = policies.flatMap((from) => policies.map((to) => sequence(oid(from), oid(to))));
    const extra = [
      extension(OID.certificatePolicies, false, encodeCertificatePolicies(policies)),
      extension(OID.policyMappings, false, sequence(...pairs)),
    ];
    const anchor = anchorOf([]);
    const chain = Array.from({ length: 12 }, (_, at) =>
      handMade(`CA ${at}`, at === 0 ? 'Anchor' : `CA ${at - 1}`, rsa.spki, signed, extra),
    );
    const leaf = handMade('Leaf', 'CA 11', rsa.spki, signed, extra.slice(0, 1));
    assert.equal(await outcome([anchor], leaf, chain, requireExplicit), 'valid 14');
  });

  it('counts of certificates that are negative are no counts', async () => {
    const anchor = anchorOf([]);
    const inhibit = extension(OID.inhibitAnyPolicy, true, integer(0));
    const negative = { ...inhibit, value: Uint8Array.of(2, 1, 0xff) };
    for (const [each, expected] of [
      [inhibit, 'valid 3'],
      [negative, 'malformed-extension'],
    ] as const) {
      const ca = handMade('CA', 'Anchor', rsa.spki, signed, [each]);
      const leaf = handMade('Leaf', 'CA', rsa.spki, signed);
      assert.equal(await outcome([anchor], leaf, [ca]), expected);
    }
  });
});
