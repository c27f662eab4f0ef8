// UTCTime and GeneralizedTime as X.509 profiles them: always Z, always seconds, only dates that exist.
import { TAG, type DerReader } from './der.ts';
import { tagged, type DerSink } from './der-writer.ts';

const encoder = new TextEncoder();
const ZULU = 0x5a;
const POINT = 0x2e;

/** So many decimal digits at `at`; −1 where they are none. */
function decimal(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let place = at; place < at + count; place += 1) {
    const digit = (bytes[place] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** @param at - where MMDDHHMMSS stands. @returns null where those are no ten digits. */
function dateOf(
  reader: DerReader,
  year: number,
  bytes: Uint8Array,
  at: number,
  milliseconds: number,
): Date | null {
  const month = decimal(bytes, at, 2);
  const day = decimal(bytes, at + 2, 2);
  const hour = decimal(bytes, at + 4, 2);
  const minute = decimal(bytes, at + 6, 2);
  const second = decimal(bytes, at + 8, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return null;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second, milliseconds));
  // Date.UTC takes the years 0 to 99 for those of the last century.
  if (year < 100) date.setUTCFullYear(year, month - 1, day);
  // An impossible date (31 February) would roll over silently.
  const exists =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  if (!exists) throw reader.refusal('A time names a date or an hour that does not exist.');
  return date;
}

/** Validity, update and signing times (RFC 5280 section 4.1.2.5): UTCTime or GeneralizedTime without fraction. */
export function readTime(reader: DerReader): Date {
  if (reader.peek() !== TAG.utcTime) return readGeneralizedTime(reader, false);
  const { content } = reader.element(TAG.utcTime);
  const short = decimal(content, 0, 2);
  const year = short < 0 ? -1 : short < 50 ? 2000 + short : 1900 + short;
  const whole = content.length === 13 && content[12] === ZULU;
  const date = whole ? dateOf(reader, year, content, 2, 0) : null;
  if (date === null) throw reader.refusal('A UTCTime is not YYMMDDHHMMSSZ.');
  return date;
}

/** GeneralizedTime; a fraction (no trailing zero, RFC 3161 section 2.4.2) only where allowed, kept to the millisecond. */
export function readGeneralizedTime(reader: DerReader, fraction: boolean): Date {
  const { content } = reader.element(TAG.generalizedTime);
  const milliseconds = content.length === 15 ? 0 : fraction ? fractionOf(content) : null;
  const whole = milliseconds !== null && content.at(-1) === ZULU;
  const date = whole ? dateOf(reader, decimal(content, 0, 4), content, 4, milliseconds) : null;
  if (date === null) throw reader.refusal('A GeneralizedTime is not YYYYMMDDHHMMSSZ.');
  return date;
}

/** Milliseconds of a fraction of one to ten digits behind the seconds, the last of them not zero; null for anything else. */
function fractionOf(content: Uint8Array): number | null {
  const count = content.length - 16;
  if (content[14] !== POINT || count < 1 || count > 10 || content.at(-2) === 0x30) return null;
  const value = decimal(content, 15, count);
  return value < 0 ? null : Math.floor((value * 1000) / 10 ** count);
}

function digits(date: Date): string {
  return date.toISOString().replace(/[-:T]/g, '').slice(0, 14);
}

/** Whether a time is written as UTCTime (RFC 5280 section 4.1.2.5). */
function isShort(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050;
}

/** UTCTime to 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5); milliseconds are cut. */
export function encodeTime(date: Date): Uint8Array {
  return isShort(date)
    ? tagged(TAG.utcTime, new TextEncoder().encode(`${digits(date).slice(2)}Z`))
    : encodeGeneralizedTime(date, false);
}

/** Bytes of `putGeneralizedTime`. */
export const GENERALIZED_TIME_SIZE = 17;

function putDigits(sink: DerSink, date: Date): void {
  sink
    .digits(date.getUTCMonth() + 1, 2)
    .digits(date.getUTCDate(), 2)
    .digits(date.getUTCHours(), 2)
    .digits(date.getUTCMinutes(), 2)
    .digits(date.getUTCSeconds(), 2)
    .octet(ZULU);
}

/** As `encodeGeneralizedTime` without a fraction, into a sink. */
export function putGeneralizedTime(sink: DerSink, date: Date): void {
  putDigits(sink.header(TAG.generalizedTime, 15).digits(date.getUTCFullYear(), 4), date);
}

/** Bytes of `putTime`. */
export function timeSize(date: Date): number {
  return isShort(date) ? 15 : GENERALIZED_TIME_SIZE;
}

/** As `encodeTime`, into a sink. */
export function putTime(sink: DerSink, date: Date): void {
  if (!isShort(date)) putGeneralizedTime(sink, date);
  else putDigits(sink.header(TAG.utcTime, 13).digits(date.getUTCFullYear() % 100, 2), date);
}

/** Where digits stand in `2026-11-26T05:06:07.089Z`, which is what `toISOString` writes, and its length. */
const ISO = {
  shape: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  length: 24,
  afterYear: [5, 8, 11, 14, 17],
} as const;

/** A time as `toISOString` writes it, of the years 0 to 9999. */
export type IsoTime = string & { readonly brand: 'ISO 8601' };

export function isIsoTime(text: string): text is IsoTime {
  return text.length === ISO.length && ISO.shape.test(text);
}

function isShortIso(time: IsoTime): boolean {
  return time >= '1950' && time < '2050';
}

/** Bytes of `putIsoTime`. */
export function isoTimeSize(time: IsoTime): number {
  return isShortIso(time) ? 15 : GENERALIZED_TIME_SIZE;
}

/** As `putTime` of the same time, without making a Date of it. @param always - GeneralizedTime, whatever the year. */
export function putIsoTime(sink: DerSink, time: IsoTime, always: 'generalized' | null = null): void {
  const short = always === null && isShortIso(time);
  if (short) sink.header(TAG.utcTime, 13);
  else sink.header(TAG.generalizedTime, 15).octet(time.charCodeAt(0)).octet(time.charCodeAt(1));
  sink.octet(time.charCodeAt(2)).octet(time.charCodeAt(3));
  for (const at of ISO.afterYear) sink.octet(time.charCodeAt(at)).octet(time.charCodeAt(at + 1));
  sink.octet(ZULU);
}

/** GeneralizedTime, with milliseconds where `fraction` and they are not zero. */
export function encodeGeneralizedTime(date: Date, fraction: boolean): Uint8Array {
  const milliseconds = fraction ? date.getUTCMilliseconds() : 0;
  const tail = milliseconds === 0 ? '' : `.${String(milliseconds).padStart(3, '0').replace(/0+$/, '')}`;
  return tagged(TAG.generalizedTime, encoder.encode(`${digits(date)}${tail}Z`));
}
