// Archive time-stamps of CAdES (EN 319 122-1 5.5): what they cover, what was taken away or slipped in, and what they save.
import assert from 'node:assert/strict';
import { encodeArchiveTimeStamp } from '../../formats/cms/ats-hash-index.ts';
import { octetString, sequence } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { SignatureReport } from '../../verification/report.ts';
import { makeOcsp } from '../traps/world.ts';
import { archived, archiveToken, attributeOf, ocspMember, partsOf } from './archive-cms.ts';
import type { ArchiveOptions } from './archive-cms.ts';
import { verifyBytes } from './deps.ts';
import { daysFromNow, makeCrl, sha256 } from './pki.ts';
import { latin1 } from './signed-pdf.ts';
import {
  alone,
  another,
  changed,
  content,
  kept,
  longTerm,
  note,
  only,
  pki,
  rowOf,
  signed,
  soon,
  stranger,
} from './archive-world.ts';

/** Parts that nothing else needs. */
const withNote = (): Uint8Array => changed(longTerm(), ({ unsigned }) => ({ unsigned: [...unsigned, note] }));
const withRoot = (): Uint8Array =>
  changed(longTerm(), (parts) => ({ certificates: [...parts.certificates, pki.root.certificate] }));

type Case = readonly [name: string, cms: () => Uint8Array, level: SignatureReport['level'], says: RegExp];

const holding: readonly Case[] = [
  ['over everything', () => kept(), 'B-LTA', /covers everything/],
  ['by SHA-384', () => kept({ algorithm: 'sha384' }), 'B-LTA', /covers everything/],
  ['by SHA-512', () => kept({ algorithm: 'sha512' }), 'B-LTA', /covers everything/],
  [
    'with the older index of whole attributes',
    () => kept({ older: true }, withNote()),
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
    () => changed(kept({}, withRoot()), ({ certificates }) => ({ certificates: certificates.slice(0, -1) })),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'a certificate was exchanged',
    () =>
      changed(kept({}, withRoot()), ({ certificates }) => ({
        certificates: [...certificates.slice(0, -1), stranger.root.certificate],
      })),
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
      changed(kept({}, withNote()), ({ unsigned: [first = note, , ...rest] }) => ({
        unsigned: [first, ...rest],
      })),
    'B-LT',
    /not in the signature any more/,
  ],
  [
    'an attribute was given another type',
    () =>
      changed(kept({}, withNote()), ({ unsigned: [first = note, , ...rest] }) => ({
        unsigned: [first, another, ...rest],
      })),
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
