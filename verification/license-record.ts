// The record and the code that travel inside a license's PDF: found, read, compared with each other. Gathering only.
import { sameBytes, toHex } from '../formats/bytes.ts';
import type { CborValue } from '../formats/cose/cbor.ts';
import { FormatError } from '../formats/errors.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { dictionaryOf } from '../formats/pdf/objects.ts';
import { textOf } from '../formats/pdf/text-string.ts';
import { FACE } from '../formats/qr/labels.ts';
import { digestOfCode, type CodeFacts } from './facts-code.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

/** Names under which a license page attaches its record and the text of its code. */
const RECORD_ATTACHMENT = 'record.json';
const CODE_ATTACHMENT = 'license-code.txt';

const recordFormat = 'yinxin-license-record/1';
const maxAttachments = 50;
const maxFields = 500;

/** What the PDF carries; null where there is no such attachment. */
export interface CarriedLicense {
  readonly record: Uint8Array | null;
  readonly code: string | null;
}

async function attachments(document: PdfDocument): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const list = await document.get(await document.catalogue(), 'AF');
  for (const item of list.kind === 'array' ? list.items.slice(0, maxAttachments) : []) {
    const specification = dictionaryOf(await document.resolve(item));
    if (specification === null) continue;
    const name =
      textOf(await document.get(specification, 'UF')) ?? textOf(await document.get(specification, 'F'));
    const files = await document.getDictionary(specification, 'EF');
    if ((name !== RECORD_ATTACHMENT && name !== CODE_ATTACHMENT) || files === null) continue;
    const stream = await document.get(files, 'F');
    if (stream.kind === 'stream') found.set(name, await document.streamData(stream));
  }
  return found;
}

/** Reads what a license's PDF carries (ISO 32000-2 7.11.4, PDF/A-3 associated files). Nothing of it is verified. */
export async function carriedLicense(document: PdfDocument): Promise<CarriedLicense> {
  try {
    const found = await attachments(document);
    const code = found.get(CODE_ATTACHMENT);
    return {
      record: found.get(RECORD_ATTACHMENT) ?? null,
      code: code === undefined ? null : new TextDecoder().decode(code.subarray(0, 4096)).trim(),
    };
  } catch (error) {
    if (error instanceof FormatError) return { record: null, code: null };
    throw error;
  }
}

/** One field told by both. */
interface ComparedField {
  readonly name: string;
  readonly agrees: boolean;
}

export interface LicenseFacts {
  /** Flat texts of the record; null where there is none or it cannot be read. */
  readonly record: Readonly<Record<string, string>> | null;
  readonly hasRecord: boolean;
  readonly code: CodeFacts | null;
  /** Whether the record's digest begins with what the code claims; null where either is absent. */
  readonly digestAgrees: boolean | null;
  readonly fields: readonly ComparedField[];
}

function parseRecord(bytes: Uint8Array): Readonly<Record<string, string>> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const entries = Object.entries(value).map(([key, each]): [string, unknown] => [key, each]);
    const texts = entries.flatMap(([key, each]): [string, string][] =>
      typeof each === 'string' ? [[key, each]] : [],
    );
    if (texts.length !== entries.length || texts.length > maxFields) return null;
    const record = Object.fromEntries(texts);
    return record['format'] === recordFormat ? record : null;
  } catch {
    return null;
  }
}

/** Names in the record of the face's shared keys (GB/T 36903 short names). */
const sharedNames: Readonly<Record<number, string>> = {
  [FACE.typeCode]: 'ZZLXDM',
  [FACE.licenseNumber]: 'ZZBH',
  [FACE.mark]: 'mark',
};

function compareFields(record: Readonly<Record<string, string>>, code: CodeFacts): readonly ComparedField[] {
  const { claims, dictionary } = code;
  if (claims === null) return [];
  const compared: ComparedField[] = [
    { name: 'issuer', agrees: record['ZZBFJGDM'] === claims.issuer },
    { name: 'codeId', agrees: record['codeId'] === toHex(claims.id) },
    { name: 'version', agrees: record['version'] === String(claims.version) },
  ];
  for (const [key, value] of claims.face) {
    const name = sharedNames[key] ?? dictionary?.fields.find((field) => field.key === key)?.name;
    if (name !== undefined && (sharedNames[key] !== undefined || name in record)) {
      compared.push({ name, agrees: sameText(record[name], value) });
    }
  }
  return compared;
}

function sameText(text: string | undefined, value: CborValue): boolean {
  return typeof value === 'string' ? text === value : typeof value === 'number' && text === String(value);
}

/** Brings the carried record and its code together. @returns null where the PDF carries neither. */
export async function gatherLicense(
  carried: CarriedLicense,
  readCode: (text: string) => Promise<CodeFacts>,
  verifier: SignatureVerifier,
): Promise<LicenseFacts | null> {
  if (carried.record === null && carried.code === null) return null;
  const record = carried.record === null ? null : parseRecord(carried.record);
  const code = carried.code === null ? null : await readCode(carried.code);
  const message = code?.message ?? null;
  const claimed = code?.claims?.recordHash ?? null;
  let digestAgrees: boolean | null = null;
  if (carried.record !== null && claimed !== null && message !== null) {
    const digest = await verifier.digest(digestOfCode(message), carried.record);
    digestAgrees = sameBytes(digest.subarray(0, claimed.length), claimed);
  }
  return {
    record,
    hasRecord: carried.record !== null,
    code,
    digestAgrees,
    fields: record === null || code === null ? [] : compareFields(record, code),
  };
}
