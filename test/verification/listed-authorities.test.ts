// Authorities known by a trust list: for which regions they may vouch, and what a list out of date is worth.
import assert from 'node:assert/strict';
import { utf8String } from '../../formats/x509/der-writer.ts';
import { extension } from '../../formats/x509/extensions.ts';
import { OID } from '../../formats/x509/oid.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { withRecognised } from '../../verification/recognised-lists.ts';
import type { Report } from '../../verification/report.ts';
import type { TrustedService, TrustList } from '../../verification/trust-list.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import type { Expected } from './expect.ts';
import { daysFromNow, makePki, sha256 } from './pki.ts';
import type { TestPki } from './pki.ts';
import { makeSealWorld, makeSeal, sealDeps, useSeal } from './seal-world.ts';
import { latin1, makeCms, signPdf } from './signed-pdf.ts';

const words = (text: string): { zh: string; en: string } => ({ zh: text, en: text });
const withCode = (code: string): TestPki =>
  makePki({ signer: { extra: [extension(OID.organizationCode, false, utf8String(code))] } });

const here = withCode('11120105000123457H');
const elsewhere = withCode('11310101000123457H');
const person = makePki();

function listOf(
  root: Uint8Array,
  change: Partial<TrustedService> = {},
  list: Partial<TrustList> = {},
): TrustList {
  return {
    sequence: 3,
    issued: daysFromNow(-1),
    nextUpdate: daysFromNow(20),
    operator: words('演示运营者'),
    territory: '120105',
    entities: [
      {
        name: words('演示机构'),
        identifier: '11120105000123457H',
        qualification: 'internal',
        services: [
          {
            name: words('CA'),
            type: 'seal-ca',
            certificates: [root],
            state: { status: 'granted', since: daysFromNow(-100) },
            history: [],
            licenseTypes: null,
            regions: null,
            ...change,
          },
        ],
      },
    ],
    licenseTypes: [],
    next: null,
    verifyHosts: [],
    ...list,
  };
}

const listed = (pki: TestPki, trustList: TrustList): VerificationDependencies =>
  depsFor(pki, { anchors: [], trustList });

const row = (report: Report, id: string): string | undefined =>
  [...report.signatures.flatMap(({ rows }) => rows), ...report.rows].find((each) => each.id === id)?.outcome;

const outside: Expected = ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.scope'];
const good: Expected = ['TOTAL-PASSED', null, null];

describe('an authority that a trust list limits to regions', () => {
  const cases: readonly [string, TestPki, Partial<TrustedService>, Expected, string][] = [
    ['no limit', here, {}, good, 'passed'],
    ['the district of the signer', here, { regions: ['120105'] }, good, 'passed'],
    ['the city of the signer', here, { regions: ['120000'] }, good, 'passed'],
    ['another district', here, { regions: ['120103'] }, outside, 'indeterminate'],
    ['a district far away', elsewhere, { regions: ['120105'] }, outside, 'indeterminate'],
    [
      'a signer of no organisation, under an authority for seals',
      person,
      { regions: ['120105'] },
      outside,
      'indeterminate',
    ],
    [
      'a signer of no organisation, under one for everybody',
      person,
      { regions: ['120105'], type: 'ca' },
      good,
      'warned',
    ],
  ];
  for (const [name, pki, change, expected, outcome] of cases)
    it(`vouches for a PDF's and a CMS's signer there alone: ${name}`, async () => {
      const trustList = listOf(pki.root.certificate, change);
      const pdf = await verifyBytes(signPdf(pki, undefined, { token: null }), listed(pki, trustList));
      expectReport(pdf, expected);
      assert.equal(row(pdf, 'certificate.scope'), outcome);
      const content = latin1('beside');
      const cms = await verifyBytes(makeCms(pki, sha256(content), { token: null }), {
        ...listed(pki, trustList),
        content: { kind: 'bytes', source: bytesSource(content) },
      });
      expectReport(cms, expected);
      assert.equal(row(cms, 'certificate.scope'), outcome);
    });

  it("bounds another operator's authority to his territory even where it names no region", async () => {
    const foreign = (territory: string): TrustList =>
      withRecognised(listOf(person.root.certificate), [
        { name: 'other', list: listOf(here.root.certificate, {}, { territory }) },
      ]);
    const pdf = signPdf(here, undefined, { token: null });
    expectReport(await verifyBytes(pdf, listed(here, foreign('120105'))), good);
    expectReport(await verifyBytes(pdf, listed(here, foreign('310101'))), outside);
  });

  it('is asked of the seal and of its use', async () => {
    const world = makeSealWorld();
    const seal = makeSeal(world, 4);
    const trustList = listOf(world.root.certificate, { regions: ['120105'] });
    const deps = { ...sealDeps(world), anchors: [], trustList };
    const alone = await verifyBytes(seal, deps);
    assert.equal(alone.conclusion, 'INDETERMINATE');
    assert.equal(row(alone, 'seal.maker-scope'), 'indeterminate');
    const use = await verifyBytes(useSeal(world, 4, { seal }), deps);
    assert.equal(row(use, 'certificate.scope'), 'indeterminate');
  });
});

describe('a trust list that is out of date', () => {
  const root = here.root.certificate;
  const stale = listOf(root, {}, { nextUpdate: daysFromNow(-1) });
  const content = latin1('beside');
  const world = makeSealWorld();
  const things: readonly [string, Uint8Array, Partial<VerificationDependencies>][] = [
    ['PDF', signPdf(here), {}],
    ['CMS', makeCms(here, sha256(content), {}), { content: { kind: 'bytes', source: bytesSource(content) } }],
    ['certificate', here.signer.certificate, { certificates: [here.sealCa.certificate] }],
    ['seal', makeSeal(world, 4), sealDeps(world)],
    ['use of a seal', useSeal(world, 4), sealDeps(world)],
  ];
  for (const [name, bytes, changes] of things)
    it(`vouches for no ${name}, and is a remark where own anchors answer`, async () => {
      const anchor = changes.anchors?.[0] ?? root;
      const of = (trustList: TrustList | null, anchors: readonly Uint8Array[]): VerificationDependencies =>
        depsFor(here, { ...changes, trustList, anchors });
      const current = listOf(anchor, { type: 'ca' });
      const old = { ...current, nextUpdate: stale.nextUpdate };
      expectReport(await verifyBytes(bytes, of(current, [])), good);
      assert.equal((await verifyBytes(bytes, of(old, []))).conclusion, 'INDETERMINATE');
      expectReport(await verifyBytes(bytes, of(old, [anchor])), good);
      const missing = { ...of(null, []), trustListProblem: 'trust-list-stale' } as const;
      assert.equal((await verifyBytes(bytes, missing)).conclusion, 'INDETERMINATE');
    });
});
