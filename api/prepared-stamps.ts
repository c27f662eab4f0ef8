// Stamps whose key is elsewhere, over HTTP: what has to be signed goes out, the value comes in.
import { z } from 'zod';
import { fromBase64, toBase64, toHex } from '../formats/bytes.ts';
import { finishStamp, prepareStamp, type PreparedStamp } from '../signing/stamp-prepared.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { filePassword, instant } from './schemas.ts';
import { stampBody } from './stamp-body.ts';
import { stampSource, storeUpload } from './stamp-documents.ts';
import { showings, stampAnswer, stampAnswerOf, stampOrderOf } from './stamp-schemas.ts';
import { principalOf, sealIdOf } from './stamps.ts';
import { stampId } from './use-schemas.ts';

const tag = '签章 Stamps';

const preparedAnswer = z.object({
  id: z.string(),
  step: z
    .enum(['sm2', 'pades'])
    .describe(
      'Which value is waited for: of the SM2 revision, which goes first, or of the PAdES signature, the last.',
    ),
  algorithm: z.string().describe('How the value is to be made.'),
  toBeSigned: z
    .base64()
    .describe('TBS_Sign of the seal’s use, or signed attributes, DER: for keys that hash themselves.'),
  digest: z
    .string()
    .describe('Hexadecimal, for keys that take a digest: of toBeSigned; for SM2 of Z_A and toBeSigned.'),
  digestAlgorithm: z.string(),
  expiresAt: instant,
  valueUrl: z.url(),
  showings,
});

function answerOf(address: string, prepared: PreparedStamp): z.input<typeof preparedAnswer> {
  return {
    id: prepared.stampId,
    step: prepared.step,
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
    // The value may come tomorrow: the document is kept until then.
    const source =
      'stored' in document ? document : { stored: (await storeUpload(services, principal, document)).digest };
    await stampSource(services, principal, source);
    const prepared = await prepareStamp(
      { ...services.stamps, cipher: services.cipher },
      {
        ...stampOrderOf(order),
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
  summary: 'Hand in the value that a prepared stamp waits for',
  access: withScope('stamps:write'),
  params: z.object({ id: stampId }),
  body: jsonBody(
    z.strictObject({
      value: z
        .base64()
        .max(2000)
        .describe('DER for ECDSA and SM2, the bytes themselves for RSA and Ed25519.'),
      password: filePassword
        .optional()
        .describe('Of a document that was prepared with one, with the last value: it is kept nowhere.'),
    }),
  ),
  replies: [
    {
      status: 201,
      description: 'Stamped. The same value again answers the same.',
      content: { 'application/json': stampAnswer },
    },
    {
      status: 202,
      description: 'That was the value of the SM2 revision: what the signature over it has to sign.',
      content: { 'application/json': preparedAnswer },
    },
  ],
  async handle(services, call) {
    const { value, password } = call.body;
    const outcome = await finishStamp(
      { ...services.stamps, cipher: services.cipher },
      principalOf(call.principal),
      call.params.id,
      { value: fromBase64(value), ...(password === undefined ? {} : { password }) },
    );
    if (outcome.kind === 'awaited') return json(202, answerOf(services.address, outcome.prepared));
    const { result } = outcome;
    services.metrics.countStamp('completed');
    return json(201, stampAnswerOf(services.address, result), {
      Location: `/api/v1/stamps/${result.stampId}`,
    });
  },
});

export const preparedStampRoutes: readonly Route[] = [prepare, finish];
