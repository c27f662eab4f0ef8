// What an enrolment answers when it is asked for again: the certificate, never the key.
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Actor } from '../storage/actor.ts';
import type { CaEnrolmentTable } from '../storage/schema/ca-enrolment.ts';
import type { EnrolmentParts, EnrolmentResult } from './enrolment.ts';
import { enrolmentByKey } from './enrolment-store.ts';
import { CaError } from './errors.ts';
import { findCertificate } from './store.ts';

/**
 * What an earlier request under the same key came to; null where there was none.
 * @throws CaError `idempotency-mismatch`, `idempotency-in-progress`, `idempotency-abandoned`.
 */
export async function earlierEnrolment(
  parts: EnrolmentParts,
  request: { readonly actor: Actor; readonly idempotencyKey: string },
  digest: string,
): Promise<EnrolmentResult | null> {
  const row = await enrolmentByKey(parts.database.reader, request.actor.id, request.idempotencyKey);
  if (row === null) return null;
  if (row.request_digest !== digest) {
    throw new CaError('idempotency-mismatch', 'The Idempotency-Key was used for another request.');
  }
  if (row.state === 'abandoned' || row.state === 'undelivered') {
    throw new CaError(
      'idempotency-abandoned',
      row.state === 'abandoned'
        ? 'The enrolment under this Idempotency-Key came to nothing: use a new key.'
        : 'The key made under this Idempotency-Key was never handed over, and its certificate is revoked: enrol anew under a new key.',
    );
  }
  if (row.state === 'intended' || (row.state === 'issued' && row.key_source === 'generated')) {
    throw new CaError('idempotency-in-progress', 'The same enrolment is in progress.');
  }
  return storedResult(parts, row);
}

/** The answer where another request under the same key came first. */
export async function answerOfOther(
  parts: EnrolmentParts,
  order: { readonly actor: Actor; readonly idempotencyKey: string; readonly digest: string },
): Promise<EnrolmentResult> {
  const earlier = await earlierEnrolment(parts, order, order.digest);
  if (earlier !== null) return earlier;
  throw new CaError('idempotency-in-progress', 'The same enrolment is in progress.');
}

/** The answer of a finished enrolment, without the key: that was handed over once. */
export async function storedResult(parts: EnrolmentParts, row: CaEnrolmentTable): Promise<EnrolmentResult> {
  const stored = row.serial === null ? null : await findCertificate(parts.database.reader, row.serial);
  if (stored === null) throw new CaError('enrolment-not-found', 'The enrolment has no certificate.');
  const certificate = parseCertificate(stored.der);
  return {
    enrolment: row.id,
    kind: row.kind,
    serial: stored.serial,
    profile: row.profile,
    hierarchy: row.hierarchy,
    certificate: stored.der,
    chain: [stored.der, ...parts.hierarchy.authority(stored.authority).chain],
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    pkcs12: null,
    keySource: row.key_source,
    replaces: row.replaces,
  };
}
