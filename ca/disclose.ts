// Whom a pseudonym stands for: told to who may ask, with the purpose on record; and who asked, for the auditor.
import type { Actor } from '../storage/actor.ts';
import type { Reader } from '../storage/database.ts';
import { CaError } from './errors.ts';
import type { CaParts } from './parts.ts';
import { findCertificate } from './store.ts';

export interface DisclosedSubject {
  readonly serial: string;
  readonly pseudonym: string;
  readonly name: string;
  readonly documentType: string;
  readonly documentNumber: string;
}

/** Who asked for a subject, when and what for. */
export interface Disclosure {
  readonly at: Date;
  readonly actor: string;
  readonly department: string | null;
  readonly purpose: string;
}

/** Refuses a purpose that says nothing. @throws CaError `purpose-missing`. */
export function requirePurpose(purpose: string): string {
  const clean = purpose.trim();
  if (clean.length < 2 || clean.length > 200 || /\p{Cc}/u.test(clean)) {
    throw new CaError('purpose-missing', 'A purpose of 2 to 200 characters is needed.');
  }
  return clean;
}

/**
 * The disclosure is on record before it is made.
 * @throws CaError `certificate-not-found` (also for a certificate without a pseudonym), `purpose-missing`; CryptoError.
 */
export async function discloseSubject(
  parts: CaParts,
  actor: Actor,
  request: { readonly serial: string; readonly purpose: string },
): Promise<DisclosedSubject> {
  const purpose = requirePurpose(request.purpose);
  const { serial } = request;
  const found = await findCertificate(parts.database.reader, serial);
  const pseudonym = found?.pseudonym ?? null;
  const sealed = found?.identityCipher ?? null;
  if (pseudonym === null || sealed === null) {
    throw new CaError(
      'certificate-not-found',
      'No certificate with a pseudonym was issued under this serial.',
    );
  }
  const place = { table: 'ca_certificate', column: 'identity_cipher', row: serial };
  const identity = JSON.parse(parts.cipher.open(place, sealed)) as Omit<
    DisclosedSubject,
    'serial' | 'pseudonym'
  >;
  await parts.database.write((tx) =>
    parts.audit.append(tx, {
      at: parts.clock(),
      actor,
      action: 'certificate.subject-disclosed',
      subject: serial,
      details: { purpose },
    }),
  );
  const { name, documentType, documentNumber } = identity;
  return { serial, pseudonym, name, documentType, documentNumber };
}

/** Who asked whom a certificate stands for, newest first, from the audit log. */
export async function disclosuresOf(reader: Reader, serial: string): Promise<readonly Disclosure[]> {
  const rows = await reader
    .selectFrom('audit_log')
    .select(['at', 'actor', 'department', 'details'])
    .where('action', '=', 'certificate.subject-disclosed')
    .where('subject', '=', serial)
    .orderBy('at', 'desc')
    .limit(1000)
    .execute();
  return rows.map(({ at, actor, department, details }) => ({
    at: new Date(at),
    actor,
    department,
    purpose: (JSON.parse(details) as { readonly purpose: string }).purpose,
  }));
}
