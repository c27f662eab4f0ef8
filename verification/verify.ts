// Verification as a whole: identify, gather, judge, report.
import type { ByteSource } from '../formats/pdf/source.ts';
import type { VerificationPolicy } from './policy.ts';
import type { Report } from './report.ts';
import type { SignatureVerifier, StartDigest } from './signature-verifier.ts';
import type { TrustList } from './trust-list.ts';
import type { VerificationErrorCode } from './errors.ts';

/**
 * Port: status of certificates from outside the document. An absent answer is an empty one; what is answered is verified
 * here, so the source needs no trust.
 */
export interface EvidenceSource {
  /** Called once per certificate below an anchor; `urls` come from the certificate and may be ignored. */
  revocation(request: {
    readonly certificate: Uint8Array;
    readonly issuer: Uint8Array;
    readonly crlUrls: readonly string[];
    readonly ocspUrls: readonly string[];
  }): Promise<{ readonly crls: readonly Uint8Array[]; readonly ocsps: readonly Uint8Array[] }>;
}

/** Port: signed status lists by number. */
export interface StatusListSource {
  /** @returns the Token Status List JWT, or null where it could not be had (which makes the answer indeterminate). */
  statusList(list: number): Promise<string | null>;
}

/** Everything verification is given. It holds no secret, asks no clock and opens nothing by itself. */
export interface VerificationDependencies {
  readonly verifier: SignatureVerifier;
  readonly startDigest: StartDigest;
  /** The instant the judgement is for. */
  readonly time: Date;
  /** Default: the portal policy. */
  readonly policy?: VerificationPolicy;
  /** A list that `verifyTrustList` answered. */
  readonly trustList?: TrustList | null;
  /** Why there is no trust list, where one was expected; becomes a row. */
  readonly trustListProblem?: VerificationErrorCode;
  /** Certificates trusted by the caller, DER. */
  readonly anchors?: readonly Uint8Array[];
  /** Certificates that may help to build a path, DER. */
  readonly certificates?: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  readonly ocsps?: readonly Uint8Array[];
  readonly evidence?: EvidenceSource;
  readonly statusLists?: StatusListSource;
}

/** Verifies whatever the bytes are. Never throws because of them: a bad input is a report with a reason. */
export declare function verify(input: ByteSource, dependencies: VerificationDependencies): Promise<Report>;
