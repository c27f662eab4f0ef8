// What a stamp request says of the persons behind it: who asked, who approved this very document, under which authorisation.
import type { Plain } from './request-digest.ts';

/** 用印审批: one person's approval of one document. */
export interface UseApproval {
  /** Opaque identifier of the person in the approving system; never a name or a number. */
  readonly person: string;
  /** 审批层级, from 1. */
  readonly level: number;
  readonly at: Date;
  /** Labelled digest of the document that was approved, by the suite's algorithm. */
  readonly digest: string;
}

/** How SM2 stands in the revision before the PAdES signature: not at all, as SES_Signature, or as CMS (RFC 5652). */
export type Sm2Form = 'none' | 'ses' | 'cms';

export interface UseTerms {
  readonly sm2?: Sm2Form;
  /** Who asked for the use; the caller itself where not said. */
  readonly requester?: string;
  readonly approvals?: readonly UseApproval[];
  /** `sau_…`; the first that covers the use where not said. */
  readonly authorisation?: string;
  /**
   * The page was drawn here from a record, for an act that has its own rules: nobody can have approved its digest before.
   * Never set from a request.
   */
  readonly drawnFor?: 'license';
}

/** What of it an idempotency key is held to; nothing where nothing was said. */
export function useTermsOf(terms: UseTerms): Readonly<Record<string, Plain>> {
  const { sm2, requester, authorisation, drawnFor, approvals } = terms;
  const given = {
    sm2,
    requester,
    authorisation,
    drawnFor,
    approvals: approvals?.map(({ person, level, at, digest }) => ({
      person,
      level,
      at: at.toISOString(),
      digest,
    })),
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
