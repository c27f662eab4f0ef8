// Receipts serve one audience, one case, one holder; whoever relies on one asks who signed, for what, and what is true now.
import assert from 'node:assert/strict';
import type { JsonObject } from '../../formats/cose/jws.ts';
import type { AcceptanceRule } from '../../verification/acceptance.ts';
import { commitToHolder, opensCommitment } from '../../verification/holder.ts';
import { readReceiptClaims, receiptPayload, type ReceiptClaims } from '../../verification/receipt-claims.ts';
import { recognitionClaims } from '../../verification/recognise.ts';
import type { Conclusion } from '../../verification/report.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import type { TrustList } from '../../verification/trust-list.ts';
import { typeCode, type StatusOptions } from './code-world.ts';
import { daysFromNow, makeParty, now } from './pki.ts';
import {
  audience,
  goodReceiptClaims,
  holderCode,
  makeReceiptWorld,
  recognise,
  type RecognitionCase,
} from './receipt-world.ts';

const world = makeReceiptWorld();

type Case = readonly [
  name: string,
  change: RecognitionCase,
  row: string,
  conclusion?: Conclusion,
  /** A row that cannot hold either then. */
  also?: string,
];

/** Claims that receipts of earlier versions do not have. */
const laterClaims: ReadonlySet<string> = new Set(['acceptance', 'grant', 'logIndex']);

const license = (claims: ReceiptClaims, change: object): ReceiptClaims => ({
  ...claims,
  result: {
    ...claims.result,
    license: claims.result.license === null ? null : { ...claims.result.license, ...change },
  },
});

const services = (change: object): RecognitionCase => ({
  list: (list) => ({
    ...list,
    entities: list.entities.map((entity) => ({
      ...entity,
      services: entity.services.map((service) =>
        service.type === 'receipt' ? { ...service, ...change } : service,
      ),
    })),
  }),
});

const cases: readonly Case[] = [
  [
    'audience',
    { expected: { audience: '11120105000123457H' } },
    'receipt.audience',
    'TOTAL-FAILED',
    // The commitment was made for the other audience.
    'receipt.holder',
  ],
  ['case', { expected: { caseNumber: '120105-2026-000124' } }, 'receipt.case'],
  ['matter', { expected: { matter: 'YS1201050100013101000002' } }, 'receipt.matter'],
  ['holder', { expected: { holder: '91120105MA00000002' } }, 'receipt.holder'],
  ['holder, none expected', { expected: { holder: null } }, 'receipt.holder'],
  ['holder, none committed to', { claims: (claims) => ({ ...claims, holder: null }) }, 'receipt.holder'],
  ['time: run out', { deps: { time: new Date(now.getTime() + 2 * 3_600_000) } }, 'receipt.time'],
  [
    'time: from the future',
    { claims: (claims) => ({ ...claims, iat: claims.iat + 3000, exp: claims.exp + 3000 }) },
    'receipt.time',
  ],
  [
    'result: failed',
    { claims: (claims) => ({ ...claims, result: { ...claims.result, conclusion: 'TOTAL-FAILED' } }) },
    'receipt.result',
  ],
  [
    'result: undecided',
    { claims: (claims) => ({ ...claims, result: { ...claims.result, conclusion: 'INDETERMINATE' } }) },
    'receipt.result',
    'INDETERMINATE',
  ],
  ['signer nobody lists', { signer: makeParty({ commonName: 'x', issuer: null }) }, 'receipt.signature'],
  ['signer listed for something else', { signer: world.other.codeSigner }, 'receipt.signature'],
  ['no trust list', { deps: { trustList: null } }, 'receipt.signature', 'INDETERMINATE'],
  [
    'signature changed',
    { token: (token) => `${token.slice(0, -6)}${token.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA'}` },
    'receipt.signature',
  ],
  ['no token', { token: () => 'x.y' }, 'receipt.format'],
  [
    'key withdrawn since',
    services({
      state: { status: 'withdrawn', since: daysFromNow(0) },
      history: [{ status: 'granted', since: daysFromNow(-20) }],
    }),
    'receipt.signer-status',
    'INDETERMINATE',
  ],
  [
    'key recognised only later',
    services({ state: { status: 'granted', since: new Date(now.getTime() + 30_000) } }),
    'receipt.signer-status',
    'INDETERMINATE',
  ],
  [
    'department that the operator does not list',
    { claims: (claims) => ({ ...claims, iss: '11120105MB00000001' }) },
    'receipt.issuer',
    'INDETERMINATE',
  ],
  ['type out of scope', services({ licenseTypes: ['x'] }), 'receipt.scope', 'INDETERMINATE'],
  ['region out of scope', services({ regions: ['110000'] }), 'receipt.scope', 'INDETERMINATE'],
  [
    'operator of another region',
    { list: (list) => ({ ...list, territory: '110101' }) },
    'receipt.scope',
    'INDETERMINATE',
  ],
  ['unlisted type', { claims: (claims) => license(claims, { type: 'y' }) }, 'receipt.scope', 'INDETERMINATE'],
  [
    'unlisted authority',
    { claims: (claims) => license(claims, { issuer: '11120105MB00000001' }) },
    'receipt.scope',
    'INDETERMINATE',
    'receipt.status',
  ],
  [
    'another record than ours',
    { expected: { recordDigest: () => Promise.resolve(`sha256:${'0'.repeat(64)}`) } },
    'receipt.record',
  ],
  [
    'license expired',
    { claims: (claims) => license(claims, { expires: '2026-11-22T05:00:30.000Z' }) },
    'receipt.license-time',
  ],
  ['license out of force since', { status: { value: 1 } }, 'receipt.status'],
  ['license suspended since', { status: { value: 2 } }, 'receipt.status'],
  ['status not to be had', { status: null }, 'receipt.status', 'INDETERMINATE'],
  [
    'status not published',
    { claims: (claims) => license(claims, { status: null }) },
    'receipt.status',
    'INDETERMINATE',
  ],
  ['status out of date', { status: { expires: daysFromNow(-1) } }, 'receipt.status', 'INDETERMINATE'],
];

describe('a verification receipt', () => {
  it('is recognised by the one it was made for, without the document', async () => {
    const { conclusion, rows, claims, license: now } = await recognise(world);
    assert.equal(conclusion, 'TOTAL-PASSED', JSON.stringify(rows.filter((row) => row.outcome !== 'passed')));
    assert.equal(claims?.result.license?.status?.value, 0);
    assert.equal(now?.id, '07'.repeat(16));
    assert.ok(rows.every((row) => row.citation !== '' && row.finding.zh !== ''));
    assert.equal(rows.find(({ id }) => id === 'receipt.record')?.outcome, 'not-applicable');
  });

  it('is recognised where the record is the one kept here', async () => {
    const recordDigest = (): Promise<string> => Promise.resolve(`sha256:${'09'.repeat(32)}`);
    const { conclusion, rows } = await recognise(world, { expected: { recordDigest } });
    assert.equal(conclusion, 'TOTAL-PASSED');
    assert.equal(rows.find(({ id }) => id === 'receipt.record')?.outcome, 'passed');
  });

  for (const [name, change, row, expected = 'TOTAL-FAILED', also] of cases) {
    it(`is not recognised with another or a wrong ${name}`, async () => {
      const { conclusion, decidedBy, rows } = await recognise(world, change);
      assert.equal(conclusion, expected);
      const open = rows.filter(({ outcome }) => outcome === 'failed' || outcome === 'indeterminate');
      assert.equal(decidedBy?.id, row);
      assert.deepEqual(
        open.map(({ id }) => id),
        also === undefined ? [row] : [row, also],
      );
    });
  }

  it('makes nobody ask for the status or the record on behalf of a signer who is not believed', async () => {
    const asked: string[] = [];
    await recognise(world, {
      signer: world.other.codeSigner,
      expected: {
        recordDigest: () => {
          asked.push('record');
          return Promise.resolve(null);
        },
      },
      deps: {
        statusLists: {
          statusList: () => {
            asked.push('status');
            return Promise.resolve(null);
          },
        },
      },
    });
    assert.deepEqual(asked, []);
  });

  it('is handed on with the status of now, resting upon the first, and lives no longer than that', async () => {
    const recognition = await recognise(world, { status: { value: 13 } });
    const { claims } = recognition;
    assert.ok(claims !== null);
    const own = recognitionClaims(claims, recognition, {
      issuer: audience,
      audience,
      holder: claims.holder,
      id: 'rcp_2',
      lifetime: 30 * 86_400,
      time: new Date(now.getTime() + 60_000),
      policy: { id: 'p', version: '1' },
      trustListSequence: 7,
    });
    assert.deepEqual(own.basis, { iss: claims.iss, jti: 'rcp_1' });
    assert.equal(own.exp, claims.exp);
    assert.equal(own.result.license?.status?.value, 13);
    assert.deepEqual(own.acceptance, {
      rule: { id: 'urn:yinxin:acceptance-rule:default', version: '1' },
      outcome: 'accepted',
    });
    assert.deepEqual([own.grant, own.logIndex], [null, null]);
    assert.deepEqual(readReceiptClaims(JSON.parse(JSON.stringify(receiptPayload(own))) as JsonObject), own);
  });

  it('tells nothing of the holder that somebody else’s receipt could be compared with', async () => {
    const salts = [1, 2].map((fill) => new Uint8Array(16).fill(fill));
    const [one, two] = await Promise.all(
      salts.map((salt) => commitToHolder(nodeSignatureVerifier, audience, holderCode, salt, 'sha256')),
    );
    assert.notEqual(one?.slice(-64), two?.slice(-64));
    const opens = (code: string, who = audience): Promise<boolean> =>
      opensCommitment(nodeSignatureVerifier, one ?? '', who, code);
    assert.equal(await opens(` ${holderCode.toLowerCase()}`), true);
    assert.equal(await opens(holderCode, '11120105000123457H'), false);
    assert.equal(await opens('91120105MA00000002'), false);
    assert.equal(await opensCommitment(nodeSignatureVerifier, 'x', audience, holderCode), false);
    const chinese = await commitToHolder(nodeSignatureVerifier, audience, holderCode, salts[0]!, 'sm3');
    assert.match(chinese, /^hmac-sm3:/);
    assert.equal(await opensCommitment(nodeSignatureVerifier, chinese, audience, holderCode), true);
    const renamed = chinese.replace('sm3', 'sha256');
    assert.equal(await opensCommitment(nodeSignatureVerifier, renamed, audience, holderCode), false);
  });

  it('of an installation in the suite gm commits to its holder by SM3', async () => {
    const commitment = await commitToHolder(
      nodeSignatureVerifier,
      audience,
      holderCode,
      new Uint8Array(16).fill(9),
      'sm3',
    );
    const bound = await recognise(world, {
      claims: (claims) => ({ ...claims, holder: { commitment, binding: 'record' } }),
    });
    assert.equal(bound.conclusion, 'TOTAL-PASSED', bound.decidedBy?.finding.en);
  });

  it('is relied upon as the own rule for matter and type says, never as another operator’s', async () => {
    const rule: AcceptanceRule = {
      id: 'urn:test:rule',
      version: '3',
      matters: ['YS12*'],
      types: [typeCode],
      statusAgeSeconds: 3600,
      minimum: 'TOTAL-PASSED',
    };
    const typed = (list: TrustList, rules: readonly AcceptanceRule[]): TrustList => ({
      ...list,
      licenseTypes: list.licenseTypes.map((type) => ({ ...type, acceptance: rules })),
    });
    const old = { issuedAt: daysFromNow(-0.5) };
    const under = (rules: readonly AcceptanceRule[], status: StatusOptions = old) =>
      recognise({ ...world, own: typed(world.own, rules) }, { status });
    const fresh = await under([rule], { issuedAt: now });
    assert.equal(fresh.conclusion, 'TOTAL-PASSED');
    assert.deepEqual(fresh.acceptance, { rule: { id: 'urn:test:rule', version: '3' }, outcome: 'accepted' });
    const late = await under([rule]);
    assert.deepEqual([late.conclusion, late.decidedBy?.id], ['INDETERMINATE', 'receipt.acceptance']);
    assert.equal(late.acceptance?.outcome, 'refused');
    // Another matter, another type, or another operator's rule: the default one answers.
    for (const other of [
      { ...rule, matters: ['YS99*'] },
      { ...rule, types: ['11100000000013338W009'] },
    ])
      assert.equal((await under([other])).conclusion, 'TOTAL-PASSED');
    const foreign = await recognise(world, { status: old, list: (list) => typed(list, [rule]) });
    assert.equal(foreign.acceptance?.rule.id, 'urn:yinxin:acceptance-rule:default');
  });

  it('tells grant, log index and acceptance as null where there are none, and reads receipts without them', async () => {
    const claims = { ...(await goodReceiptClaims(world)), acceptance: null };
    const payload = receiptPayload(claims);
    for (const name of laterClaims) assert.equal(payload[name], null, name);
    const older = Object.fromEntries(Object.entries(payload).filter(([name]) => !laterClaims.has(name)));
    assert.deepEqual(readReceiptClaims(older), claims);
    assert.deepEqual(readReceiptClaims(payload), claims);
    const full = {
      ...claims,
      acceptance: { rule: { id: 'urn:a', version: '2' }, outcome: 'refused' as const },
      grant: 'grt_1',
      logIndex: 12,
    };
    assert.deepEqual(readReceiptClaims(JSON.parse(JSON.stringify(receiptPayload(full))) as JsonObject), full);
    for (const bad of [
      { acceptance: { rule: { id: 'urn:a', version: '2' }, outcome: 'perhaps' } },
      { acceptance: { rule: 'urn:a', outcome: 'accepted' } },
      { grant: '' },
      { logIndex: -1 },
    ])
      assert.equal(readReceiptClaims({ ...payload, ...bad }), null, JSON.stringify(bad));
  });

  it('is refused as malformed with any claim missing or of another type', async () => {
    const payload = receiptPayload(await goodReceiptClaims(world));
    for (const name of Object.keys(payload)) {
      for (const bad of [undefined, 17.5, [], 'ä', true]) {
        const read = readReceiptClaims({ ...payload, [name]: bad });
        // Who has no holder says nothing of one.
        if (name === 'holder' && bad === undefined) assert.equal(read?.holder, null);
        else if (laterClaims.has(name) && bad === undefined) assert.equal(read?.case, payload['case']);
        else assert.equal(read, null, `${name}: ${String(bad)}`);
      }
    }
  });
});
