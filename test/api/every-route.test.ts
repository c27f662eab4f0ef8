// Every route of the table once with good input and at least once with bad: a route without its row fails the first test.
import assert from 'node:assert/strict';
import { routes } from '../../api/routes.ts';
import { requireProgram } from '../programs.ts';
import { caForeignRows } from './every-route/ca-foreign-rows.ts';
import { caRows } from './every-route/ca-rows.ts';
import { interfaceRows } from './every-route/interface-rows.ts';
import { licenseBulkRows } from './every-route/license-bulk-rows.ts';
import { licenseLifeRows } from './every-route/license-life-rows.ts';
import { licenseTypeRows } from './every-route/license-type-rows.ts';
import { loginRows } from './every-route/login-rows.ts';
import { pageRows } from './every-route/page-rows.ts';
import { deskRows } from './every-route/desk-rows.ts';
import { personalDataRows } from './every-route/personal-data-rows.ts';
import { peoplePageRows } from './every-route/people-page-rows.ts';
import { peopleRows } from './every-route/people-rows.ts';
import { providerRows } from './every-route/provider-rows.ts';
import { publicRows } from './every-route/public-rows.ts';
import { reportRows } from './every-route/report-rows.ts';
import { sealPageRows } from './every-route/seal-page-rows.ts';
import { openSealOffice, sealRows } from './every-route/seal-rows.ts';
import { showingPageRows } from './every-route/showing-page-rows.ts';
import { showingRows } from './every-route/showing-rows.ts';
import { showingWorld } from './every-route/showing-world.ts';
import { stampRows } from './every-route/stamp-rows.ts';
import { Visitor, type Rows } from './every-route/visitor.ts';
import { startService, type Harness } from './harness.ts';

/** Outside the table of routes, because they stand before limits and guards. */
const probes = ['get /healthz', 'get /readyz', 'get /metrics', 'get /assets/{name}'];

const served = [...routes.map(({ method, path }) => `${method} ${path}`), ...probes];

describe('every route', () => {
  let service: Harness;
  let table: Rows;

  before(async function () {
    const openssl = requireProgram(this, 'openssl');
    service = await startService();
    const visitor = new Visitor(service);
    await visitor.arrive(openssl);
    const showing = showingWorld(visitor);
    const office = await openSealOffice(visitor);
    table = {
      ...interfaceRows(visitor),
      ...publicRows(visitor),
      ...reportRows(visitor),
      ...pageRows(visitor),
      ...sealRows(visitor, office),
      ...sealPageRows(visitor, office),
      ...(await providerRows(visitor)),
      ...(await loginRows(visitor, openssl)),
      ...peopleRows(visitor),
      ...stampRows(visitor),
      ...showingRows(visitor, showing),
      ...showingPageRows(visitor, showing),
      ...licenseBulkRows(visitor),
      ...licenseLifeRows(visitor),
      ...licenseTypeRows(visitor),
      ...deskRows(visitor),
      ...personalDataRows(visitor),
      ...peoplePageRows(visitor),
      ...caRows(visitor, openssl),
      ...caForeignRows(visitor, openssl),
    };
  });
  after(() => service.stop());

  it('stands here, and nothing stands here that is no route', () => {
    assert.deepEqual(Object.keys(table).sort(), served.sort());
    for (const [name, row] of Object.entries(table)) assert.ok(Object.keys(row.bad).length > 0, name);
  });

  for (const name of served) {
    it(`${name}: good input`, async () => {
      const row = table[name];
      assert.ok(row !== undefined);
      const response = await row.good();
      assert.equal(response.status, row.status, response.text);
      if (row.type !== null) assert.ok(response.headers['content-type']?.startsWith(row.type), name);
    });
    it(`${name}: bad input`, async () => {
      for (const [what, [send, status, code]] of Object.entries(table[name]?.bad ?? {})) {
        const response = await send();
        assert.equal(response.status, status, `${what}: ${response.text}`);
        if (code === null) continue;
        assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8', what);
        const { type, title, detail, requestId, ...rest } = response.body as Record<string, unknown>;
        const names = Object.keys(rest).filter((each) => each !== 'errors');
        assert.deepEqual(names.sort(), ['code', 'status'], what);
        assert.deepEqual([rest['status'], rest['code']], [status, code], what);
        assert.equal(type, `urn:yinxin:problem:${code}`);
        assert.ok(typeof title === 'string' && typeof detail === 'string' && detail.length > 10, what);
        assert.equal(requestId, response.headers['x-request-id']);
      }
    });
  }

  it('takes no number and no name of a person in its address', () => {
    // Identifiers we make, an authority, a status list, a case of the own department, and what a reading is for.
    const allowed = [
      'id',
      'seal',
      'authority',
      'shard',
      'request',
      'list',
      'case',
      'purpose',
      'returnTo',
      'serial',
      'status',
      'after',
      'before',
      'limit',
      'open',
      'department',
      'version',
      'level',
      'acting',
      'again',
      // Random names of a login, of a picture, of an answer; a provider's name; how a scan ended.
      'uid',
      'code',
      'answer',
      'name',
      'outcome',
      // Two times of a question, a license or its waiting requests by our own names.
      'time',
      'at',
      'known',
      'license',
      'waiting',
      // A class of records, and the identifier of one that was destroyed.
      'class',
      'record',
      // A license type, its edition, a page of its preview, and how full that is.
      'type',
      'edition',
      'page',
      'fill',
      // The matter of a batch, and whether it issues or takes over.
      'matter',
      'kind',
    ];
    for (const { method, path, params, query } of routes) {
      for (const name of [...Object.keys(params.shape), ...Object.keys(query.shape)])
        assert.ok(allowed.includes(name), `${method} ${path}: ${name}`);
      assert.deepEqual(
        Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name).sort(),
        Object.keys(params.shape).sort(),
        path,
      );
    }
  });
});
