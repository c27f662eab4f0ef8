// Levels as they really are: each step taken, left out or spoilt, and judged long after.
import assert from 'node:assert/strict';
import { OID } from '../../formats/x509/oid.ts';
import type { Report, SignatureReport } from '../../verification/report.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { addDocumentTimeStamp, addStore, fullData } from './long-term-pdf.ts';
import { daysFromNow, listsOf, makeCrl, makeParty, makePki } from './pki.ts';
import type { Party, TestPki } from './pki.ts';
import { baseObjects, latin1, signPdf, unsignedPdf } from './signed-pdf.ts';

const pki = makePki();
const signed = signPdf(pki);
const stored = addStore(signed, fullData(pki));
const archived = addDocumentTimeStamp(pki, stored, { genTime: daysFromNow(0.01) });

/** Verification with nothing from outside but the root. */
function alone(trusted: TestPki, changes: Partial<VerificationDependencies> = {}): VerificationDependencies {
  return depsFor(trusted, { crls: [], time: daysFromNow(0.1), ...changes });
}

function first(report: Report): SignatureReport {
  const signature = report.signatures.find(({ type }) => type === 'signature');
  assert.ok(signature !== undefined);
  return signature;
}

function finding(report: Report, id: string): string {
  return first(report).rows.find((row) => row.id === id)?.finding.en ?? '';
}

/** An authority beside the first, with dates of its own. */
function secondAuthority(trusted: TestPki, dates: { readonly notAfter?: Date } = {}): Party {
  return makeParty({
    commonName: '演示时间戳二',
    issuer: trusted.tsaCa,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: [OID.timeStamping],
    extendedKeyUsageCritical: true,
    ...dates,
  });
}

describe('the level of a signature', () => {
  const data = fullData(pki);
  const cases: readonly (readonly [
    name: string,
    pdf: () => Uint8Array,
    level: SignatureReport['level'],
    why: RegExp,
  ])[] = [
    ['no time-stamp', () => signPdf(pki, undefined, { token: null }), 'B-B', /no time-stamp/],
    ['a time-stamp', () => signed, 'B-T', /security store holds no usable revocation data/],
    ['validation data', () => stored, 'B-LT', /no trusted document time-stamp/],
    ['validation data under its own key alone', () => addStore(signed, data, true), 'B-LT', /no trusted/],
    ['validation data and a document time-stamp', () => archived, 'B-LTA', /^B-LTA\.$/],
    [
      'a document time-stamp instead of a signature time-stamp',
      () => addDocumentTimeStamp(pki, signPdf(pki, undefined, { token: null })),
      'B-T',
      /revocation data/,
    ],
    [
      'a document time-stamp alone, and data after it',
      () => addStore(addDocumentTimeStamp(pki, signPdf(pki, undefined, { token: null })), data),
      'B-LT',
      /does not cover/,
    ],
    [
      'the same under a second document time-stamp',
      () =>
        addDocumentTimeStamp(
          pki,
          addStore(addDocumentTimeStamp(pki, signPdf(pki, undefined, { token: null })), data),
          { genTime: daysFromNow(0.01) },
        ),
      'B-LTA',
      /^B-LTA\.$/,
    ],
    [
      'no list of the CA for seals',
      () => addStore(signed, { ...data, crls: data.crls.filter((_, at) => at !== 1) }),
      'B-T',
      /演示部门印章/,
    ],
    [
      'no list of the CA for time-stamps',
      () => addStore(signed, { ...data, crls: data.crls.slice(0, 2) }),
      'B-T',
      /演示时间戳/,
    ],
    ['no list of the root', () => addStore(signed, { ...data, crls: data.crls.slice(1) }), 'B-T', /演示/],
    [
      'a list by another key',
      () =>
        addStore(signed, {
          ...data,
          crls: [makeCrl(pki.root), makeCrl(pki.sealCa, { key: pki.tsa.key }), makeCrl(pki.tsaCa)],
        }),
      'B-T',
      /演示部门印章/,
    ],
    [
      'no certificate of the CA in the file',
      () =>
        addStore(signPdf(pki, undefined, { certificates: [pki.signer.certificate] }), {
          ...data,
          certificates: [pki.tsa.certificate],
        }),
      'B-T',
      /is not in the file|does not hold/,
    ],
    [
      'the data only after the document time-stamp',
      () => addStore(addDocumentTimeStamp(pki, signed), data),
      'B-LT',
      /does not cover all validation data/,
    ],
    [
      'a document time-stamp over other data',
      () => addDocumentTimeStamp(pki, stored, { over: latin1('other') }),
      'B-LT',
      /no trusted document time-stamp/,
    ],
    [
      'a document time-stamp with a broken signature',
      () => addDocumentTimeStamp(pki, stored, { breakSignature: true }),
      'B-LT',
      /no trusted document time-stamp/,
    ],
    [
      'a document time-stamp that says it is something else',
      () => addDocumentTimeStamp(pki, stored, {}, 'ETSI.CAdES.detached'),
      'B-LT',
      /no trusted document time-stamp/,
    ],
    [
      'a document time-stamp by a stranger',
      () => addDocumentTimeStamp(pki, stored, { authority: makePki().tsa }),
      'B-LT',
      /no trusted document time-stamp/,
    ],
    [
      'not PAdES',
      () =>
        addDocumentTimeStamp(
          pki,
          addStore(signPdf(pki, undefined, { subFilter: 'adbe.pkcs7.detached' }), data),
        ),
      'none',
      /SubFilter/,
    ],
  ];
  for (const [name, pdf, level, why] of cases) {
    it(`with ${name} is ${level}, and why it is no higher is told`, async () => {
      const report = await verifyBytes(pdf(), depsFor(pki, { time: daysFromNow(0.1) }));
      assert.equal(first(report).level, level, finding(report, 'signature.level'));
      assert.match(finding(report, 'signature.level'), why);
    });
  }

  it('with validation data passes on what the file holds alone', async () => {
    for (const pdf of [stored, archived, addStore(signed, data, true)])
      expectReport(await verifyBytes(pdf, alone(pki)), ['TOTAL-PASSED', null, null]);
    expectReport(await verifyBytes(signed, alone(pki)), ['INDETERMINATE', 'TRY_LATER', null]);
  });

  it('never rises, nor does the conclusion, when something is taken out of the store', async () => {
    for (let without = 0; without < data.crls.length; without++) {
      const crls = data.crls.filter((_, at) => at !== without);
      const pdf = addDocumentTimeStamp(pki, addStore(signed, { ...data, crls }));
      const report = await verifyBytes(pdf, alone(pki));
      assert.notEqual(first(report).level, 'B-LTA', `without list ${without}`);
      if (without < 2) assert.notEqual(report.conclusion, 'TOTAL-PASSED', `without list ${without}`);
    }
  });

  it('is B-B where nothing is known of the authority: its stamps are remarked on and weigh as if cut off', async () => {
    const untold = addStore(signed, { ...data, crls: data.crls.slice(0, 2) });
    const report = await verifyBytes(addDocumentTimeStamp(pki, untold), alone(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.equal(first(report).level, 'B-B');
    assert.deepEqual(
      report.rows.filter(({ id }) => id === 'document.signature').map(({ outcome }) => outcome),
      ['passed', 'warned'],
    );
    assert.equal(report.signatures[1]?.conclusion, 'INDETERMINATE');
    expectReport(await verifyBytes(untold, alone(pki)), ['TOTAL-PASSED', null, null]);
    // Alone in the file, nothing else answers for it.
    const withForm = {
      ...baseObjects,
      1: '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [ ] /SigFlags 3 >> >>',
    };
    const lone = await verifyBytes(addDocumentTimeStamp(pki, unsignedPdf(withForm)), alone(pki));
    assert.equal(lone.conclusion, 'INDETERMINATE');
  });
});

describe('a signature judged long afterwards', () => {
  const later = (days: number): { readonly time: Date } => ({ time: daysFromNow(days) });

  it('holds after its certificate has ended, by its time-stamp and what the file holds', async () => {
    const p = makePki({ signer: { notAfter: daysFromNow(2) } });
    const pdf = addStore(signPdf(p), fullData(p));
    expectReport(await verifyBytes(pdf, alone(p, later(100))), ['TOTAL-PASSED', null, null]);
    expectReport(
      await verifyBytes(addStore(signPdf(p, undefined, { token: null }), fullData(p)), alone(p, later(100))),
      ['INDETERMINATE', 'OUT_OF_BOUNDS_NO_POE', 'certificate.path'],
    );
  });

  it("proves no time once the authority's certificate has ended, unless a later stamp protects it", async () => {
    const p = makePki({ signer: { notAfter: daysFromNow(2) }, tsa: { notAfter: daysFromNow(50) } });
    const lone = addStore(signPdf(p), fullData(p));
    const report = await verifyBytes(lone, alone(p, later(100)));
    expectReport(report, ['INDETERMINATE', 'OUT_OF_BOUNDS_NO_POE', 'certificate.path']);
    assert.equal(first(report).level, 'B-B');
    assert.match(finding(report, 'signature.level'), /expired since/);
    const second = secondAuthority(p);
    const renewed = addDocumentTimeStamp(p, lone, { authority: second, genTime: daysFromNow(40) });
    const lists = listsOf(p).map((_, at) =>
      makeCrl([p.root, p.sealCa, p.tsaCa][at] ?? p.root, {
        thisUpdate: daysFromNow(99),
        nextUpdate: daysFromNow(110),
      }),
    );
    const good = await verifyBytes(
      renewed,
      alone(p, { ...later(100), crls: [lists[0] ?? lone, lists[2] ?? lone] }),
    );
    expectReport(good, ['TOTAL-PASSED', null, null]);
    assert.equal(first(good).level, 'B-LTA');
    const late = addDocumentTimeStamp(p, lone, { authority: second, genTime: daysFromNow(60) });
    expectReport(
      await verifyBytes(late, alone(p, { ...later(100), crls: [lists[0] ?? lone, lists[2] ?? lone] })),
      ['INDETERMINATE', 'OUT_OF_BOUNDS_NO_POE', null],
    );
  });

  it('holds though the certificate was revoked after the proof, and not where it was before', async () => {
    const revoked = (at: number): Uint8Array =>
      makeCrl(pki.sealCa, {
        thisUpdate: daysFromNow(9),
        nextUpdate: daysFromNow(20),
        revoked: [{ certificate: pki.signer.certificate, at: daysFromNow(at), reason: 'keyCompromise' }],
      });
    const report = await verifyBytes(stored, alone(pki, { ...later(10), crls: [revoked(5)] }));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.match(finding(report, 'certificate.revocation'), /after the signature/);
    expectReport(await verifyBytes(stored, alone(pki, { ...later(10), crls: [revoked(-1)] })), [
      'INDETERMINATE',
      'REVOKED_NO_POE',
      'certificate.revocation',
    ]);
    const unstamped = addStore(signPdf(pki, undefined, { token: null }), fullData(pki));
    const root = makeCrl(pki.root, { thisUpdate: daysFromNow(9), nextUpdate: daysFromNow(20) });
    expectReport(await verifyBytes(unstamped, alone(pki, { ...later(10), crls: [root, revoked(5)] })), [
      'INDETERMINATE',
      'REVOKED_NO_POE',
      'certificate.revocation',
    ]);
  });

  it("counts a lost CA's lists only where they provably existed before the loss", async () => {
    const lost = makeCrl(pki.root, {
      thisUpdate: daysFromNow(9),
      nextUpdate: daysFromNow(20),
      revoked: [{ certificate: pki.sealCa.certificate, at: daysFromNow(5), reason: 'cACompromise' }],
    });
    const changes = { ...later(10), crls: [lost] };
    expectReport(await verifyBytes(archived, alone(pki, changes)), ['TOTAL-PASSED', null, null]);
    // The same lists, with nothing that proves them older than the loss: whoever has the key may have made them.
    expectReport(await verifyBytes(stored, alone(pki, changes)), [
      'INDETERMINATE',
      'TRY_LATER',
      'certificate.revocation',
    ]);
  });

  it("survives the loss of its time-stamping authority's key only under a later stamp", async () => {
    const second = secondAuthority(pki);
    const lost = makeCrl(pki.tsaCa, {
      thisUpdate: daysFromNow(9),
      nextUpdate: daysFromNow(20),
      revoked: [{ certificate: pki.tsa.certificate, at: daysFromNow(5), reason: 'keyCompromise' }],
    });
    const changes = { ...later(10), crls: [lost] };
    const unprotected = await verifyBytes(stored, alone(pki, changes));
    assert.equal(first(unprotected).level, 'B-B');
    assert.equal(first(unprotected).provenTime, null);
    const pdf = addDocumentTimeStamp(pki, stored, { authority: second, genTime: daysFromNow(4) });
    const report = await verifyBytes(pdf, alone(pki, changes));
    assert.equal(first(report).level, 'B-LTA');
    assert.equal(first(report).provenTime, daysFromNow(0).toISOString());
    const late = addDocumentTimeStamp(pki, stored, { authority: second, genTime: daysFromNow(6) });
    assert.equal(
      first(await verifyBytes(late, alone(pki, changes))).provenTime,
      daysFromNow(6).toISOString(),
    );
  });

  it('tells of document time-stamps that are older than what they protect', async () => {
    const pdf = addDocumentTimeStamp(pki, stored, { genTime: daysFromNow(-0.5) });
    const report = await verifyBytes(pdf, alone(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.match(finding(report, 'signature.time-order'), /older than a time-stamp/);
    // It counts for nothing: neither as proof of an earlier time, nor for the level.
    assert.equal(first(report).level, 'B-LT');
    assert.equal(first(report).provenTime, daysFromNow(0).toISOString());
  });

  it('is not spoilt by a store full of things that say nothing', async () => {
    const junk = Array.from({ length: 300 }, (_, at) => latin1(`junk ${at}`));
    const full = fullData(pki);
    const pdf = addStore(signed, { ...full, crls: junk });
    expectReport(await verifyBytes(pdf, depsFor(pki)), ['TOTAL-PASSED', null, null]);
  });
});
