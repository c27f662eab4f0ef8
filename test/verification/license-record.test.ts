// The record, the printed code and the seal of a license agree field by field; each disagreement is found and named alone.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { LicenseClaims } from '../../formats/cose/cwt.ts';
import { FACE } from '../../formats/qr/labels.ts';
import { gatherCodeFacts } from '../../verification/code.ts';
import { licenseChecks } from '../../verification/checks/license.ts';
import { conclude, judge } from '../../verification/judge.ts';
import { gatherLicense } from '../../verification/license-record.ts';
import { portalPolicy } from '../../verification/policy.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import type { TrustedService } from '../../verification/trust-list.ts';
import { codeDeps, goodClaims, issuer, makeCode, makeCodeWorld, typeCode } from './code-world.ts';
import { now, sha256 } from './pki.ts';

const world = makeCodeWorld();
type Texts = Readonly<Record<string, string>>;

const holder = '91120105MA00000001';
const record: Texts = {
  format: 'yinxin-license-record/1',
  ZZLXDM: typeCode,
  ZZBH: 'JY11201050000001',
  ZZBFJGDM: issuer,
  ZZBFRQ: '2026-11-12',
  ZZYXQJZRQ: '2027-09-17',
  CZZT: '演示餐饮有限公司',
  CZZTDM: holder,
  KZ_JYXM: '热食类食品制售',
  KZ_JYCS: '天津市河北区演示道21号',
  version: '1',
  codeId: '07'.repeat(16),
  salt: '11'.repeat(32),
};

function claims(changes: Partial<LicenseClaims> = {}): LicenseClaims {
  return {
    ...goodClaims(),
    issuedAt: new Date('2026-11-12T05:00:00Z'),
    expires: new Date('2027-09-17T16:00:00Z'),
    ...changes,
  };
}

/** A resident: a masked name, a commitment that the record opens, and no number. */
function residentFace(name = '王小二', code = '120105194807070041'): Map<number, string | Uint8Array> {
  const tag = createHmac('sha256', Buffer.from(record['salt'] ?? '', 'hex'))
    .update(JSON.stringify(['yinxin holder', name, code]))
    .digest();
  return new Map<number, string | Uint8Array>([
    [FACE.typeCode, typeCode],
    [FACE.holder, '王**'],
    [FACE.holderCommitment, new Uint8Array(tag.subarray(0, 16))],
  ]);
}
const residentRecord: Texts = { ...record, CZZT: '王小二', CZZTDM: '120105194807070041' };

interface Given {
  readonly record?: Texts;
  readonly claims?: Partial<LicenseClaims>;
  readonly signers?: readonly string[];
  /** The listed authority behind every signer. */
  readonly service?: TrustedService;
  readonly holder?: string | null;
  /** False: the code keeps the digest of the unchanged record. */
  readonly hashed?: boolean;
}

async function verdict(given: Given = {}) {
  const bytes = new TextEncoder().encode(JSON.stringify(given.record ?? record));
  const hashed = given.hashed === false ? new TextEncoder().encode(JSON.stringify(record)) : bytes;
  const code = makeCode(
    world.codeSigner,
    claims({ recordHash: sha256(hashed).subarray(0, 16), ...given.claims }),
  );
  const facts = await gatherLicense(
    { record: bytes, code },
    {
      verifier: nodeSignatureVerifier,
      readCode: (text) => gatherCodeFacts(text, codeDeps(world, null)),
      signers: (given.signers ?? [`NTRCN-${issuer}`]).map((identifier) => ({
        identifier,
        service: given.service ?? null,
      })),
      holder: given.holder ?? null,
    },
  );
  const rows = judge(licenseChecks, facts, portalPolicy, now);
  return {
    conclusion: conclude(rows).conclusion,
    open: rows
      .filter(({ outcome }) => outcome === 'failed' || outcome === 'indeterminate')
      .map(({ id }) => id),
    differing: (facts?.fields ?? []).filter(({ agrees }) => !agrees).map(({ name }) => name),
    compared: (facts?.fields ?? []).map(({ name }) => name),
  };
}

describe('a license’s record, code and seal', () => {
  it('agree, every field told by both is compared', async () => {
    const { conclusion, compared } = await verdict();
    assert.equal(conclusion, 'TOTAL-PASSED');
    assert.deepEqual(compared, [
      'ZZBFJGDM',
      'codeId',
      'version',
      'ZZBFRQ',
      'ZZYXQJZRQ',
      'CZZT',
      'ZZLXDM',
      'ZZBH',
      'KZ_JYXM',
    ]);
  });

  it('of one that was taken over keep the day of its original, and tell its level of trust together or not at all', async () => {
    const taken = {
      ...record,
      ZZBFRQ: '2019-03-05',
      registeredOn: '2026-11-12',
      origin: 'paper',
      trust: 'C',
    };
    const face = new Map([...goodClaims().face, [FACE.trust, 'C']]);
    const good = await verdict({ record: taken, claims: { face } });
    assert.deepEqual([good.conclusion, good.differing], ['TOTAL-PASSED', []]);
    assert.ok(good.compared.includes('trust'));
    assert.deepEqual((await verdict({ record: taken })).differing, ['trust'], 'the code hides it');
    const higher = { ...taken, trust: 'B' };
    assert.deepEqual((await verdict({ record: higher, claims: { face } })).differing, ['trust']);
    const another = { ...taken, registeredOn: '2026-11-13' };
    assert.deepEqual((await verdict({ record: another, claims: { face } })).differing, ['ZZBFRQ']);
  });

  for (const [name, change] of [
    ['ZZBFJGDM', { ZZBFJGDM: '11120105MB0000019A' }],
    ['codeId', { codeId: '08'.repeat(16) }],
    ['version', { version: '2' }],
    ['ZZBFRQ', { ZZBFRQ: '2026-11-13' }],
    ['ZZYXQJZRQ', { ZZYXQJZRQ: '2027-09-18' }],
    ['CZZT', { CZZT: '演示餐饮无限公司' }],
    ['ZZLXDM', { ZZLXDM: 'x' }],
    ['ZZBH', { ZZBH: 'JY11201050000002' }],
    ['KZ_JYXM', { KZ_JYXM: '冷食类食品制售' }],
  ] as const) {
    it(`disagree about ${name} alone, though the code was made for this record`, async () => {
      const found = await verdict({ record: { ...record, ...change } });
      assert.deepEqual(found, {
        ...found,
        conclusion: 'TOTAL-FAILED',
        open: ['license.fields'],
        differing: [name],
      });
    });
    it(`do not agree where the record lacks ${name}`, async () => {
      const left = Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
      assert.deepEqual((await verdict({ record: left })).differing, [name]);
    });
  }

  it('disagree about an end that only one of them has, and about a mark', async () => {
    assert.deepEqual((await verdict({ claims: { expires: null } })).differing, ['ZZYXQJZRQ']);
    assert.deepEqual((await verdict({ record: { ...record, mark: '样章' } })).differing, ['mark']);
    const face = new Map([...claims().face, [FACE.mark, '样章'] as const]);
    assert.deepEqual((await verdict({ claims: { face } })).differing, ['mark']);
  });

  it('do not belong together where any byte of the record differs, also one that no code tells', async () => {
    const { open } = await verdict({ record: { ...record, KZ_JYCS: '别处' }, hashed: false });
    assert.deepEqual(open, ['license.digest']);
  });

  it('agree about a resident by masked name and commitment, and not about another one of that name or number', async () => {
    const good = await verdict({ record: residentRecord, claims: { face: residentFace() } });
    assert.deepEqual([good.conclusion, good.differing], ['TOTAL-PASSED', []]);
    assert.ok(good.compared.includes('CZZTDM') && !good.compared.includes('ZZBH'));
    for (const face of [residentFace('王小三'), residentFace('王小二', '120105194807070042')])
      assert.deepEqual((await verdict({ record: residentRecord, claims: { face } })).differing, ['CZZTDM']);
    const full = new Map([...residentFace(), [FACE.holder, '王小二'] as const]);
    assert.deepEqual((await verdict({ record: residentRecord, claims: { face: full } })).differing, ['CZZT']);
  });

  it('are vouched for by the issuing authority’s own seal, nobody else’s', async () => {
    for (const signers of [[], ['NTRCN-11120105MB0000019A'], [issuer], ['VATCN-1']])
      assert.deepEqual((await verdict({ signers })).open, ['license.seal'], signers.join());
    assert.deepEqual((await verdict({ signers: ['NTRCN-11120105MB0000019A', `NTRCN-${issuer}`] })).open, []);
  });

  it('are vouched for by an authority that is recognised for their type only', async () => {
    const [entity] = world.list.entities;
    const listed = entity?.services[0];
    assert.ok(listed);
    const of = (licenseTypes: readonly string[] | null): Given => ({ service: { ...listed, licenseTypes } });
    assert.deepEqual((await verdict(of(null))).open, []);
    assert.deepEqual((await verdict(of([typeCode]))).open, []);
    assert.deepEqual((await verdict(of(['11100000000013338W002']))).open, ['license.seal-scope']);
  });

  it('are asked whose they are only where somebody is named', async () => {
    assert.deepEqual((await verdict({ holder: holder.toLowerCase() })).open, []);
    assert.deepEqual((await verdict({ holder: '91120105MA00000002' })).open, ['license.holder']);
    const unread = await gatherLicense(
      { record: Uint8Array.of(1), code: null },
      { verifier: nodeSignatureVerifier, readCode: () => Promise.reject(new Error()), signers: [], holder },
    );
    assert.equal(unread?.ofHolder, 'unknown');
  });

  it('are of each of several holders, and of nobody that is not named so', async () => {
    const other = '91120105MA0000023E';
    const several = (holders: string) => ({ record: { ...record, holders }, holder: other });
    const named = JSON.stringify([{ code: holder }, { code: other.toLowerCase() }]);
    assert.deepEqual((await verdict(several(named))).open, []);
    for (const strange of ['{', 'null', `"${other}"`, JSON.stringify([other, null, { name: other }])])
      assert.deepEqual((await verdict(several(strange))).open, ['license.holder'], strange);
  });
});
