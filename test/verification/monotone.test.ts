// What is taken away never helps, what could not be checked never passes, and nothing at all makes verification throw.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeSignedData, parseSignedData } from '../../formats/cms/signed-data.ts';
import { encodeSignatureTimeStamp } from '../../formats/cms/attributes.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { octetString, oid, sequence, setOf } from '../../formats/x509/der-writer.ts';
import { encodeTime } from '../../formats/x509/time.ts';
import { OID } from '../../formats/x509/oid.ts';
import { verifyCode } from '../../verification/code.ts';
import { policyData, policyNamed } from '../../verification/policy.ts';
import type { Report } from '../../verification/report.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import type { SignatureVerifier } from '../../verification/signature-verifier.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { scale } from '../scale.ts';
import { goodClaims, makeCode, makeCodeWorld, makeStatusToken } from './code-world.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { daysFromNow, makeCrl, makePki, now, sha256, signWith } from './pki.ts';
import { latin1, makeToken, signPdf } from './signed-pdf.ts';

const pki = makePki();
const stranger = makePki();
const content = latin1('Signed beside.');

/** What a signature is made of, and each part may be gone. */
interface Parts {
  readonly attributes: ReadonlySet<
    'content-type' | 'message-digest' | 'signing-certificate' | 'signing-time'
  >;
  readonly certificates: ReadonlySet<'signer' | 'seal-ca'>;
  readonly timeStamp: boolean;
  readonly crls: ReadonlySet<'root' | 'seals' | 'tsa'>;
  readonly anchors: boolean;
  readonly content: boolean;
}

const whole: Parts = {
  attributes: new Set(['content-type', 'message-digest', 'signing-certificate', 'signing-time']),
  certificates: new Set(['signer', 'seal-ca']),
  timeStamp: true,
  crls: new Set(['root', 'seals', 'tsa']),
  anchors: true,
  content: true,
};

/** One thing wrong with it, whatever is taken away; the list that tells of a revocation is never taken away. */
const defects = [
  'none',
  'other content',
  'other key',
  'other certificate',
  'token over other data',
  'revoked',
  'stranger',
] as const;
type Defect = (typeof defects)[number];

const attribute = (type: string, value: Uint8Array): Uint8Array => sequence(oid(type), setOf([value]));

/** A CMS of the parts, as who cannot sign leaves it: the signature is over all attributes, also over those taken away. */
function makeSignature(parts: Parts, defect: Defect): Uint8Array {
  const { certificate } = pki.signer;
  const named = sha256(defect === 'other certificate' ? pki.root.certificate : certificate);
  const signedContent = defect === 'other content' ? latin1('Another.') : content;
  const values = {
    'content-type': attribute(OID.contentType, oid(OID.data)),
    'message-digest': attribute(OID.messageDigest, octetString(sha256(signedContent))),
    'signing-certificate': attribute(
      OID.signingCertificateV2,
      sequence(sequence(sequence(octetString(named)))),
    ),
    'signing-time': attribute(OID.signingTime, encodeTime(now)),
  };
  const signed = setOf(Object.values(values));
  const kept = setOf([...parts.attributes].map((name) => values[name]));
  const signature = signWith(defect === 'other key' ? pki.tsa.key : pki.signer.key, signed);
  const token = makeToken(pki, signature, defect === 'token over other data' ? { over: content } : {});
  return encodeSignedData({
    digestAlgorithm: 'sha256',
    signedAttributes: kept,
    signatureAlgorithm: 'ES256',
    signature,
    signerCertificate: certificate,
    certificates: [
      ...(parts.certificates.has('signer') ? [certificate] : []),
      ...(parts.certificates.has('seal-ca') ? [pki.sealCa.certificate] : []),
    ],
    ...(parts.timeStamp ? { unsignedAttributes: [encodeSignatureTimeStamp(token)] } : {}),
  });
}

function depsOf(parts: Parts, defect: Defect): Partial<VerificationDependencies> {
  const [root, seals, tsa] = pki.crls;
  const revoking = makeCrl(pki.sealCa, {
    revoked: [{ certificate: pki.signer.certificate, at: daysFromNow(-3), reason: 'keyCompromise' }],
  });
  const lists = { root, seals: defect === 'revoked' ? undefined : seals, tsa };
  return {
    anchors: parts.anchors ? [(defect === 'stranger' ? stranger : pki).root.certificate] : [],
    crls: [
      ...[...parts.crls].flatMap((name) => lists[name] ?? []),
      ...(defect === 'revoked' ? [revoking] : []),
    ],
    ...(parts.content ? { content: { kind: 'bytes', source: bytesSource(content) } } : {}),
  };
}

const judge = (parts: Parts, defect: Defect, changes: Partial<VerificationDependencies>): Promise<Report> =>
  verifyBytes(makeSignature(parts, defect), depsFor(pki, { ...depsOf(parts, defect), ...changes }));

/** Mostly everything, so that what is left can still pass. */
function subset<T extends string>(all: ReadonlySet<T>): fc.Arbitrary<ReadonlySet<T>> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(all) },
    fc.subarray([...all]).map((kept) => new Set(kept)),
  );
}

const mostly = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false));

const remains = fc.record({
  attributes: subset(whole.attributes),
  certificates: subset(whole.certificates),
  timeStamp: fc.boolean(),
  crls: subset(whole.crls),
  anchors: mostly,
  content: mostly,
});
const policyNames = fc.constantFrom(...policyData.map(({ name }) => name));

function intersection(a: Parts, b: Parts): Parts {
  return {
    attributes: a.attributes.intersection(b.attributes),
    certificates: a.certificates.intersection(b.certificates),
    timeStamp: a.timeStamp && b.timeStamp,
    crls: a.crls.intersection(b.crls),
    anchors: a.anchors && b.anchors,
    content: a.content && b.content,
  };
}

describe('taking something away', () => {
  it('starts from a signature that holds', async () => {
    for (const { name } of policyData)
      assert.equal((await judge(whole, 'none', { policy: policyNamed(name) })).conclusion, 'TOTAL-PASSED');
  });

  it('never makes a CMS signature pass that did not', async () => {
    await fc.assert(
      fc.asyncProperty(
        remains,
        remains,
        fc.constantFrom(...defects),
        policyNames,
        async (more, other, defect, policy) => {
          const less = intersection(more, other);
          const changes = { policy: policyNamed(policy) };
          if ((await judge(more, defect, changes)).conclusion === 'TOTAL-PASSED') return;
          const after = await judge(less, defect, changes);
          assert.notEqual(after.conclusion, 'TOTAL-PASSED', `${defect}, ${policy}`);
        },
      ),
      { numRuns: scale(200) },
    );
  });

  it('never makes a PDF pass that did not, and no defect passes', async () => {
    const cases = {
      good: signPdf(pki),
      'no time-stamp': signPdf(pki, undefined, { token: null }),
      'bad time-stamp': signPdf(pki, undefined, { token: { over: content } }),
      'other key': signPdf(pki, undefined, { wrongKey: pki.tsa }),
      'signer alone': signPdf(pki, undefined, { certificates: [pki.signer.certificate] }),
      'no certificate': signPdf(pki, undefined, { certificates: [] }),
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.entries(cases)),
        fc.subarray([...pki.crls]),
        fc.subarray([...pki.crls]),
        fc.boolean(),
        policyNames,
        async ([name, pdf], crls, others, trusted, policy) => {
          const changes = { policy: policyNamed(policy), anchors: trusted ? [pki.root.certificate] : [] };
          const before = await verifyBytes(pdf, depsFor(pki, { ...changes, crls }));
          if (name === 'other key' || name === 'no certificate')
            assert.notEqual(before.conclusion, 'TOTAL-PASSED', name);
          if (before.conclusion === 'TOTAL-PASSED') return;
          const fewer = crls.filter((crl) => others.includes(crl));
          const after = await verifyBytes(pdf, depsFor(pki, { ...changes, crls: fewer }));
          assert.notEqual(after.conclusion, 'TOTAL-PASSED', name);
        },
      ),
      { numRuns: scale(150) },
    );
  });

  it('never makes a license code pass that did not', async () => {
    const world = makeCodeWorld();
    const code = makeCode(world.codeSigner, goodClaims());
    const token = await makeStatusToken(world.statusSigner, { issuedAt: now });
    const known = { ...depsFor(pki), time: daysFromNow(0.01) };
    const full = { trustList: world.list, statusLists: { statusList: () => Promise.resolve(token) } };
    assert.equal((await verifyCode(code, { ...known, ...full })).conclusion, 'TOTAL-PASSED');
    for (const part of [{ trustList: null }, { statusLists: { statusList: () => Promise.resolve(null) } }])
      for (const { name } of policyData)
        assert.equal(
          (await verifyCode(code, { ...known, ...full, ...part, policy: policyNamed(name) })).conclusion,
          'INDETERMINATE',
        );
  });
});

/** A verifier that says no to its `at`-th yes, as if that check could not be made. */
function denying(at: number): { readonly verifier: SignatureVerifier; readonly yes: () => number } {
  let yes = 0;
  return {
    yes: () => yes,
    verifier: {
      ...nodeSignatureVerifier,
      async verify(...asked) {
        if (!(await nodeSignatureVerifier.verify(...asked))) return false;
        yes += 1;
        return yes - 1 !== at;
      },
    },
  };
}

describe('a check that could not be made', () => {
  it('never passes: every signature that was looked at is needed where all evidence is required', async () => {
    for (const [name, bytes] of [
      ['PDF', signPdf(pki)],
      ['CMS', makeSignature(whole, 'none')],
      ['certificate', pki.signer.certificate],
    ] as const) {
      const changes = {
        ...depsOf(whole, 'none'),
        policy: policyNamed('archive'),
        certificates: [pki.sealCa.certificate],
        // Nothing superfluous: what is not looked at cannot be missed.
        crls: name === 'certificate' ? pki.crls.slice(0, 2) : pki.crls,
      };
      const counting = denying(-1);
      const good = await verifyBytes(bytes, depsFor(pki, { ...changes, verifier: counting.verifier }));
      assert.equal(good.conclusion, 'TOTAL-PASSED', `${name}: ${good.summary.en}`);
      assert.ok(counting.yes() >= 4, name);
      for (let at = 0; at < counting.yes(); at++) {
        const report = await verifyBytes(bytes, depsFor(pki, { ...changes, verifier: denying(at).verifier }));
        assert.notEqual(report.conclusion, 'TOTAL-PASSED', `${name} without its check ${at}`);
      }
    }
  });

  it('is an open row, and an open or failed row never stands in what passed', async () => {
    await fc.assert(
      fc.asyncProperty(
        remains,
        fc.constantFrom(...defects),
        policyNames,
        fc.integer({ min: -1, max: 12 }),
        async (parts, defect, policy, at) => {
          const report = await judge(parts, defect, {
            policy: policyNamed(policy),
            verifier: denying(at).verifier,
          });
          const rows = [...report.rows, ...report.signatures.flatMap((signature) => signature.rows)];
          const open = rows.filter(({ outcome }) => outcome === 'failed' || outcome === 'indeterminate');
          assert.equal(open.length === 0, report.conclusion === 'TOTAL-PASSED');
          for (const row of open) assert.notEqual(row.subIndication, null, row.id);
          assert.equal(report.subIndication === null, report.conclusion === 'TOTAL-PASSED');
        },
      ),
      { numRuns: scale(200) },
    );
  });
});

describe('hostile input', () => {
  const cms = makeSignature(whole, 'none');
  parseSignedData(cms);

  it('of CMS is always answered, and never passes cut short', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(cms.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(cms.length),
        fc.boolean(),
        async (changes, end, cut) => {
          const bytes = cms.slice();
          for (const [at, value] of changes) bytes[at] = value;
          const report = await verifyBytes(
            cut ? bytes.subarray(0, end) : bytes,
            depsFor(pki, depsOf(whole, 'none')),
          );
          if (cut && end < cms.length) assert.notEqual(report.conclusion, 'TOTAL-PASSED');
        },
      ),
      { numRuns: scale(300) },
    );
  });

  it('of license codes is always answered, and a changed code never passes', async () => {
    const world = makeCodeWorld();
    const code = makeCode(world.codeSigner, goodClaims());
    const token = await makeStatusToken(world.statusSigner, { issuedAt: now });
    const known = {
      ...depsFor(pki),
      trustList: world.list,
      statusLists: { statusList: () => Promise.resolve(token) },
    };
    await fc.assert(
      fc.asyncProperty(
        fc.nat(code.length - 1),
        fc.oneof(fc.constantFrom(...Array.from('0123456789')), fc.string({ maxLength: 3 })),
        fc.nat(3),
        async (at, inserted, gone) => {
          const changed = code.slice(0, at) + inserted + code.slice(at + gone);
          const report = await verifyCode(changed, known);
          const digits = (text: string): string => text.slice(text.indexOf('#') + 1).trim();
          if (digits(changed) !== digits(code))
            assert.notEqual(report.conclusion, 'TOTAL-PASSED', JSON.stringify(changed));
        },
      ),
      { numRuns: scale(300) },
    );
  });
});
