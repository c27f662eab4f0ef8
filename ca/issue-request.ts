// What is asked of the issuing flow, and what it answers.
import type { SigningKey } from '../crypto/signing-key.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { Authority } from './parts.ts';
import type { IssuingKind, ProfileName } from './profile.ts';
import type { CertificateSubject, Holder } from './subject.ts';

export interface IssueRequest {
  readonly profile: ProfileName;
  /** For `issuing-ca`: the kind of the new authority. */
  readonly certifies?: IssuingKind;
  /** The signing authority, or for a root its own key and settings. */
  readonly authority: Authority | SelfSigned;
  readonly subject: CertificateSubject;
  /** SubjectPublicKeyInfo DER of the key to certify. */
  readonly publicKey: Uint8Array;
  /** Days to live where fewer than the profile's. */
  readonly lifetimeDays?: number;
  /** Last second of its life where earlier than `lifetimeDays` or the profile say; never later. */
  readonly notAfter?: Date;
  readonly actor: Pick<Actor, 'id' | 'department'>;
  /** Whom the certificate stands for: needed for persons, whose certificates name a pseudonym. */
  readonly holder?: Holder;
  /** Serial of the certificate that this one renews or re-keys. */
  readonly replaces?: string;
  /** Identifier of the enrolment it comes from. */
  readonly enrolment?: string;
  /** Further rows of the same atomic write that completes the certificate (a seal, an authority). */
  readonly alongside?: (tx: Writer, issued: IssuedCertificate) => Promise<void>;
}

/** A root that does not exist yet. */
export interface SelfSigned {
  readonly name: string;
  readonly kind: 'root';
  readonly hierarchy: Authority['hierarchy'];
  readonly shards: number;
  readonly state: 'active';
  readonly certificate: null;
  readonly key: SigningKey;
  readonly publicUrl: string;
  readonly demonstration: boolean;
}

export interface IssuedCertificate {
  /** Lower-case hex of the serial number. */
  readonly serial: string;
  readonly der: Uint8Array;
  readonly certificate: Certificate;
  /** The new certificate first, then its authorities up to but not including the root: what `KeyStore.open` takes. */
  readonly chain: readonly Uint8Array[];
}
