// The record of a license: what is fixed, hashed, attached to the page and claimed by the code.
import { digest, type DigestName } from '../crypto/algorithms.ts';
import type { RandomBytes } from '../crypto/clock.ts';
import { toHex } from '../formats/bytes.ts';
import { formatLicenseIdentifier } from '../formats/identifiers/license-identifier.ts';
import type { Face, Holder, Term } from './face.ts';
import { holdersElement, type Holders } from './holders.ts';
import { recordOfOriginal, type Original } from './original.ts';
import type { LicenseType } from './type.ts';

/**
 * Flat texts by GB/T 36903 short name (`ZZBS`, `CZZT`, `KZ_…`) and our own lower-case names. Salted, so that its hash
 * tells nothing to who does not hold it.
 */
export type LicenseRecord = Readonly<Record<string, string>>;

export interface RecordParts {
  readonly type: LicenseType;
  /** 流水号 within type, issuing authority and year. */
  readonly serial: string;
  readonly number: string;
  readonly holder: Holder;
  readonly holders: Holders;
  readonly photo: { readonly digest: string } | null;
  readonly face: Face;
  readonly term: Term;
  /** Day of the issue here. */
  readonly issuedOn: string;
  /** What it is taken over from; null where it is issued here. */
  readonly original: Original | null;
  readonly matter: string;
  readonly caseNumber: string | null;
  /** 1 first. */
  readonly version: number;
  /** Identifier of the version it follows. */
  readonly previousIdentifier: string | null;
  /** 16 bytes. */
  readonly codeId: Uint8Array;
  readonly random: RandomBytes;
}

/** Fixes the record. */
export function makeRecord(parts: RecordParts): LicenseRecord {
  const { type, holder, term } = parts;
  const identifier = formatLicenseIdentifier({
    typeCode: type.typeCode,
    issuerCode: type.issuer.creditCode,
    serial: parts.serial,
    version: String(parts.version).padStart(3, '0'),
  });
  return {
    format: 'yinxin-license-record/1',
    ZZLXMC: type.name,
    ZZLXDM: type.typeCode,
    ZZMC: type.name,
    ZZBH: parts.number,
    ZZBS: identifier,
    ZZBFJG: type.issuer.name,
    ZZBFJGDM: type.issuer.creditCode,
    // A license that is taken over keeps the day on which it was issued.
    ZZBFRQ: parts.original?.issuedOn ?? parts.issuedOn,
    CZZT: holder.name,
    CZZTDM: holder.code,
    CZZTDMLX: holder.codeTypeName,
    CZZTDMLXDM: holder.codeType,
    ZZYXQQSRQ: term.from,
    ...(term.until === null ? {} : { ZZYXQJZRQ: term.until }),
    ...parts.face,
    ...holdersElement(type, parts.holders),
    ...(parts.photo === null ? {} : { photo: parts.photo.digest }),
    edition: String(type.edition),
    version: String(parts.version),
    ...(parts.previousIdentifier === null ? {} : { previousIdentifier: parts.previousIdentifier }),
    supervisor: type.supervisor.name,
    supervisorCode: type.supervisor.creditCode,
    matter: parts.matter,
    ...(parts.caseNumber === null ? {} : { caseNumber: parts.caseNumber }),
    ...(parts.original === null ? {} : recordOfOriginal(parts.original, parts.issuedOn)),
    codeId: toHex(parts.codeId),
    ...(type.mark === null ? {} : { mark: type.mark }),
    salt: toHex(parts.random(32)),
  };
}

/** The one spelling that is hashed and attached: JSON with sorted keys, UTF-8. */
export function recordBytes(record: LicenseRecord): Uint8Array {
  const sorted = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(sorted)));
}

/** Digest of the record's bytes. */
export function recordHash(record: LicenseRecord, algorithm: DigestName): Uint8Array {
  return new Uint8Array(digest(algorithm, recordBytes(record)));
}

function words(day: string | undefined): string {
  if (day === undefined) return '';
  const [year = '', month = '', date = ''] = day.split('-');
  return `${year}年${String(Number(month))}月${String(Number(date))}日`;
}

/** The words printed for each element: days in Chinese, the whole term in one phrase. */
export function printedValues(type: LicenseType, record: LicenseRecord): Readonly<Record<string, string>> {
  const values: Record<string, string> = { ...record };
  for (const field of type.fields) if (field.kind === 'date') values[field.name] = words(record[field.name]);
  for (const name of ['ZZBFRQ', 'ZZYXQQSRQ', 'ZZYXQJZRQ']) values[name] = words(record[name]);
  const until = record['ZZYXQJZRQ'];
  const from = words(record['ZZYXQQSRQ']);
  values['ZZYXQ'] = until === undefined ? '长期' : `${from}至${words(until)}`;
  values['JGBM'] = record['supervisor'] ?? '';
  return values;
}
