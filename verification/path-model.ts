// What a path is asked to fulfil, and the words for why one does not.
import type { Certificate } from '../formats/x509/certificate.ts';
import type { KeyUsage } from '../formats/x509/extensions.ts';
import type { CertificateNode, TrustAnchor } from './certificate-graph.ts';
import type { PolicyInputs } from './policies.ts';
import type { Revocation, RevocationStatus, RevocationTime } from './revocation-time.ts';
import type { PeerName } from './server-name.ts';

/** What the end entity's key was used for. */
export type PathPurpose = 'signature' | 'timestamp' | 'server' | 'client' | 'any';

/**
 * Whose rules for the making of certificates are asked beside those for paths (RFC 5280 section 6): `none`; `rfc5280` =
 * section 4 of RFC 5280; `webpki` = CA/Browser Forum Baseline Requirements; `strict` = both, RFC 5280 where they differ.
 */
export type Conformity = 'none' | 'rfc5280' | 'webpki' | 'strict';

export interface PathParameters {
  readonly purpose: PathPurpose;
  /** For which instant the path must hold, and the time of verification. */
  readonly time: RevocationTime;
  /** `offered`: as `preferred`, but evidence that is there and cannot be used is not passed over. */
  readonly revocation: 'required' | 'offered' | 'preferred' | 'ignored';
  readonly policies?: PolicyInputs;
  /** Whether a revocation for any reason but an orderly end counts for all times (time-stamping keys). */
  readonly lossReachesBack?: boolean;
  /** With `lossReachesBack`: when what the key signed provably existed; a loss after it does not reach back to it. */
  readonly existedBy?: Date | null;
  /** Usages, beside the purpose's, that the whole path must allow. */
  readonly extendedKeyUsages?: readonly string[];
  /** Usages the end entity's key must have where its certificate speaks of usages. */
  readonly keyUsages?: readonly KeyUsage[];
  /** Names the end entity must all stand for. */
  readonly peerNames?: readonly PeerName[];
  /** CAs between anchor and end entity, those that issued to themselves not counted. */
  readonly maxIntermediates?: number | null;
  readonly conformity?: Conformity;
}

/** Why a path does not hold. */
export type PathProblemCode =
  | 'no-anchor'
  | 'anchor-not-trusted'
  | 'anchor-scope'
  | 'not-yet-valid'
  | 'expired'
  | 'refused-algorithm'
  | 'unknown-critical-extension'
  | 'malformed-extension'
  | 'not-conforming'
  | 'not-a-ca'
  | 'key-usage'
  | 'extended-key-usage'
  | 'name-mismatch'
  | 'path-length'
  | 'chain-depth'
  | 'name-constraints'
  | 'policies'
  | 'revoked'
  | 'revocation-unknown'
  | 'too-much-work';

export interface PathProblem {
  readonly code: PathProblemCode;
  readonly certificate: Certificate;
  /** 0 = the end entity, rising towards the anchor. */
  readonly depth: number;
  /** Set for `revoked`. */
  readonly revoked?: Revocation;
  /** Set for `not-conforming`: the rule and where it stands. */
  readonly rule?: { readonly id: string; readonly citation: string };
}

/** A path that holds. */
export interface ValidPath {
  readonly kind: 'valid';
  /** End entity first, anchor last. */
  readonly path: readonly CertificateNode[];
  readonly anchor: TrustAnchor;
  /** Status of each certificate below the anchor, end entity first. */
  readonly statuses: readonly RevocationStatus[];
  /** Policies under which it holds, of the initial ones where any were given. */
  readonly policies: readonly string[];
}

export type PathResult = ValidPath | { readonly kind: 'problem'; readonly problem: PathProblem };
