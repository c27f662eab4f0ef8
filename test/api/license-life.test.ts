// The life of licenses over HTTP against a whole service: what is published and when, the story, other days, two persons.
import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import request from 'supertest';
import { decodeStatusListClaims, statusAt } from '../../formats/qr/status-list.ts';
import { parseJws } from '../../formats/cose/jws.ts';
import { district } from '../../fixtures/district.ts';
import { marketSupervision } from '../../fixtures/departments.ts';
import { departmentScopes } from '../../identity/principal.ts';
import { startService, type Harness } from './harness.ts';
import { postAs, postWithKey } from './officer.ts';
import { bearer, freshKey, issue } from './samples.ts';

const words = { reason: '检查发现问题', legalBasis: '行政许可法第六十九条' };

describe('the life of licenses over HTTP', () => {
  let service: Harness;
  let id = '';
  let code = '';
  let place = { list: -1, index: -1 };
  /** How far the service's clock runs ahead of ours, in milliseconds. */
  let ahead = 0;

  before(async () => {
    service = await startService({ world: { clock: () => new Date(Date.now() + ahead) } });
    const sample = district.sampleLicenses(2026)['business-licence'];
    assert.ok(sample);
    const { type, number, holder, face, matter, until } = sample;
    const order = { type: type.key, number, holder, face, matter: matter.code };
    const issued = await issue(
      service,
      { ...order, ...(until === undefined ? {} : { validity: { until } }) },
      { department: 'market-supervision' },
    );
    assert.equal(issued.status, 201, JSON.stringify(issued.body));
    ({ id, code } = issued.body as { id: string; code: string });
    const row = await service.services.database.reader
      .selectFrom('license')
      .select(['status_list', 'status_index'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    place = { list: row.status_list ?? -1, index: row.status_index ?? -1 };
  });
  after(() => service.stop());

  const get = (path: string) =>
    request(service.url).get(path).set('Authorization', bearer(service, 'market-supervision'));
  const post = (path: string, body: object, key = freshKey()) =>
    request(service.url)
      .post(path)
      .set('Authorization', bearer(service, 'market-supervision'))
      .set('Idempotency-Key', key)
      .send(body);
  const listed = async (query = ''): Promise<number> => {
    const answer = await request(service.url).get(`/api/v1/status-lists/${place.list}${query}`);
    assert.equal(answer.status, 200, answer.text);
    const { payload } = parseJws(answer.text === '' ? String(answer.body) : answer.text, 1_000_000);
    const { list } = await decodeStatusListClaims(payload, (bytes) =>
      Promise.resolve(new Uint8Array(inflateSync(bytes))),
    );
    return statusAt(list, place.index);
  };
  const verdict = async (): Promise<string> =>
    String((await request(service.url).post('/api/v1/verifications:code').send({ code })).body.conclusion);

  it('shows a change in the list and in a verification at once, and the list of before where it is asked for', async () => {
    assert.equal(await listed(), 0);
    assert.equal(await verdict(), 'TOTAL-PASSED');
    const before = Math.floor(Date.now() / 1000);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const begun = performance.now();
    const changed = await post(`/api/v1/licenses/${id}/status-changes`, {
      ...words,
      change: 'suspend',
      matter: 'YS1201050100013101000001',
      case: 'C-2026-1',
      officer: 'staff-12',
    });
    assert.equal(changed.status, 201, changed.text);
    assert.deepEqual(
      [changed.body.officer, changed.body.case, changed.body.secondOfficer],
      ['staff-12', 'C-2026-1', null],
    );
    assert.equal(await listed(), 2);
    assert.notEqual(await verdict(), 'TOTAL-PASSED');
    assert.ok(performance.now() - begun < 60_000);
    assert.equal(await listed(`?time=${before}`), 0, 'the list of that second');
    const far = await request(service.url).get(`/api/v1/status-lists/${place.list}?time=1000000000`);
    assert.deepEqual([far.status, far.body.code], [404, 'status-time-unknown']);
    const wrong = await request(service.url).get(`/api/v1/status-lists/${place.list}?time=yesterday`);
    assert.equal(wrong.status, 400);
  });

  it('lets the running service put a change into effect on its time, without anybody asking', async () => {
    const effectiveAt = new Date(Date.now() + 120_000).toISOString();
    const scheduled = await post(`/api/v1/licenses/${id}/status-changes`, {
      ...words,
      change: 'restore',
      effectiveAt,
    });
    assert.equal(scheduled.status, 201, scheduled.text);
    assert.equal(await listed(), 2);
    ahead = 125_000;
    const begun = performance.now();
    while ((await listed()) !== 0 && performance.now() - begun < 60_000)
      await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(await listed(), 0, 'within 60 s');
    assert.equal(await verdict(), 'TOTAL-PASSED');
    const story = await get(`/api/v1/licenses/${id}/versions?purpose=test`);
    assert.deepEqual(
      (story.body.events as { change: string; due: string | null }[]).map(({ change, due }) => [change, due]),
      [
        ['suspend', null],
        ['restore', 'applied'],
      ],
    );
  });

  it('tells its story and how it stood on other days', async () => {
    const story = await get(`/api/v1/licenses/${id}/versions?purpose=test`);
    assert.equal(story.status, 200);
    assert.equal(story.body.versions.length, 1);
    assert.equal(story.body.events[0].change, 'suspend');
    const issuedAt = String(story.body.versions[0].issuedAt);
    const then = await get(`/api/v1/licenses/${id}/as-of?purpose=test&at=${issuedAt}`);
    assert.deepEqual([then.body.current.state, then.body.current.version], ['issued', 1]);
    const now = await get(
      `/api/v1/licenses/${id}/as-of?purpose=test&at=${new Date(Date.now() + 30_000).toISOString()}`,
    );
    assert.equal(now.body.current.state, 'suspended');
    const ignorant = await get(
      `/api/v1/licenses/${id}/as-of?purpose=test&at=${new Date().toISOString()}&known=${issuedAt}`,
    );
    assert.equal(ignorant.body.current, null, 'it was not complete at that instant');
    const foreign = await request(service.url)
      .get(`/api/v1/licenses/${id}/as-of?at=${issuedAt}`)
      .set('Authorization', bearer(service, 'civil-affairs'));
    assert.equal(foreign.status, 404);
  });

  it('wants a second person for what the type says, and takes no forged approval', async () => {
    const alone = await post(`/api/v1/licenses/${id}/status-changes`, { ...words, change: 'revoke' });
    assert.deepEqual([alone.status, alone.body.code], [409, 'second-person-required']);
    const forged = await post(`/api/v1/licenses/${id}/status-changes`, {
      ...words,
      change: 'revoke',
      approval: `lcr_${'0'.repeat(32)}`,
    });
    assert.equal(forged.status, 400);
    const asked = await post('/api/v1/license-change-requests', {
      kind: 'status',
      license: id,
      order: { ...words, change: 'revoke' },
    });
    assert.equal(asked.status, 201, asked.text);
    const own = await post(`/api/v1/license-change-requests/${String(asked.body.id)}/approval`, {});
    assert.deepEqual([own.status, own.body.code], [403, 'change-request-own']);
    // Another key of the department is no second person; nor does it send away what others asked for.
    const asking = `/api/v1/license-change-requests/${String(asked.body.id)}`;
    const { creditCode } = marketSupervision;
    for (const [step, body] of [
      ['approval', {}],
      ['rejection', { reason: '不同意' }],
    ] as const) {
      const keyed = await postWithKey(service, creditCode, departmentScopes, `${asking}/${step}`, body);
      assert.deepEqual([keyed.status, keyed.body.code], [403, 'decider-not-person'], step);
    }
    const still = await get(asking);
    assert.equal(still.body.state, 'waiting');
    const person = await postAs(service, 'officer-market-supervision', `${asking}/approval`);
    assert.deepEqual([person.status, person.body.state], [200, 'executed']);
    const number = await post(`/api/v1/licenses/${id}/status-changes`, {
      ...words,
      change: 'cancel',
      officer: '120105199001010012',
    });
    assert.deepEqual([number.status, number.body.code], [422, 'change-invalid']);
  });
});
