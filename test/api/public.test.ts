// What relying parties fetch, judged by OpenSSL and by our own readers.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { verifyTrustList } from '../../verification/trust-list.ts';
import { requireProgram, run } from '../programs.ts';
import { startService, type Harness } from './harness.ts';
import { issue, licenseBody, licenses, stamp } from './samples.ts';

describe('public services over HTTP', () => {
  let service: Harness;
  before(async () => (service = await startService()));
  after(() => service.stop());

  const get = (path: string) => request(service.url).get(path).buffer(true).parse(binary);
  const file = (name: string, content: Uint8Array): string => {
    const path = join(service.dataFolder, name);
    writeFileSync(path, content);
    return path;
  };

  it('the trust list verifies with the key the page is given, and rises when a department comes', async () => {
    const read = async () => {
      const response = await get('/api/v1/trust-list');
      assert.equal(response.headers['content-type'], 'application/jose');
      assert.match(response.headers['cache-control'] ?? '', /^public/);
      return verifyTrustList((response.body as Buffer).toString(), {
        verifier: nodeSignatureVerifier,
        operatorKeys: await service.services.trustList.operatorKeys(),
        time: new Date(),
      });
    };
    const first = await read();
    assert.ok(first.entities.some((entity) => entity.identifier === '11120105MB0000019A'));
    assert.equal(first.licenseTypes.length, 8);
    assert.deepEqual(first.verifyHosts, [new URL(service.services.address).host]);
    const again = await read();
    assert.equal(again.sequence, first.sequence, 'what has not changed is not signed again');
    const { addDepartment } = await import('../../identity/departments.ts');
    const { operator } = await import('../../api/installation.ts');
    await addDepartment(service.services, operator, {
      creditCode: '11120105MB0000048Y'.slice(0, 17) + checkCharacter('11120105MB0000048'),
      name: '天津市河北区教育局（演示）',
      shortName: '教育局',
    });
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const later = await read();
    assert.equal(later.sequence, first.sequence + 1);
  });

  it('a status list is fetched by number', async () => {
    await issue(service, licenseBody(licenses.food));
    const response = await get('/api/v1/status-lists/0');
    assert.equal(response.status, 200);
    assert.equal(response.headers['content-type'], 'application/statuslist+jwt');
    assert.equal(response.headers['cache-control'], 'no-store');
    assert.equal((await get('/api/v1/status-lists/999999999')).status, 404);
    assert.equal((await get('/api/v1/status-lists/-1')).status, 400);
    assert.equal((await get('/api/v1/status-lists/1e3')).status, 400);
  });

  it('certificates and revocation lists of every authority are what OpenSSL reads', async function () {
    const openssl = requireProgram(this, 'openssl');
    for (const authority of ['root', 'department-seals', 'time-stamps', 'services']) {
      const certificate = file(`${authority}.cer`, (await get(`/ca/${authority}.cer`)).body as Buffer);
      assert.match(
        run(openssl, ['x509', '-inform', 'DER', '-in', certificate, '-noout', '-subject']),
        /演示|\\E6/,
      );
      const crl = file(`${authority}.crl`, (await get(`/crl/${authority}.crl`)).body as Buffer);
      run(openssl, ['crl', '-inform', 'DER', '-in', crl, '-noout', '-CAfile', pem(openssl, certificate)]);
    }
    for (const path of ['/ca/none.cer', '/crl/none.crl', '/ca/..%2Froot.cer', '/ca/root']) {
      const { status } = await get(path);
      assert.ok(status === 404 || status === 400, `${path}: ${status}`);
    }
  });

  it("stamps time for OpenSSL's request, which verifies the answer", async function () {
    const openssl = requireProgram(this, 'openssl');
    const data = file('data', Buffer.from('data'));
    const query = join(service.dataFolder, 'request.tsq');
    run(openssl, ['ts', '-query', '-data', data, '-sha256', '-cert', '-out', query]);
    const { readFileSync } = await import('node:fs');
    const response = await request(service.url)
      .post('/tsa')
      .set('Content-Type', 'application/timestamp-query')
      .buffer(true)
      .parse(binary)
      .send(readFileSync(query));
    assert.equal(response.headers['content-type'], 'application/timestamp-reply');
    const reply = file('reply.tsr', response.body as Buffer);
    const root = pem(openssl, file('root.cer', (await get('/ca/root.cer')).body as Buffer));
    run(openssl, ['ts', '-verify', '-queryfile', query, '-in', reply, '-CAfile', root]);
    const malformed = await request(service.url)
      .post('/tsa')
      .set('Content-Type', 'application/timestamp-query')
      .send(Buffer.from('x'));
    assert.equal(malformed.status, 200, 'a refusal is an answer of the protocol');
    const typed = await request(service.url).post('/tsa').set('Content-Type', 'text/plain').send('x');
    assert.equal(typed.status, 415);
    const large = await request(service.url)
      .post('/tsa')
      .set('Content-Type', 'application/timestamp-query')
      .send(Buffer.alloc(20_000));
    assert.equal(large.status, 413);
  });

  it("answers OpenSSL's OCSP request by POST and by GET", async function () {
    const openssl = requireProgram(this, 'openssl');
    await stamp(service);
    const seal = await service.services.database.reader
      .selectFrom('seal')
      .selectAll()
      .executeTakeFirstOrThrow();
    const { sealWithCode } = await import('../../signing/seal-register.ts');
    const own = (await sealWithCode(service.services.database.reader, seal.code))?.chain[0];
    assert.ok(own !== undefined);
    const certificate = pem(openssl, file('seal.cer', own));
    const issuer = pem(openssl, file('ca.cer', (await get('/ca/department-seals.cer')).body as Buffer));
    const query = join(service.dataFolder, 'request.ocsp');
    run(openssl, ['ocsp', '-issuer', issuer, '-cert', certificate, '-no_nonce', '-reqout', query]);
    const { readFileSync } = await import('node:fs');
    const body = readFileSync(query);
    const posted = await request(service.url)
      .post('/ocsp/department-seals')
      .set('Content-Type', 'application/ocsp-request')
      .buffer(true)
      .parse(binary)
      .send(body);
    const fetched = await get(`/ocsp/department-seals/${encodeURIComponent(body.toString('base64'))}`);
    for (const response of [posted, fetched]) {
      assert.equal(response.status, 200);
      assert.equal(response.headers['content-type'], 'application/ocsp-response');
      const text = run(openssl, [
        'ocsp',
        '-respin',
        file('answer.ocsp', response.body as Buffer),
        '-resp_text',
        '-noverify',
      ]);
      assert.match(text, /Cert Status: good/);
    }
    assert.equal((await get('/ocsp/department-seals/!!')).status, 400);
    const none = await request(service.url)
      .post('/ocsp/none')
      .set('Content-Type', 'application/ocsp-request')
      .send(body);
    assert.equal(none.status, 404);
  });
});

function binary(answer: unknown, done: (error: Error | null, body: Buffer) => void): void {
  // The types of superagent say Response; what comes is the stream of Node.
  const response = answer as NodeJS.ReadableStream;
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => done(null, Buffer.concat(chunks)));
}

function pem(openssl: string, certificate: string): string {
  run(openssl, ['x509', '-inform', 'DER', '-in', certificate, '-out', `${certificate}.pem`]);
  return `${certificate}.pem`;
}

function checkCharacter(body: string): string {
  const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
  let sum = 0;
  let weight = 1;
  for (const character of body) {
    sum += alphabet.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return alphabet.charAt((31 - (sum % 31)) % 31);
}
