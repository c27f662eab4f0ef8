// Time-stamps over HTTP: both hierarchies by their addresses, and the clock for everybody to see.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import request from 'supertest';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { encodeTimestampRequest, parseTimestampResponse } from '../../formats/cms/timestamp.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { startService, type Harness } from './harness.ts';

const QUERY = encodeTimestampRequest({
  digestAlgorithm: 'sha256',
  digest: createHash('sha256').update('decision').digest(),
  certificateRequested: true,
});

describe('time-stamps over HTTP', () => {
  let service: Harness;
  before(async () => (service = await startService()));
  after(() => service.stop());

  async function keyTypeAt(path: string): Promise<string | null> {
    const response = await request(service.url)
      .post(path)
      .set('Content-Type', 'application/timestamp-query')
      .send(Buffer.from(QUERY))
      .buffer(true)
      .parse((answer, done) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => done(null, Buffer.concat(chunks)));
      });
    assert.equal(response.status, 200);
    assert.equal(response.headers['content-type'], 'application/timestamp-reply');
    const { token } = parseTimestampResponse(new Uint8Array(response.body as Buffer));
    const [certificate] = parseSignedData(token!).certificates.map((der) => parseCertificate(der));
    return certificate?.subjectPublicKeyInfo.keyType ?? null;
  }

  it('come from the hierarchy that the address names', async () => {
    assert.equal(await keyTypeAt('/tsa'), 'p256');
    assert.equal(await keyTypeAt('/tsa/international'), 'p256');
    assert.equal(await keyTypeAt('/tsa/sm2'), 'sm2');
  });

  it('come from a clock that is shown', async () => {
    await keyTypeAt('/tsa');
    const { status, body, headers } = await request(service.url).get('/api/v1/timestamps/clock');
    assert.equal(status, 200);
    assert.equal(headers['cache-control'], 'no-store');
    const { lastCheck, lastToken, ...rest } = body;
    assert.deepEqual(rest, {
      issuing: true,
      reason: null,
      source: 'system',
      offsetMilliseconds: null,
      roundTripMilliseconds: null,
      stratum: null,
      lastCheckFailed: false,
      accuracyMilliseconds: 1000,
      maximumOffsetMilliseconds: 500,
      maximumCheckAgeSeconds: 320,
    });
    for (const time of [lastCheck, lastToken]) {
      assert.ok(Math.abs(Date.parse(time as string) - Date.now()) < 60_000);
    }
  });

  it('are not given, and it is shown why, where no time server answers', async () => {
    const lost = await startService({ environment: { YINXIN_TIME_SOURCE: 'ntp://127.0.0.1:1' } });
    try {
      const response = await request(lost.url)
        .post('/tsa')
        .set('Content-Type', 'application/timestamp-query')
        .send(Buffer.from(QUERY))
        .buffer(true)
        .parse((answer, done) => {
          answer.once('data', (chunk: Buffer) => done(null, chunk));
        });
      const { failures } = parseTimestampResponse(new Uint8Array(response.body as Buffer));
      assert.deepEqual(failures, ['timeNotAvailable']);
      const { body } = await request(lost.url).get('/api/v1/timestamps/clock');
      assert.equal(body.issuing, false);
      assert.equal(body.reason, 'not-checked');
      assert.equal(body.source, 'ntp://127.0.0.1:1');
      assert.equal(body.lastCheckFailed, true);
    } finally {
      await lost.stop();
    }
  });
});
