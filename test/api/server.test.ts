// The edge as a whole: problems, headers, limits, description, probes, and an orderly end.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import request from 'supertest';
import { problemOf } from '../../api/problems.ts';
import { problemTable } from '../../api/problem-table.ts';
import { routes } from '../../api/routes.ts';
import { readConfig } from '../../api/config.ts';
import { demonstrationSettings } from '../../api/demonstration.ts';
import { realWorld } from '../../api/installation.ts';
import { openLog } from '../../api/log.ts';
import { startService as start } from '../../api/main.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, freshKey, issue, licenseBody, licenses, stamp } from './samples.ts';

describe('the HTTP edge', () => {
  let service: Harness;
  before(async () => (service = await startService()));
  after(() => service.stop());

  it('answers what is not there and what is not allowed as problems', async () => {
    const absent = await request(service.url).get('/api/v1/nothing');
    assert.deepEqual([absent.status, absent.body.code], [404, 'not-found']);
    const wrong = await request(service.url).delete('/api/v1/stamps');
    assert.deepEqual([wrong.status, wrong.body.code], [405, 'method-not-allowed']);
    assert.equal(wrong.headers['allow'], 'POST');
  });

  it('does not let identifiers leave their place', async () => {
    for (const id of [
      '..%2f..%2fetc%2fpasswd',
      '%00',
      '..',
      'stp_%2e%2e',
      `stp_${'0'.repeat(31)}G`,
      'x'.repeat(5000),
    ]) {
      for (const path of ['/api/v1/stamps/', '/api/v1/licenses/', '/assets/', '/crl/']) {
        const { status, body } = await request(service.url)
          .get(`${path}${id}/document`)
          .set('Authorization', bearer(service));
        assert.ok(status >= 400 && status < 500, `${path}${id}: ${status} ${JSON.stringify(body)}`);
      }
    }
    const malformed = await request(service.url).get('/api/v1/stamps/%E0%A4%A');
    assert.deepEqual([malformed.status, malformed.body.code], [400, 'request-invalid']);
  });

  it('speaks the language asked for', async () => {
    const zh = await request(service.url).get('/api/v1/seals');
    const en = await request(service.url).get('/api/v1/seals').set('Accept-Language', 'en-GB,en;q=0.9');
    assert.equal(zh.body.title, '需要身份认证');
    assert.equal(en.body.title, 'Authentication required');
  });

  it('gives every answer a request id, keeps a harmless one and no other', async () => {
    const own = await request(service.url)
      .get('/api/v1/license-types')
      .set('X-Request-Id', 'approval-2026.1');
    assert.equal(own.headers['x-request-id'], 'approval-2026.1');
    const strange = await request(service.url).get('/api/v1/nothing').set('X-Request-Id', '<script>');
    assert.match(strange.headers['x-request-id'] ?? '', /^[0-9a-f]{24}$/);
    assert.equal(strange.body.requestId, strange.headers['x-request-id']);
  });

  it('sends strict security headers', async () => {
    const { headers } = await request(service.url).get('/');
    const policy = headers['content-security-policy'] ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
    assert.ok(
      !/unsafe-inline|unsafe-eval'?[^-]*\*|https?:/.test(policy.replace('wasm-unsafe-eval', '')),
      policy,
    );
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-powered-by'], undefined);
    assert.equal(headers['cache-control'], 'no-store');
  });

  it('maps every refusal to a problem with a sane status, and no fault tells its cause', () => {
    for (const [code, [status, zh, en]] of Object.entries(problemTable)) {
      assert.ok(status >= 400 && status <= 599 && zh !== '' && en !== '', code);
      const problem = problemOf(Object.assign(new Error('secret detail'), { code }), 'zh', 'request-1');
      assert.equal(problem.status, status);
      if (status >= 500) assert.ok(!JSON.stringify(problem).includes('secret detail'), code);
    }
    const foreign = problemOf(
      Object.assign(new Error('at /etc/passwd'), { code: 'ENOENT' }),
      'zh',
      'request-1',
    );
    assert.deepEqual([foreign.status, foreign.code, foreign.incident], [500, 'internal', 'request-1']);
    assert.ok(!JSON.stringify(foreign).includes('passwd'));
  });

  it('describes every route in OpenAPI 3.1, with answers that fit it', async () => {
    const { body } = await request(service.url).get('/openapi.json');
    assert.equal(body.openapi, '3.1.0');
    const described = body.paths as Record<string, Record<string, Record<string, never>>>;
    for (const route of routes) {
      const operation = described[route.path]?.[route.method];
      assert.equal(operation !== undefined, route.access.kind !== 'page', `${route.method} ${route.path}`);
    }
    const identifiers = Object.values(described).flatMap((path) =>
      Object.values(path).map((each) => each['operationId']),
    );
    assert.equal(new Set(identifiers).size, identifiers.length, 'operation identifiers are unique');
    const references = JSON.stringify(body).match(/"\$ref":"[^"]+"/g) ?? [];
    for (const reference of references) assert.equal(reference, '"$ref":"#/components/schemas/Problem"');
    const { headers, text } = await request(service.url).get('/docs').set('Accept', 'text/html');
    assert.match(headers['content-type'] ?? '', /text\/html/);
    for (const route of routes)
      if (route.access.kind !== 'page') assert.ok(text.includes(route.path), route.path);
    assert.ok(!/<script|style=|https?:\/\//.test(text), 'no script, no inline style, nothing from elsewhere');
  });

  it('answers as its own schemas say', async () => {
    const shapeOf = (path: string, method: string, status: number) => {
      const reply = routes
        .find((route) => route.path === path && route.method === method)
        ?.replies.find((known) => known.status === status);
      const schema = reply?.content['application/json'];
      assert.ok(schema !== undefined && schema !== 'binary', path);
      return schema;
    };
    const issued = await issue(service, licenseBody(licenses.food));
    shapeOf('/api/v1/licenses', 'post', 201).parse(issued.body);
    const id = String(issued.body.id);
    const read = await request(service.url)
      .get(`/api/v1/licenses/${id}`)
      .set('Authorization', bearer(service));
    shapeOf('/api/v1/licenses/{id}', 'get', 200).parse(read.body);
    shapeOf('/api/v1/stamps', 'post', 201).parse((await stamp(service)).body);
    const seals = await request(service.url).get('/api/v1/seals').set('Authorization', bearer(service));
    shapeOf('/api/v1/seals', 'get', 200).parse(seals.body);
    shapeOf('/api/v1/license-types', 'get', 200).parse(
      (await request(service.url).get('/api/v1/license-types')).body,
    );
    const report = await request(service.url)
      .post('/api/v1/verifications:code')
      .send({ code: issued.body.code });
    shapeOf('/api/v1/verifications:code', 'post', 200).parse(report.body);
  });

  it('tells how it is, to this machine only where it counts', async () => {
    assert.equal((await request(service.url).get('/healthz')).text, 'ok\n');
    assert.equal((await request(service.url).get('/readyz')).status, 200);
    const metrics = await request(service.url).get('/metrics');
    assert.match(metrics.text, /yinxin_http_request_duration_seconds_count\{/);
    assert.match(metrics.text, /yinxin_nodejs_eventloop_lag_seconds/);
    assert.match(metrics.text, /yinxin_stamps_total\{outcome="completed"\} [1-9]/);
    assert.ok(!/lic_|stp_/.test(metrics.text), 'no identifiers in labels');
    const proxied = await request(service.url).get('/metrics').set('X-Forwarded-For', '192.0.2.1');
    assert.equal(proxied.status, 404);
  });

  it('logs no key, number or name', async () => {
    const lines: string[] = [];
    const { Writable } = await import('node:stream');
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const log = openLog('debug', sink);
    log.info({ authorization: 'Bearer yx_secret', request: { cookie: 'yinxin_session=secret' } }, 'request');
    assert.ok(!lines.join('').includes('secret'));
  });
});

describe('limits and the end of a service', () => {
  it('limits strangers and tells when to come back, and departments apart from them', async () => {
    const service = await startService({
      environment: { YINXIN_RATE_VERIFYING: '10', YINXIN_RATE_READING: '100000' },
    });
    try {
      const ask = () => request(service.url).post('/api/v1/verifications:code').send({ code: '1' });
      const statuses: number[] = [];
      for (let round = 0; round < 8; round += 1) statuses.push((await ask()).status);
      assert.ok(statuses.includes(200));
      const limited = await ask();
      assert.deepEqual([limited.status, limited.body.code], [429, 'rate-limited']);
      assert.ok(Number(limited.headers['retry-after']) >= 1);
      assert.equal(
        (await request(service.url).get('/api/v1/trust-list')).status,
        200,
        'reading has a budget of its own',
      );
      const known = await ask().set('Authorization', bearer(service));
      assert.equal(known.status, 200, 'a department is not limited with strangers');
    } finally {
      await service.stop();
    }
  });

  it('finishes what runs when told to stop, refuses what comes later, and stops twice without harm', async () => {
    const service = await startService();
    const running = issue(service, licenseBody(licenses.food), { key: freshKey() });
    const answer = running.then((response) => response);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stopping = service.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const later = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
      socket.on('connect', () => resolve('connected'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    });
    assert.equal(later, 'ECONNREFUSED');
    assert.equal((await answer).status, 201);
    await Promise.all([stopping, service.services.database.close().catch(() => undefined)]);
  });

  it('says so when the port is taken, and leaves the folder as it was', async () => {
    const service = await startService();
    try {
      const port = new URL(service.url).port;
      const folder = `${service.dataFolder}-second`;
      const config = readConfig({ YINXIN_DATA: folder, YINXIN_MODE: 'demonstration', YINXIN_PORT: port });
      await assert.rejects(
        start({ config, settings: demonstrationSettings, world: realWorld, log: openLog('silent') }),
        (error: Error & { code?: string; hint?: string }) =>
          error.code === 'port-taken' &&
          error.message.includes(port) &&
          (error.hint ?? '').includes('--port'),
      );
      const { existsSync } = await import('node:fs');
      assert.equal(existsSync(folder), false);
    } finally {
      await service.stop();
    }
  });

  it('lets one server at a time use a folder', async () => {
    const service = await startService();
    try {
      await assert.rejects(startService({ dataFolder: service.dataFolder }), {
        code: 'data-folder-unusable',
      });
      assert.equal((await request(service.url).get('/readyz')).status, 200, 'the first is not disturbed');
    } finally {
      await service.stop();
    }
  });
});
