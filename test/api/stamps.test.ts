// Stamps over HTTP: the good way, and everything that is refused.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { requireProgram, run } from '../programs.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, decisionPdf, freshKey, marketSeal, officeSeal, stamp } from './samples.ts';

describe('stamps over HTTP', () => {
  let service: Harness;
  before(async () => (service = await startService()));
  after(() => service.stop());

  it('seals a decision: the original is a prefix, and other programs accept the signature', async function () {
    const { pdf } = await decisionPdf();
    const response = await stamp(service, { accept: 'application/pdf' });
    assert.equal(response.status, 201);
    assert.equal(response.headers['content-type'], 'application/pdf');
    assert.equal(response.headers['cache-control'], 'no-store');
    const sealed = response.body as Buffer;
    assert.ok(sealed.subarray(0, pdf.length).equals(pdf));
    const path = join(service.dataFolder, 'sealed.pdf');
    writeFileSync(path, sealed);
    assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', path]), /Signature is Valid/);
    run(requireProgram(this, 'qpdf'), ['--check', path]);
  });

  it('answers JSON with links that lead to the stamp and its document', async () => {
    const response = await stamp(service);
    assert.equal(response.status, 201);
    const { id, receipt, documentUrl, document, seal } = response.body as {
      id: string;
      receipt: string;
      documentUrl: string;
      document: { size: number };
      seal: { code: string };
    };
    assert.match(id, /^stp_[0-9a-f]{32}$/);
    assert.match(receipt, /^rcp_/);
    assert.equal(seal.code, officeSeal);
    const read = await request(service.url).get(`/api/v1/stamps/${id}`).set('Authorization', bearer(service));
    assert.equal(read.status, 200);
    assert.deepEqual(read.body, response.body);
    const file = await request(service.url)
      .get(new URL(documentUrl).pathname)
      .set('Authorization', bearer(service));
    assert.equal(file.status, 200);
    assert.equal(file.headers['content-length'], String(document.size));
    assert.match(file.headers['content-disposition'] ?? '', /filename="stp_/);
  });

  it('answers a repeated request with the stored result, and refuses another one under its key', async () => {
    const key = freshKey();
    const first = await stamp(service, { key });
    const again = await stamp(service, { key });
    assert.deepEqual([again.status, again.body], [201, first.body]);
    const other = await stamp(service, { key, fields: { x: '60' } });
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency-mismatch']);
    const together = freshKey();
    const answers = await Promise.all([1, 2, 3, 4].map(() => stamp(service, { key: together })));
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => String(body.id)));
    assert.equal(ids.size, 1, 'one stamp, whoever came first');
    for (const { status, body } of answers) {
      assert.ok(status === 201 || body.code === 'idempotency-in-progress', `${status} ${String(body.code)}`);
    }
  });

  const refusals: Record<string, { sample: Parameters<typeof stamp>[1]; status: number; code: string }> = {
    'no file': { sample: { document: null }, status: 400, code: 'file-missing' },
    'no seal': { sample: { fields: { seal: undefined } }, status: 400, code: 'request-invalid' },
    'a seal that is no identifier': {
      sample: { fields: { seal: '../x' } },
      status: 400,
      code: 'request-invalid',
    },
    'an unknown seal': {
      sample: { fields: { seal: '12010599999999' } },
      status: 404,
      code: 'seal-not-found',
    },
    "another department's seal by code": {
      sample: { fields: { seal: marketSeal } },
      status: 404,
      code: 'seal-not-found',
    },
    'no place': { sample: { fields: { x: undefined } }, status: 400, code: 'request-invalid' },
    'a place that is no number': { sample: { fields: { x: 'left' } }, status: 400, code: 'request-invalid' },
    'a place off the page': { sample: { fields: { x: '5000' } }, status: 422, code: 'seal-off-page' },
    'page 0': { sample: { fields: { page: '0' } }, status: 400, code: 'request-invalid' },
    'a page that is not there': { sample: { fields: { page: '99' } }, status: 422, code: 'page-not-found' },
    'a case number with a slash': {
      sample: { fields: { case: 'a/b' } },
      status: 400,
      code: 'request-invalid',
    },
    'a control character in the reason': {
      sample: { fields: { reason: 'a\u0007' } },
      status: 400,
      code: 'request-invalid',
    },
    'an empty file': { sample: { document: new Uint8Array(0) }, status: 422, code: 'not-a-pdf' },
    'a picture': { sample: { document: Buffer.from('\x89PNG\r\n\x1a\n') }, status: 422, code: 'not-a-pdf' },
  };
  for (const [what, { sample, status, code }] of Object.entries(refusals)) {
    it(`refuses ${what}`, async () => {
      const response = await stamp(service, sample);
      assert.deepEqual([response.status, response.body.code], [status, code]);
      assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8');
      assert.equal(response.body.type, `urn:yinxin:problem:${code}`);
    });
  }

  it('refuses a truncated PDF and a cross-reference into nowhere without a fault', async () => {
    const { pdf } = await decisionPdf();
    for (const document of [
      pdf.subarray(0, pdf.length / 2),
      Buffer.from('%PDF-1.7\nstartxref\n99999999\n%%EOF'),
    ]) {
      const response = await stamp(service, { document });
      assert.equal(response.status, 422, JSON.stringify(response.body));
    }
  });

  it('takes a 3 MB document by way of the disk and leaves no temporary file', async () => {
    const { pdf } = await decisionPdf();
    const end = Buffer.from(pdf).subarray(Buffer.from(pdf).lastIndexOf('startxref'));
    const document = Buffer.concat([pdf, Buffer.from(`\n%${'x'.repeat(3_000_000)}\n`), end]);
    const response = await stamp(service, { document });
    assert.equal(response.status, 201, JSON.stringify(response.body));
    assert.deepEqual(readdirSync(join(service.dataFolder, 'uploads')), []);
    const stored = await service.services.documents.readAll(
      response.body.document.digest as string,
      10_000_000,
    );
    assert.ok(stored !== null && Buffer.from(stored).subarray(0, document.length).equals(document));
  });

  it('keeps nothing of a large document that it refuses', async () => {
    const document = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(3_000_000)]);
    const count = async (): Promise<number> => {
      let found = 0;
      for await (const digest of service.services.documents.list()) found += digest === '' ? 0 : 1;
      return found;
    };
    const before = await count();
    assert.equal((await stamp(service, { document })).status, 422);
    assert.equal(await count(), before);
    assert.deepEqual(readdirSync(join(service.dataFolder, 'uploads')), []);
  });

  it('refuses an object of many megabytes quickly', async () => {
    // 1.5 million empty arrays in the form: reading them all takes seconds.
    const objects = ['<</Type/Catalog/Pages 2 0 R/AcroForm 3 0 R>>', '<</Type/Pages/Kids[]/Count 0>>'];
    objects.push(`<</Fields[${'[]'.repeat(1_500_000)}]>>`);
    let text = '%PDF-1.7\n';
    let table = 'xref\n0 4\n0000000000 65535 f \n';
    for (const [at, object] of objects.entries()) {
      table += `${String(text.length).padStart(10, '0')} 00000 n \n`;
      text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    }
    text += `${table}trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF\n`;
    const response = await stamp(service, { document: Buffer.from(text, 'latin1') });
    assert.equal(response.status, 422);
    assert.match(String(response.body.detail), /too large|larger|too much|limit/i);
  });

  it('keeps two departments apart: seals and records of the other are as if absent', async () => {
    const { body } = await stamp(service);
    const foreign = bearer(service, 'market-supervision');
    for (const path of [`/api/v1/stamps/${String(body.id)}`, `/api/v1/stamps/${String(body.id)}/document`]) {
      const response = await request(service.url).get(path).set('Authorization', foreign);
      assert.deepEqual([response.status, response.body.code], [404, 'stamp-not-found']);
    }
    const byId = await stamp(service, { department: 'market-supervision', fields: { seal: body.seal.id } });
    assert.deepEqual([byId.status, byId.body.code], [404, 'seal-not-found']);
    const absent = await stamp(service, {
      department: 'market-supervision',
      fields: { seal: `seal_${'0'.repeat(32)}` },
    });
    assert.equal(absent.body.detail, byId.body.detail, 'absent and foreign are told alike');
    const own = await request(service.url).get('/api/v1/seals').set('Authorization', foreign);
    const codes = (own.body as { seals: { code: string }[] }).seals.map((seal) => seal.code);
    assert.deepEqual(codes, [marketSeal]);
  });

  it('refuses strangers, bad keys, other schemes, and keys without the scope', async () => {
    const attempt = (authorization: string | null) => {
      const test = request(service.url).get('/api/v1/seals');
      return authorization === null ? test : test.set('Authorization', authorization);
    };
    const stranger = await attempt(null);
    assert.deepEqual([stranger.status, stranger.body.code], [401, 'unauthenticated']);
    assert.match(stranger.headers['www-authenticate'] ?? '', /^Bearer realm="yinxin", DPoP realm="yinxin"/);
    const bad = await attempt(`Bearer yx_${'A'.repeat(43)}`);
    assert.deepEqual([bad.status, bad.body.code], [401, 'api-key-refused']);
    const basic = await attempt('Basic eXg6eHg=');
    assert.deepEqual([basic.status, basic.body.code], [401, 'unauthenticated']);
    const { createApiKey } = await import('../../identity/api-keys.ts');
    const { operator } = await import('../../api/installation.ts');
    const { key } = await createApiKey(service.services, operator, {
      department: '11120105000123457H',
      scopes: ['licenses:read'],
      label: 'narrow',
    });
    const narrow = await attempt(`Bearer ${key}`);
    assert.deepEqual([narrow.status, narrow.body.code], [403, 'scope-missing']);
  });

  it('needs an idempotency key', async () => {
    for (const key of ['', ' ', 'x'.repeat(201), 'with blank']) {
      const response = await request(service.url)
        .post('/api/v1/stamps')
        .set('Authorization', bearer(service))
        .set('Idempotency-Key', key)
        .field('seal', officeSeal);
      assert.deepEqual([response.status, response.body.code], [400, 'idempotency-key-missing']);
    }
  });

  it('refuses another content type', async () => {
    const response = await request(service.url)
      .post('/api/v1/stamps')
      .set('Authorization', bearer(service))
      .set('Idempotency-Key', freshKey())
      .type('text/plain')
      .send('seal');
    assert.deepEqual([response.status, response.body.code], [415, 'content-type-unsupported']);
  });

  it('shows the picture of an own seal only', async () => {
    const own = await request(service.url)
      .get(`/api/v1/seals/${officeSeal}/picture.svg`)
      .set('Authorization', bearer(service));
    assert.equal(own.status, 200);
    assert.equal(own.headers['content-type'], 'image/svg+xml');
    const foreign = await request(service.url)
      .get(`/api/v1/seals/${marketSeal}/picture.svg`)
      .set('Authorization', bearer(service));
    assert.equal(foreign.status, 404);
  });
});
