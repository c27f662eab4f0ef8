// Random identifiers of identity's records.
import { toHex } from '../formats/bytes.ts';
import type { RandomBytes } from '../crypto/clock.ts';

/** What kind of record an identifier names. */
export type RecordPrefix =
  // Keys and persons
  | 'key'
  | 'psn'
  // Accounts, proofings and cases at the desk, recoveries
  | 'acc'
  | 'prf'
  | 'pcs'
  | 'pdc'
  | 'rcv'
  // Mandates, officers, their roles, requests of two persons
  | 'rep'
  | 'ofc'
  | 'orl'
  | 'tpr'
  // Recipients, consents, guardianships, requests of persons
  | 'prc'
  | 'cns'
  | 'grd'
  | 'prq'
  // Ways to log in
  | 'aut'
  | 'otc'
  | 'scn'
  | 'ntc'
  | 'msg'
  // Clients, logins, logout messages, requests of the back channel
  | 'cli'
  | 'lgn'
  | 'lod'
  | 'cib';

/** `<prefix>_` and 128 random bits in lower-case hexadecimal. */
export function randomIdentifier(prefix: RecordPrefix, random: RandomBytes): string {
  return `${prefix}_${toHex(random(16))}`;
}
