// What an enrolment asks for, and what must be known of the holder before a certificate is made.
import { isUscc } from '../formats/identifiers/uscc.ts';
import { parseResidentNumber } from '../formats/identifiers/resident-number.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import type { Actor } from '../storage/actor.ts';
import { CaError } from './errors.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { CaParts } from './parts.ts';
import type { AuthorityKind, HierarchyName, Profile, ProfileName } from './profile.ts';

/** Profiles that registration authorities enrol for. */
export const enrolledProfiles = [
  'seal',
  'enterprise-seal',
  'enterprise-signing',
  'enterprise-authentication',
  'resident-signing',
  'resident-authentication',
  'server',
] as const satisfies readonly ProfileName[];
export type EnrolledProfile = (typeof enrolledProfiles)[number];

/** How a holder was identified. */
export const evidenceKinds = [
  /** In person at a window (办事窗口), document seen. */
  'window',
  /** By the national real-name register (人口库, 公安实名认证). */
  'real-name-register',
  /** By the business license or the legal persons' register (法人库). */
  'enterprise-license',
  /** By a sealed letter of the department. */
  'department-letter',
  /** By control of the host names, shown to the registration authority. */
  'domain-control',
] as const;

export interface Evidence {
  readonly kind: (typeof evidenceKinds)[number];
  /** File number of what was seen or asked, e.g. the window's receipt. Kept encrypted. */
  readonly reference: string;
  /** 实名等级 1..4. */
  readonly level: number;
  /** Who looked at it, by the registration authority's own identifier. */
  readonly officer: string;
}

export const documentTypes = [
  'resident-id',
  'passport',
  'hk-macao-permit',
  'taiwan-permit',
  'foreigner-id',
] as const;

/** The natural person a certificate is for. */
export interface EnrolledPerson {
  readonly name: string;
  readonly surname: string;
  readonly givenName: string;
  readonly documentType: (typeof documentTypes)[number];
  readonly documentNumber: string;
}

export interface EnrolmentSubject {
  readonly organization?: string | undefined;
  readonly creditCode?: string | undefined;
  /** For organisations; a person's common name is the person's name. */
  readonly commonName?: string | undefined;
  readonly person?: EnrolledPerson | undefined;
  readonly dnsNames?: readonly string[] | undefined;
}

/** Where the key comes from. */
export type EnrolmentKey =
  /** PKCS #10, DER. */
  | { readonly kind: 'csr'; readonly der: Uint8Array }
  /** Made in memory for the holder and handed over once. The password is kept nowhere. */
  | { readonly kind: 'generated'; readonly algorithm: SignatureAlgorithm; readonly password: string };

export interface EnrolmentRequest {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly profile: EnrolledProfile;
  /** The suite's where absent. */
  readonly hierarchy?: HierarchyName | undefined;
  readonly subject: EnrolmentSubject;
  readonly evidence: Evidence;
  readonly key: EnrolmentKey;
  readonly lifetimeDays?: number | undefined;
}

export interface EnrolmentParts extends CaParts {
  readonly hierarchy: Pick<Hierarchy, 'authority' | 'issuer'>;
}

export interface EnrolmentResult {
  readonly enrolment: string;
  readonly kind: 'enrolment' | 'renewal' | 're-key';
  readonly serial: string;
  readonly profile: string;
  readonly hierarchy: HierarchyName;
  readonly certificate: Uint8Array;
  /** Certificates from the new one up to but not including the root. */
  readonly chain: readonly Uint8Array[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The holder's key with its certificates, in the one answer that hands it over; null in every other. */
  readonly pkcs12: Uint8Array | null;
  readonly keySource: 'csr' | 'generated' | 'kept';
  readonly replaces: string | null;
}

/** 实名等级 that evidence must reach: own practice, after GB/T 36632 and EN 319 411-1 clause 6.2 (NCP: physical presence or its like). */
const MINIMUM_LEVEL: Readonly<Record<EnrolledProfile, number>> = {
  seal: 3,
  'enterprise-seal': 3,
  'enterprise-signing': 3,
  'enterprise-authentication': 2,
  'resident-signing': 3,
  'resident-authentication': 2,
  server: 1,
};

export const issuerOf: Readonly<Record<EnrolledProfile, AuthorityKind>> = {
  seal: 'department-seals',
  'enterprise-seal': 'enterprises',
  'enterprise-signing': 'enterprises',
  'enterprise-authentication': 'enterprises',
  'resident-signing': 'residents',
  'resident-authentication': 'residents',
  server: 'services',
};

export function isEnrolledProfile(name: string): name is EnrolledProfile {
  return (enrolledProfiles as readonly string[]).includes(name);
}

function invalid(message: string, cause?: unknown): CaError {
  return new CaError('enrolment-invalid', message, { cause });
}

const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

function text(value: string, what: string, longest: number): string {
  const clean = value.normalize('NFC').trim();
  if (clean === '' || clean.length > longest || CONTROL.test(clean)) {
    throw invalid(`The ${what} needs 1 to ${longest} characters, and no control characters.`);
  }
  return clean;
}

/** The person as certificates and indexes are to know them: one spelling of every number. */
function checkedPerson(person: EnrolledPerson, today: Date): EnrolledPerson {
  const name = text(person.name, 'name', 64);
  const surname = text(person.surname, 'surname', 40);
  const givenName = text(person.givenName, 'given name', 40);
  const plain = (value: string): string => value.replace(/[\s·]/g, '').toLowerCase();
  if (![surname + givenName, givenName + surname].some((joined) => plain(joined) === plain(name))) {
    throw invalid('Surname and given name together are not the name.');
  }
  let documentNumber = person.documentNumber.trim().toUpperCase();
  if (person.documentType === 'resident-id') {
    try {
      documentNumber = parseResidentNumber(documentNumber, today).number;
    } catch (cause) {
      throw invalid('The resident number is not valid (GB 11643).', cause);
    }
  } else if (!/^[0-9A-Z]{5,20}$/.test(documentNumber)) {
    throw invalid('A document number has 5 to 20 letters and digits.');
  }
  return { name, surname, givenName, documentType: person.documentType, documentNumber };
}

const HOST = /^(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

function checkedHosts(names: readonly string[]): readonly string[] {
  const hosts = [...new Set(names.map((name) => name.trim().toLowerCase()))];
  if (hosts.length === 0 || hosts.length > 50 || !hosts.every((host) => HOST.test(host))) {
    throw invalid('A server is named by 1 to 50 host names, written in ASCII (RFC 9525).');
  }
  return hosts;
}

/**
 * The subject as the profile wants it: nothing missing, nothing that does not belong.
 * @throws CaError `enrolment-invalid`.
 */
export function checkedSubject(subject: EnrolmentSubject, profile: Profile, today: Date): EnrolmentSubject {
  const rule = profile.subject.value;
  const needs: readonly (readonly [boolean, unknown, string])[] = [
    [rule.organization === 'required', subject.organization, 'organisation'],
    [rule.creditCode !== null, subject.creditCode, 'unified social credit code'],
    [rule.person, subject.person, 'person'],
    [rule.hosts, subject.dnsNames, 'list of host names'],
    [!rule.person && rule.commonName === 'name', subject.commonName, 'common name'],
  ];
  for (const [needed, value, what] of needs) {
    // A server of an organisation that has a code may say so; the certificate leaves it out.
    if (
      needed === (value === undefined) &&
      !(what === 'unified social credit code' && !needed && rule.hosts)
    ) {
      throw invalid(
        needed
          ? `The profile ${profile.name} needs a ${what} (${profile.subject.clause}).`
          : `The profile ${profile.name} takes no ${what} (${profile.subject.clause}).`,
      );
    }
  }
  const { organization, creditCode, commonName, person, dnsNames } = subject;
  if (creditCode !== undefined && !isUscc(creditCode)) {
    throw invalid(
      'The unified social credit code is not valid (GB 32100: 18 characters with a check character).',
    );
  }
  return {
    ...(organization === undefined ? {} : { organization: text(organization, 'organisation', 64) }),
    ...(creditCode === undefined ? {} : { creditCode }),
    ...(commonName === undefined ? {} : { commonName: text(commonName, 'common name', 64) }),
    ...(person === undefined ? {} : { person: checkedPerson(person, today) }),
    ...(dnsNames === undefined ? {} : { dnsNames: checkedHosts(dnsNames) }),
  };
}

/** @throws CaError `enrolment-invalid`. */
export function checkedEvidence(evidence: Evidence, profile: EnrolledProfile): Evidence {
  const { kind, level } = evidence;
  if (!Number.isInteger(level) || level < 1 || level > 4)
    throw invalid('The level of evidence is 1, 2, 3 or 4.');
  if (level < MINIMUM_LEVEL[profile]) {
    throw invalid(`The profile ${profile} needs evidence of level ${MINIMUM_LEVEL[profile]} at least.`);
  }
  const officer = evidence.officer.trim();
  // An identifier, not a name and no number of a person: it stands in clear.
  if (!/^[A-Za-z][A-Za-z0-9._:-]{1,63}$/.test(officer)) {
    throw invalid(
      'The officer is an identifier: a letter, then 1 to 63 letters, digits, dots, colons, dashes.',
    );
  }
  return { kind, level, officer, reference: text(evidence.reference, 'reference of the evidence', 200) };
}

/**
 * Whether a password may guard a private key on its way: 12 characters at least, of three kinds, or 20 of any; not
 * a repetition, and nothing the holder is known by.
 * @throws CaError `password-weak`.
 */
export function requirePassword(password: string, subject: EnrolmentSubject): void {
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u].filter((kind) => kind.test(password));
  const characters = Array.from(password);
  const known = [subject.person?.documentNumber, subject.person?.name, subject.creditCode].filter(
    (value): value is string => value !== undefined && value.length > 1,
  );
  const lower = password.toLowerCase();
  if (
    characters.length < 12 ||
    characters.length > 128 ||
    (kinds.length < 3 && characters.length < 20) ||
    new Set(characters).size < 6 ||
    CONTROL.test(password) ||
    known.some((value) => lower.includes(value.toLowerCase()))
  ) {
    throw new CaError(
      'password-weak',
      'A password needs 12 characters of three kinds (lower case, upper case, digits, others), or 20 of any; 6 different ones; and nothing the holder is known by.',
    );
  }
}
