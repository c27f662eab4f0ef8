// The register of certificates as officers, auditors and registration authorities read it: lists are masked, states computed.
import type { BlindIndex } from '../crypto/blind-index.ts';
import { fromBase64 } from '../formats/bytes.ts';
import type { RevocationReason } from '../formats/x509/crl.ts';
import type { Reader } from '../storage/database.ts';
import { CaError } from './errors.ts';
import { stateOf, type CertificateState } from './lifecycle.ts';
import type { HierarchyName } from './profile.ts';
import { subjectKeyOfPerson } from './subject.ts';

/** A certificate as lists show it: for a person the pseudonym, never a name or a number. */
export interface RegisteredCertificate {
  readonly serial: string;
  readonly authority: string;
  readonly hierarchy: HierarchyName;
  readonly profile: string;
  /** RFC 4514 text; null for a person. */
  readonly subject: string | null;
  readonly pseudonym: string | null;
  readonly state: CertificateState;
  readonly reason: RevocationReason | null;
  readonly revokedAt: Date | null;
  readonly invalidityDate: Date | null;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly issuedAt: Date;
  readonly replaces: string | null;
  readonly enrolment: string | null;
  /** Department of the registration authority that enrolled it; null for our own services. */
  readonly department: string | null;
  readonly subjectKey: string | null;
  readonly der: Uint8Array;
}

/** Whose certificates a caller sees: all, or those that one department enrolled. */
export type Sight = { readonly all: true } | { readonly all: false; readonly department: string | null };

/** Whom to look for. */
export type SubjectQuery =
  { readonly creditCode: string } | { readonly documentType: string; readonly documentNumber: string };

export interface CertificatePage {
  readonly certificates: readonly RegisteredCertificate[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
}

function registered(reader: Reader) {
  return reader
    .selectFrom('ca_certificate')
    .innerJoin('ca_authority', 'ca_authority.name', 'ca_certificate.authority')
    .leftJoin('ca_revocation', 'ca_revocation.serial', 'ca_certificate.serial')
    .leftJoin('ca_enrolment', 'ca_enrolment.id', 'ca_certificate.enrolment')
    .select([
      'ca_certificate.serial',
      'ca_certificate.authority',
      'ca_authority.hierarchy',
      'ca_certificate.profile',
      'ca_certificate.subject',
      'ca_certificate.subject_key',
      'ca_certificate.pseudonym',
      'ca_certificate.der',
      'ca_certificate.not_before',
      'ca_certificate.not_after',
      'ca_certificate.issued_at',
      'ca_certificate.replaces',
      'ca_certificate.enrolment',
      'ca_enrolment.department',
      'ca_revocation.state as status',
      'ca_revocation.reason',
      'ca_revocation.revoked_at',
      'ca_revocation.invalidity_date',
    ])
    .where('ca_certificate.der', 'is not', null);
}

type Row = Awaited<ReturnType<ReturnType<typeof registered>['execute']>>[number];

function certificateOfRow(row: Row, now: Date): RegisteredCertificate {
  const out = row.status === 'revoked' || row.status === 'held';
  return {
    serial: row.serial,
    authority: row.authority,
    hierarchy: row.hierarchy,
    profile: row.profile,
    subject: row.pseudonym === null ? row.subject : null,
    pseudonym: row.pseudonym,
    state: stateOf(row.status, new Date(row.not_after), now),
    reason: out ? (row.reason as RevocationReason) : null,
    revokedAt: out && row.revoked_at !== null ? new Date(row.revoked_at) : null,
    invalidityDate: row.invalidity_date === null ? null : new Date(row.invalidity_date),
    notBefore: new Date(row.not_before),
    notAfter: new Date(row.not_after),
    issuedAt: new Date(row.issued_at ?? row.not_before),
    replaces: row.replaces,
    enrolment: row.enrolment,
    department: row.department,
    subjectKey: row.subject_key,
    der: fromBase64(row.der ?? ''),
  };
}

/**
 * One certificate, as far as the caller sees it.
 * @throws CaError `certificate-not-found`, also for one that another department enrolled.
 */
export async function registeredCertificate(
  reader: Reader,
  sight: Sight,
  serial: string,
  now: Date,
): Promise<RegisteredCertificate> {
  const row = await registered(reader).where('ca_certificate.serial', '=', serial).executeTakeFirst();
  if (row === undefined || !(sight.all || (row.department !== null && row.department === sight.department))) {
    throw new CaError('certificate-not-found', 'No certificate was issued under this serial.');
  }
  return certificateOfRow(row, now);
}

/** What all certificates of one subject share. */
export function subjectKeyOf(index: BlindIndex, query: SubjectQuery): string {
  if ('creditCode' in query) return `org:${query.creditCode.trim().toUpperCase()}`;
  const { documentType } = query;
  return subjectKeyOfPerson(
    { index },
    { documentType, documentNumber: query.documentNumber.trim().toUpperCase() },
  );
}

/** Every certificate ever issued to a subject, newest first, `limit` at a time. */
export async function certificatesOfSubjectKey(
  reader: Reader,
  sight: Sight,
  subjectKey: string,
  page: { readonly after: string | null; readonly limit: number },
  now: Date,
): Promise<CertificatePage> {
  const from = page.after === null ? null : cursorOf(page.after);
  const rows = await registered(reader)
    .where('ca_certificate.subject_key', '=', subjectKey)
    .$if(!sight.all, (q) =>
      q.where('ca_enrolment.department', '=', sight.all ? '' : (sight.department ?? '')),
    )
    .$if(from !== null, (q) =>
      q.where((e) =>
        e.or([
          e('ca_certificate.issued_at', '<', from?.at ?? ''),
          e.and([
            e('ca_certificate.issued_at', '=', from?.at ?? ''),
            e('ca_certificate.serial', '>', from?.serial ?? ''),
          ]),
        ]),
      ),
    )
    .orderBy('ca_certificate.issued_at', 'desc')
    .orderBy('ca_certificate.serial')
    .limit(page.limit + 1)
    .execute();
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    certificates: shown.map((row) => certificateOfRow(row, now)),
    next: rows.length <= page.limit || last === undefined ? null : `${last.issued_at ?? ''}~${last.serial}`,
  };
}

/** @throws CaError `enrolment-invalid` for what no page of ours named. */
function cursorOf(after: string): { readonly at: string; readonly serial: string } {
  const [, at, serial] = /^([0-9T:.Z-]{20,30})~([0-9a-f]{1,40})$/.exec(after) ?? [];
  if (at === undefined || serial === undefined) {
    throw new CaError('enrolment-invalid', 'The page named by "after" is none of ours.');
  }
  return { at, serial };
}
