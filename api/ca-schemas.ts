// Schemas of the CA's interface, and who sees what of its register.
import { z } from 'zod';
import { documentTypes, enrolledProfiles, evidenceKinds } from '../ca/enrolment.ts';
import type { EnrolmentKey, EnrolmentSubject } from '../ca/enrolment.ts';
import type { RegisteredCertificate, Sight } from '../ca/register.ts';
import type { Principal } from '../identity/principal.ts';
import { derOf, pemOf } from './pem.ts';
import { instant } from './schemas.ts';

export const caTag = '证书 Certificates';

export const serialParams = z.object({
  serial: z
    .string()
    .regex(/^[0-9a-f]{2,40}$/)
    .describe('Serial number, lower-case hex.'),
});

export const hierarchy = z.enum(['international', 'sm2']);
const algorithm = z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519', 'SM2SM3']);
const line = (longest: number) => z.string().min(1).max(longest);
export const creditCode = z.string().regex(/^[0-9A-Z]{18}$/).describe('统一社会信用代码'); // prettier-ignore
export const purpose = z.string().min(2).max(200).describe('What for; it is on record.');
export const revocationReason = z.enum([
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
]);

export const evidence = z
  .strictObject({
    kind: z.enum(evidenceKinds).describe('How the holder was identified.'),
    reference: line(200).describe('File number of what was seen or asked. Kept encrypted.'),
    level: z.int().min(1).max(4).describe('实名等级'),
    officer: line(64).describe('Who looked at it: an identifier, no name.'),
  })
  .describe('Identity evidence.');

const document = {
  documentType: z.enum(documentTypes),
  documentNumber: line(40),
};

export const personQuery = z.strictObject(document);

const person = z.strictObject({ name: line(64), surname: line(40), givenName: line(40), ...document });

const subject = z
  .strictObject({
    organization: line(64).optional(),
    creditCode: creditCode.optional(),
    commonName: line(64).optional().describe('For organisations; a person’s common name is the name.'),
    person: person.optional().describe('Kept encrypted; the certificate names a pseudonym.'),
    dnsNames: z.array(line(253)).min(1).max(50).optional(),
  })
  .transform((given): EnrolmentSubject => given);

const csr = z
  .string()
  .min(1)
  .max(48_000)
  .describe('PKCS #10, PEM or base64 of DER. Extensions are matched against the profile, never copied.');

export const csrKey = z.strictObject({ csr });

export const enrolmentKey = z.union([
  csrKey,
  z.strictObject({
    generate: algorithm.describe('Made in memory, handed over once as PKCS #12, never stored.'),
    password: line(128).describe('Opens the PKCS #12. Kept nowhere. 12 characters of three kinds, or 20.'),
  }),
]);

export function keyOf(given: z.output<typeof enrolmentKey>): EnrolmentKey {
  return 'csr' in given
    ? { kind: 'csr', der: requestOf(given.csr) }
    : { kind: 'generated', algorithm: given.generate, password: given.password };
}

/** @throws ApiError `request-invalid`. */
export function requestOf(text: string): Uint8Array {
  return derOf(text, ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'], 'The certification request');
}

export const enrolledProfile = z.enum(enrolledProfiles);
export const lifetimeDays = z.int().min(1).max(20_000).optional();

/** One holder as a registration authority enrols them; `key` beside it. */
export const enrolmentFields = {
  profile: enrolledProfile,
  hierarchy: hierarchy.optional().describe('The suite’s where absent.'),
  subject,
  evidence,
  lifetimeDays,
} as const;

export const certificateAnswer = z.object({
  serial: z.string(),
  authority: z.string(),
  hierarchy,
  profile: z.string(),
  qualification: z.literal('internal').describe('内部证书，非依法设立的电子认证服务机构签发'),
  subject: z.string().nullable().describe('RFC 4514 text; null for persons, who are never named here.'),
  pseudonym: z.string().nullable(),
  state: z.enum(['valid', 'held', 'revoked', 'expired']),
  reason: z.string().nullable(),
  revokedAt: instant.nullable(),
  invalidityDate: instant.nullable(),
  notBefore: instant,
  notAfter: instant,
  issuedAt: instant,
  replaces: z.string().nullable(),
  enrolment: z.string().nullable(),
});

export function certificateAnswerOf(certificate: RegisteredCertificate): z.input<typeof certificateAnswer> {
  const { serial, authority, profile, subject: words, pseudonym, state, reason } = certificate;
  const { replaces, enrolment } = certificate;
  return {
    serial,
    authority,
    hierarchy: certificate.hierarchy,
    profile,
    qualification: 'internal',
    subject: words,
    pseudonym,
    state,
    reason,
    revokedAt: certificate.revokedAt?.toISOString() ?? null,
    invalidityDate: certificate.invalidityDate?.toISOString() ?? null,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    issuedAt: certificate.issuedAt.toISOString(),
    replaces,
    enrolment,
  };
}

export function certificatePem(der: Uint8Array): string {
  return pemOf('CERTIFICATE', der);
}

/** Officers and auditors of the CA see everything; a registration authority what it enrolled. */
export function sightOf(principal: Principal): Sight {
  const all = (['ca:operate', 'ca:approve', 'ca:read'] as const).some((scope) =>
    principal.scopes.includes(scope),
  );
  return all ? { all: true } : { all: false, department: principal.department };
}
