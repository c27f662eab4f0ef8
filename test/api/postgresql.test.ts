// The same service on PostgreSQL: seal, issue, verify, revoke, and a second start that finds it all.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { engines } from '../storage/engines.ts';
import { startService } from './harness.ts';
import { bearer, freshKey, issue, licenseBody, licenses, stamp } from './samples.ts';

for (const suite of ['international', 'gm'] as const)
  describe(`the service on PostgreSQL, suite ${suite}`, () => {
    const engine = engines.find(({ name }) => name === 'postgresql')!;
    let place: Awaited<ReturnType<typeof engine.place>> | null = null;
    let folder: string;
    before(async function () {
      engine.require(this);
      folder = mkdtempSync(join(tmpdir(), 'yinxin-postgresql-'));
      place = await engine.place();
    });
    after(async () => {
      await place?.remove();
      if (place !== null) rmSync(folder, { recursive: true, force: true });
    });

    it('does the main job and finds it again', async () => {
      assert.ok(place !== null && 'url' in place.location);
      const options = {
        dataFolder: folder,
        environment: { YINXIN_DATABASE_URL: place.location.url, YINXIN_SUITE: suite },
      };
      const first = await startService(options);
      let id: string;
      let code: string;
      let stampId: string;
      try {
        const stamped = await stamp(first);
        assert.equal(stamped.status, 201, JSON.stringify(stamped.body));
        stampId = String(stamped.body.id);
        const issued = await issue(first, licenseBody(licenses.food));
        assert.equal(issued.status, 201, JSON.stringify(issued.body));
        ({ id, code } = issued.body as { id: string; code: string });
        const keys = [1, 2, 3].map(() => 'the-same-key');
        const together = await Promise.all(keys.map((key) => stamp(first, { key })));
        const made = new Set(
          together.filter(({ status }) => status === 201).map(({ body }) => String(body.id)),
        );
        assert.equal(made.size, 1);
      } finally {
        await first.stop();
      }
      const second = await startService(options);
      try {
        const read = await request(second.url)
          .get(`/api/v1/stamps/${stampId}/document`)
          .set('Authorization', bearer(second));
        assert.equal(read.status, 200);
        const verify = () => request(second.url).post('/api/v1/verifications:code').send({ code });
        assert.equal(
          (await verify()).body.conclusion,
          'TOTAL-PASSED',
          'the address of the code is an earlier one',
        );
        const revoked = await request(second.url)
          .post(`/api/v1/licenses/${id}/status-changes`)
          .set('Authorization', bearer(second))
          .set('Idempotency-Key', freshKey())
          .send({ change: 'revoke', reason: '演示', legalBasis: '行政处罚法第九条' });
        assert.equal(revoked.status, 201, JSON.stringify(revoked.body));
        assert.equal((await verify()).body.conclusion, 'TOTAL-FAILED');
      } finally {
        await second.stop();
      }
    });
  });
