// CAdES signatures judged long after they were made: what archive time-stamps save, and what nothing saves.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeArchiveTimeStamp } from '../../formats/cms/ats-hash-index.ts';
import { joinBytes } from '../../formats/bytes.ts';
import { explicit, oid, sequence, tagged } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { Report } from '../../verification/report.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { scale } from '../scale.ts';
import { makeOcsp } from '../traps/world.ts';
import { archived, archiveToken, assemble, attributeOf, partsOf } from './archive-cms.ts';
import type { ArchiveOptions } from './archive-cms.ts';
import { verifyBytes } from './deps.ts';
import { daysFromNow, listsOf, makeCrl, makeParty, makePki } from './pki.ts';
import type { Party, TestPki } from './pki.ts';
import { alone, changed, content, longTerm, note, only, pki, rowOf, signed, soon } from './archive-world.ts';

/** An authority beside the first, with dates of its own. */
function authority(world: TestPki, name: string, notAfter: Date): Party {
  return makeParty({
    commonName: name,
    issuer: world.tsaCa,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: [OID.timeStamping],
    extendedKeyUsageCritical: true,
    notBefore: daysFromNow(-400),
    notAfter,
  });
}

describe('a CAdES signature judged long afterwards', () => {
  // Everything was made 300 days ago; the first authority ended 100 days ago, the second 50, the third goes on.
  const then = daysFromNow(-300);
  const world = makePki({
    root: { notBefore: daysFromNow(-400) },
    sealCa: { notBefore: daysFromNow(-400) },
    signer: { notBefore: daysFromNow(-400), notAfter: daysFromNow(-200) },
    tsa: { notBefore: daysFromNow(-400), notAfter: daysFromNow(-100) },
  });
  // The CA for time-stamps of `makePki` is younger than what is needed here.
  const tsaCa = makeParty({
    commonName: '演示时间戳CA',
    issuer: world.root,
    ca: true,
    pathLength: 0,
    notBefore: daysFromNow(-400),
  });
  const old: TestPki = {
    ...world,
    tsaCa,
    tsa: authority({ ...world, tsaCa }, '第一时间戳', daysFromNow(-100)),
  };
  const second = authority(old, '第二时间戳', daysFromNow(-50));
  const third = authority(old, '第三时间戳', daysFromNow(300));
  const listsAt = (at: Date): readonly Uint8Array[] => {
    const dates = { thisUpdate: at, nextUpdate: new Date(at.getTime() + 86_400_000) };
    return [old.root, old.sealCa, old.tsaCa].map((party) => makeCrl(party, dates));
  };
  const today = listsOf(old);
  const base = changed(signed(old, { signingTime: then, token: { genTime: then } }), () => ({
    revocation: listsAt(then),
  }));
  const add = (cms: Uint8Array, by: Party, days: number, options: ArchiveOptions = {}): Uint8Array => {
    const at = daysFromNow(days);
    const fresh = changed(cms, ({ revocation }) => ({ revocation: [...revocation, ...listsAt(at)] }));
    return archived(old, fresh, content, { authority: by, genTime: at, ...options });
  };
  const once = add(base, second, -120);
  const twice = add(once, third, -70);
  const judge = (cms: Uint8Array, changes: Partial<VerificationDependencies> = {}): Promise<Report> =>
    verifyBytes(cms, alone(old, { crls: today, ...changes }));

  it('passes by two archive time-stamps, each over the one before', async () => {
    const report = await judge(twice);
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    assert.equal(only(report).level, 'B-LTA', rowOf(report, 'signature.level').finding.en);
    assert.equal(only(report).provenTime, then.toISOString());
  });

  it('does not pass without them: its authority ended', async () => {
    for (const cms of [base, once]) {
      const report = await judge(cms);
      assert.equal(report.conclusion, 'INDETERMINATE', report.summary.en);
      assert.notEqual(only(report).level, 'B-LTA');
    }
  });

  it('does not pass where the second does not cover the first', async () => {
    const report = await judge(
      add(once, third, -70, {
        indexed: (right) => ({ ...right, unsigned: right.unsigned.slice(0, 1) }),
      }),
    );
    // The signature's own time-stamp is covered directly, but only since after its authority ended: 100 days ago.
    assert.equal(report.conclusion, 'INDETERMINATE', report.summary.en);
  });

  it('passes where one archive time-stamp came in time and its authority goes on', async () => {
    const report = await judge(add(base, third, -120));
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    assert.equal(only(report).level, 'B-LTA', rowOf(report, 'signature.level').finding.en);
  });

  it('passes though the key of the first authority was lost after the archive time-stamp, and not where before', async () => {
    const lost = (days: number): readonly Uint8Array[] => [
      makeCrl(old.root),
      makeCrl(old.sealCa),
      makeCrl(old.tsaCa, {
        revoked: [{ certificate: old.tsa.certificate, at: daysFromNow(days), reason: 'keyCompromise' }],
      }),
    ];
    const cms = add(base, third, -120);
    const after = await judge(cms, { crls: lost(-110) });
    assert.equal(after.conclusion, 'TOTAL-PASSED', after.summary.en);
    const before = await judge(cms, { crls: lost(-130) });
    assert.equal(before.conclusion, 'INDETERMINATE', before.summary.en);
  });

  it('passes though the CA of the signer was revoked since, by lists that provably existed before', async () => {
    const revoking = makeCrl(old.root, {
      revoked: [{ certificate: old.sealCa.certificate, at: daysFromNow(-110), reason: 'keyCompromise' }],
    });
    const crls = [revoking, makeCrl(old.sealCa), makeCrl(old.tsaCa)];
    const report = await judge(add(base, third, -120), { crls });
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    const late = await judge(add(base, third, -105), { crls });
    assert.notEqual(late.conclusion, 'TOTAL-PASSED', late.summary.en);
    const uncovered = await judge(
      add(base, third, -120, { indexed: (right) => ({ ...right, revocation: [] }) }),
      { crls },
    );
    assert.notEqual(uncovered.conclusion, 'TOTAL-PASSED', uncovered.summary.en);
  });

  it('never turns better by what is taken away from the file', async () => {
    const parts = partsOf(twice);
    const worth = { 'TOTAL-FAILED': 0, INDETERMINATE: 1, 'TOTAL-PASSED': 2 } as const;
    const kinds = ['certificates', 'revocation', 'unsigned'] as const;
    const members = kinds.flatMap((kind) => parts[kind].map((_, at) => [kind, at] as const));
    const without = (gone: ReadonlySet<string>): Uint8Array =>
      assemble({
        ...parts,
        ...Object.fromEntries(
          kinds.map((kind) => [kind, parts[kind].filter((_, at) => !gone.has(`${kind} ${at}`))]),
        ),
      });
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...members], { minLength: 1 }),
        fc.constantFrom<readonly Uint8Array[]>([], today),
        async (order, crls) => {
          const gone = new Set<string>();
          let before = await judge(twice, { crls });
          for (const [kind, at] of order) {
            gone.add(`${kind} ${at}`);
            const report = await judge(without(gone), { crls });
            // No proof of a failure is in this file, so that nothing may turn better at all.
            assert.ok(
              worth[report.conclusion] <= worth[before.conclusion],
              `${before.conclusion} became ${report.conclusion} without ${[...gone].join(', ')}`,
            );
            before = report;
          }
        },
      ),
      { numRuns: scale(12) },
    );
  });

  it('no single changed byte makes it better, throws or keeps the level with something else inside', async () => {
    const whole = await judge(twice);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: twice.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const bytes = twice.slice();
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          const report = await verifyBytes(bytes, alone(old, { crls: today }));
          const [signature] = report.signatures;
          if (report.conclusion === 'TOTAL-PASSED')
            assert.equal(signature?.provenTime, only(whole).provenTime);
        },
      ),
      { numRuns: scale(400) },
    );
  });
});

describe('CAdES signatures as others write them', () => {
  it('reads status data from revocation-values and certificates from certificate-values', async () => {
    const [root = note, seals = note, tsa = note] = pki.crls;
    const basic = makeOcsp({ about: pki.signer, issuer: pki.sealCa });
    const cms = changed(signed(), ({ certificates: [own = note], unsigned }) => ({
      certificates: [own],
      unsigned: [
        ...unsigned,
        attributeOf(OID.certificateValues, sequence(pki.sealCa.certificate)),
        attributeOf(OID.revocationValues, sequence(explicit(0, sequence(root, seals, tsa)))),
      ],
    }));
    const report = await verifyBytes(cms, alone(pki));
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    assert.equal(only(report).level, 'B-LT', rowOf(report, 'signature.level').finding.en);
    const answered = changed(signed(), ({ unsigned }) => ({
      unsigned: [
        ...unsigned,
        attributeOf(
          OID.revocationValues,
          sequence(explicit(0, sequence(root, tsa)), explicit(1, sequence(basicOf(basic)))),
        ),
      ],
    }));
    const second = await verifyBytes(answered, alone(pki));
    assert.equal(second.conclusion, 'TOTAL-PASSED', second.summary.en);
  });

  it('reads a BasicOCSPResponse among the revocation data, as older writers put it there', async () => {
    const [root = note, , tsa = note] = pki.crls;
    const bare = tagOther(OID.ocspBasic, basicOf(makeOcsp({ about: pki.signer, issuer: pki.sealCa })));
    const report = await verifyBytes(longTerm(pki, [root, tsa, bare]), alone(pki));
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    assert.equal(only(report).level, 'B-LT');
  });

  it('takes a time-stamp whose certificate stands beside it', async () => {
    const cms = signed(pki, { token: null });
    const bare = (whole: Uint8Array): Uint8Array => changed(whole, () => ({ certificates: [] }));
    const parts = partsOf(cms);
    const token = bare(archiveToken(pki, cms, content, { genTime: soon }));
    const kept = assemble({ ...parts, unsigned: [encodeArchiveTimeStamp(token)] });
    const absent = await verifyBytes(kept, alone(pki, { crls: pki.crls }));
    assert.equal(rowOf(absent, 'signature.archive-time-stamp').outcome, 'warned');
    const around = assemble({
      ...partsOf(kept),
      certificates: [...parts.certificates, pki.tsa.certificate, pki.tsaCa.certificate],
    });
    const there = await verifyBytes(around, alone(pki, { crls: pki.crls }));
    assert.equal(rowOf(there, 'signature.archive-time-stamp').outcome, 'passed');
  });
});

function tagOther(format: string, value: Uint8Array): Uint8Array {
  return tagged(0xa1, joinBytes([oid(format), value]));
}

/** The BasicOCSPResponse inside an OCSPResponse. */
function basicOf(response: Uint8Array): Uint8Array {
  const at = Buffer.from(response).indexOf(Buffer.from('06092b0601050507300101', 'hex')) + 11;
  const header = (response[at + 1] ?? 0) < 0x80 ? 2 : 2 + ((response[at + 1] ?? 0) & 0x7f);
  return response.subarray(at + header);
}
