// License types over HTTP: one license of every type issued, verified and read; drafts by persons; the public catalogue.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { district } from '../../fixtures/district.ts';
import type { DepartmentKey } from '../../fixtures/departments.ts';
import type { SampleLicense } from '../../fixtures/sample-licenses.ts';
import { requireProgram, run } from '../programs.ts';
import { binaryBody } from './binary-body.ts';
import { peopleVisitor } from './every-route/people-visitor.ts';
import { Visitor } from './every-route/visitor.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, freshKey } from './samples.ts';
import { signInAs } from './sign-in.ts';

const samples = district.sampleLicenses(2026);
const shots = process.env['YINXIN_SCREENSHOTS'];

function orderOf(sample: SampleLicense): Record<string, unknown> {
  const { type, matter, holder, coHolders, number, face, photo, until } = sample;
  return {
    type: type.key,
    matter: matter.code,
    number,
    holder,
    face,
    ...(coHolders === undefined ? {} : { coHolders }),
    ...(photo === undefined
      ? {}
      : { photo: { mediaType: photo.mediaType, data: Buffer.from(photo.bytes).toString('base64') } }),
    ...(until === undefined ? {} : { validity: { until } }),
  };
}

interface Verdict {
  readonly conclusion: string;
  readonly rows: readonly { readonly id: string; readonly outcome: string }[];
}

/** A type that tells of need, or is private, has no public status: that, and nothing else, is left open then. */
function assertVerdict(sample: SampleLicense, { conclusion, rows }: Verdict): void {
  const open = rows.filter(({ outcome }) => outcome !== 'passed' && outcome !== 'not-applicable');
  const expected = sample.type.publicStatus ? [] : ['code.status'];
  assert.deepEqual(
    open.map(({ id }) => id).filter((id) => id !== 'code.sample'),
    expected,
  );
  assert.equal(conclusion, sample.type.publicStatus ? 'TOTAL-PASSED' : 'INDETERMINATE');
}

describe('license types over HTTP', function () {
  this.timeout(300_000);
  let service: Harness;
  let folder: string;
  before(async () => {
    service = await startService();
    folder = await mkdtemp(join(tmpdir(), 'yinxin-types-'));
  });
  after(async () => {
    await service.stop();
    await rm(folder, { recursive: true });
  });

  const departmentOf = (sample: SampleLicense): DepartmentKey => sample.matter.department.key;

  const post = (path: string, body: object, department: DepartmentKey) =>
    request(service.url)
      .post(path)
      .set('Authorization', bearer(service, department))
      .set('Idempotency-Key', freshKey())
      .send(body);

  async function issue(sample: SampleLicense, changes: object = {}) {
    return post('/api/v1/licenses', { ...orderOf(sample), ...changes }, departmentOf(sample));
  }

  /** The sealed PDF as a file, which verification passes. */
  async function documentOf(sample: SampleLicense, id: string): Promise<string> {
    const file = await request(service.url)
      .get(`/api/v1/licenses/${id}/document?purpose=test`)
      .set('Authorization', bearer(service, departmentOf(sample)))
      .buffer(true)
      .parse(binaryBody);
    assert.equal(file.status, 200);
    const report = await request(service.url)
      .post('/api/v1/verifications')
      .set('Content-Type', 'application/pdf')
      .send(file.body as Buffer);
    assertVerdict(sample, report.body as Verdict);
    const path = join(folder, `${sample.type.key}.pdf`);
    await writeFile(path, file.body as Buffer);
    return path;
  }

  for (const [key, sample] of Object.entries(samples))
    it(`issues ${key}: stamped, verified as file and as code`, async function () {
      const pdftoppm = requireProgram(this, 'pdftoppm');
      const pdftotext = requireProgram(this, 'pdftotext');
      const response = await issue(sample);
      assert.equal(response.status, 201, JSON.stringify(response.body));
      const code = await request(service.url)
        .post('/api/v1/verifications:code')
        .send({ code: response.body.code as string });
      assertVerdict(sample, code.body as Verdict);
      const path = await documentOf(sample, String(response.body.id));
      const text = run(pdftotext, ['-layout', path, '-']);
      assert.ok(text.includes(sample.type.name.slice(-3)) && text.includes(sample.number), text);
      for (const { name } of sample.coHolders ?? []) assert.ok(text.includes(name), name);
      if (shots !== undefined) run(pdftoppm, ['-png', '-r', '75', path, join(shots, `license-${key}`)]);
    });

  it('stamps the annex with the license in one signature: seal on its seat, riding seal over the pages', async function () {
    const pdfinfo = requireProgram(this, 'pdfinfo');
    const pdfsig = requireProgram(this, 'pdfsig');
    const sample = samples['medical-institution'];
    assert.ok(sample);
    const more = Array.from({ length: 60 }, (_, index) => ({ DM: String(index), KM: `第${index}诊疗科目` }));
    const { body, status } = await issue(sample, {
      number: 'PDYS12010500000002',
      face: { ...sample.face, KZ_ZLKM: more },
    });
    assert.equal(status, 201, JSON.stringify(body));
    const path = await documentOf(sample, String(body.id));
    const read = await request(service.url)
      .get(`/api/v1/licenses/${String(body.id)}?purpose=test`)
      .set('Authorization', bearer(service, departmentOf(sample)));
    const face = read.body.face as { name: string; value: string }[];
    assert.match(face.find(({ name }) => name === 'KZ_ZLKM')?.value ?? '', /^0 第0诊疗科目；1 第1诊疗科目；/);
    assert.match(run(pdfinfo, [path]), /Pages:\s+4/);
    const signatures = run(pdfsig, ['-nocert', path]);
    assert.equal(signatures.match(/Signature #/g)?.length, 1, signatures);
    const stamp = await request(service.url)
      .get(`/api/v1/stamps/${String(body.stamp)}`)
      .set('Authorization', bearer(service, departmentOf(sample)));
    const { showings } = stamp.body as { showings: { page: number }[] };
    assert.deepEqual([...new Set(showings.map(({ page }) => page))].toSorted(), [1, 2, 3, 4]);
    assert.equal(showings.filter(({ page }) => page === 1).length, 2);
  });

  it('refuses what a type does not allow, and names the place', async () => {
    const { marriage, 'nurse-practice': nurse, 'medical-institution': clinic } = samples;
    assert.ok(marriage && nurse && clinic);
    const [spouse] = marriage.coHolders ?? [];
    assert.ok(spouse);
    const refused = async (sample: SampleLicense, changes: object, code: string, place: RegExp) => {
      const { status, body } = await issue(sample, changes);
      assert.equal(status, 422, JSON.stringify(body));
      assert.equal(body.code, code);
      assert.match(JSON.stringify(body), place);
      assert.ok(!JSON.stringify(body).includes(sample.holder.code), 'no number in a refusal');
    };
    await refused(marriage, { coHolders: [] }, 'holder-invalid', /at least 2 holders/);
    await refused(
      marriage,
      { coHolders: [{ ...spouse, role: '邻居' }] },
      'holder-invalid',
      /coHolders\.1\.role/,
    );
    const twice = { ...marriage.holder, role: '配偶' };
    await refused(marriage, { coHolders: [twice] }, 'holder-invalid', /named twice/);
    await refused(nurse, { coHolders: [spouse] }, 'holder-invalid', /at most 1 holders/);
    await refused(nurse, { photo: undefined }, 'photo-invalid', /missing/);
    const data = Buffer.from('GIF89a').toString('base64');
    await refused(nurse, { photo: { mediaType: 'image/png', data } }, 'photo-invalid', /not a PNG/);
    await refused(clinic, { photo: orderOf(nurse)['photo'] }, 'photo-invalid', /no photo/);
    const rows = (row: object) => ({ face: { ...clinic.face, KZ_ZLKM: [{ DM: '01', KM: '内科' }, row] } });
    await refused(clinic, rows({ DM: '02' }), 'face-invalid', /Row 2, KM: It is missing/);
    await refused(clinic, rows({ DM: '02', KM: '外科', X: 'y' }), 'face-invalid', /no column X/);
    await refused(clinic, { face: { ...clinic.face, KZ_CW: [] } }, 'face-invalid', /KZ_CW/);
  });

  it('shows a license to each of its holders, and to nobody else', async () => {
    const sample = samples['marriage'];
    assert.ok(sample);
    const own = async (account: string): Promise<readonly string[]> => {
      const cookie = await signInAs(service, account);
      const page = await request(service.url).get('/my').set('Accept', 'text/html').set('Cookie', cookie);
      assert.equal(page.status, 200);
      return [...new Set(page.text.match(/\/licenses\/(lic_[0-9a-f]{32})/g) ?? [])];
    };
    const [first, second, stranger] = [await own('holder-1'), await own('holder-8'), await own('holder-7')];
    const shared = first.filter((link) => second.includes(link));
    assert.equal(shared.length, 1);
    assert.ok(!stranger.some((link) => shared.includes(link)));
    const [link = ''] = shared;
    for (const [account, status] of [
      ['holder-1', 200],
      ['holder-8', 200],
      ['holder-7', 404],
    ] as const) {
      const cookie = await signInAs(service, account);
      const page = await request(service.url).get(link).set('Accept', 'text/html').set('Cookie', cookie);
      assert.equal(page.status, status, account);
    }
  });

  it('keeps the photo encrypted, and its digest in the record that travels with the PDF', async function () {
    const qpdf = requireProgram(this, 'qpdf');
    const rows = await service.services.database.reader.selectFrom('license_photo').selectAll().execute();
    assert.ok(rows.length >= 2);
    for (const { photo } of rows) assert.match(photo, /^[a-z0-9-]+:record:[A-Za-z0-9_-]+$/);
    const path = join(folder, 'nurse-practice.pdf');
    const json = run(qpdf, ['--show-attachment=record.json', path]);
    const record = JSON.parse(json) as Record<string, string>;
    assert.ok(rows.some(({ digest }) => digest === record['photo']));
    assert.ok(!(await readFile(path)).includes('Exif'));
  });

  it('publishes the catalogue: definitions, editions, and the schema they are written in', async () => {
    const list = await request(service.url).get('/api/v1/license-types');
    assert.ok((list.body.types as unknown[]).length >= 8);
    const one = await request(service.url).get('/api/v1/license-types/medical-institution');
    assert.equal(one.body.format, 'yinxin-license-type/1');
    assert.equal(one.body.face.properties.KZ_ZLKM.type, 'array');
    const code = String(one.body.typeCode);
    const editions = await request(service.url).get(`/api/v1/license-types/${code}/editions`);
    assert.deepEqual(
      (editions.body.editions as { edition: number }[]).map(({ edition }) => edition),
      [1],
    );
    const missing = await request(service.url).get(`/api/v1/license-types/${code}?edition=2`);
    assert.deepEqual([missing.status, missing.body.code], [404, 'type-not-found']);
    const schema = await request(service.url).get('/api/v1/license-type-schema');
    assert.equal(schema.body.$schema, 'https://json-schema.org/draft/2020-12/schema');
  });

  it('lets a license keep its edition while the next one is drafted, approved and published by persons', async () => {
    const visitor = new Visitor(service);
    const { get, post: asPerson } = peopleVisitor(visitor);
    const [type] = district.licenseTypes;
    const before = await issue({
      ...samples['business-licence'],
      ...district.journeyLicenses(2026).food,
    });
    assert.equal(before.status, 201, JSON.stringify(before.body));
    const started = await asPerson('type-officer', '/api/v1/license-type-drafts', { type: type.typeCode });
    assert.equal(started.status, 201, JSON.stringify(started.body));
    const base = `/api/v1/license-type-drafts/${String(started.body.id)}`;
    const { definition } = (await get('type-officer', base)).body as { definition: Record<string, unknown> };
    const edited = await asPerson('type-officer', `${base}/definition`, {
      revision: 1,
      definition: { ...definition, name: '食品经营许可证（新版）' },
    });
    assert.deepEqual([edited.status, edited.body.revision], [200, 2], JSON.stringify(edited.body));
    const stale = await asPerson('type-officer', `${base}/submission`, { revision: 1 });
    assert.deepEqual([stale.status, stale.body.code], [409, 'draft-changed']);
    await asPerson('type-officer', `${base}/submission`, { revision: 2, note: '更名' });
    const alone = await asPerson('type-officer', `${base}/decision`, { revision: 2, decision: 'approved' });
    assert.deepEqual([alone.status, alone.body.code], [403, 'draft-second-person']);
    const preview = await get('type-approver', `${base}/preview.pdf`);
    assert.equal(preview.status, 200);
    const approved = await asPerson('type-approver', `${base}/decision`, {
      revision: 2,
      decision: 'approved',
    });
    assert.equal(approved.body.state, 'approved');
    const published = await asPerson('type-approver', `${base}/publication`, { revision: 2 });
    assert.equal(published.body.state, 'published', JSON.stringify(published.body));
    const read = async (id: string) =>
      (
        await service.services.database.reader
          .selectFrom('license')
          .select('edition')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).edition;
    const after = await issue({
      ...samples['business-licence'],
      ...district.journeyLicenses(2026).next,
    });
    assert.equal(after.status, 201, JSON.stringify(after.body));
    assert.deepEqual([await read(String(before.body.id)), await read(String(after.body.id))], [1, 2]);
    assert.equal(after.body.type.name, '食品经营许可证（新版）');
    const again = await request(service.url)
      .get(`/api/v1/licenses/${String(before.body.id)}?purpose=test`)
      .set('Authorization', bearer(service));
    assert.equal(again.body.type.name, '食品经营许可证');
  });
});
