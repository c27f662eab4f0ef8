// Encrypted uploads: the form field that opens them, and what is said without it.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import type { Report } from '../../verification/report.ts';
import { requireProgram, run } from '../programs.ts';
import { startService, type Harness } from './harness.ts';
import { decisionPdf } from './samples.ts';

describe('verification of encrypted uploads', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-encrypted-'));
  let service: Harness;
  let pdf: Buffer;
  before(async function () {
    const qpdf = requireProgram(this, 'qpdf');
    const [open, encrypted] = [join(folder, 'open.pdf'), join(folder, 'encrypted.pdf')];
    writeFileSync(open, (await decisionPdf()).pdf);
    run(qpdf, ['--encrypt', '密码', 'owner', '256', '--', open, encrypted]);
    pdf = readFileSync(encrypted);
    service = await startService();
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await service.stop();
  });

  async function post(path: string, fields: Readonly<Record<string, string>>): Promise<unknown> {
    const call = request(service.url).post(path).field(fields).attach('document', pdf, 'encrypted.pdf');
    const response = await call;
    assert.equal(response.status, 200, JSON.stringify(response.body));
    return response.body;
  }

  it('a password that fits opens the file, and no other one does', async () => {
    const outcomes = async (
      fields: Readonly<Record<string, string>>,
    ): Promise<readonly (string | undefined)[]> => {
      const { rows } = (await post('/api/v1/verifications', fields)) as Report;
      return ['pdf.readable', 'pdf.encryption'].map((id) => rows.find((row) => row.id === id)?.outcome);
    };
    assert.deepEqual(await outcomes({ password: '密码' }), ['passed', 'passed']);
    assert.deepEqual(await outcomes({ password: 'owner' }), ['passed', 'passed']);
    assert.deepEqual(await outcomes({ password: 'guess' }), ['indeterminate', 'not-applicable']);
    assert.deepEqual(await outcomes({}), ['indeterminate', 'not-applicable']);
  });

  it('a report that is taken away opens the file the same way, and holds no password', async () => {
    const route = '/api/v1/verifications:report';
    const fits = JSON.stringify(await post(route, { form: 'detailed', password: '密码' }));
    const other = JSON.stringify(await post(route, { form: 'detailed', password: 'guess' }));
    assert.match(fits, /已以用户密码打开/);
    assert.match(other, /密码不正确/);
    assert.ok(!other.includes('guess'));
  });
});
