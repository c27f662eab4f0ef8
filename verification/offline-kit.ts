// What an offline reader carries: the pinned keys, a trust list, status lists, and when each was last known to be current.
import { isoTime } from './iso-time.ts';
import { VerificationError } from './errors.ts';

/** A status list as it was fetched. */
export interface KeptStatusList {
  readonly number: number;
  /** Token Status List JWT. */
  readonly token: string;
  /** When its operator answered with it: what happened later is not known here. */
  readonly confirmedAt: Date;
}

/** Plain value; `writeOfflineKit` and `readOfflineKit` are its text form. It holds nothing secret and nothing personal. */
export interface OfflineKit {
  /** SubjectPublicKeyInfo, DER, base64: who may sign the trust list. They come from outside, never from a list. */
  readonly operatorKeys: readonly string[];
  /** Compact JWS and the edition it is; null before the first one was fetched. */
  readonly trustList: {
    readonly text: string;
    readonly sequence: number;
    readonly confirmedAt: Date;
  } | null;
  /** By number, ascending. */
  readonly statusLists: readonly KeptStatusList[];
}

const FORMAT = 'yinxin-offline-kit/1';
/** Characters of a kit's text. */
const MAX_TEXT = 64 * 1024 * 1024;
const MAX_KEYS = 16;
export const MAX_KEPT_LISTS = 4096;
/** Characters of all its status lists together: with the longest trust list and everything around them they make a text that is read. */
export const MAX_KEPT_TOKENS = MAX_TEXT - 10 * 1024 * 1024;

/** A kit that knows whom to believe and nothing else yet. @param operatorKeys SubjectPublicKeyInfo, DER, base64 */
export function emptyOfflineKit(operatorKeys: readonly string[]): OfflineKit {
  return { operatorKeys, trustList: null, statusLists: [] };
}

/** One line of JSON. */
export function writeOfflineKit(kit: OfflineKit): string {
  const { operatorKeys, trustList, statusLists } = kit;
  return JSON.stringify({
    format: FORMAT,
    operatorKeys,
    trustList: trustList === null ? null : { ...trustList, confirmedAt: isoTime(trustList.confirmedAt) },
    statusLists: statusLists.map((list) => ({ ...list, confirmedAt: isoTime(list.confirmedAt) })),
  });
}

function malformed(what: string): VerificationError {
  return new VerificationError('offline-kit-malformed', `This is no offline kit: ${what}.`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function count(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw malformed(what);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw malformed(what);
  return value;
}

function instant(value: unknown): Date {
  const time = new Date(text(value, 'a time is missing'));
  if (Number.isNaN(time.getTime())) throw malformed('a time is none');
  return time;
}

function keysOf(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_KEYS)
    throw malformed('it names no operator');
  return value.map((key: unknown) => {
    const written = text(key, 'a key is missing');
    if (!/^[A-Za-z0-9+/]{40,2000}={0,2}$/.test(written)) throw malformed('a key is not base64');
    return written;
  });
}

function statusListsOf(value: unknown): readonly KeptStatusList[] {
  if (!Array.isArray(value) || value.length > MAX_KEPT_LISTS) throw malformed('its status lists are none');
  let last = -1;
  return value.map((each: unknown) => {
    if (!isRecord(each)) throw malformed('a status list is none');
    const number = count(each['number'], 'a status list has no number');
    if (number <= last) throw malformed('its status lists are out of order');
    last = number;
    return {
      number,
      token: text(each['token'], 'a status list is empty'),
      confirmedAt: instant(each['confirmedAt']),
    };
  });
}

/**
 * Reads a kit's text. Whether its lists are genuine is found out when they are used.
 * @throws VerificationError `offline-kit-malformed`
 */
export function readOfflineKit(json: string): OfflineKit {
  if (json.length > MAX_TEXT) throw malformed('it is too long');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw malformed('it is not JSON');
  }
  if (!isRecord(value) || value['format'] !== FORMAT) throw malformed('its format is another one');
  const list = value['trustList'];
  if (list !== null && !isRecord(list)) throw malformed('its trust list is none');
  return {
    operatorKeys: keysOf(value['operatorKeys']),
    trustList:
      list === null
        ? null
        : {
            text: text(list['text'], 'its trust list is empty'),
            sequence: count(list['sequence'], 'its trust list has no edition'),
            confirmedAt: instant(list['confirmedAt']),
          },
    statusLists: statusListsOf(value['statusLists']),
  };
}
