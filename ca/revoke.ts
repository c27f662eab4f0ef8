// Revokes a certificate: one row, one audit row; lists and OCSP answers follow from the row.
import type { RevocationReason } from '../formats/x509/crl.ts';
import type { Actor } from '../storage/actor.ts';
import { CaError } from './errors.ts';
import type { CaParts } from './parts.ts';
import { findCertificate, markRevoked } from './store.ts';

export interface RevokeRequest {
  /** Lower-case hex as in `IssuedCertificate.serial`. */
  readonly serial: string;
  /** Holding is not offered, so `certificateHold` and `removeFromCRL` are refused. */
  readonly reason: RevocationReason;
  readonly actor: Pick<Actor, 'id' | 'department'>;
}

/**
 * Durable when it resolves: from then on OCSP says revoked and the next list fetched names it. Revocation is final.
 * @throws CaError `certificate-not-found`, `certificate-already-revoked`, `revocation-refused` (a root, or a hold).
 */
export async function revokeCertificate(parts: CaParts, request: RevokeRequest): Promise<void> {
  const { serial, reason } = request;
  if (reason === 'certificateHold' || reason === 'removeFromCRL') {
    throw new CaError('revocation-refused', 'A certificate cannot be held or released, only revoked.');
  }
  const found = await findCertificate(parts.database.reader, serial);
  if (found === null)
    throw new CaError('certificate-not-found', 'No certificate was issued under this serial.');
  if (found.profile === 'root') {
    throw new CaError('revocation-refused', 'A root cannot revoke itself: take it off the trust list.');
  }
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    if (!(await markRevoked(tx, serial, reason, at))) {
      throw new CaError('certificate-already-revoked', 'The certificate is revoked already.');
    }
    await parts.audit.append(tx, {
      at,
      actor: request.actor,
      action: 'certificate.revoked',
      subject: serial,
      details: { authority: found.authority, profile: found.profile, reason },
    });
  });
}
