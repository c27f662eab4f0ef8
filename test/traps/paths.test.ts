// T1–T6 and T8–T11: what a path must not be accepted for, by our own validation.
import assert from 'node:assert/strict';
import { tagged, sequence } from '../../formats/x509/der-writer.ts';
import {
  encodeCertificatePolicies,
  encodePermittedDirectories,
  extension,
} from '../../formats/x509/extensions.ts';
import { encodeSignatureAlgorithm } from '../../formats/x509/algorithm.ts';
import { encodeSigned } from '../../formats/x509/certificate.ts';
import { encodeTbsCrl, type CrlFrame } from '../../formats/x509/crl.ts';
import { OID } from '../../formats/x509/oid.ts';
import {
  daysFromNow,
  makeCrl,
  makeKey,
  makeParty,
  nameOf,
  sha256,
  signWith,
  type Party,
} from '../verification/pki.ts';
import { ask, holds } from './world.ts';

const root = makeParty({ commonName: '根', issuer: null, ca: true });
const ca = makeParty({ commonName: 'CA', issuer: root, ca: true, pathLength: 0 });
const leaf = makeParty({ commonName: '章', issuer: ca });

/** A list with whatever scope an attacker or a careless CA gives it. */
function listOf(issuer: Party, more: Partial<CrlFrame>): Uint8Array {
  const algorithm = encodeSignatureAlgorithm('ES256');
  const tbs = encodeTbsCrl({
    signatureAlgorithm: algorithm,
    issuer: issuer.name,
    thisUpdate: daysFromNow(-1),
    nextUpdate: daysFromNow(6),
    revoked: [],
    authorityKeyIdentifier: sha256(issuer.key.spki).subarray(0, 20),
    crlNumber: 7,
    ...more,
  });
  return encodeSigned(tbs, algorithm, signWith(issuer.key, tbs));
}

describe('traps of paths', () => {
  it('the good path holds, so that every refusal below is for its own reason', async () => {
    assert.ok(await holds(leaf, root, { untrusted: [ca.certificate] }));
  });

  it('T1: a CA below one whose path length is 0, and a CA that may not be one', async () => {
    const below = makeParty({ commonName: '下级', issuer: ca, ca: true });
    const end = makeParty({ commonName: '章', issuer: below });
    assert.ok(!(await holds(end, root, { untrusted: [ca.certificate, below.certificate] })));
    const pretender = makeParty({ commonName: '章二', issuer: leaf });
    assert.ok(!(await holds(pretender, root, { untrusted: [ca.certificate, leaf.certificate] })));
  });

  it('T2: a certificate for another use, and for another name', async () => {
    const untrusted = [ca.certificate];
    const server = makeParty({
      commonName: 'www',
      issuer: ca,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [OID.serverAuth],
    });
    for (const purpose of ['client', 'timestamp'] as const) {
      assert.ok(!(await holds(server, root, { untrusted, parameters: { purpose } })), purpose);
    }
    const names = [{ kind: 'DNS', value: 'seal.example.cn' }] as const;
    assert.ok(!(await holds(leaf, root, { untrusted, parameters: { purpose: 'any', peerNames: names } })));
    // The CA's own usages bind what it issues.
    const narrow = makeParty({
      commonName: '窄',
      issuer: root,
      ca: true,
      extendedKeyUsage: [OID.clientAuth],
    });
    const wide = makeParty({
      commonName: 'www',
      issuer: narrow,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [OID.timeStamping],
      extendedKeyUsageCritical: true,
    });
    assert.ok(
      !(await holds(wide, root, { untrusted: [narrow.certificate], parameters: { purpose: 'timestamp' } })),
    );
  });

  it('T3: a critical extension that nobody knows, on an end entity as on a CA', async () => {
    const unknown = extension('1.2.3.4.5.6', true, sequence());
    const end = makeParty({ commonName: '章', issuer: ca, extra: [unknown] });
    assert.ok(!(await holds(end, root, { untrusted: [ca.certificate] })));
    const odd = makeParty({ commonName: '怪', issuer: root, ca: true, extra: [unknown] });
    const below = makeParty({ commonName: '章', issuer: odd });
    assert.ok(!(await holds(below, root, { untrusted: [odd.certificate] })));
  });

  it('T4: CAs that certify each other in a ring, and hundreds of the same name, within a second', async () => {
    const keys = Array.from({ length: 4 }, () => makeKey());
    const parties = keys.map((key, at) => makeParty({ commonName: `环${at}`, issuer: null, key, ca: true }));
    const ring = parties.flatMap((party, at) =>
      parties
        .filter((_, other) => other !== at)
        .map((issuer) => makeParty({ commonName: `环${at}`, issuer, key: party.key, ca: true }).certificate),
    );
    const caught = makeParty({ commonName: '章', issuer: parties[0]! });
    const bush: Uint8Array[] = [];
    let top: Party[] = [root];
    for (let level = 0; level < 6; level += 1) {
      const next = Array.from({ length: 10 }, (_, at) =>
        makeParty({
          commonName: '同名',
          issuer: { ...top[at % top.length]!, name: nameOf('同名') },
          ca: true,
        }),
      );
      bush.push(...next.map(({ certificate }) => certificate));
      top = next;
    }
    const lost = makeParty({ commonName: '章', issuer: top[0]! });
    for (const [end, untrusted] of [
      [caught, ring],
      [lost, bush],
    ] as const) {
      const started = performance.now();
      assert.ok(!(await holds(end, root, { untrusted })));
      assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`);
    }
  });

  it('T5: the longer way is found where the shorter one does not hold', async () => {
    const key = makeKey();
    const expired = makeParty({ commonName: '双', issuer: root, key, ca: true, notAfter: daysFromNow(-1) });
    const middle = makeParty({ commonName: '中', issuer: root, ca: true });
    const longer = makeParty({ commonName: '双', issuer: middle, key, ca: true });
    const end = makeParty({ commonName: '章', issuer: longer });
    const certificates = [expired, middle, longer].map(({ certificate }) => certificate);
    for (const untrusted of [certificates, certificates.toReversed()]) {
      assert.ok(await holds(end, root, { untrusted }));
    }
  });

  it('T6: no list and no answer is not "not revoked"', async () => {
    const answer = await ask(leaf, root, {
      untrusted: [ca.certificate],
      parameters: { revocation: 'required' },
    });
    assert.equal(answer.conclusion, 'INDETERMINATE');
    const lists = { untrusted: [ca.certificate], crls: [makeCrl(root), makeCrl(ca)] };
    assert.ok(await holds(leaf, root, { ...lists, parameters: { revocation: 'required' } }));
  });

  it('T8: a list of the future, of the past, for CAs only, a delta, or signed by another key says nothing', async () => {
    const required = { untrusted: [ca.certificate], parameters: { revocation: 'required' } } as const;
    const useless: Readonly<Record<string, Uint8Array>> = {
      future: makeCrl(ca, { thisUpdate: daysFromNow(2), nextUpdate: daysFromNow(9) }),
      past: makeCrl(ca, { thisUpdate: daysFromNow(-9), nextUpdate: daysFromNow(-2) }),
      'another key': makeCrl(ca, { key: makeKey() }),
      'another authority': makeCrl(makeParty({ commonName: 'CA', issuer: null, ca: true })),
      'CAs only': listOf(ca, { scope: { onlyContainsCaCerts: true } } as Partial<CrlFrame>),
      delta: listOf(ca, { deltaBase: 6 }),
    };
    for (const [name, list] of Object.entries(useless)) {
      const answer = await ask(leaf, root, { ...required, crls: [makeCrl(root), list] });
      assert.equal(answer.conclusion, 'INDETERMINATE', name);
    }
    const at = daysFromNow(-2);
    const revoked = makeCrl(ca, {
      revoked: [{ certificate: leaf.certificate, at, reason: 'keyCompromise' }],
    });
    const answer = await ask(leaf, root, { ...required, crls: [makeCrl(root), revoked] });
    assert.equal(answer.conclusion, 'TOTAL-FAILED');
  });

  it('T9: name constraints of the anchor bind too, and a malformed or hidden name is no way around them', async () => {
    const constraint = extension(OID.nameConstraints, true, encodePermittedDirectories([nameOf('允许')]));
    const bound = makeParty({ commonName: '受限根', issuer: null, ca: true, extra: [constraint] });
    assert.ok(!(await holds(makeParty({ commonName: '章', issuer: bound }), bound)));
    assert.ok(await holds(makeParty({ commonName: '允许', issuer: bound }), bound));
    // The permitted name as subject, another directory name as alternative.
    const hidden = extension(OID.subjectAltName, false, sequence(tagged(0xa4, nameOf('章'))));
    assert.ok(!(await holds(makeParty({ commonName: '允许', issuer: bound, extra: [hidden] }), bound)));
    const empty = extension(OID.subjectAltName, false, sequence());
    const malformed = extension(OID.subjectAltName, false, tagged(0x30, Uint8Array.of(0x82, 5, 1)));
    for (const extra of [[empty], [malformed]]) {
      assert.ok(!(await holds(makeParty({ commonName: '允许', issuer: bound, extra }), bound)));
    }
  });

  it('T10: policies hold over a long path, and none is made up by mapping or any-policy', async () => {
    const policy = (...policies: readonly string[]) =>
      extension(OID.certificatePolicies, false, encodeCertificatePolicies(policies));
    const explicit = {
      initialPolicies: new Set(['1.2.3.1']),
      requireExplicitPolicy: true,
      inhibitPolicyMapping: false,
      inhibitAnyPolicy: false,
    };
    const build = (middle: readonly string[], end: readonly string[]): [Party, Uint8Array[]] => {
      const first = makeParty({ commonName: '一', issuer: root, ca: true, extra: [policy('1.2.3.1')] });
      const second = makeParty({ commonName: '二', issuer: first, ca: true, extra: [policy(...middle)] });
      const third = makeParty({ commonName: '三', issuer: second, ca: true, extra: [policy('1.2.3.1')] });
      const last = makeParty({
        commonName: '章',
        issuer: third,
        extra: end.length === 0 ? [] : [policy(...end)],
      });
      return [last, [first, second, third].map(({ certificate }) => certificate)];
    };
    const holdsWith = async (middle: readonly string[], end: readonly string[], inhibitAnyPolicy = false) => {
      const [last, untrusted] = build(middle, end);
      return holds(last, root, { untrusted, parameters: { policies: { ...explicit, inhibitAnyPolicy } } });
    };
    assert.ok(await holdsWith(['1.2.3.1'], ['1.2.3.1']));
    assert.ok(await holdsWith([OID.anyPolicy], ['1.2.3.1']));
    assert.ok(!(await holdsWith([OID.anyPolicy], ['1.2.3.1'], true)));
    assert.ok(!(await holdsWith(['1.2.3.2'], ['1.2.3.1'])));
    assert.ok(!(await holdsWith(['1.2.3.1'], ['1.2.3.2'])));
    assert.ok(!(await holdsWith(['1.2.3.1'], [])));
    const toAny = extension(
      OID.policyMappings,
      true,
      sequence(sequence(oidOf('1.2.3.1'), oidOf(OID.anyPolicy))),
    );
    const mapping = makeParty({
      commonName: '映射',
      issuer: root,
      ca: true,
      extra: [policy('1.2.3.1'), toAny],
    });
    const end = makeParty({ commonName: '章', issuer: mapping, extra: [policy('1.2.3.9')] });
    assert.ok(
      !(await holds(end, root, { untrusted: [mapping.certificate], parameters: { policies: explicit } })),
    );
  });

  it('T11: the certificate asked about is the one judged, in whatever order the others come', async () => {
    const stranger = makeParty({ commonName: '陌生', issuer: null });
    const others = [leaf.certificate, ca.certificate, root.certificate];
    for (const untrusted of [others, others.toReversed(), [...others, stranger.certificate]]) {
      assert.ok(!(await holds(stranger, root, { untrusted })));
      assert.ok(await holds(leaf, root, { untrusted }));
    }
  });
});

function oidOf(text: string): Uint8Array {
  const list = encodeCertificatePolicies([text]);
  // SEQUENCE { SEQUENCE { OID } }
  return list.subarray(4);
}
