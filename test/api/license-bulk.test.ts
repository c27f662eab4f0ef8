// Bulk and legacy over HTTP, as an issuing system sends them: tables, JSON Lines, paper, existing files, whole cases.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import request, { type Test } from 'supertest';
import { csvLine } from '../../formats/csv.ts';
import { enterprises } from '../../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../../fixtures/licenses.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import { startService, type Harness } from './harness.ts';
import { signInAs } from './sign-in.ts';
import { bearer, decisionPdf, freshKey, licenseBody, officeSeal, stamp } from './samples.ts';

let serial = 700;
function fresh() {
  serial += 1;
  const enterprise = enterprises[serial % enterprises.length];
  assert.ok(enterprise);
  return foodBusinessLicense(enterprise, serial);
}

interface Progress {
  readonly id: string;
  readonly state: string;
  readonly total: number;
  readonly done: number;
  readonly refused: number;
}

describe('licenses in bulk and of before, over HTTP', function () {
  this.timeout(60_000);
  let service: Harness;
  before(async () => (service = await startService()));
  after(() => service.stop());

  const matter = foodBusinessMatter.code;
  const get = (path: string, department: Parameters<typeof bearer>[1] = 'approval-office'): Test =>
    request(service.url).get(path).set('Authorization', bearer(service, department));
  const post = (
    path: string,
    body: object,
    department: Parameters<typeof bearer>[1] = 'approval-office',
  ): Test =>
    request(service.url)
      .post(path)
      .set('Authorization', bearer(service, department))
      .set('Idempotency-Key', freshKey())
      .send(body);
  const table = (query: string, type: string, body: Buffer | string, key = freshKey()): Test =>
    request(service.url)
      .post(`/api/v1/licenses/batches?${query}`)
      .set('Authorization', bearer(service))
      .set('Idempotency-Key', key)
      .set('Content-Type', type)
      .send(body);
  const upload = async (bytes: Uint8Array): Promise<string> => {
    const response = await request(service.url)
      .post('/api/v1/documents')
      .set('Authorization', bearer(service))
      .set('Content-Type', 'application/pdf')
      .send(Buffer.from(bytes));
    assert.equal(response.status, 201, response.text);
    return (response.body as { digest: string }).digest;
  };
  async function ended(id: string): Promise<Progress> {
    for (;;) {
      const { body } = await get(`/api/v1/licenses/batches/${id}`);
      const progress = body as Progress;
      if (progress.state !== 'running') return progress;
      await pause(50);
    }
  }
  interface Item {
    readonly position: number;
    readonly reference: string | null;
    readonly state: string;
    readonly license: string | null;
    readonly code: string | null;
    readonly message: string | null;
  }
  const items = async (id: string): Promise<readonly Item[]> =>
    ((await get(`/api/v1/licenses/batches/${id}/items?limit=1000`)).body as { items: Item[] }).items;

  const fields = foodBusinessLicense(enterprises[0]!, 1).type.fields;
  const header = ['序号', '证照编号', '持证主体', '持证主体代码', ...fields.map(({ label }) => label)];
  const cellsOf = (license: ReturnType<typeof fresh>, reference: string): readonly string[] => [
    reference,
    license.number,
    license.holder.name,
    license.holder.code,
    ...fields.map(({ name }) => license.face[name] ?? ''),
  ];

  it('issues a table as a clerk exports it, in UTF-8 with a mark or in GB18030', async () => {
    const [a, b, c] = [fresh(), fresh(), fresh()];
    const text = [header, cellsOf(a, 'r1'), cellsOf(b, 'r2'), ['r3', c.number]].map(csvLine).join('\r\n');
    const key = freshKey();
    const query = `matter=${matter}&type=${a.type.key}`;
    const taken = await table(query, 'text/csv; charset=utf-8', `\u{feff}${text}`, key);
    assert.equal(taken.status, 202, taken.text);
    const { id } = taken.body as Progress;
    assert.equal(taken.headers['location'], `/api/v1/licenses/batches/${id}`);
    const end = await ended(id);
    assert.deepEqual([end.state, end.total, end.done, end.refused], ['completed', 3, 2, 1]);
    const [first, , third] = await items(id);
    assert.deepEqual([first?.reference, first?.state], ['r1', 'done']);
    assert.deepEqual([third?.reference, third?.state, third?.code], ['r3', 'refused', 'row-malformed']);
    const read = await get(`/api/v1/licenses/${first?.license ?? ''}`);
    assert.deepEqual(
      [read.body.identifier.length > 40, read.body.trust, read.body.matter],
      [true, 'A', matter],
    );
    const verified = await request(service.url)
      .post('/api/v1/verifications:code')
      .send({ code: read.body.code });
    assert.equal(verified.body.conclusion, 'TOTAL-PASSED');
    assert.equal(((await table(query, 'text/csv', `\u{feff}${text}`, key)).body as Progress).id, id);
    assert.ok(
      ((await get('/api/v1/licenses/batches')).body as { batches: Progress[] }).batches.some(
        (each) => each.id === id,
      ),
    );

    // 样本 in GB18030, as an old spreadsheet program writes it.
    const d = fresh();
    const gb = Buffer.concat([
      Buffer.from('ZZBH,CZZT,CZZTDM,KZ_FDDBR,KZ_ZS,KZ_JYCS,KZ_ZTYT,KZ_JYXM\n'),
      Buffer.from(`${d.number},`),
      Buffer.from([0xd1, 0xf9, 0xb1, 0xbe]),
      Buffer.from(`,${d.holder.code},`),
      ...['KZ_FDDBR', 'KZ_ZS', 'KZ_JYCS'].flatMap(() => [
        Buffer.from([0xd1, 0xf9, 0xb1, 0xbe]),
        Buffer.from(','),
      ]),
      Buffer.from([0xb2, 0xcd, 0xd2, 0xfb, 0xb7, 0xfe, 0xce, 0xf1, 0xbe, 0xad, 0xd3, 0xaa, 0xd5, 0xdf]),
      Buffer.from(','),
      Buffer.from([0xd1, 0xf9, 0xb1, 0xbe]),
      Buffer.from('\n'),
    ]);
    const old = (await table(query, 'text/csv; charset=gb18030', gb)).body as Progress;
    const result = await ended(old.id);
    const [item] = await items(old.id);
    assert.deepEqual([result.done, item?.message ?? null], [1, null]);
    const holder = (await get(`/api/v1/licenses/${item?.license ?? ''}`)).body.holder as { name: string };
    assert.equal(holder.name, '样本');
    assert.equal((await table(query, 'text/csv', gb)).status, 400, 'and is no UTF-8');
  });

  it('issues JSON Lines, each with its own type, case and reference', async () => {
    const [a, b] = [fresh(), fresh()];
    const lineOf = ({ type, number, holder, face }: ReturnType<typeof fresh>, more: object = {}): string =>
      JSON.stringify({ type: type.key, number, holder, face, ...more });
    const lines = [lineOf(a, { reference: 'one', case: 'BULK-1' }), '{"type":1}', 'no json', lineOf(b)].join(
      '\n',
    );
    const taken = await table(`matter=${matter}`, 'application/x-ndjson', lines);
    assert.equal(taken.status, 202, taken.text);
    const end = await ended((taken.body as Progress).id);
    assert.deepEqual([end.done, end.refused], [2, 2]);
    const [first, second, third] = await items(end.id);
    assert.equal((await get(`/api/v1/licenses/${first?.license ?? ''}`)).body.case, 'BULK-1');
    assert.match(second?.message ?? '', /does not hold/);
    assert.match(third?.message ?? '', /Not well-formed JSON/);
  });

  it('refuses what is no batch with the reason', async () => {
    const bad = async (sent: Test, status: number, code: string): Promise<void> => {
      const response = await sent;
      assert.deepEqual([response.status, response.body.code], [status, code], response.text);
    };
    const type = 'food-business';
    await bad(table(`matter=${matter}`, 'text/csv', 'a,b\n1,2\n'), 400, 'request-invalid');
    await bad(table(`matter=${matter}&type=${type}`, 'text/csv', 'a,b\n1,2\n'), 422, 'batch-invalid');
    await bad(table(`matter=${matter}&type=${type}`, 'text/csv', ''), 422, 'csv-malformed');
    await bad(
      table(`matter=${matter}&type=${type}`, 'text/csv', 'ZZBH,CZZT,CZZTDM\n"'),
      422,
      'csv-malformed',
    );
    await bad(table(`matter=${matter}&type=${type}`, 'text/csv', 'ZZBH,CZZT,CZZTDM\n'), 422, 'batch-invalid');
    await bad(table(`matter=${matter}&type=none`, 'text/csv', 'ZZBH\n'), 404, 'type-not-found');
    await bad(
      table(`matter=${matter}&type=${type}`, 'text/csv; charset=big5', 'ZZBH\n'),
      415,
      'content-type-unsupported',
    );
    await bad(table(`matter=${matter}`, 'application/json', '[1,'), 400, 'json-malformed');
    await bad(table('', 'application/json', '[]'), 400, 'request-invalid');
    const rows = Array.from({ length: 10_001 }, (_, index) => `JY${index},a,b`).join('\n');
    await bad(
      table(`matter=${matter}&type=${type}`, 'text/csv', `ZZBH,CZZT,CZZTDM\n${rows}`),
      422,
      'csv-malformed',
    );
  });

  it('takes over paper licenses by a table, marked, and never as an original', async () => {
    const license = fresh();
    const head = [...header, '原证颁发日期', '核对人', '核对日期', '证照有效期起始日期'];
    const today = new Date().toISOString().slice(0, 10);
    const row = [...cellsOf(license, 'paper-1'), '2024-04-01', 'GH-0117', today, '2024-04-01'];
    const text = [head, row].map(csvLine).join('\n');
    const taken = await table(`kind=import&matter=${matter}&type=${license.type.key}`, 'text/csv', text);
    assert.equal(taken.status, 202, taken.text);
    const end = await ended((taken.body as Progress).id);
    const [item] = await items(end.id);
    assert.equal(end.done, 1, item?.message ?? '');
    const read = await get(`/api/v1/licenses/${item?.license ?? ''}`);
    assert.equal(read.body.trust, 'C');
    const verdict = await request(service.url)
      .post('/api/v1/verifications:code')
      .send({ code: read.body.code });
    const rows = verdict.body.rows as { id: string; outcome: string; finding: { zh: string } }[];
    const trust = rows.find(({ id }) => id === 'code.taken-over');
    assert.equal(trust?.outcome, 'warned');
    assert.match(trust.finding.zh, /非原件/);
    const file = await get(`/api/v1/licenses/${item?.license ?? ''}/document?purpose=test`).buffer();
    const whole = await request(service.url)
      .post('/api/v1/verifications')
      .set('Content-Type', 'application/pdf')
      .send(file.body as Buffer);
    assert.equal(whole.body.conclusion, 'TOTAL-PASSED', JSON.stringify(whole.body.rows));
    const page = await request(service.url)
      .get(`/licenses/${item?.license ?? ''}`)
      .set('Cookie', await signInAs(service, 'officer-approval-office'));
    assert.ok(page.text.includes('非原件 · 可信等级 C'), 'pages say so too');
    const kept = await get(`/api/v1/licenses/${item?.license ?? ''}/original?purpose=test`);
    assert.deepEqual([kept.body.kind, kept.body.trust, kept.body.issuedOn], ['paper', 'C', '2024-04-01']);
  });

  it('registers an existing sealed PDF: verified first, its verdict kept, refused where it was tampered with', async () => {
    const sealed = await stamp(service, { accept: 'application/pdf' });
    const bytes = Buffer.from(sealed.body as Buffer);
    const license = fresh();
    const today = new Date().toISOString().slice(0, 10);
    const order = (document: string): object => {
      return {
        ...licenseBody(license, { case: undefined }),
        original: { kind: 'file', issuedOn: today, document, identifier: '1.2.3.old' },
      };
    };
    const spoilt = Buffer.from(bytes);
    spoilt[Math.floor(bytes.length / 3)]! ^= 1;
    const refused = await post('/api/v1/licenses/imports', order(await upload(spoilt)));
    assert.deepEqual([refused.status, refused.body.code], [422, 'original-refused'], refused.text);

    const response = await post('/api/v1/licenses/imports', order(await upload(bytes)));
    assert.equal(response.status, 201, response.text);
    assert.equal(response.body.trust, 'B');
    const { id, code, documentUrl } = response.body as Record<string, string>;
    const kept = await get(`/api/v1/licenses/${String(id)}/original?purpose=test`);
    assert.equal(kept.body.verdict.conclusion, 'TOTAL-PASSED');
    assert.equal(kept.body.verdict.report.format, 'yinxin-verification-report/1');
    const original = await get(`/api/v1/licenses/${String(id)}/original/document?purpose=test`).buffer();
    assert.equal(original.status, 200);
    assert.ok(Buffer.from(original.body as Buffer).equals(bytes));
    assert.equal(
      (await get(`/api/v1/licenses/${String(id)}/original/document`)).body.code,
      'purpose-missing',
    );
    assert.equal((await get(`/api/v1/licenses/${String(id)}/original`, 'civil-affairs')).status, 404);
    const verdict = await request(service.url).post('/api/v1/verifications:code').send({ code });
    assert.equal(verdict.body.conclusion, 'TOTAL-PASSED', JSON.stringify(verdict.body.rows));
    const file = await get(`${new URL(documentUrl ?? '').pathname}?purpose=test`).buffer();
    const whole = await request(service.url)
      .post('/api/v1/verifications')
      .set('Content-Type', 'application/pdf')
      .send(file.body as Buffer);
    assert.equal(whole.body.conclusion, 'TOTAL-PASSED', JSON.stringify(whole.body.rows));
  });

  it('handles a case of several documents and licenses from stored files, and its file lists them all', async () => {
    const { pdf, seal } = await decisionPdf();
    const [decision, annex] = [
      await upload(pdf),
      await upload(Buffer.concat([Buffer.from(pdf), Buffer.from('\n')])),
    ];
    const place = { page: seal.page, x: seal.centreX, y: seal.centreY };
    const [a, b] = [fresh(), fresh()];
    const orderOf = ({ type, number, holder, face }: ReturnType<typeof fresh>): object => ({
      type: type.key,
      number,
      holder,
      face,
    });
    const body = (number: string, licenses: readonly object[]): object => ({
      matter,
      case: number,
      decision: { document: decision, seal: officeSeal, placement: place },
      documents: [{ document: annex, seal: officeSeal, placement: place, riding: {} }],
      licenses,
    });
    const wrong = await post('/api/v1/cases', body('MANY-1', [orderOf(a), { ...orderOf(b), face: {} }]));
    assert.equal(wrong.status, 422, wrong.text);
    assert.equal((await get('/api/v1/cases/MANY-1')).status, 404, 'nothing of it is in force');
    const handled = await post('/api/v1/cases', body('MANY-1', [orderOf(a), orderOf(b)]));
    assert.equal(handled.status, 201, handled.text);
    const read = await get('/api/v1/cases/MANY-1');
    assert.deepEqual(read.body, handled.body);
    const file = read.body.file as { kind: string; id: string; url: string; digest: string }[];
    assert.deepEqual(
      file.map(({ kind }) => kind),
      ['decision', 'document', 'license', 'license'],
    );
    assert.equal(new Set(file.map(({ digest }) => digest)).size, 4);
    for (const { kind, url } of file) {
      const { pathname } = new URL(url);
      const document = await get(kind === 'license' ? `${pathname}?purpose=test` : pathname);
      assert.equal(document.headers['content-type'], 'application/pdf', `${kind} ${document.text}`);
    }
    const missing = await post('/api/v1/cases', {
      ...body('MANY-2', []),
      documents: [{ document: `sha256:${'0'.repeat(64)}`, seal: officeSeal, placement: place }],
    });
    assert.deepEqual([missing.status, missing.body.code], [404, 'document-not-found']);
    const alone = await post('/api/v1/cases', { ...body('MANY-3', []), decision: null });
    assert.equal(alone.status, 201, alone.text);
    assert.deepEqual([alone.body.decision, alone.body.documents.length], [null, 1]);
    assert.deepEqual((await get('/api/v1/cases/MANY-3')).body, alone.body);
  });
});
