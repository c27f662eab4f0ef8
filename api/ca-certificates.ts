// Certificates over HTTP: read, list by subject, hold, release, revoke, and whom a pseudonym stands for.
import { z } from 'zod';
import { discloseSubject, disclosuresOf, requirePurpose } from '../ca/disclose.ts';
import { requireTransition, type LifecycleAction } from '../ca/lifecycle.ts';
import {
  certificatesOfSubjectKey,
  registeredCertificate,
  subjectKeyOf,
  type RegisteredCertificate,
} from '../ca/register.ts';
import { releaseCertificate, revokeCertificate, suspendCertificate } from '../ca/revoke.ts';
import type { Principal } from '../identity/principal.ts';
import {
  caTag as tag,
  certificateAnswer,
  certificateAnswerOf,
  certificatePem,
  creditCode,
  personQuery,
  purpose,
  revocationReason,
  serialParams,
  sightOf,
} from './ca-schemas.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { instant } from './schemas.ts';
import type { Services } from './services.ts';
import { principalOf } from './stamps.ts';

const whole = certificateAnswer.extend({ certificate: z.string().describe('PEM.') });
const one = [{ status: 200, description: 'The certificate.', content: { 'application/json': whole } }] as const; // prettier-ignore

function seen(services: Services, principal: Principal, serial: string): Promise<RegisteredCertificate> {
  return registeredCertificate(services.database.reader, sightOf(principal), serial, services.clock());
}

async function answer(services: Services, principal: Principal, serial: string) {
  const found = await seen(services, principal, serial);
  // A certificate of a person says the name: only lists are masked, and this is none.
  return json(200, { ...certificateAnswerOf(found), certificate: certificatePem(found.der) });
}

const read = route({
  method: 'get',
  path: '/api/v1/ca/certificates/{serial}',
  tag,
  summary: 'One certificate with its state',
  access: withScope('ca:enrol', 'ca:operate', 'ca:approve', 'ca:read'),
  params: serialParams,
  replies: one,
  handle: (services, { principal, params }) => answer(services, principalOf(principal), params.serial),
});

const page = z.object({
  certificates: z.array(certificateAnswer),
  next: z.string().nullable().describe('Goes into `after` for the next page; null at the end.'),
});

const search = route({
  method: 'post',
  path: '/api/v1/ca/certificates:search',
  tag,
  summary: 'Every certificate ever issued to a subject, newest first; the search is on record',
  access: withScope('ca:enrol', 'ca:operate', 'ca:read'),
  body: jsonBody(
    z.strictObject({
      subject: z.union([z.strictObject({ creditCode }), personQuery]),
      purpose,
      after: z.string().max(80).nullish(),
      limit: z.int().min(1).max(200).default(50),
    }),
  ),
  replies: [{ status: 200, description: 'One page.', content: { 'application/json': page } }],
  async handle(services, { principal, body }) {
    const actor = principalOf(principal);
    const key = subjectKeyOf(services.index, body.subject);
    const about = requirePurpose(body.purpose);
    const found = await certificatesOfSubjectKey(
      services.database.reader,
      sightOf(actor),
      key,
      { after: body.after ?? null, limit: body.limit },
      services.clock(),
    );
    await services.database.write((tx) =>
      services.audit.append(tx, {
        at: services.clock(),
        actor,
        action: 'certificate.listed',
        subject: key,
        details: { purpose: about, found: String(found.certificates.length) },
      }),
    );
    return json(200, { certificates: found.certificates.map(certificateAnswerOf), next: found.next });
  },
});

/** Registration authorities change what they enrolled, officers everything but authorities. */
async function changeable(
  services: Services,
  principal: Principal,
  serial: string,
  action: LifecycleAction,
): Promise<void> {
  const { state } = await seen(services, principal, serial);
  // What is revoked is told as such by the change itself.
  if (state !== 'revoked') requireTransition(state, action);
}

const revocation = route({
  method: 'post',
  path: '/api/v1/ca/certificates/{serial}/revocation',
  tag,
  summary: 'Revoke, for good',
  access: withScope('ca:enrol', 'ca:operate'),
  params: serialParams,
  body: jsonBody(
    z.strictObject({
      reason: revocationReason,
      invalidityDate: instant
        .nullable()
        .default(null)
        .describe('Since when the key is known or suspected to be another’s.'),
    }),
  ),
  replies: one,
  async handle(services, { principal, params, body }) {
    const actor = principalOf(principal);
    await changeable(services, actor, params.serial, 'revoke');
    const { reason, invalidityDate } = body;
    await revokeCertificate(services, {
      serial: params.serial,
      reason,
      actor,
      invalidityDate: invalidityDate === null ? null : new Date(invalidityDate),
    });
    return answer(services, actor, params.serial);
  },
});

const suspension = route({
  method: 'post',
  path: '/api/v1/ca/certificates/{serial}/suspension',
  tag,
  summary: 'Put on hold (certificateHold)',
  access: withScope('ca:enrol', 'ca:operate'),
  params: serialParams,
  replies: one,
  async handle(services, { principal, params }) {
    const actor = principalOf(principal);
    await changeable(services, actor, params.serial, 'suspend');
    await suspendCertificate(services, { serial: params.serial, actor });
    return answer(services, actor, params.serial);
  },
});

const release = route({
  method: 'post',
  path: '/api/v1/ca/certificates/{serial}/release',
  tag,
  summary: 'End a hold',
  access: withScope('ca:enrol', 'ca:operate'),
  params: serialParams,
  replies: one,
  async handle(services, { principal, params }) {
    const actor = principalOf(principal);
    await changeable(services, actor, params.serial, 'release');
    await releaseCertificate(services, { serial: params.serial, actor });
    return answer(services, actor, params.serial);
  },
});

const disclosure = route({
  method: 'post',
  path: '/api/v1/ca/certificates/{serial}/subject',
  tag,
  summary: 'Whom the pseudonym of a certificate stands for; who asked and what for is on record',
  access: withScope('ca:disclose'),
  params: serialParams,
  body: jsonBody(z.strictObject({ purpose })),
  replies: [
    {
      status: 200,
      description: 'The holder.',
      content: {
        'application/json': z.object({
          serial: z.string(),
          pseudonym: z.string(),
          name: z.string(),
          documentType: z.string(),
          documentNumber: z.string(),
        }),
      },
    },
  ],
  async handle(services, { principal, params, body }) {
    const request = { serial: params.serial, purpose: body.purpose };
    return json(200, await discloseSubject(services, principalOf(principal), request));
  },
});

const disclosures = route({
  method: 'get',
  path: '/api/v1/ca/certificates/{serial}/disclosures',
  tag,
  summary: 'Who asked whom a pseudonym stands for',
  access: withScope('ca:read'),
  params: serialParams,
  replies: [
    {
      status: 200,
      description: 'Newest first.',
      content: {
        'application/json': z.object({
          disclosures: z.array(
            z.object({
              at: instant,
              actor: z.string(),
              department: z.string().nullable(),
              purpose: z.string(),
            }),
          ),
        }),
      },
    },
  ],
  async handle(services, { principal, params }) {
    await seen(services, principalOf(principal), params.serial);
    const asked = await disclosuresOf(services.database.reader, params.serial);
    return json(200, { disclosures: asked.map((each) => ({ ...each, at: each.at.toISOString() })) });
  },
});

export const caCertificateRoutes: readonly Route[] = [
  read,
  search,
  revocation,
  suspension,
  release,
  disclosure,
  disclosures,
];
