// What the flows of this room are given by whoever composes them.
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { KeyStore, SigningKey } from '../crypto/signing-key.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';
import type { AuthorityName } from './profile.ts';

export interface CaParts {
  readonly database: Database;
  readonly keys: KeyStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** An authority at work: its certificate and the key that signs for it. */
export interface Authority {
  readonly name: AuthorityName;
  readonly certificate: Certificate;
  readonly key: SigningKey;
  /** Certificates from this authority up to but not including the root. */
  readonly chain: readonly Uint8Array[];
  /** Origin under which status is published, without a slash at the end. */
  readonly publicUrl: string;
  /** Whether every subject must say 演示. */
  readonly demonstration: boolean;
}

/** Where an authority's list, responder and certificate are published. */
export function publishedAt(
  publicUrl: string,
  authority: AuthorityName,
): { readonly ocsp: string; readonly crl: string; readonly certificate: string } {
  return {
    ocsp: `${publicUrl}/ocsp/${authority}`,
    crl: `${publicUrl}/crl/${authority}.crl`,
    certificate: `${publicUrl}/ca/${authority}.cer`,
  };
}
