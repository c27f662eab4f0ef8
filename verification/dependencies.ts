// What a verification is given from outside.
import type { PdfPassword } from '../formats/pdf/encryption.ts';
import type { CodeDependencies } from './code.ts';
import type { DetachedContent } from './detached-content.ts';
import type { EvidenceSource } from './evidence.ts';
import type { SealStatusSource } from './seal-status.ts';
import type { DigestAlgorithm, StartDigest } from './signature-verifier.ts';

/** Everything verification is given. It holds no secret, asks no clock and opens nothing by itself. */
export interface VerificationDependencies extends CodeDependencies {
  readonly startDigest: StartDigest;
  /** By which the report names what was verified; SHA-256 unless told. */
  readonly documentDigest?: Extract<DigestAlgorithm, 'sha256' | 'sm3'>;
  /** Certificates trusted by the caller, DER. */
  readonly anchors?: readonly Uint8Array[];
  /** Certificates that may help to build a path, DER. */
  readonly certificates?: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  readonly ocsps?: readonly Uint8Array[];
  readonly evidence?: EvidenceSource;
  /** Credit code or resident number of whose license it should be; asked of licenses only. */
  readonly holder?: string;
  /** What a detached signature or the use of a seal is said to be over. */
  readonly content?: DetachedContent;
  /**
   * What opens encrypted PDFs: ciphers, and a password, which may be empty and is tried as user's and as owner's. Absent: an
   * encrypted PDF is told as such and not opened.
   */
  readonly encrypted?: PdfPassword;
  /** Absent: the status of a seal is told as unchecked. */
  readonly sealStatus?: SealStatusSource;
}
