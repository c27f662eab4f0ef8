// Stamps over HTTP: the good way, and everything that is refused.
import assert from 'node:assert/strict';
import request from 'supertest';
import { startService, type Harness } from './harness.ts';
import { makeDecision, type Decision } from '../../fixtures/decisions.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';

describe('POST /api/v1/stamps', () => {
  let service: Harness;
  let decision: Decision;
  before(async () => {
    service = await startService();
    decision = await makeDecision({
      matter: foodBusinessMatter,
      applicant: { name: '天津演示甲餐饮有限公司', kind: 'enterprise' },
      caseNumber: '120105-2026-000001',
      serial: 1,
      contents: ['经营场所：天津市河北区演示道21号'],
      date: new Date('2026-11-22T05:06:07Z'),
    });
  });
  after(() => service.stop());
  it('works', async () => {
    const response = await request(service.url)
      .post('/api/v1/stamps')
      .set('Authorization', `Bearer ${service.apiKeys['approval-office']}`)
      .set('Idempotency-Key', 'a-1')
      .field('seal', '12010500000101')
      .field('page', '1')
      .field('x', String(decision.seal.centreX))
      .field('y', String(decision.seal.centreY))
      .attach('document', Buffer.from(decision.pdf), 'decision.pdf');
    console.log(response.status, response.body, response.headers);
  });
});
