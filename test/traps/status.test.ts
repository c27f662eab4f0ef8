// T7 and T12–T14: an OCSP answer counts only with a signature of whom the issuer entitled, about the certificate, in its time.
import assert from 'node:assert/strict';
import { checkedStatus } from '../../ca/foreign-status.ts';
import { CaError } from '../../ca/errors.ts';
import { parseCertificate, type Certificate } from '../../formats/x509/certificate.ts';
import { encodeNoCheck, extension } from '../../formats/x509/extensions.ts';
import { OID } from '../../formats/x509/oid.ts';
import { daysFromNow, makeCrl, makeKey, makeParty, now } from '../verification/pki.ts';
import { ask, makeOcsp, type OcspOptions } from './world.ts';

const root = makeParty({ commonName: '根', issuer: null, ca: true });
const ca = makeParty({ commonName: 'CA', issuer: root, ca: true, pathLength: 0 });
const leaf = makeParty({ commonName: '章', issuer: ca });
const neighbour = makeParty({ commonName: '邻章', issuer: ca });
const noCheck = [extension(OID.ocspNoCheck, false, encodeNoCheck())];
const responder = makeParty({
  commonName: '应答',
  issuer: ca,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: [OID.ocspSigning],
  extra: noCheck,
});
const other = makeParty({ commonName: '他CA', issuer: root, ca: true });
const otherResponder = makeParty({
  commonName: '他应答',
  issuer: other,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: [OID.ocspSigning],
  extra: noCheck,
});

const revokedList = makeCrl(ca, {
  revoked: [{ certificate: leaf.certificate, at: daysFromNow(-3), reason: 'keyCompromise' }],
});
const pair: readonly [Certificate, Certificate] = [
  parseCertificate(leaf.certificate),
  parseCertificate(ca.certificate),
];
const base = { about: leaf, issuer: ca } as const;

/** Answers that must count for nothing, each for one reason. */
const useless: Readonly<Record<string, OcspOptions>> = {
  'a key of nobody, under the issuer’s key hash': { ...base, key: makeKey(), namedKey: ca.key },
  'a key of nobody, with the genuine CA beside it': {
    ...base,
    key: makeKey(),
    namedKey: ca.key,
    certificates: [ca.certificate],
  },
  'a self-made certificate, with the genuine CA beside it': (() => {
    const forger = makeParty({ commonName: '应答', issuer: null, extendedKeyUsage: [OID.ocspSigning] });
    return { ...base, key: forger.key, certificates: [forger.certificate, ca.certificate] };
  })(),
  'an ordinary certificate of the CA': {
    ...base,
    key: neighbour.key,
    certificates: [neighbour.certificate, ca.certificate],
  },
  "the certificate's own key": { ...base, key: leaf.key, certificates: [leaf.certificate] },
  "another CA's responder": {
    ...base,
    key: otherResponder.key,
    certificates: [otherResponder.certificate, other.certificate],
  },
  'a signature with a changed bit': {
    ...base,
    signature: (right) => right.with(right.length - 1, (right.at(-1) ?? 0) ^ 1),
  },
  'a year ago': { ...base, thisUpdate: daysFromNow(-366), nextUpdate: daysFromNow(-365) },
  'to come': { ...base, thisUpdate: daysFromNow(2), nextUpdate: daysFromNow(3) },
  'another certificate': { ...base, about: neighbour },
  'a responder whose certificate has run out': (() => {
    const late = makeParty({
      commonName: '旧应答',
      issuer: ca,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [OID.ocspSigning],
      notAfter: daysFromNow(-10),
      extra: noCheck,
    });
    return { ...base, key: late.key, certificates: [late.certificate] };
  })(),
};

describe('traps of certificate status', () => {
  const required = { untrusted: [ca.certificate], parameters: { revocation: 'required' } } as const;

  it('T13: the answers that count do, with the CA’s key alone or with a responder’s certificate', async () => {
    for (const options of [base, { ...base, key: responder.key, certificates: [responder.certificate] }]) {
      const ocsp = makeOcsp(options);
      const answer = await ask(leaf, root, { ...required, ocsps: [ocsp], crls: [makeCrl(root)] });
      assert.equal(answer.conclusion, 'TOTAL-PASSED', JSON.stringify(answer.rows.at(-1)));
      assert.equal(checkedStatus('ocsp', ocsp, pair, now).status, 'good');
    }
  });

  for (const [name, options] of Object.entries(useless)) {
    it(`T7, T12, T13: "good" by ${name} neither helps nor hides a revocation`, async () => {
      const forged = makeOcsp(options);
      const alone = await ask(leaf, root, { ...required, ocsps: [forged], crls: [makeCrl(root)] });
      assert.equal(alone.conclusion, 'INDETERMINATE', name);
      const beside = await ask(leaf, root, {
        ...required,
        ocsps: [forged],
        crls: [makeCrl(root), revokedList],
      });
      assert.equal(beside.conclusion, 'TOTAL-FAILED', name);
      assert.throws(
        () => checkedStatus('ocsp', forged, pair, now),
        (error) => error instanceof CaError && error.code === 'foreign-status-refused',
        name,
      );
    });
  }

  it('T7: a true "good" does not hide a revocation that a true list tells', async () => {
    const ocsp = makeOcsp(base);
    const answer = await ask(leaf, root, { ...required, ocsps: [ocsp], crls: [makeCrl(root), revokedList] });
    assert.notEqual(answer.conclusion, 'TOTAL-PASSED');
  });

  it('T14: an answer that says "good" first and "revoked" after is not "good"', async () => {
    const revoked = { kind: 'revoked', at: daysFromNow(-3), reason: 'keyCompromise' } as const;
    for (const statuses of [
      [{ kind: 'good' } as const, revoked],
      [revoked, { kind: 'good' } as const],
    ]) {
      const ocsp = makeOcsp({ ...base, statuses });
      const answer = await ask(leaf, root, { ...required, ocsps: [ocsp], crls: [makeCrl(root)] });
      assert.notEqual(answer.conclusion, 'TOTAL-PASSED');
      let said: string;
      try {
        said = checkedStatus('ocsp', ocsp, pair, now).status;
      } catch (error) {
        assert.ok(error instanceof CaError);
        said = 'refused';
      }
      assert.notEqual(said, 'good');
    }
  });
});
