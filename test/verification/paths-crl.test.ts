// Revocation lists in a path (RFC 5280 section 6.3): what each may say, of whom, and what only several say together.
import assert from 'node:assert/strict';
import { toHex } from '../../formats/bytes.ts';
import type { RevocationReason } from '../../formats/x509/crl.ts';
import { nullValue, oid, sequence, utf8String } from '../../formats/x509/der-writer.ts';
import { extension } from '../../formats/x509/extensions.ts';
import { OID } from '../../formats/x509/oid.ts';
import { gatherEvidence } from '../../verification/evidence.ts';
import { findPath } from '../../verification/path.ts';
import type { PathParameters } from '../../verification/path-model.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import { forged, makeList, pointsOf, scopeOf } from './paths-lists.ts';
import type { ListOptions } from './paths-lists.ts';
import { daysFromNow, makeCrl, makeKey, makeParty, nameOf, now, sha256 } from './pki.ts';
import type { CertificateOptions, Party } from './pki.ts';

const root = makeParty({ commonName: 'Root', issuer: null, ca: true });
const ca = makeParty({ commonName: 'CA', issuer: root, ca: true });
const rootList = makeList(root);

function leafWith(options: Partial<CertificateOptions> = {}): Party {
  return makeParty({ commonName: 'Leaf', issuer: ca, ...options });
}

async function outcome(
  leaf: Party,
  crls: readonly Uint8Array[],
  {
    others = [],
    parameters = {},
    at = now,
  }: {
    others?: readonly Uint8Array[];
    parameters?: Partial<PathParameters>;
    at?: Date;
  } = {},
): Promise<string> {
  const { graph, revocation } = await gatherEvidence({
    verifier,
    anchors: [{ certificate: root.certificate, service: null, qualification: 'unconfirmed' }],
    certificates: [leaf.certificate, ca.certificate, ...others],
    crls: [rootList, ...crls],
    ocsps: [],
    source: null,
  });
  const node = graph.nodes.get(toHex(sha256(leaf.certificate)));
  assert.ok(node !== undefined);
  const result = findPath(node, graph, revocation, {
    purpose: 'any',
    time: { at, now, skewSeconds: 0, freshnessSeconds: 0 },
    revocation: 'required',
    ...parameters,
  });
  return result.kind === 'valid' ? 'valid' : result.problem.code;
}

const unknown = 'revocation-unknown';
const critical = { oid: '1.2.3.4.5', critical: true, value: Uint8Array.of(5, 0) };

describe('a revocation list in a path', () => {
  const shard = (at: number): { readonly uri: string } => ({ uri: `http://crl.test/${at}.crl` });
  const leaf = leafWith({ extra: [pointsOf({ name: shard(1) })] });
  const revoked = { entries: [{ certificate: leaf.certificate, reason: 'keyCompromise' as const }] };
  const cases: readonly (readonly [string, ListOptions, string])[] = [
    ['without a scope', {}, 'valid'],
    ['of its own shard', { scope: scopeOf({ name: shard(1) }) }, 'valid'],
    ['of another shard', { scope: scopeOf({ name: shard(2) }) }, unknown],
    ['of another shard that names it', { scope: scopeOf({ name: shard(2) }), ...revoked }, unknown],
    ['for end entities', { scope: scopeOf({ users: true }) }, 'valid'],
    ['for CAs', { scope: scopeOf({ authorities: true }) }, unknown],
    ['for attribute certificates', { scope: scopeOf({ attributes: true }) }, unknown],
    ['for some reasons', { scope: scopeOf({ reasons: [1, 2] }) }, unknown],
    ['for some reasons that names it', { scope: scopeOf({ reasons: [1, 2] }), ...revoked }, 'revoked'],
    ['with an unknown critical extension', { extra: [critical] }, unknown],
    ['with an unknown extension', { extra: [{ ...critical, critical: false }] }, 'valid'],
    [
      'with an unknown critical extension on somebody else',
      { entries: [{ certificate: ca.certificate, extra: [critical] }] },
      unknown,
    ],
    ['that is out of date', { thisUpdate: daysFromNow(-9), nextUpdate: daysFromNow(-2) }, unknown],
    [
      'that is out of date and names it',
      { thisUpdate: daysFromNow(-1.5), nextUpdate: daysFromNow(-1), ...revoked },
      'revoked',
    ],
    ['from the future', { thisUpdate: daysFromNow(1) }, unknown],
    ['by another key', { key: makeKey() }, unknown],
    ['of another issuer', { name: nameOf('Other') }, unknown],
    ['without a number', { number: null }, 'valid'],
  ];
  for (const [name, options, expected] of cases) {
    it(`${name}: ${expected}`, async () => {
      assert.equal(await outcome(leaf, [makeList(ca, options)]), expected);
    });
  }

  it('says nothing where its signature does not hold', async () => {
    assert.equal(await outcome(leaf, [forged(makeList(ca))]), unknown);
  });

  it('without a number is of no use where only what conforms is', async () => {
    const parameters: Partial<PathParameters> = { conformity: 'rfc5280' };
    assert.equal(await outcome(leaf, [makeList(ca)], { parameters }), 'valid');
    assert.equal(await outcome(leaf, [makeList(ca, { number: null })], { parameters }), unknown);
  });

  it('that is of no use is not passed over where what is offered counts', async () => {
    const parameters: Partial<PathParameters> = { revocation: 'offered' };
    assert.equal(await outcome(leaf, [], { parameters }), 'valid');
    assert.equal(await outcome(leaf, [forged(makeList(ca))], { parameters }), unknown);
  });

  it('is found by a name relative to its issuer', async () => {
    const relative = (text: string): Uint8Array => sequence(oid(OID.commonName), utf8String(text));
    const pointed = leafWith({ extra: [pointsOf({ name: { relative: relative('Shard 1') } })] });
    const list = (text: string): Uint8Array =>
      makeList(ca, { scope: scopeOf({ name: { relative: relative(text) } }) });
    assert.equal(await outcome(pointed, [list('Shard 1')]), 'valid');
    assert.equal(await outcome(pointed, [list('shard  1')]), 'valid');
    assert.equal(await outcome(pointed, [list('Shard 2')]), unknown);
  });
});

describe('revocation lists for some reasons', () => {
  const leaf = leafWith();
  const some = (reasons: readonly number[], options: ListOptions = {}): Uint8Array =>
    makeList(ca, { scope: scopeOf({ reasons }), ...options });
  const [first, rest] = [
    [1, 2],
    [0, 3, 4, 5, 6, 7, 8],
  ];

  it('say together that a certificate is good, and none of them alone', async () => {
    assert.equal(await outcome(leaf, [some(first), some(rest)]), 'valid');
    assert.equal(await outcome(leaf, [some(first)]), unknown);
    assert.equal(await outcome(leaf, [some(rest)]), unknown);
    assert.equal(await outcome(leaf, [some(first), some([3, 4, 5, 6, 7])]), unknown);
  });

  it('revoke each by itself', async () => {
    const entries = [{ certificate: leaf.certificate, reason: 'superseded' as const }];
    assert.equal(await outcome(leaf, [some(first), some(rest, { entries })]), 'revoked');
  });

  it('speak for no more than the distribution point asks them for', async () => {
    const uri = 'http://crl.test/all.crl';
    const scope = scopeOf({ name: { uri } });
    const part = leafWith({ extra: [pointsOf({ name: { uri }, reasons: [1, 2] })] });
    assert.equal(await outcome(part, [makeList(ca, { scope })]), unknown);
    assert.equal(
      await outcome(leafWith({ extra: [pointsOf({ name: { uri } })] }), [makeList(ca, { scope })]),
      'valid',
    );
  });
});

describe('an indirect revocation list', () => {
  const lister = makeParty({ commonName: 'Lister', issuer: root, keyUsage: ['cRLSign'] });
  const other = makeParty({ commonName: 'Other CA', issuer: root, ca: true });
  const leaf = leafWith({ extra: [pointsOf({ issuer: lister.name })] });
  const twin = makeParty({ commonName: 'Twin', issuer: other, serial: Uint8Array.of(0x41, 1, 2, 3) });
  const indirect = scopeOf({ indirect: true });
  const by = (options: ListOptions = {}, signer: Party = lister): Uint8Array =>
    makeList(signer, { scope: indirect, ...options });
  const others = [lister.certificate];

  it('by the CRL issuer that the certificate names is enough', async () => {
    assert.equal(await outcome(leaf, [by()], { others }), 'valid');
  });

  it('revokes by the name of the issuer beside the serial, which holds for what follows too', async () => {
    const here = { certificate: leaf.certificate, issuer: ca.name };
    assert.equal(await outcome(leaf, [by({ entries: [here] })], { others }), 'revoked');
    const entries = [{ certificate: ca.certificate, issuer: ca.name }, { certificate: leaf.certificate }];
    assert.equal(await outcome(leaf, [by({ entries })], { others }), 'revoked');
    const back = [
      { certificate: ca.certificate, issuer: ca.name },
      { certificate: leaf.certificate, issuer: lister.name },
    ];
    assert.equal(await outcome(leaf, [by({ entries: back })], { others }), 'valid');
  });

  it('says nothing of the same serial under another issuer', async () => {
    const same = leafWith({
      serial: Uint8Array.of(0x41, 1, 2, 3),
      extra: [pointsOf({ issuer: lister.name })],
    });
    const entries = [{ certificate: twin.certificate, issuer: other.name }];
    assert.equal(await outcome(same, [by({ entries })], { others }), 'valid');
  });

  it('says nothing without saying that it is indirect', async () => {
    assert.equal(await outcome(leaf, [makeList(lister)], { others }), unknown);
  });

  it('says nothing by somebody the certificate does not name', async () => {
    assert.equal(await outcome(leafWith(), [by()], { others }), unknown);
    const stranger = makeParty({ commonName: 'Stranger', issuer: root, keyUsage: ['cRLSign'] });
    assert.equal(await outcome(leaf, [by({}, stranger)], { others: [stranger.certificate] }), unknown);
  });

  for (const [name, options] of [
    ['who leads to no anchor', { issuer: null }],
    ['who may not sign lists', { issuer: root, keyUsage: ['digitalSignature'] }],
    ['who has expired', { issuer: root, keyUsage: ['cRLSign'], notAfter: daysFromNow(-1) }],
    ['with something critical and unknown', { issuer: root, keyUsage: ['cRLSign'], extra: [critical] }],
  ] as const) {
    it(`says nothing by a CRL issuer ${name}`, async () => {
      const bad = makeParty({ commonName: 'Lister', ...options });
      assert.equal(await outcome(leaf, [by({}, bad)], { others: [bad.certificate] }), unknown);
    });
  }

  it('says nothing by a CRL issuer who was revoked', async () => {
    const entries = [{ certificate: lister.certificate, reason: 'keyCompromise' as const }];
    assert.equal(await outcome(leaf, [by(), makeList(root, { entries, number: 2 })], { others }), unknown);
  });

  it('that names other issuers without being indirect proves no absence', async () => {
    const entries = [{ certificate: twin.certificate, issuer: other.name }];
    assert.equal(await outcome(leafWith(), [makeList(ca, { entries })]), unknown);
  });

  it('and a list by another key of the same CA needs a path to the same anchor', async () => {
    const key = makeKey();
    const second = makeParty({ commonName: 'CA', issuer: root, key, keyUsage: ['cRLSign'] });
    assert.equal(
      await outcome(leafWith(), [makeList(ca, { key })], { others: [second.certificate] }),
      'valid',
    );
    const self = makeParty({ commonName: 'CA', issuer: null, key, keyUsage: ['cRLSign'] });
    assert.equal(await outcome(leafWith(), [makeList(ca, { key })], { others: [self.certificate] }), unknown);
  });
});

describe('a delta list', () => {
  const leaf = leafWith();
  const entry = (reason: 'certificateHold' | 'keyCompromise' | 'removeFromCRL') => ({
    entries: [{ certificate: leaf.certificate, reason }],
  });
  const base = (options: ListOptions = {}): Uint8Array =>
    makeList(ca, { number: 5, thisUpdate: daysFromNow(-2), nextUpdate: daysFromNow(5), ...options });
  const delta = (options: ListOptions = {}): Uint8Array =>
    makeList(ca, {
      number: 7,
      delta: 5,
      thisUpdate: daysFromNow(-1),
      nextUpdate: daysFromNow(1),
      ...options,
    });
  const old = { thisUpdate: daysFromNow(-9), nextUpdate: daysFromNow(-3) };
  const cases: readonly (readonly [string, readonly Uint8Array[], string])[] = [
    ['says nothing alone', [delta()], unknown],
    ['revokes', [base(), delta(entry('keyCompromise'))], 'revoked'],
    ['revokes alone', [delta(entry('keyCompromise'))], 'revoked'],
    ['lifts a hold', [base(entry('certificateHold')), delta(entry('removeFromCRL'))], 'valid'],
    ['does not lift a hold that it does not name', [base(entry('certificateHold')), delta()], 'revoked'],
    ['does not lift a lost key', [base(entry('keyCompromise')), delta(entry('removeFromCRL'))], 'revoked'],
    [
      'does not lift a hold of a list after the one it starts from',
      [base({ ...entry('certificateHold'), number: 4 }), delta(entry('removeFromCRL'))],
      'revoked',
    ],
    [
      'does not lift a hold of a list as new as itself',
      [base({ ...entry('certificateHold'), number: 7 }), delta(entry('removeFromCRL'))],
      'revoked',
    ],
    [
      'of another scope lifts nothing',
      [base(entry('certificateHold')), delta({ ...entry('removeFromCRL'), scope: scopeOf({ users: true }) })],
      'revoked',
    ],
    [
      'that is out of date lifts nothing',
      [base(entry('certificateHold')), delta({ ...entry('removeFromCRL'), nextUpdate: daysFromNow(-0.5) })],
      'revoked',
    ],
    [
      'by another key lifts nothing',
      [base(entry('certificateHold')), delta({ ...entry('removeFromCRL'), key: makeKey() })],
      'revoked',
    ],
    ['renews a full list out of date', [base({ ...old }), delta()], 'valid'],
    ['renews no full list from before its start', [base({ ...old, number: 4 }), delta()], unknown],
    ['out of date renews nothing', [base({ ...old }), delta({ nextUpdate: daysFromNow(-0.5) })], unknown],
  ];
  for (const [name, crls, expected] of cases) {
    it(`${name}: ${expected}`, async () => {
      assert.equal(await outcome(leaf, crls), expected);
      assert.equal(await outcome(leaf, crls.toReversed()), expected);
    });
  }

  it('and a hold ends with a later full list, not with an earlier one', async () => {
    const later = base({ number: 6, thisUpdate: daysFromNow(-1) });
    const earlier = base({ number: 4, thisUpdate: daysFromNow(-3) });
    const held = base(entry('certificateHold'));
    assert.equal(await outcome(leaf, [held, later]), 'valid');
    assert.equal(await outcome(leaf, [held, earlier]), 'revoked');
    assert.equal(await outcome(leaf, [base(entry('keyCompromise')), later]), 'revoked');
  });

  it('and a hold lifted later still counts for an instant before', async () => {
    const crls = [base(entry('certificateHold')), delta(entry('removeFromCRL'))];
    assert.equal(await outcome(leaf, crls, { at: daysFromNow(-1.5) }), 'revoked');
    assert.equal(await outcome(leaf, crls, { at: daysFromNow(-0.5) }), 'valid');
  });
});

describe('several revocations of one certificate', () => {
  const leaf = leafWith();
  const told = (since: number, at: number, reason: RevocationReason): Uint8Array =>
    makeCrl(ca, {
      thisUpdate: daysFromNow(since),
      nextUpdate: daysFromNow(since + 8),
      revoked: [{ certificate: leaf.certificate, at: daysFromNow(at), reason }],
    });
  const good = makeCrl(ca, { thisUpdate: daysFromNow(-3), nextUpdate: daysFromNow(5) });
  const at = daysFromNow(-2);
  const both = async (crls: readonly Uint8Array[], parameters: Partial<PathParameters> = {}) => [
    await outcome(leaf, crls, { at, parameters }),
    await outcome(leaf, crls.toReversed(), { at, parameters }),
  ];
  const later = told(-1, -1.5, 'superseded');

  it('count by the one that was made before the instant', async () => {
    assert.deepEqual(await both([later, good]), ['valid', 'valid']);
    for (const reason of ['superseded', 'certificateHold', 'keyCompromise'] as const)
      assert.deepEqual(await both([later, told(-3, -3.1, reason)]), ['revoked', 'revoked']);
  });

  it('count by a loss of the key where that reaches back', async () => {
    const parameters = { lossReachesBack: true };
    assert.deepEqual(await both([later, good], parameters), ['valid', 'valid']);
    assert.deepEqual(await both([later, told(-0.5, -1, 'keyCompromise')], parameters), [
      'revoked',
      'revoked',
    ]);
  });
});

describe('a certificate whose status is never published (RFC 9608)', () => {
  const never = extension(OID.noRevocationAvailable, false, nullValue());
  const short = leafWith({ extra: [never] });

  it('needs none', async () => {
    assert.equal(await outcome(short, []), 'valid');
  });

  it('is revoked all the same where a list says so', async () => {
    const entries = [{ certificate: short.certificate, reason: 'keyCompromise' as const }];
    assert.equal(await outcome(short, [makeList(ca, { entries })]), 'revoked');
  });

  it('needs one where it says where it is published, or is a CA', async () => {
    const both = leafWith({ extra: [never, pointsOf({ name: { uri: 'http://crl.test/' } })] });
    assert.equal(await outcome(both, []), unknown);
    assert.equal(await outcome(leafWith({ ca: true, extra: [never] }), []), unknown);
  });
});

describe('revocation lists made to waste time', () => {
  it('of a hundred keys under one name, two hundred of them: under a second', async () => {
    const crowd = Array.from({ length: 100 }, () =>
      makeParty({ commonName: 'CA', issuer: root, keyUsage: ['cRLSign'] }),
    );
    const lists = Array.from({ length: 200 }, (_, number) => forged(makeList(ca, { number })));
    const started = performance.now();
    const found = await outcome(leafWith(), lists, { others: crowd.map((party) => party.certificate) });
    assert.equal(found, unknown);
    assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`);
  });
});
