// DSA with SHA-1: accepted only by who asks for it, for instants at which it was still held to be safe.
import { verifyDsaSha1 } from '../crypto/verify-dsa.ts';
import type { HistoricalAlgorithm } from './signature-work.ts';

/** NIST SP 800-131A: no signatures with SHA-1 or with DSA keys of 1024 bits after 2013. */
const end = new Date('2014-01-01T00:00:00Z');

const dsaSha1: HistoricalAlgorithm = {
  signature: '1.2.840.10040.4.3',
  key: '1.2.840.10040.4.1',
  name: 'DSA-SHA1',
  verify: verifyDsaSha1,
};

/** The algorithm for verification as if at `time`; null where it was not accepted any more. */
export function dsaAt(time: Date): HistoricalAlgorithm | null {
  return time < end ? dsaSha1 : null;
}
