// Stamps: an approval system sends a decision and gets it back sealed.
import { z } from 'zod';
import { licenseDocument, NOT_STATED, type HolderReading, type Reading } from '../licenses/access.ts';
import { sealsCopy } from '../licenses/copy-access.ts';
import { licenseSealedBy } from '../licenses/store.ts';
import { SigningError } from '../signing/errors.ts';
import { sealWithCode } from '../signing/seal-register.ts';
import { stampOf } from '../signing/stamp-answers.ts';
import type { StampResult } from '../signing/stamp-order.ts';
import { stampDocument } from '../signing/stamp.ts';
import type { Principal } from '../identity/principal.ts';
import { ApiError } from './errors.ts';
import { json, pdf, type Reply } from './reply.ts';
import { route, withScope, type Route } from './route.ts';
import type { Services } from './services.ts';
import { stampBody } from './stamp-body.ts';
import { stampAnswer, stampAnswerOf, stampOrderOf } from './stamp-schemas.ts';
import { stampSource } from './stamp-documents.ts';
import { stampId } from './use-schemas.ts';

const stampParams = z.object({ id: stampId });

/** The guard let only principals through. */
export function principalOf(principal: Principal | null): Principal {
  if (principal === null) throw new ApiError('unauthenticated', 'An API key is required.');
  return principal;
}

async function sealedDocument(
  services: Services,
  principal: Principal,
  result: StampResult,
  status: number,
): Promise<Reply> {
  const document = await services.documents.open(result.document.digest);
  if (document === null) throw new ApiError('internal', `The document of ${result.stampId} is missing.`);
  await services.database.write((tx) =>
    services.audit.append(tx, {
      at: services.clock(),
      actor: principal,
      action: 'document.disclosed',
      subject: result.stampId,
      details: { document: result.document.digest },
    }),
  );
  return pdf(status, document, result.stampId, { Location: `/api/v1/stamps/${result.stampId}` });
}

/** The sealed PDF of a license; the disclosure is on record. */
export async function licensePdf(
  services: Services,
  reading: Reading | HolderReading,
  license: string,
  name?: string,
): Promise<Reply> {
  const { digest, identifier } = await licenseDocument(services.licenses, reading, license);
  const document = await services.documents.open(digest);
  if (document === null) throw new ApiError('internal', `The document of ${license} is missing.`);
  return pdf(200, document, name ?? identifier);
}

/** Seals are named by identifier or by code; a foreign code is answered like an absent one. */
export async function sealIdOf(services: Services, named: string): Promise<string> {
  if (named.startsWith('seal_')) return named;
  // An unknown code goes on as it is: the room refuses it in its own words.
  return (await sealWithCode(services.database.reader, named))?.id ?? named;
}

const create = route({
  method: 'post',
  path: '/api/v1/stamps',
  tag: '签章 Stamps',
  summary:
    'Seal a PDF, sent along or stored: place, text, field, pages or edges; PAdES with time-stamp, SM2 seal',
  access: withScope('stamps:write'),
  idempotent: true,
  body: stampBody,
  replies: [
    {
      status: 201,
      description: 'Sealed. With `Accept: application/pdf` the sealed document itself.',
      content: { 'application/json': stampAnswer, 'application/pdf': 'binary' },
    },
  ],
  async handle(services, call) {
    const principal = principalOf(call.principal);
    const { order, document } = call.body;
    try {
      const result = await stampDocument(services.stamps, {
        ...stampOrderOf(order),
        actor: principal,
        sealId: await sealIdOf(services, order.seal),
        source: await stampSource(services, principal, document),
        idempotencyKey: call.idempotencyKey ?? '',
      });
      services.metrics.countStamp('completed');
      if (call.accept[0] === 'application/pdf') return await sealedDocument(services, principal, result, 201);
      return json(201, stampAnswerOf(services.address, result), {
        Location: `/api/v1/stamps/${result.stampId}`,
      });
    } catch (error) {
      services.metrics.countStamp('refused');
      throw error;
    }
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/stamps/{id}',
  tag: '签章 Stamps',
  summary: 'One stamp of the own department',
  access: withScope('stamps:read', 'stamps:write'),
  params: stampParams,
  replies: [{ status: 200, description: 'The stamp.', content: { 'application/json': stampAnswer } }],
  async handle(services, { principal, params }) {
    return json(
      200,
      stampAnswerOf(
        services.address,
        await stampOf(services.database.reader, principalOf(principal), params.id),
      ),
    );
  },
});

const download = route({
  method: 'get',
  path: '/api/v1/stamps/{id}/document',
  tag: '签章 Stamps',
  summary: 'The sealed document',
  access: withScope('stamps:read', 'stamps:write'),
  params: stampParams,
  query: z.object({
    purpose: z.string().trim().min(1).max(200).optional().describe('What the page of a license is read for.'),
  }),
  replies: [{ status: 200, description: 'The sealed PDF.', content: { 'application/pdf': 'binary' } }],
  async handle(services, call) {
    const principal = principalOf(call.principal);
    const result = await stampOf(services.database.reader, principal, call.params.id);
    if (await sealsCopy(services.database.reader, result.stampId))
      throw new SigningError('stamp-not-found', 'There is no such stamp of a document of the department.');
    const license = await licenseSealedBy(services.database.reader, result.stampId);
    // A license's page is personal data: who reads it by its stamp needs what reading the license needs.
    if (license !== null)
      return licensePdf(
        services,
        { actor: principal, purpose: call.query.purpose ?? NOT_STATED },
        license,
        result.stampId,
      );
    return sealedDocument(services, principal, result, 200);
  },
});

export const stampRoutes: readonly Route[] = [create, read, download];
