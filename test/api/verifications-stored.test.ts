// Verifying what is kept here by its digest, and many things in one call: only for whoever may read them.
import assert from 'node:assert/strict';
import request, { type Test } from 'supertest';
import type { DepartmentKey } from '../../fixtures/departments.ts';
import { startService, type Harness } from './harness.ts';
import { newLicense, type VerifiedLicense } from './receipts.ts';
import { bearer, stamp } from './samples.ts';

interface Item {
  readonly index: number;
  readonly status: number;
  readonly report?: { readonly conclusion: string; readonly kind: string; readonly receipt?: string };
  readonly problem?: { readonly code: string };
}

describe('verifying stored documents', function () {
  this.timeout(60_000);
  let service: Harness;
  let stamped = '';
  let license: VerifiedLicense;
  const nothing = `sha256:${'0'.repeat(64)}`;

  const post = (path: string, body: object, department: DepartmentKey | null = 'approval-office'): Test => {
    const test = request(service.url).post(path);
    return (department === null ? test : test.set('Authorization', bearer(service, department))).send(body);
  };
  const verify = (digest: string, department: DepartmentKey | null = 'approval-office'): Test =>
    post('/api/v1/verifications', { digest }, department);
  const batch = async (body: object): Promise<readonly Item[]> => {
    const answer = await post('/api/v1/verifications/batch', body);
    assert.equal(answer.status, 200, answer.text);
    return (answer.body as { items: readonly Item[] }).items;
  };

  before(async () => {
    service = await startService();
    stamped = ((await stamp(service)).body as { document: { digest: string } }).document.digest;
    license = await newLicense(service);
  });
  after(() => service.stop());

  it('answers the same report as for the upload', async () => {
    for (const digest of [stamped, license.digest]) {
      const { status, body } = await verify(digest);
      const report = body as { conclusion: string; document: { digest: string } };
      assert.equal(status, 200);
      assert.equal(report.conclusion, 'TOTAL-PASSED');
      assert.equal(report.document.digest, digest);
    }
  });

  it('is for who stamped, issued or supervises: to all others a document is as absent as one that never was', async () => {
    // The market supervision supervises food licenses.
    assert.equal((await verify(license.digest, 'market-supervision')).status, 200);
    for (const [digest, department] of [
      [stamped, 'civil-affairs'],
      [license.digest, 'civil-affairs'],
      [stamped, 'market-supervision'],
      [nothing, 'approval-office'],
    ] as const) {
      const { status, body } = await verify(digest, department);
      const { code, detail } = body as { code: string; detail: string };
      assert.deepEqual([status, code], [404, 'document-unknown']);
      assert.equal(detail, 'The department has no document with this digest.');
    }
    assert.equal((await verify(stamped, null)).status, 401);
  });

  it('asks whose license it is', async () => {
    const ask = async (holder: string): Promise<string> =>
      (
        (await post('/api/v1/verifications', { digest: license.digest, holder })).body as {
          conclusion: string;
        }
      ).conclusion;
    assert.equal(await ask(license.holder), 'TOTAL-PASSED');
    assert.equal(await ask('91120105MA00000002'), 'TOTAL-FAILED');
  });

  it('takes many at once and answers each in its place', async () => {
    const items = await batch({
      items: [
        { digest: stamped },
        { digest: nothing },
        { code: license.code },
        { code: 'no code' },
        { digest: license.digest, holder: license.holder },
      ],
    });
    assert.deepEqual(
      items.map(({ index, status, report, problem }) => [index, status, report?.conclusion ?? problem?.code]),
      [
        [0, 200, 'TOTAL-PASSED'],
        [1, 404, 'document-unknown'],
        [2, 200, 'TOTAL-PASSED'],
        [3, 200, 'TOTAL-FAILED'],
        [4, 200, 'TOTAL-PASSED'],
      ],
    );
  });

  it('gives a receipt for each of them where case and matter are named, and asks for both', async () => {
    const items = [{ digest: stamped }, { digest: license.digest, holder: license.holder }];
    const named = { case: '120105-2026-000901', matter: 'YS1201050100013101000001' };
    const receipts = (await batch({ items, ...named })).map(({ report }) => report?.receipt ?? '');
    const claims = receipts.map(
      (receipt) =>
        JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString()) as {
          holder?: object;
          case: string;
        },
    );
    assert.deepEqual(
      claims.map((each) => [each.case, 'holder' in each]),
      [
        [named.case, false],
        [named.case, true],
      ],
    );
    const half = await post('/api/v1/verifications/batch', { items, case: named.case });
    assert.deepEqual([half.status, (half.body as { code: string }).code], [400, 'request-invalid']);
  });

  it('takes a batch of fifty, and no more', async () => {
    const items = Array.from({ length: 50 }, () => ({ code: license.code }));
    assert.ok((await batch({ items })).every(({ report }) => report?.conclusion === 'TOTAL-PASSED'));
    assert.equal((await post('/api/v1/verifications/batch', { items: [...items, ...items] })).status, 400);
  });
});
