// Shapes of what is said about people over HTTP.
import { z } from 'zod';
import { documentTypes } from '../identity/identity-documents.ts';
import type { MandateRow } from '../identity/representation-grant.ts';
import type { Mandate } from '../identity/representation.ts';
import { instant } from './schemas.ts';

export const personId = z.object({ id: z.string().regex(/^psn_[0-9a-f]{32}$/) });
export const accountId = z.string().regex(/^acc_[0-9a-f]{32}$/);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** A person as an officer or granter names them. */
const documentKey = z.strictObject({
  type: z.enum(documentTypes).default('resident-identity-card'),
  number: z.string().min(1).max(40),
  name: z.string().min(1).max(80),
});

export const personKey = z.union([documentKey, z.strictObject({ wanghao: z.string().min(1).max(64) })]);

export const matterScope = z.union([z.literal('*'), z.array(z.string().min(1).max(40)).min(1).max(100)]);

export const seenDocument = documentKey.extend({
  birthDate: day.nullable().default(null),
  expires: day.nullable().default(null),
  reader: z.enum(['chip', 'eye']),
  livePerson: z.boolean(),
  reference: z.string().min(1).max(60),
});

/** Words of a refusal, a purpose, a request. */
export const words = z.string().trim().min(1).max(1000);

export const mandateAnswer = z.object({
  id: z.string(),
  enterprise: z.object({ creditCode: z.string(), name: z.string() }),
  capacity: z.enum(['legal-representative', 'manager', 'agent']),
  scope: matterScope,
  until: z.string(),
  depth: z.int(),
});

export const mandateRowAnswer = mandateAnswer.extend({
  notBefore: z.string(),
  state: z.string(),
  endedReason: z.string().nullable(),
  agentName: z.string(),
});

export const period = { notBefore: instant.optional(), expires: instant };

/** A mandate in force, as it is answered. */
export function mandateJson(mandate: Mandate): z.output<typeof mandateAnswer> {
  const { id, enterprise, capacity, depth } = mandate;
  const scope = mandate.scope === '*' ? '*' : [...mandate.scope];
  return { id, enterprise, capacity, scope, until: mandate.until.toISOString(), depth };
}

/** A mandate as granter and agent see it listed. */
export function mandateRowJson(row: MandateRow): z.output<typeof mandateRowAnswer> {
  const { id, enterprise, capacity, depth, state, endedReason, agentName } = row;
  const scope = row.scope === '*' ? '*' : [...row.scope];
  const times = { notBefore: row.notBefore.toISOString(), until: row.expires.toISOString() };
  return { id, enterprise, capacity, depth, state, endedReason, agentName, scope, ...times };
}
