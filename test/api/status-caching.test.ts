// How lists and answers may be kept on the way (RFC 5019 section 6, RFC 9110 section 13), and that a change shows at once.
import assert from 'node:assert/strict';
import request from 'supertest';
import { verificationFacts } from '../../api/verification-facts.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { parseCrl } from '../../formats/x509/crl.ts';
import { encodeOcspRequest, parseOcspResponse } from '../../formats/x509/ocsp.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { certId, loadRevoked, shardOf } from '../ca/status-parts.ts';
import { startService, type Harness } from './harness.ts';

describe('status over HTTP', () => {
  let service: Harness;
  before(async () => (service = await startService()));
  after(() => service.stop());

  const get = (path: string, held?: string) => {
    const call = request(service.url).get(path).buffer(true).parse(binary);
    return held === undefined ? call : call.set('If-None-Match', held);
  };

  async function seal() {
    const { reader } = service.services.database;
    const { serial, der } = await reader
      .selectFrom('ca_certificate')
      .select(['serial', 'der'])
      .where('profile', '=', 'seal')
      .where('authority', '=', 'department-seals')
      .where((row) => row('serial', 'not in', row.selectFrom('ca_revocation').select('ca_revocation.serial')))
      .executeTakeFirstOrThrow();
    return { serial, certificate: parseCertificate(new Uint8Array(Buffer.from(der ?? '', 'base64'))) };
  }

  function askFor(serialNumber: Uint8Array, nonce: Uint8Array | null): Buffer {
    const issuer = service.services.hierarchy.authority('department-seals').certificate;
    return Buffer.from(encodeOcspRequest([certId(issuer, serialNumber)], nonce));
  }

  it('lets caches keep answers to GET without a nonce, never those to POST', async () => {
    const { certificate } = await seal();
    const body = askFor(certificate.serialNumber, null);
    const path = `/ocsp/department-seals/${encodeURIComponent(body.toString('base64'))}`;
    const first = await get(path);
    const { basic } = parseOcspResponse(new Uint8Array(first.body as Buffer));
    const [single] = basic?.responses ?? [];
    const { headers } = first;
    const whole = (date: Date | null | undefined): string =>
      new Date(Math.floor((date?.getTime() ?? 0) / 1000) * 1000).toUTCString();
    assert.equal(headers['last-modified'], whole(single?.thisUpdate));
    assert.equal(headers['expires'], whole(single?.nextUpdate));
    assert.match(headers['cache-control'] ?? '', /^max-age=60, public, no-transform, must-revalidate$/);
    const again = await get(path, headers['etag']);
    assert.equal(again.status, 304);
    assert.equal((again.body as Buffer).length, 0);
    assert.equal(again.headers['etag'], headers['etag']);
    assert.equal((await get(path, '"other"')).status, 200);
    assert.equal((await get(path, `W/${headers['etag']}, "other"`)).status, 304);
    const posted = await request(service.url)
      .post('/ocsp/department-seals')
      .set('Content-Type', 'application/ocsp-request')
      .send(body);
    assert.equal(posted.headers['cache-control'], 'no-store');
    const fresh = askFor(certificate.serialNumber, new Uint8Array(16).fill(9));
    const nonce = await get(`/ocsp/department-seals/${encodeURIComponent(fresh.toString('base64'))}`);
    assert.equal(nonce.headers['cache-control'], 'no-store');
    assert.equal(nonce.headers['etag'], undefined);
  });

  it('names lists by their number, says 304 for the one held, and shows a revocation at once', async () => {
    const { certificate, serial } = await seal();
    const shard = shardOf(certificate);
    const paths = ['', `/${shard}`].flatMap((part) => [
      `/crl/department-seals${part}.crl`,
      `/crl/department-seals${part}.delta.crl`,
    ]);
    const held = new Map<string, string>();
    for (const path of paths) {
      const response = await get(path);
      assert.equal(response.status, 200, path);
      const list = parseCrl(new Uint8Array(response.body as Buffer));
      assert.equal(response.headers['last-modified'], list.thisUpdate.toUTCString());
      assert.equal(response.headers['expires'], list.nextUpdate?.toUTCString());
      held.set(path, response.headers['etag'] ?? '');
      assert.equal((await get(path, response.headers['etag'])).status, 304, path);
    }
    const body = askFor(certificate.serialNumber, null);
    const ocsp = `/ocsp/department-seals/${encodeURIComponent(body.toString('base64'))}`;
    const before = (await get(ocsp)).headers['etag'];
    await revokeCertificate(service.services, {
      serial,
      reason: 'superseded',
      actor: { id: 'system', department: null },
    });
    for (const path of paths) {
      const response = await get(path, held.get(path));
      assert.equal(response.status, 200, path);
      const list = parseCrl(new Uint8Array(response.body as Buffer));
      // The full list was made anew for it, so a delta to that one has nothing to add.
      const delta = list.deltaBase !== null;
      assert.equal(
        list.revoked.some(({ serialHex }) => serialHex === serial),
        !delta,
        path,
      );
    }
    const after = await get(ocsp, before);
    assert.equal(after.status, 200);
    const { basic } = parseOcspResponse(new Uint8Array(after.body as Buffer));
    assert.equal(basic?.responses[0]?.status.kind, 'revoked');
  });

  it('streams a large list, and verification then asks OCSP instead', async () => {
    // Of an authority that has revoked nothing yet, whose changes may be numbered by the test.
    await loadRevoked(service.services, 'enterprises', 12_000);
    const path = '/crl/enterprises/0.crl';
    const response = await get(path);
    assert.equal(response.status, 200);
    const body = new Uint8Array(response.body as Buffer);
    assert.equal(response.headers['content-length'], String(body.length));
    assert.ok(body.length > 512 * 1024);
    const list = parseCrl(body);
    assert.equal(list.revoked.length, 12_000);
    const { publicKey } = service.services.hierarchy.authority('enterprises').key;
    const { tbs: message, signature } = list;
    assert.ok(verifySignature({ algorithm: 'ES256', publicKey, message, signature }));
    assert.equal((await get(path, response.headers['etag'])).status, 304);
    const issuer = service.services.hierarchy.authority('enterprises').certificate.der;
    const { evidence } = await verificationFacts(service.services);
    const ask = (shard: number) =>
      evidence!.revocation({
        certificate: service.services.hierarchy.authority('residents').certificate.der,
        issuer,
        crlUrls: [`http://localhost:8480/crl/enterprises/${shard}.crl`],
        ocspUrls: [],
      });
    const large = await ask(0);
    assert.equal(large.crls.length, 0);
    // Not issued by this authority: never good.
    const [single] = parseOcspResponse(large.ocsps[0]!).basic?.responses ?? [];
    assert.equal(single?.status.kind, 'revoked');
    const small = await ask(1);
    assert.deepEqual([small.crls.length, small.ocsps.length], [1, 0]);
  });

  it("gives an authority's certificate once", async () => {
    const { headers } = await get('/ca/sm2-root.cer');
    assert.equal((await get('/ca/sm2-root.cer', headers['etag'])).status, 304);
  });
});

function binary(answer: unknown, done: (error: Error | null, body: Buffer) => void): void {
  // The types of superagent say Response; what comes is the stream of Node.
  const stream = answer as NodeJS.ReadableStream;
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  stream.on('end', () => done(null, Buffer.concat(pieces)));
}
