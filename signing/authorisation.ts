// 用印授权书: a document signed with the seal's own key that lets the seal be used unattended, for matters, volume and hours.
import type { SigningKey } from '../crypto/signing-key.ts';
import type { JsonObject } from '../formats/cose/jws.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { jwsAlgorithm, readJws, signJws } from '../verification/jws.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import { SigningError } from './errors.ts';
import type { Seal } from './seal.ts';

/** When on which days, Beijing time. */
export interface UseHours {
  /** 1 Monday … 7 Sunday, at least one. */
  readonly days: readonly number[];
  /** Minutes after midnight; `until` is not within, and after `from`. */
  readonly from: number;
  readonly until: number;
}

export interface AuthorisationTerms {
  /** The one client that may use it; null for every system of the owner. */
  readonly client: string | null;
  /** 实施编码 it covers, 1 to 500; null for every matter, and for uses that name none. */
  readonly matters: readonly string[] | null;
  /** Uses a Beijing day, and in all. */
  readonly perDay: number;
  readonly total: number;
  /** Null for every hour. */
  readonly hours: UseHours | null;
  readonly validFrom: Date;
  readonly validUntil: Date;
}

/** An authorisation as its document says it. */
export interface Authorisation extends AuthorisationTerms {
  readonly id: string;
  readonly sealId: string;
  readonly sealCode: string;
  readonly owner: string;
  readonly grantedBy: string;
  readonly approvedBy: string;
  readonly grantedAt: Date;
}

/** At most so long: what is unattended is looked at again. */
const longestDays = 366;
const largestVolume = 10_000_000;
const largestDocument = 64 * 1024;
const day = 86_400_000;
const documentType = 'seal-authorisation+jwt';

/** @throws SigningError `authorisation-invalid`, naming what is wrong */
export function checkTerms(terms: AuthorisationTerms, now: Date): void {
  const { client, matters, perDay, total, hours, validFrom, validUntil } = terms;
  const bad = (broken: boolean, message: string): void => {
    if (broken) throw new SigningError('authorisation-invalid', message);
  };
  bad(!(validFrom < validUntil), 'An authorisation ends after it begins.');
  bad(validUntil <= now, 'The end of the authorisation has passed.');
  bad(
    validUntil.getTime() - validFrom.getTime() > longestDays * day,
    `An authorisation lasts at most ${longestDays} days.`,
  );
  const whole = (value: number, most: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= most;
  bad(!whole(total, largestVolume), `The volume is a whole number from 1 to ${largestVolume}.`);
  bad(!whole(perDay, total), 'The volume of a day is at least 1, and not more than that of the whole.');
  bad(matters?.length === 0 || (matters?.length ?? 0) > 500, 'An authorisation names 1 to 500 matters.');
  bad(
    matters?.some((matter) => !/^[^\p{C}\p{Z}]{1,40}$/u.test(matter)) === true,
    'A matter is named by its implementation code.',
  );
  bad(client !== null && !/^[\x21-\x7e]{1,100}$/.test(client), 'The client is named by its identifier.');
  if (hours === null) return;
  bad(
    hours.days.length === 0 || hours.days.some((each) => !whole(each, 7)),
    'Days are numbered 1 (Monday) to 7 (Sunday).',
  );
  bad(
    !(Number.isInteger(hours.from) && Number.isInteger(hours.until)) ||
      hours.from < 0 ||
      hours.until > 24 * 60 ||
      hours.from >= hours.until,
    'Hours begin before they end, within one day.',
  );
}

/** Signs it with the seal's key. @throws SigningError `authorisation-invalid` for a key whose tokens are not read here (RSA). */
export function signAuthorisation(key: SigningKey, authorisation: Authorisation): Promise<string> {
  const algorithm = jwsAlgorithm(key.algorithm);
  const [certificate] = key.chain;
  if (algorithm === null || certificate === undefined)
    throw new SigningError(
      'authorisation-invalid',
      'The seal’s key signs no authorisation: it is none of ES256, SM2.',
    );
  const { grantedAt, validFrom, validUntil, hours, matters, ...rest } = authorisation;
  return signJws(
    documentType,
    {
      ...rest,
      matters,
      hours,
      iat: seconds(grantedAt),
      nbf: seconds(validFrom),
      exp: seconds(validUntil),
    },
    { algorithm, certificate, sign: (message) => key.sign(message) },
  );
}

/**
 * What the document says, where the seal's present certificate made it: what a renewed seal authorised before has ended.
 * @returns null for everything else; columns beside it count for nothing
 */
export async function readAuthorisation(document: string, seal: Seal): Promise<Authorisation | null> {
  const [own] = seal.chain;
  if (own === undefined) return null;
  const key = parseCertificate(own).subjectPublicKeyInfo.der;
  const read = await readJws(document, documentType, [key], nodeSignatureVerifier, largestDocument);
  if (read.outcome !== 'verified') return null;
  const found = authorisationOf(read.payload);
  return found.sealId === seal.id && found.owner === seal.department ? found : null;
}

/** The payload is our own: its signature was verified. */
function authorisationOf(payload: JsonObject): Authorisation {
  const value = payload as unknown as Omit<Authorisation, 'grantedAt' | 'validFrom' | 'validUntil'> & {
    readonly iat: number;
    readonly nbf: number;
    readonly exp: number;
  };
  const { iat, nbf, exp, ...rest } = value;
  return {
    ...rest,
    grantedAt: new Date(iat * 1000),
    validFrom: new Date(nbf * 1000),
    validUntil: new Date(exp * 1000),
  };
}

/** Why it does not cover a use; null where it does. */
export function notCovered(
  authorisation: Authorisation,
  use: { readonly client: string; readonly matter: string | null; readonly at: Date },
): string | null {
  const { client, matters, hours, validFrom, validUntil } = authorisation;
  if (use.at < validFrom || use.at >= validUntil) return 'it is outside its term';
  if (client !== null && client !== use.client) return 'it is for another client';
  if (matters !== null && (use.matter === null || !matters.includes(use.matter)))
    return 'it does not cover the matter';
  return hours === null || within(hours, use.at) ? null : 'it does not cover this hour';
}

function within({ days, from, until }: UseHours, at: Date): boolean {
  const beijing = new Date(at.getTime() + 8 * 3_600_000);
  const minute = beijing.getUTCHours() * 60 + beijing.getUTCMinutes();
  return days.includes(beijing.getUTCDay() || 7) && minute >= from && minute < until;
}

/** The Beijing day, `YYYY-MM-DD`: by which the volume of a day is counted. */
export function beijingDay(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
