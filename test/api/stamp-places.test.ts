// Places, stored documents, batches and keys elsewhere over HTTP.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request, { type Response } from 'supertest';
import { sealWithCode } from '../../signing/seal-register.ts';
import { requireProgram, run } from '../programs.ts';
import { scale } from '../scale.ts';
import { gb1Font, pdfOf, utf16Hex } from '../signing/placing-documents.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, freshKey, marketSeal, officeSeal, stamp } from './samples.ts';

const words = (x: number, y: number, text: string): string =>
  `BT /F0 16 Tf 1 0 0 1 ${x} ${y} Tm ${utf16Hex(text)} Tj ET\n`;

/** Pages with 审批机关（盖章） on the last. @param serial makes the document one of its own */
function decision(pages: number, serial = 0): Buffer {
  return Buffer.from(
    pdfOf({
      pages: Array.from({ length: pages }, (_, i) => ({
        content:
          words(72, 760, `第${i + 1}页 ${serial}`) +
          (i === pages - 1 ? words(300, 300, '审批机关（盖章）') : ''),
      })),
      fonts: [gb1Font('UniGB-UCS2-H')],
    }),
  );
}

interface StampBody {
  readonly id: string;
  readonly code?: string;
  readonly showings: readonly {
    readonly page: number;
    readonly as: string;
    readonly slice?: object;
    readonly anchor?: { readonly occurrence: number | null };
  }[];
}

const noPlace = { page: undefined, x: undefined, y: undefined };

describe('places of a stamp over HTTP', () => {
  let service: Harness;
  before(async () => (service = await startService()));
  after(() => service.stop());

  const post = (path: string, body: object, department?: 'market-supervision'): Promise<Response> =>
    request(service.url)
      .post(path)
      .set('Authorization', bearer(service, department))
      .set('Idempotency-Key', freshKey())
      .send(body)
      .then((response) => response);
  const put = async (bytes: Buffer): Promise<string> => {
    const response = await request(service.url)
      .post('/api/v1/documents')
      .set('Authorization', bearer(service))
      .set('Content-Type', 'application/pdf')
      .send(bytes);
    assert.equal(response.status, 201, response.text);
    return (response.body as { digest: string }).digest;
  };
  const about = { seal: officeSeal, matter: foodBusinessMatter.code };

  it('takes a text, several pages, a riding seal and both, and tells where the seal came to stand', async () => {
    const at = async (placement: object, more: Readonly<Record<string, string>> = {}) => {
      const response = await stamp(service, {
        document: decision(4),
        fields: { ...noPlace, placement: JSON.stringify(placement), ...more },
      });
      assert.equal(response.status, 201, response.text);
      return (response.body as StampBody).showings;
    };
    const [anchored] = await at({ anchor: { text: '审批机关(盖章)', occurrence: -1, dx: 5 } });
    assert.deepEqual([anchored?.page, anchored?.as, anchored?.anchor?.occurrence], [4, 'widget', null]);
    assert.equal((await at({ pages: 'all', x: 60, y: 100 })).length, 4);
    assert.equal((await at({ pages: { from: -2, to: -1 }, x: 60, y: 100 })).length, 2);
    assert.equal((await at({ riding: { edge: 'left' } }))[3]?.slice !== undefined, true);
    assert.equal((await at({ anchor: { text: '审批机关' } }, { riding: '{}' })).length, 5);
    assert.equal((await at({ page: -1, x: 60, y: 100 }))[0]?.page, 4);
  });

  const refusals: Record<string, readonly [Record<string, string | undefined>, number, string]> = {
    'a text that is not there': [
      { ...noPlace, placement: '{"anchor":{"text":"公章"}}' },
      422,
      'anchor-not-found',
    ],
    'no JSON': [{ ...noPlace, placement: '{' }, 400, 'request-invalid'],
    'two places': [{ placement: '{"page":1,"x":50,"y":50}' }, 400, 'request-invalid'],
    'no place': [noPlace, 400, 'request-invalid'],
    'half a place': [{ ...noPlace, x: '50' }, 400, 'request-invalid'],
    'an unknown member': [{ ...noPlace, placement: '{"page":1,"x":5,"y":5,"z":1}' }, 400, 'request-invalid'],
    'a place off the page': [{ ...noPlace, placement: '{"page":1,"x":5,"y":5}' }, 422, 'seal-off-page'],
    'a field that is not there': [{ ...noPlace, placement: '{"field":"a"}' }, 422, 'field-not-found'],
    'a level that does not exist': [{ level: 'B-X' }, 400, 'request-invalid'],
  };
  for (const [name, [fields, status, code]] of Object.entries(refusals)) {
    it(`refuses ${name}`, async () => {
      const response = await stamp(service, { document: decision(1), fields });
      assert.deepEqual([response.status, (response.body as StampBody).code], [status, code], response.text);
    });
  }

  it('stamps a stored document, which is its department’s only', async () => {
    const document = await put(decision(2, 1));
    assert.equal(await put(decision(2, 1)), document, 'the same bytes are one document');
    const order = { ...about, document, placement: { page: 2, x: 60, y: 60 }, level: 'B-T' };
    const response = await post('/api/v1/stamps', order);
    assert.equal(response.status, 201, response.text);
    const other = await post('/api/v1/stamps', { ...order, seal: marketSeal }, 'market-supervision');
    assert.deepEqual([other.status, (other.body as StampBody).code], [404, 'document-not-found']);
    const absent = await post('/api/v1/stamps', { ...order, document: `sha256:${'0'.repeat(64)}` });
    assert.deepEqual([absent.status, (absent.body as StampBody).code], [404, 'document-not-found']);
    // What came of it may be stamped again.
    const sealed = (response.body as { document: { digest: string } }).document.digest;
    assert.equal(
      (await post('/api/v1/stamps', { ...order, document: sealed, placement: { page: 1, x: 60, y: 60 } }))
        .status,
      201,
    );
  });

  it('gives out what has to be signed, and takes the value', async function () {
    const { services } = service;
    const seal = await sealWithCode(services.database.reader, officeSeal);
    assert.ok(seal !== null);
    const order = { ...about, document: await put(decision(1, 2)), placement: { anchor: { text: '盖章' } } };
    const prepared = await post('/api/v1/stamps/prepared', order);
    assert.equal(prepared.status, 201, prepared.text);
    const { id, toBeSigned, algorithm, valueUrl } = prepared.body as {
      id: string;
      toBeSigned: string;
      algorithm: string;
      valueUrl: string;
    };
    const key = await services.keys.open(seal.keyId, 'seal', seal.chain);
    assert.equal(algorithm, key.algorithm);
    const value = await key.sign(new Uint8Array(Buffer.from(toBeSigned, 'base64')));
    const path = new URL(valueUrl).pathname;
    const wrong = await post(path, { value: Buffer.from('nothing').toString('base64') });
    assert.deepEqual([wrong.status, (wrong.body as StampBody).code], [422, 'prepared-mismatch']);
    const finished = await post(path, { value: Buffer.from(value).toString('base64') });
    assert.deepEqual([finished.status, (finished.body as StampBody).id], [201, id], finished.text);
    const file = await request(service.url)
      .get(`/api/v1/stamps/${id}/document`)
      .set('Authorization', bearer(service))
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (part: Buffer) => chunks.push(part));
        response.on('end', () => done(null, Buffer.concat(chunks)));
      });
    const saved = join(service.dataFolder, 'prepared.pdf');
    writeFileSync(saved, file.body as Buffer);
    assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', saved]), /Signature is Valid/);
  });

  it('describes all of it', async () => {
    const { body } = await request(service.url).get('/openapi.json');
    const { paths } = body as {
      paths: Record<string, Record<string, { requestBody?: { content: object } }>>;
    };
    assert.deepEqual(Object.keys(paths['/api/v1/stamps']?.['post']?.requestBody?.content ?? {}), [
      'multipart/form-data',
      'application/json',
    ]);
    for (const path of [
      '/documents',
      '/stamps/batches',
      '/stamps/batches/{id}',
      '/stamps/batches/{id}/items',
      '/stamps/batches/{id}/cancellation',
      '/stamps/prepared',
      '/stamps/prepared/{id}/value',
    ]) {
      assert.ok(paths[`/api/v1${path}`] !== undefined, path);
    }
    assert.match(JSON.stringify(paths['/api/v1/stamps']), /骑缝章/);
  });
});

describe('a batch of stamps over HTTP', function () {
  this.timeout(300_000);

  it('stamps a thousand documents, or stays where a stop left it and goes on after the next start', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'yinxin-batch-'));
    let service = await startService({ dataFolder });
    try {
      const count = Math.min(1000, scale(200));
      const digests: string[] = [];
      for (let i = 0; i < count; i++) {
        const response = await request(service.url)
          .post('/api/v1/documents')
          .set('Authorization', bearer(service))
          .set('Content-Type', 'application/pdf')
          .send(decision(2, i));
        digests.push((response.body as { digest: string }).digest);
      }
      const common = {
        seal: officeSeal,
        matter: foodBusinessMatter.code,
        placement: { anchor: { text: '审批机关' } },
      };
      const documents = digests.map((document, i) => ({
        document,
        reference: `R-${i + 1}`,
        ...(i === 3 ? { placement: { page: 9, x: 60, y: 60 } } : i % 5 === 0 ? { riding: {} } : {}),
      }));
      const key = freshKey();
      const submit = (): Promise<Response> =>
        request(service.url)
          .post('/api/v1/stamps/batches')
          .set('Authorization', bearer(service))
          .set('Idempotency-Key', key)
          .send({ common, documents })
          .then((r) => r);
      const taken = await submit();
      assert.equal(taken.status, 202, taken.text);
      const path = `/api/v1/stamps/batches/${(taken.body as { id: string }).id}`;
      assert.equal(taken.headers['location'], path);
      const read = async (): Promise<{
        state: string;
        done: number;
        refused: number;
        waiting: number;
        total: number;
      }> => (await request(service.url).get(path).set('Authorization', bearer(service))).body as never;
      while ((await read()).done < count / 10) await new Promise((resolve) => setTimeout(resolve, 20));
      const { apiKeys } = service;
      await service.stop();
      service = { ...(await startService({ dataFolder })), apiKeys };
      const resumed = await read();
      assert.ok(resumed.waiting > 0, 'stopped on the way');
      assert.equal(
        ((await submit()).body as { id: string }).id,
        (taken.body as { id: string }).id,
        'the same batch',
      );
      while ((await read()).state === 'running') await new Promise((resolve) => setTimeout(resolve, 50));
      const end = await read();
      assert.deepEqual([end.total, end.done, end.refused, end.waiting], [count, count - 1, 1, 0]);
      const items: {
        position: number;
        reference: string;
        state: string;
        code: string | null;
        stamp: string | null;
      }[] = [];
      while (items.length < count) {
        const page = await request(service.url)
          .get(`${path}/items?after=${items.length}&limit=150`)
          .set('Authorization', bearer(service));
        items.push(...(page.body as { items: typeof items }).items);
      }
      assert.deepEqual(
        items.map(({ reference }) => reference),
        documents.map(({ reference }) => reference),
      );
      assert.deepEqual([items[3]?.state, items[3]?.code], ['refused', 'page-not-found']);
      assert.equal(
        new Set(items.map(({ stamp: made }) => made)).size,
        count,
        'every document has a stamp of its own, one has none',
      );
      const rows = await service.services.database.reader
        .selectFrom('stamp')
        .select(['state', 'result_digest'])
        .where('idempotency_key', 'like', 'stb_%')
        .execute();
      const completed = rows.filter(({ state }) => state === 'completed');
      assert.equal(completed.length, count - 1, 'none twice');
    } finally {
      await service.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    }
  });

  it('refuses what is none, naming the document', async () => {
    const service = await startService();
    try {
      const send = (body: object): Promise<Response> =>
        request(service.url)
          .post('/api/v1/stamps/batches')
          .set('Authorization', bearer(service))
          .set('Idempotency-Key', freshKey())
          .send(body)
          .then((r) => r);
      const document = `sha256:${'1'.repeat(64)}`;
      const order = { seal: officeSeal, placement: { page: 1, x: 60, y: 60 }, document };
      const cases: readonly (readonly [object, number, string, RegExp])[] = [
        [{ documents: [] }, 400, 'request-invalid', /documents/],
        [{ documents: [{ document }] }, 400, 'request-invalid', /document 1/],
        [{ documents: [order, { ...order, placement: { x: 1 } }] }, 400, 'request-invalid', /documents\.1/],
        [{ documents: [order] }, 404, 'document-not-found', /Document 1/],
        [{ documents: [{ ...order, passphrase: 'x' }] }, 400, 'request-invalid', /documents\.0/],
        [
          { documents: Array.from({ length: 1001 }, () => ({ document })) },
          400,
          'request-invalid',
          /documents/,
        ],
      ];
      for (const [body, status, code, detail] of cases) {
        const response = await send(body);
        const problem = response.body as { code: string; detail: string };
        assert.deepEqual([response.status, problem.code], [status, code], response.text);
        assert.match(problem.detail, detail);
      }
    } finally {
      await service.stop();
    }
  });
});
