// Archive time-stamps of CAdES (EN 319 122-1 5.5): what they cover, what was taken away or slipped in, and what they save.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeArchiveTimeStamp } from '../../formats/cms/ats-hash-index.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { joinBytes } from '../../formats/bytes.ts';
import { explicit, octetString, oid, sequence, tagged } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { Report, SignatureReport } from '../../verification/report.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { scale } from '../scale.ts';
import { makeOcsp } from '../traps/world.ts';
import { archived, archiveToken, assemble, attributeOf, ocspMember, partsOf } from './archive-cms.ts';
import type { ArchiveOptions, CmsParts } from './archive-cms.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { daysFromNow, listsOf, makeCrl, makeParty, makePki, now, sha256 } from './pki.ts';
import type { Party, TestPki } from './pki.ts';
import { latin1, makeCms } from './signed-pdf.ts';
import type { SigningOptions } from './signed-pdf.ts';

const content = latin1('The decision, kept for thirty years.');
const pki = makePki();
const beside = { content: { kind: 'bytes', source: bytesSource(content) } } as const;

/** Verification with nothing from outside but the root and the content. */
function alone(trusted: TestPki, changes: Partial<VerificationDependencies> = {}): VerificationDependencies {
  return depsFor(trusted, { crls: [], time: daysFromNow(0.2), ...beside, ...changes });
}

function signed(world: TestPki = pki, options: SigningOptions = {}): Uint8Array {
  return makeCms(world, sha256(content), { signingTime: now, ...options });
}

function changed(cms: Uint8Array, change: (parts: CmsParts) => Partial<CmsParts>): Uint8Array {
  const parts = partsOf(cms);
  return assemble({ ...parts, ...change(parts) });
}

/** A signature with its time-stamp and all status data: B-LT. */
function longTerm(
  world: TestPki = pki,
  crls: readonly Uint8Array[] = world.crls,
  options: SigningOptions = {},
): Uint8Array {
  return changed(signed(world, options), () => ({ revocation: crls }));
}

const soon = daysFromNow(0.1);

function kept(options: ArchiveOptions = {}, cms: Uint8Array = longTerm()): Uint8Array {
  return archived(pki, cms, content, { genTime: soon, ...options });
}

const note = attributeOf('1.2.3.4.5', octetString(content));
const another = attributeOf('1.2.3.4.6', octetString(content));
const stranger = makePki({ root: { commonName: '别处根' } });

function only({ signatures }: Report): SignatureReport {
  const [signature, ...more] = signatures;
  assert.ok(signature !== undefined && more.length === 0);
  return signature;
}

function rowOf(report: Report, id: string) {
  const row = only(report).rows.find((each) => each.id === id);
  assert.ok(row !== undefined);
  return row;
}

type Case = readonly [name: string, cms: () => Uint8Array, level: SignatureReport['level'], says: RegExp];

const holding: readonly Case[] = [
  ['over everything', () => kept(), 'B-LTA', /covers everything/],
  ['by SHA-384', () => kept({ algorithm: 'sha384' }), 'B-LTA', /covers everything/],
  ['by SHA-512', () => kept({ algorithm: 'sha512' }), 'B-LTA', /covers everything/],
  [
    'with the older index of whole attributes',
    () =>
      kept(
        { older: true },
        changed(longTerm(), ({ unsigned }) => ({ unsigned: [...unsigned, note] })),
      ),
    'B-LTA',
    /covers everything/,
  ],
  [
    'over an attached content',
    () => kept({}, longTerm(pki, pki.crls, { eContent: content })),
    'B-LTA',
    /covers everything/,
  ],
  [
    'over an OCSP answer',
    () => {
      const answer = ocspMember(makeOcsp({ about: pki.signer, issuer: pki.sealCa }));
      const [root = new Uint8Array(), , tsa = new Uint8Array()] = pki.crls;
      return kept({}, longTerm(pki, [root, tsa, answer]));
    },
    'B-LTA',
    /covers everything/,
  ],
  [
    'over two values of one attribute',
    () => {
      const two = attributeOf('1.2.3.4.5', octetString(content), octetString(sha256(content)));
      return kept(
        {},
        changed(longTerm(), ({ unsigned }) => ({ unsigned: [...unsigned, two] })),
      );
    },
    'B-LTA',
    /covers everything/,
  ],
  [
    'over a certificate that is there twice',
    () => {
      const twice = changed(longTerm(), ({ certificates }) => ({
        certificates: [...certificates, ...certificates.slice(0, 1)],
      }));
      return kept({}, twice);
    },
    'B-LTA',
    /covers everything/,
  ],
  [
    'and certificates, lists and attributes were added later',
    () =>
      changed(kept(), (parts) => ({
        certificates: [...parts.certificates, stranger.root.certificate],
        revocation: [...parts.revocation, ...stranger.crls.slice(0, 2)],
        unsigned: [note, ...parts.unsigned, another],
      })),
    'B-LTA',
    /Not covered: certificates 1, revocation data 2, unsigned attributes 2\./,
  ],
  [
    'whose index leaves a list out',
    () => kept({ indexed: (right) => ({ ...right, revocation: right.revocation.slice(0, 2) }) }),
    'B-LT',
    /Not covered: certificates 0, revocation data 1/,
  ],
  [
    'whose index leaves a certificate out',
    () => kept({ indexed: (right) => ({ ...right, certificates: right.certificates.slice(0, 1) }) }),
    'B-LT',
    /Not covered: certificates 1/,
  ],
  [
    'whose index leaves the time-stamp of the signature out',
    () => kept({ indexed: (right) => ({ ...right, unsigned: [] }) }),
    'B-LT',
    /unsigned attributes 1\./,
  ],
  [
    'on a signature without a time-stamp of its own',
    () => kept({}, longTerm(pki, pki.crls, { token: null })),
    'B-B',
    /covers everything/,
  ],
  ['on a signature without status data', () => kept({}, signed()), 'B-T', /covers everything/],
];

const spoilt: readonly Case[] = [
  [
    'a certificate was taken away',
    () =>
      changed(
        kept(
          {},
          changed(longTerm(), (parts) => ({ certificates: [...parts.certificates, pki.root.certificate] })),
        ),
        ({ certificates }) => ({ certificates: certificates.slice(0, -1) }),
      ),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'a certificate was exchanged',
    () =>
      changed(
        kept(
          {},
          changed(longTerm(), (parts) => ({ certificates: [...parts.certificates, pki.root.certificate] })),
        ),
        ({ certificates }) => ({ certificates: [...certificates.slice(0, -1), stranger.root.certificate] }),
      ),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'one of two equal certificates was taken away',
    () =>
      changed(
        kept(
          {},
          changed(longTerm(), ({ certificates: [first = note, ...rest] }) => ({
            certificates: [first, first, ...rest],
          })),
        ),
        ({ certificates }) => ({ certificates: certificates.slice(1) }),
      ),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'a list was taken away',
    () => changed(kept(), ({ revocation }) => ({ revocation: revocation.slice(1) })),
    'B-T',
    /not in the signature any more/,
  ],
  [
    'a list was exchanged for a newer one',
    () =>
      changed(kept(), ({ revocation }) => ({
        revocation: [...revocation.slice(1), makeCrl(pki.root, { thisUpdate: daysFromNow(0) })],
      })),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'an attribute was taken away',
    () =>
      changed(
        kept(
          {},
          changed(longTerm(), ({ unsigned }) => ({ unsigned: [...unsigned, note] })),
        ),
        ({ unsigned: [first = note, , ...rest] }) => ({ unsigned: [first, ...rest] }),
      ),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'an attribute was given another type',
    () =>
      changed(
        kept(
          {},
          changed(longTerm(), ({ unsigned }) => ({ unsigned: [...unsigned, note] })),
        ),
        ({ unsigned: [first = note, , ...rest] }) => ({ unsigned: [first, another, ...rest] }),
      ),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'the time-stamp of the signature was taken away',
    () => changed(kept(), ({ unsigned }) => ({ unsigned: unsigned.slice(1) })),
    'B-B',
    /not in the signature any more/,
  ],
  ...(['certificate', 'list', 'attribute'] as const).map((kind, which): Case => {
    const at = (lists: readonly Uint8Array[][], change: (list: Uint8Array[]) => Uint8Array[]) =>
      lists.map((list, place) => (place === which ? change(list) : list));
    return [
      `the index names one ${kind} twice`,
      () => kept({ hashes: (lists) => at(lists, (list) => [...list, ...list.slice(0, 1)]) }),
      'B-LT',
      /not in the signature any more/,
    ];
  }),
  [
    'the index names something that never was',
    () => kept({ hashes: ([first = [], ...rest]) => [[...first, sha256(content)], ...rest] }),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'the index names a certificate among the lists',
    () => kept({ hashes: ([a = [], b = [], c = []]) => [a.slice(1), [...b, ...a.slice(0, 1)], c] }),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'the index holds cut hashes',
    () => kept({ hashes: (lists) => lists.map((list) => list.map((hash) => hash.subarray(0, 16))) }),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'the index is by another algorithm',
    () => kept({ indexAlgorithm: 'sha384' }),
    'B-LT',
    /not by the digest algorithm of its time-stamp/,
  ],
  [
    'the index is by SHA-1 under SHA-256',
    () => kept({ indexAlgorithm: 'sha1' }),
    'B-LT',
    /not by the digest algorithm/,
  ],
  ['all is by SHA-1', () => kept({ algorithm: 'sha1' }), 'B-LT', /not accepted/],
  ['there is no index', () => kept({ beside: () => [] }), 'B-LT', /no ats-hash-index/],
  [
    'the index is of an unknown version',
    () => kept({ beside: (index) => [attributeOf('0.4.0.19122.1.4', index)] }),
    'B-LT',
    /no ats-hash-index of a known version/,
  ],
  [
    'there are two indexes',
    () =>
      kept({
        beside: (index) => [attributeOf(OID.atsHashIndexV3, index), attributeOf(OID.atsHashIndexV3, index)],
      }),
    'B-LT',
    /damaged or there are several/,
  ],
  [
    'the index has two values',
    () => kept({ beside: (index) => [attributeOf(OID.atsHashIndexV3, index, index)] }),
    'B-LT',
    /damaged or there are several/,
  ],
  [
    'there is an older index beside the newer',
    () =>
      kept({
        beside: (index) => [attributeOf(OID.atsHashIndexV3, index), attributeOf(OID.atsHashIndex, index)],
      }),
    'B-LT',
    /damaged or there are several/,
  ],
  [
    'the index is damaged',
    () => kept({ beside: () => [attributeOf(OID.atsHashIndexV3, sequence(sequence()))] }),
    'B-LT',
    /damaged/,
  ],
  [
    'the newer index names no algorithm',
    () => kept({ older: true, beside: (index) => [attributeOf(OID.atsHashIndexV3, index)] }),
    'B-LT',
    /damaged/,
  ],
  [
    'the index was exchanged for one that names less',
    () => {
      const cms = longTerm();
      const less = archiveToken(pki, cms, content, {
        indexed: (right) => ({ ...right, certificates: [] }),
      });
      return kept({ beside: () => partsOf(less).unsigned }, cms);
    },
    'B-LT',
    /over other data/,
  ],
  ...([0, 1, 2, 3] as const).map((absent): Case => [
    `it is over all but piece ${absent + 1}`,
    () => kept({ over: (pieces) => pieces.filter((_, at) => at !== absent) }),
    'B-LT',
    /over other data/,
  ]),
  [
    'its pieces are in another order',
    () => kept({ over: ([a = note, b = note, c = note, d = note]) => [b, a, c, d] }),
    'B-LT',
    /over other data/,
  ],
  [
    'it was made for other content',
    () => archived(pki, longTerm(), latin1('Another decision.'), { genTime: soon }),
    'B-LT',
    /over other data/,
  ],
  [
    'it was taken from another signature',
    () => {
      const elsewhere = encodeArchiveTimeStamp(archiveToken(pki, longTerm(), content, { genTime: soon }));
      return changed(longTerm(), ({ unsigned }) => ({ unsigned: [...unsigned, elsewhere] }));
    },
    'B-LT',
    /over other data|not in the signature/,
  ],
  ['it is not signed', () => kept({ breakSignature: true }), 'B-LT', /signature of the token does not hold/],
  [
    'nobody trusts its authority',
    () => archived(stranger, longTerm(), content, { genTime: soon }),
    'B-LT',
    /not trusted/,
  ],
  ['it is from tomorrow', () => kept({ genTime: daysFromNow(1) }), 'B-LT', /after the time of verification/],
  [
    'it is older than what it covers',
    () => kept({ genTime: daysFromNow(-0.5) }),
    'B-LT',
    /a time before that of a time-stamp that it covers/,
  ],
  [
    'it is none',
    () =>
      changed(longTerm(), ({ unsigned }) => ({
        unsigned: [...unsigned, encodeArchiveTimeStamp(sequence(octetString(content)))],
      })),
    'B-LT',
    /no ats-hash-index|cannot be read/,
  ],
];

describe('an archive time-stamp', () => {
  for (const [name, make, level, says] of holding) {
    it(`${name}: holds, ${level}`, async () => {
      const report = await verifyBytes(make(), alone(pki, { crls: level === 'B-T' ? pki.crls : [] }));
      assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
      const row = rowOf(report, 'signature.archive-time-stamp');
      assert.equal(row.outcome, 'passed', row.finding.en);
      assert.match(row.finding.en, says);
      assert.equal(row.evidence, 'time-stamp');
      assert.equal(only(report).level, level, rowOf(report, 'signature.level').finding.en);
    });
  }

  for (const [name, make, level, says] of spoilt) {
    it(`does not count where ${name}`, async () => {
      const report = await verifyBytes(make(), alone(pki, { crls: pki.crls }));
      // The time-stamp is nothing that anybody signed: without it the signature is what it was.
      assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
      const row = rowOf(report, 'signature.archive-time-stamp');
      assert.equal(row.outcome, 'warned', row.finding.en);
      assert.match(row.finding.en, says);
      assert.equal(only(report).level, level, rowOf(report, 'signature.level').finding.en);
    });
  }

  it('is not judged where only a digest of the content by another algorithm is known', async () => {
    const given = { kind: 'digest', algorithm: 'sha256', value: sha256(content) } as const;
    const told = async (options: ArchiveOptions): Promise<readonly [string, string]> => {
      const report = await verifyBytes(kept(options), alone(pki, { content: given }));
      return [only(report).level, rowOf(report, 'signature.archive-time-stamp').finding.en];
    };
    assert.deepEqual((await told({}))[0], 'B-LTA');
    const [level, finding] = await told({ algorithm: 'sha512' });
    assert.equal(level, 'B-LT');
    assert.match(finding, /not at hand/);
  });

  it('is not looked into beyond its bound of parts, and says so', async () => {
    const many = Array.from({ length: 4100 }, (_, at) =>
      attributeOf('1.2.3.4.5', octetString(Uint8Array.of(at >> 8, at & 255))),
    );
    const cms = changed(kept(), ({ unsigned }) => ({ unsigned: [...unsigned, ...many] }));
    const report = await verifyBytes(cms, alone(pki));
    assert.match(rowOf(report, 'signature.archive-time-stamp').finding.en, /more parts than are looked into/);
    assert.equal(only(report).level, 'B-LT');
  });

  it('of an older kind beside it is told', async () => {
    const cms = changed(kept(), ({ unsigned }) => ({
      unsigned: [...unsigned, attributeOf('1.2.840.113549.1.9.16.2.48', octetString(content))],
    }));
    const report = await verifyBytes(cms, alone(pki));
    assert.match(rowOf(report, 'signature.archive-time-stamp').finding.en, /older kinds too/);
    assert.equal(only(report).level, 'B-LTA');
  });
});

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
