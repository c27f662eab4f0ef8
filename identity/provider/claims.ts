// What clients are told of a person: by scope, by single claim, with the proof behind it, and for whom the person acts.
import type { Proofing } from '../accounts.ts';
import type { Person } from '../persons.ts';
import {
  trustFramework,
  verifiableClaims,
  type VerifiableClaim,
  type VerifiedClaims,
} from '../verified-claims.ts';
import type { ActingMandate } from './parts.ts';

/** Scopes and their claims (OpenID Connect Core 5.4, our own beside); single claims by themselves. */
export const claimsByScope = {
  openid: ['sub', 'acr', 'amr', 'auth_time', 'ial', 'aal', 'acting_for'],
  profile: ['name', 'masked_name', 'birthdate', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
  resident_number: ['document_type', 'document_number', 'masked_document_number'],
  verified: ['verified_claims'],
  acting_for: [],
  // Answers of yes or no, so that nobody needs the number to learn them.
  age_over_18: null,
  name_match: null,
} as const;

/** Claims that are withheld while a person acts for an enterprise: they speak of the person alone. */
const personalClaims: ReadonlySet<string> = new Set([
  'birthdate',
  'document_type',
  'document_number',
  'masked_document_number',
  'email',
  'email_verified',
  'phone_number',
  'phone_number_verified',
  'address',
  'age_over_18',
]);

/** A claim as asked for in the `claims` parameter. */
export type Asked = Readonly<Record<string, unknown>> | null | undefined;

export interface ClaimSources {
  readonly account: string;
  readonly person: Person | null;
  readonly proofing: Proofing | null;
  /** What is verified of what `verified_claims` asks for. */
  readonly verified: readonly VerifiedClaims[];
  readonly ial: number | null;
  readonly aal: number | null;
  readonly acting: ActingMandate | null;
  /** The person's subject as this client knows it. */
  readonly subject: string;
  /** Scopes granted. */
  readonly scopes: ReadonlySet<string>;
  /** The part of the `claims` parameter that speaks of where these claims go. */
  readonly asked: Readonly<Record<string, Asked>>;
  readonly now: Date;
}

/** Everything that may be told; the library drops what was not granted. Absent values are absent, never empty. */
export function claimsOf(sources: ClaimSources): Record<string, unknown> {
  const { person, proofing, verified, acting, asked, now } = sources;
  const name = person?.name ?? null;
  const number = person?.number ?? null;
  const birthDate = person?.birthDate ?? null;
  const claims: Record<string, unknown> = {
    sub: sources.account,
    ial: sources.ial,
    aal: sources.aal,
    name,
    masked_name: name === null ? null : maskName(name),
    birthdate: birthDate,
    updated_at: proofing === null ? null : Math.floor(proofing.verifiedAt.getTime() / 1000),
    document_type: person?.documentType,
    document_number: number,
    masked_document_number: number === null ? null : maskNumber(number),
    age_over_18: birthDate === null ? null : ageOn(birthDate, now) >= 18,
    name_match: nameMatch(person, asked['name_match']),
    // One value stands by itself, several as a list (Identity Assurance Schema 1.0, section 5).
    verified_claims: verified.length > 1 ? verified : verified[0],
    acting_for: acting !== null && sources.scopes.has('acting_for') ? actingClaim(acting, sources) : null,
  };
  return Object.fromEntries(
    Object.entries(claims).filter(
      ([name, value]) =>
        value !== null && value !== undefined && (acting === null || !personalClaims.has(name)),
    ),
  );
}

/** Both names: the enterprise acted for, and the person who acts (RFC 8693 4.1 writes the actor as `act`). */
export function actingClaim(
  acting: ActingMandate,
  sources: Pick<ClaimSources, 'person' | 'subject'>,
): Record<string, unknown> {
  const person = sources.person?.name ?? null;
  return {
    representation: acting.id,
    credit_code: acting.enterprise.creditCode,
    name: acting.enterprise.name,
    capacity: acting.capacity,
    matters: acting.matters,
    until: Math.floor(acting.until.getTime() / 1000),
    act: {
      sub: sources.subject,
      ...(person === null ? {} : { name: person }),
    },
  };
}

/** What a request for `verified_claims` asks for: claims that can be verified here, and how fresh the check must be. */
export interface VerifiedRequest {
  readonly claims: readonly VerifiableClaim[];
  /** Seconds since the check; null for any. */
  readonly maxAge: number | null;
}

/**
 * Reads one request for `verified_claims` (OpenID Connect for Identity Assurance 1.0, section 6).
 * @returns null where another framework is wanted, or nothing that is verified here.
 */
export function verifiedRequest(asked: Asked): VerifiedRequest | null {
  const wanted = (asked ?? {}) as {
    readonly verification?: {
      readonly trust_framework?: { readonly value?: unknown } | null;
      readonly time?: { readonly max_age?: unknown } | null;
    };
    readonly claims?: Readonly<Record<string, unknown>> | null;
  };
  const framework = wanted.verification?.trust_framework?.value;
  if (framework !== undefined && framework !== trustFramework) return null;
  const names = Object.keys(wanted.claims ?? { name: null });
  const claims = verifiableClaims.filter((claim) => names.includes(claim));
  const maxAge = wanted.verification?.time?.max_age;
  return claims.length === 0 ? null : { claims, maxAge: typeof maxAge === 'number' ? maxAge : null };
}

function nameMatch(person: Person | null, asked: Asked): boolean | null {
  const value = asked?.['value'];
  const name = person?.name ?? null;
  if (typeof value !== 'string' || name === null) return null;
  return value.normalize('NFC').trim() === name.normalize('NFC');
}

/** 张三 → 张*, 欧阳娜娜 → 欧***: the first character stays. */
export function maskName(name: string): string {
  const [first = '', ...rest] = Array.from(name);
  return first + '*'.repeat(Math.max(1, rest.length));
}

function maskNumber(number: string): string {
  if (number.length < 8) return '*'.repeat(number.length);
  return number.slice(0, 4) + '*'.repeat(number.length - 8) + number.slice(-4);
}

/** @param birthDate yyyy-MM-dd. @returns whole years on `now`, by the calendar of Beijing. */
function ageOn(birthDate: string, now: Date): number {
  const today = new Date(now.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return today.slice(5) < birthDate.slice(5) ? years - 1 : years;
}
