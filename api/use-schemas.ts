// What a request says of the persons behind the use of a seal, and of SM2: shared by stamps, batches and cases.
import { z } from 'zod';
import type { UsesBefore } from '../signing/use-record.ts';
import type { UseTerms } from '../signing/use-terms.ts';
import { checkedJson } from './checked-json.ts';
import { digest, instant } from './schemas.ts';

/** Opaque identifier of a person in the approving system. */
export const person = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/)
  .describe('Identifier of a person in your system; never a name or a resident number.');

const approval = z.strictObject({
  person,
  level: z.int().min(1).max(9).describe('审批层级, from 1.'),
  at: instant,
  digest: digest.describe('Of the very document to be stamped.'),
});

const approvals = z.array(approval).max(50);

const sm2Form = z
  .enum(['none', 'ses', 'cms'])
  .describe('SM2 in the revision before PAdES: none, SES_Signature (GB/T 38540), or CMS with SM2.');

export const authorisationId = z.string().regex(/^sau_[0-9a-f]{32}$/);

/** As members of a JSON body. */
export const useMembers = {
  requester: person.optional().describe('Who asked for the use; the caller where left out.'),
  approvals: approvals.optional().describe('用印审批, each of this very document.'),
  authorisation: authorisationId
    .optional()
    .describe('用印授权书; the first that covers the use where left out.'),
  sm2: sm2Form.optional(),
};

/** As fields of a form. */
export const useFields = {
  ...useMembers,
  approvals: checkedJson(approvals)
    .optional()
    .describe('JSON array of 用印审批 {person, level, at, digest}, each of this very document.'),
};

export const stampId = z.string().regex(/^stp_[0-9a-f]{32}$/);

/** Where a page of uses begins; null for the first. */
export function usesBefore(query: {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}): UsesBefore | null {
  return query.before === undefined ? null : { at: new Date(query.before), stampId: query.after ?? null };
}

interface GivenTerms {
  readonly requester?: string | undefined;
  readonly approvals?: z.output<typeof approvals> | undefined;
  readonly authorisation?: string | undefined;
  readonly sm2?: 'none' | 'ses' | 'cms' | undefined;
}

/** As the room takes them. */
export function useTermsOf(given: GivenTerms): UseTerms {
  const { requester, authorisation, sm2 } = given;
  return {
    ...(requester === undefined ? {} : { requester }),
    ...(authorisation === undefined ? {} : { authorisation }),
    ...(sm2 === undefined ? {} : { sm2 }),
    ...(given.approvals === undefined
      ? {}
      : { approvals: given.approvals.map((each) => ({ ...each, at: new Date(each.at) })) }),
  };
}
