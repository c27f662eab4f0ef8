// What the flows of this room are given by whoever composes them.
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { KeyStore, SigningKey } from '../crypto/signing-key.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';
import type { BlindIndex } from '../crypto/blind-index.ts';
import type { FieldCipher } from '../crypto/field-cipher.ts';
import type { Suite } from '../crypto/suite.ts';
import type { AuthorityKind, HierarchyName } from './profile.ts';

export interface CaParts {
  readonly database: Database;
  readonly keys: KeyStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly suite: Suite;
  /** Finds a person's certificates, and makes pseudonyms. */
  readonly index: BlindIndex;
  /** Keeps whom a pseudonym stands for. */
  readonly cipher: FieldCipher;
  /** Opens the store of the root keys, which is offline in between; null where it is not at hand. */
  readonly rootKeys: () => Promise<KeyStore | null>;
}

/** An authority at work: its certificate and the key that signs for it. */
export interface Authority {
  /** As it stands in addresses: `residents`, `sm2-residents`, `services-g2`. */
  readonly name: string;
  readonly kind: AuthorityKind;
  readonly hierarchy: HierarchyName;
  readonly generation: number;
  /** Over how many revocation lists its certificates are spread. */
  readonly shards: number;
  readonly state: 'active' | 'retired' | 'revoked';
  readonly certificate: Certificate;
  /** A root's opens the offline store when it signs, and refuses with `root-offline` where that is not at hand. */
  readonly key: SigningKey;
  /** Certificates from this authority up to but not including the root. */
  readonly chain: readonly Uint8Array[];
  /** Origin under which status is published, without a slash at the end. */
  readonly publicUrl: string;
  /** Whether every subject must say 演示. */
  readonly demonstration: boolean;
}

/** Where an authority's responder and certificate are published. */
export function publishedAt(
  publicUrl: string,
  authority: string,
): { readonly ocsp: string; readonly certificate: string } {
  return { ocsp: `${publicUrl}/ocsp/${authority}`, certificate: `${publicUrl}/ca/${authority}.cer` };
}

/** Where one of an authority's revocation lists is published: what certificates and the list itself name, byte for byte. */
export function crlAddress(publicUrl: string, authority: string, shard: number): string {
  return `${publicUrl}/crl/${authority}/${shard}.crl`;
}

/** Where the delta of such a list is published. */
export function deltaCrlAddress(publicUrl: string, authority: string, shard: number): string {
  return `${publicUrl}/crl/${authority}/${shard}.delta.crl`;
}

/** Which list speaks for a serial: its second octet is random, so the lists grow alike. */
export function shardOf(serialNumber: Uint8Array, shards: number): number {
  return (serialNumber[1] ?? 0) % shards;
}
