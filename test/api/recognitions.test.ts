// Mutual recognition over HTTP: bound to audience, case and holder; status asked anew; stored, repeated, on record.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { addAnchor, endTrust, recogniseList } from '../../api/recognised-lists.ts';
import type { ReceiptClaims } from '../../verification/receipt-claims.ts';
import { signReceipt } from '../../verification/receipt.ts';
import { buildTrustList, type TrustList } from '../../verification/trust-list.ts';
import { makeStatusToken, signerOf } from '../verification/code-world.ts';
import { makeParty, now } from '../verification/pki.ts';
import {
  audience as foreignAudience,
  caseNumber,
  goodReceiptClaims,
  holderCode,
  makeReceiptWorld,
  matter,
  type ReceiptWorld,
} from '../verification/receipt-world.ts';
import { startService, type Harness } from './harness.ts';
import { creditCodeOf, newLicense, receiptOrder, recognition, type ReceiptOrder } from './receipts.ts';
import { bearer, freshKey } from './samples.ts';

interface Answer {
  readonly id: string;
  readonly conclusion: string;
  readonly basis: { readonly issuer: string; readonly receipt: string };
  readonly receipt: string;
  readonly rows: readonly { readonly id: string; readonly outcome: string }[];
  readonly license: { readonly status: { readonly value: number } } | null;
}

interface Claims {
  readonly iss: string;
  readonly aud: string;
  readonly case: string;
  readonly jti: string;
  readonly exp: number;
  readonly basis?: { readonly iss: string; readonly jti: string };
}

function claimsOf(receipt: string): Claims {
  return JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString()) as Claims;
}

describe('recognitions', function () {
  this.timeout(60_000);
  let service: Harness;
  let order: ReceiptOrder;
  /** The other operator's world stands at an instant of its own: the service's clock goes on from there. */
  let offset = now.getTime() + 60_000 - Date.now();

  const failing = async (change: object, department?: 'market-supervision'): Promise<unknown> => {
    const answer = await recognition(
      service,
      { ...order, ...change },
      department === undefined ? {} : { department },
    );
    assert.equal(answer.status, 422, answer.text);
    const { code, errors } = answer.body as { code: string; errors: { field: string }[] };
    assert.equal(code, 'receipt-not-recognised');
    return errors.map(({ field }) => field);
  };
  const audited = async (
    action: 'receipt.given' | 'receipt.recognised' | 'receipt.refused',
  ): Promise<number> =>
    (
      await service.services.database.reader
        .selectFrom('audit_log')
        .select('sequence')
        .where('action', '=', action)
        .execute()
    ).length;

  before(async () => {
    service = await startService({ world: { clock: () => new Date(Date.now() + offset) } });
    order = await receiptOrder(service);
  });
  after(() => service.stop());

  it('rely on a receipt without the document, and give one in turn', async () => {
    const answer = await recognition(service, order);
    assert.equal(answer.status, 201, answer.text);
    const body = answer.body as Answer;
    const [theirs, ours] = [claimsOf(order.receipt), claimsOf(body.receipt)];
    assert.equal(body.conclusion, 'TOTAL-PASSED');
    assert.ok(body.rows.every(({ outcome }) => ['passed', 'not-applicable'].includes(outcome)));
    assert.equal(body.rows.find(({ id }) => id === 'receipt.record')?.outcome, 'passed');
    assert.equal(body.license?.status.value, 0);
    assert.deepEqual(body.basis, { issuer: creditCodeOf('approval-office'), receipt: theirs.jti });
    assert.equal(ours.iss, creditCodeOf('civil-affairs'));
    assert.equal(ours.aud, creditCodeOf('civil-affairs'));
    assert.deepEqual(ours.basis, { iss: theirs.iss, jti: theirs.jti });
    assert.ok(ours.exp <= theirs.exp);
    // Nothing in it says who the holder is.
    assert.ok(!Buffer.from(body.receipt.split('.')[1] ?? '', 'base64url').includes(order.holder));
  });

  it('refuse another audience, another case, another holder, and no holder', async () => {
    // The commitment, too, was made for the audience.
    assert.deepEqual(await failing({}, 'market-supervision'), ['receipt.audience', 'receipt.holder']);
    assert.deepEqual(await failing({ case: '120105-2026-000778' }), ['receipt.case']);
    assert.deepEqual(await failing({ holder: '91120105MA00000002' }), ['receipt.holder']);
    assert.deepEqual(await failing({ holder: undefined }), ['receipt.holder']);
    assert.deepEqual(await failing({ matter: 'YS1201050100013101000009' }), ['receipt.matter']);
  });

  it('answer a repeated request with the stored answer, and another request under its key not at all', async () => {
    const key = freshKey();
    const [one, two] = await Promise.all([1, 2].map(() => recognition(service, order, { key })));
    const three = await recognition(service, order, { key });
    assert.deepEqual([one?.status, two?.status, three.status], [201, 201, 201]);
    assert.deepEqual(one?.body, two?.body);
    assert.deepEqual(one?.body, three.body);
    const other = await recognition(service, { ...order, case: 'x' }, { key });
    assert.deepEqual([other.status, (other.body as { code: string }).code], [422, 'idempotency-mismatch']);
  });

  it('leave a row in the audit log for each receipt given, recognised and refused', async () => {
    const count = async (): Promise<readonly number[]> => [
      await audited('receipt.given'),
      await audited('receipt.recognised'),
      await audited('receipt.refused'),
    ];
    const [given = 0, recognised = 0, refused = 0] = await count();
    const again = await receiptOrder(service);
    await recognition(service, again);
    await failing({ case: 'y' });
    assert.deepEqual(await count(), [given + 1, recognised + 1, refused + 1]);
  });

  it('notice at once that the license is out of force', async () => {
    const license = await newLicense(service);
    const about = await receiptOrder(service, 'civil-affairs', license);
    assert.equal((await recognition(service, about)).status, 201);
    const changed = await request(service.url)
      .post(`/api/v1/licenses/${license.id}/status-changes`)
      .set('Authorization', bearer(service))
      .set('Idempotency-Key', freshKey())
      .send({ change: 'suspend', reason: '演示', legalBasis: '演示' });
    assert.equal(changed.status, 201);
    assert.deepEqual(await failing(about), ['receipt.status']);
  });

  it('bind a receipt to no holder whose license it is not', async () => {
    const { digest } = await newLicense(service);
    const { body } = await request(service.url)
      .post('/api/v1/verifications')
      .set('Authorization', bearer(service))
      .send({ digest, case: order.case, matter: order.matter, holder: '91120105MA00000002' });
    const report = body as { conclusion: string; receipt: string };
    assert.equal(report.conclusion, 'TOTAL-FAILED');
    assert.ok(!('holder' in claimsOf(report.receipt)));
  });

  describe('of another operator', () => {
    let world: ReceiptWorld;
    let status: Server;
    let value = 0;
    let asked = 0;
    const actor = { id: 'system', department: null };

    /** An authority of the neighbouring district: of our own, nobody else's word counts. */
    const neighbour = '11120106000000000X';
    const listed = (): TrustList => ({
      ...world.listed,
      territory: '120106',
      entities: world.listed.entities.map((entity) => ({ ...entity, identifier: neighbour })),
    });
    const list = (sequence = 7): Promise<string> =>
      buildTrustList({ ...listed(), sequence }, signerOf(world.other.operator));
    const claimsBy = async (issuer: string): Promise<ReceiptClaims> => {
      const claims = await goodReceiptClaims(world);
      const license = claims.result.license;
      assert.ok(license !== null);
      return { ...claims, iss: neighbour, result: { ...claims.result, license: { ...license, issuer } } };
    };
    const recogniseIt = (text: string, keys = [world.other.operator.key.spki]) =>
      recogniseList(service.services, actor, { name: '外区', text, operatorKeys: keys });
    const theirs = async (issuer = neighbour): Promise<object> => ({
      receipt: await signReceipt(await claimsBy(issuer), signerOf(world.receiptSigner)),
      case: caseNumber,
      matter,
      holder: holderCode,
    });
    /** What was read lately is taken for current. */
    const later = (): void => void (offset += 3000);

    before(async () => {
      status = createServer((_request, response) => {
        asked += 1;
        void makeStatusToken(world.other.statusSigner, { value }).then((token) => response.end(token));
      });
      await new Promise<void>((resolve) => status.listen(0, '127.0.0.1', resolve));
      world = makeReceiptWorld(`http://127.0.0.1:${(status.address() as AddressInfo).port}/lists/`);
    });
    after(() => void status.close());

    const recognised = async (): Promise<readonly [number, unknown]> => {
      later();
      const answer = await recognition(service, await theirs(), {
        department: departmentOf(foreignAudience),
      });
      const { errors } = answer.body as { errors?: { field: string }[] };
      return [answer.status, errors?.map(({ field }) => field)];
    };
    function departmentOf(creditCode: string) {
      const keys = ['approval-office', 'market-supervision', 'health-commission', 'civil-affairs'] as const;
      const found = keys.find((key) => creditCodeOf(key) === creditCode);
      assert.ok(found !== undefined, 'the audience is a department of the demonstration');
      return found;
    }

    it('count once its list is taken in, by its own status lists, and no longer when it ends', async () => {
      assert.deepEqual(await recognised(), [422, ['receipt.signature']]);
      await assert.rejects(recogniseIt(await list(), []), /needs the key/);
      await recogniseIt(await list());
      assert.deepEqual(await recognised(), [201, undefined]);
      assert.equal(asked, 1, 'a list is kept for a minute');
      value = 1;
      offset += 61_000;
      assert.deepEqual(await recognised(), [422, ['receipt.status']]);
      value = 0;
      offset += 61_000;
      assert.deepEqual(await recognised(), [201, undefined]);
      await endTrust(service.services, actor, 'list', '外区');
      assert.deepEqual(await recognised(), [422, ['receipt.signature']]);
    });

    it('are never taken in older than seen, stale, or signed by somebody else', async () => {
      await recogniseIt(await list(8), []);
      await assert.rejects(recogniseIt(await list(7), []), { code: 'trust-list-rollback' });
      await assert.rejects(recogniseIt(await list(7)), { code: 'trust-list-rollback' });
      const stranger = makeParty({ commonName: 'x', issuer: null });
      const forged = await buildTrustList({ ...listed(), sequence: 9 }, signerOf(stranger));
      await assert.rejects(recogniseIt(forged, []), { code: 'trust-list-signature' });
      const stale = { ...listed(), sequence: 9, nextUpdate: new Date(now.getTime() - 1000) };
      await assert.rejects(recogniseIt(await buildTrustList(stale, signerOf(world.other.operator)), []), {
        code: 'trust-list-stale',
      });
      assert.deepEqual(await recognised(), [201, undefined]);
    });

    it('never speak of a license of ours: its status is what we say, and its region is not theirs', async () => {
      const office = creditCodeOf('approval-office');
      later();
      const answer = await recognition(service, await theirs(office), {
        department: departmentOf(foreignAudience),
      });
      const { errors } = answer.body as { errors: { field: string }[] };
      assert.deepEqual(
        errors.map(({ field }) => field),
        ['receipt.scope', 'receipt.status'],
      );
    });

    it('take plain certificates as anchors under a name', async () => {
      const { certificate } = makeParty({ commonName: '外部根', issuer: null, ca: true });
      await addAnchor(service.services, actor, { name: '外部根', certificate });
      later();
      const { anchors } = await service.services.recognised.current();
      assert.deepEqual(anchors, [certificate]);
      await assert.rejects(
        addAnchor(service.services, actor, {
          name: '外部根',
          certificate: makeParty({ commonName: '另一根', issuer: null, ca: true }).certificate,
        }),
        /another certificate/,
      );
      await assert.rejects(addAnchor(service.services, actor, { name: 'x', certificate: Uint8Array.of(1) }), {
        code: 'anchor-malformed',
      });
      await endTrust(service.services, actor, 'anchor', '外部根');
      later();
      assert.deepEqual((await service.services.recognised.current()).anchors, []);
      await assert.rejects(endTrust(service.services, actor, 'anchor', '外部根'), { code: 'not-found' });
    });
  });
});
