// Stamps whose key is elsewhere, over HTTP: what has to be signed goes out, the value comes in.
import { z } from 'zod';
import { fromBase64, toBase64, toHex } from '../formats/bytes.ts';
import { finishStamp, prepareStamp, type PreparedStamp } from '../signing/stamp-prepared.ts';
import { ApiError } from './errors.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { instant } from './schemas.ts';
import { stampBody } from './stamp-body.ts';
import { stampSource, storeUpload } from './stamp-documents.ts';
import { showings, stampAnswer, stampAnswerOf, stampOrderOf } from './stamp-schemas.ts';
import { principalOf, sealIdOf } from './stamps.ts';

const tag = '签章 Stamps';

const preparedAnswer = z.object({
  id: z.string(),
  algorithm: z.string().describe('How the value is to be made.'),
  toBeSigned: z.base64().describe('The signed attributes, DER: for keys that hash themselves.'),
  digest: z.string().describe('Of toBeSigned, hexadecimal: for keys that take a digest.'),
  digestAlgorithm: z.string(),
  expiresAt: instant,
  valueUrl: z.url(),
  showings,
});

function answerOf(address: string, prepared: PreparedStamp): z.input<typeof preparedAnswer> {
  return {
    id: prepared.stampId,
    algorithm: prepared.algorithm,
    toBeSigned: toBase64(prepared.toBeSigned),
    digest: toHex(prepared.digest),
    digestAlgorithm: prepared.digestAlgorithm,
    expiresAt: prepared.expiresAt.toISOString(),
    valueUrl: `${address}/api/v1/stamps/prepared/${prepared.stampId}/value`,
    showings: [...prepared.showings],
  };
}

const prepare = route({
  method: 'post',
  path: '/api/v1/stamps/prepared',
  tag,
  summary: 'Prepare a stamp whose key is elsewhere (token, signing server): what has to be signed',
  access: withScope('stamps:write'),
  idempotent: true,
  body: stampBody,
  replies: [
    {
      status: 201,
      description: 'Prepared: the intention is on record, and the key may be used.',
      content: { 'application/json': preparedAnswer },
    },
  ],
  async handle(services, call) {
    const principal = principalOf(call.principal);
    const { order, document } = call.body;
    if (order.password !== undefined) {
      throw new ApiError(
        'request-invalid',
        'A password would have to be kept: an encrypted document is not prepared.',
      );
    }
    if (order.sm2 !== undefined && order.sm2 !== 'none') {
      throw new ApiError('request-invalid', 'A prepared stamp has one value, so sm2 is none.');
    }
    const asked = stampOrderOf({ ...order, password: undefined, sm2: undefined });
    // The value may come tomorrow: the document is kept until then.
    const source =
      'stored' in document ? document : { stored: (await storeUpload(services, principal, document)).digest };
    await stampSource(services, principal, source);
    const prepared = await prepareStamp(
      { ...services.stamps, cipher: services.cipher },
      {
        ...asked,
        actor: principal,
        sealId: await sealIdOf(services, order.seal),
        source,
        idempotencyKey: call.idempotencyKey ?? '',
      },
    );
    return json(201, answerOf(services.address, prepared));
  },
});

const finish = route({
  method: 'post',
  path: '/api/v1/stamps/prepared/{id}/value',
  tag,
  summary: 'Finish a prepared stamp with the value of its signature',
  access: withScope('stamps:write'),
  params: z.object({ id: z.string().regex(/^stp_[0-9a-f]{32}$/) }),
  body: jsonBody(
    z.strictObject({
      value: z
        .base64()
        .max(2000)
        .describe('DER for ECDSA and SM2, the bytes themselves for RSA and Ed25519.'),
    }),
  ),
  replies: [
    {
      status: 201,
      description: 'Stamped. The same value again answers the same.',
      content: { 'application/json': stampAnswer },
    },
  ],
  async handle(services, call) {
    const result = await finishStamp(
      { ...services.stamps, cipher: services.cipher },
      principalOf(call.principal),
      call.params.id,
      fromBase64(call.body.value),
    );
    services.metrics.countStamp('completed');
    return json(201, stampAnswerOf(services.address, result), {
      Location: `/api/v1/stamps/${result.stampId}`,
    });
  },
});

export const preparedStampRoutes: readonly Route[] = [prepare, finish];
