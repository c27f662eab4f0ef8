// The record and the code that travel inside a license's PDF: found, read, compared with each other. Gathering only.
import { sameBytes, toHex } from '../formats/bytes.ts';
import type { CborValue } from '../formats/cose/cbor.ts';
import type { LicenseClaims } from '../formats/cose/cwt.ts';
import { FormatError } from '../formats/errors.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { dictionaryOf } from '../formats/pdf/objects.ts';
import { textOf } from '../formats/pdf/text-string.ts';
import { FACE } from '../formats/qr/labels.ts';
import { digestOfCode, type CodeFacts } from './facts-code.ts';
import { maskedName, normalisedHolder, opensRecordCommitment } from './holder.ts';
import { creditCodeIn } from './organization.ts';
import { speaksForType } from './recognised-lists.ts';
import type { TrustedService } from './trust-list-model.ts';
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
export interface ComparedField {
  /** As the record names it. */
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
  /** Credit codes of those whose signatures cover it, as their certificates name them. */
  readonly sealedBy: readonly string[];
  /** Whether some authority behind the issuer's signature may vouch for licenses of this type; null where no type is known. */
  readonly sealScope: boolean | null;
  /** Whether it is the license of the holder asked about; null where nobody was named. */
  readonly ofHolder: 'yes' | 'no' | 'unknown' | null;
}

/** Who signed the file, by his certificate, and the listed service that vouches for him; null where none is listed. */
export interface LicenseSigner {
  /** organizationIdentifier (EN 319 412-1 5.1.4). */
  readonly identifier: string | null;
  readonly service: TrustedService | null;
}

/** What is known of the license from outside of what it carries. */
export interface LicenseSurroundings {
  readonly verifier: SignatureVerifier;
  readonly readCode: (text: string) => Promise<CodeFacts>;
  /** Each signer of the file. */
  readonly signers: readonly LicenseSigner[];
  /** Credit code or resident number; null where it does not matter whose license it is. */
  readonly holder: string | null;
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
  [FACE.trust]: 'trust',
  [FACE.copyGrant]: 'grant',
  [FACE.copyOffice]: 'grantOffice',
  [FACE.copyMatter]: 'grantMatter',
  [FACE.copyWords]: 'grantWords',
};

const day = 86_400_000;

/** The calendar day in China Standard Time, as records have it. */
function beijingDay(instant: Date): string {
  return new Date(instant.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
}

function sameText(text: string | undefined, value: CborValue): boolean {
  return typeof value === 'string' ? text === value : typeof value === 'number' && text === String(value);
}

/** An absent mark and a present one differ, and so do an absent end and a present one. */
function compareClaims(
  record: Readonly<Record<string, string>>,
  claims: LicenseClaims,
): readonly ComparedField[] {
  // The first instant that is no longer in force: the record names the last day before it.
  const last = claims.expires === null ? undefined : beijingDay(new Date(claims.expires.getTime() - day));
  return [
    { name: 'ZZBFJGDM', agrees: record['ZZBFJGDM'] === claims.issuer },
    { name: 'codeId', agrees: record['codeId'] === toHex(claims.id) },
    { name: 'version', agrees: record['version'] === String(claims.version) },
    // What was taken over keeps the day of its original, and a copy that of its license: each says when it was made itself.
    {
      name: 'ZZBFRQ',
      agrees:
        (record['copiedOn'] ?? record['registeredOn'] ?? record['ZZBFRQ']) === beijingDay(claims.issuedAt),
    },
    { name: 'ZZYXQJZRQ', agrees: record['ZZYXQJZRQ'] === last },
    ...(['mark', 'trust'] as const).flatMap((name) =>
      record[name] !== undefined && !claims.face.has(FACE[name]) ? [{ name, agrees: false }] : [],
    ),
    ...(record['grant'] !== undefined && !claims.face.has(FACE.copyGrant)
      ? [{ name: 'grant', agrees: false }]
      : []),
  ];
}

/** Of residents a code says a masked name and a commitment that the record opens; of enterprises the name. */
async function compareHolder(
  record: Readonly<Record<string, string>>,
  { face }: LicenseClaims,
  algorithm: 'sha256' | 'sm3',
  verifier: SignatureVerifier,
): Promise<readonly ComparedField[]> {
  const commitment = face.get(FACE.holderCommitment);
  const name = record['CZZT'] ?? '';
  const shown = commitment === undefined ? name : maskedName(name);
  const holder = { name: 'CZZT', agrees: name !== '' && face.get(FACE.holder) === shown };
  if (commitment === undefined) return [holder];
  const opens =
    commitment instanceof Uint8Array &&
    (await opensRecordCommitment(verifier, algorithm, commitment, record));
  return [holder, { name: 'CZZTDM', agrees: opens }];
}

/** Every entry of the face that has a name: one that the record lacks does not agree. */
function compareFace(
  record: Readonly<Record<string, string>>,
  { claims, dictionary }: CodeFacts,
): readonly ComparedField[] {
  return [...(claims?.face ?? [])].flatMap(([key, value]) => {
    const name = sharedNames[key] ?? dictionary?.fields.find((field) => field.key === key)?.name;
    return name === undefined ? [] : [{ name, agrees: sameText(record[name], value) }];
  });
}

async function compareFields(
  record: Readonly<Record<string, string>>,
  code: CodeFacts,
  verifier: SignatureVerifier,
): Promise<readonly ComparedField[]> {
  const { claims, message } = code;
  if (claims === null || message === null) return [];
  return [
    ...compareClaims(record, claims),
    ...(await compareHolder(record, claims, digestOfCode(message), verifier)),
    ...compareFace(record, code),
  ];
}

function compareOwner(
  record: Readonly<Record<string, string>> | null,
  holder: string | null,
): LicenseFacts['ofHolder'] {
  if (holder === null) return null;
  const code = record?.['CZZTDM'];
  if (code === undefined) return 'unknown';
  const codes = [code, ...furtherHolders(record?.['holders'])].map(normalisedHolder);
  return codes.includes(normalisedHolder(holder)) ? 'yes' : 'no';
}

/** Codes of the holders that a record of several names, as JSON; none where the text is something else. */
function furtherHolders(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  let holders: unknown;
  try {
    holders = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(holders)) return [];
  return holders.flatMap((each: unknown) => {
    const code = typeof each === 'object' && each !== null && 'code' in each ? each.code : null;
    return typeof code === 'string' ? [code] : [];
  });
}

/** Whether somebody may seal a license of the type for its issuer. */
function sealScope(
  typeCode: string | null,
  issuer: string | null,
  signers: readonly LicenseSigner[],
): boolean | null {
  if (typeCode === null || issuer === null) return null;
  return signers.some(
    ({ identifier, service }) =>
      creditCodeIn(identifier) === issuer && (service === null || speaksForType(service, typeCode)),
  );
}

/** Brings the carried record, its code and the signers together. @returns null where the PDF carries neither of the first two. */
export async function gatherLicense(
  carried: CarriedLicense,
  { verifier, readCode, signers, holder }: LicenseSurroundings,
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
    fields: record === null || code === null ? [] : await compareFields(record, code, verifier),
    sealedBy: signers.flatMap(({ identifier }) => creditCodeIn(identifier) ?? []),
    sealScope: sealScope(
      code?.typeCode ?? record?.['ZZLXDM'] ?? null,
      code?.claims?.issuer ?? record?.['ZZBFJGDM'] ?? null,
      signers,
    ),
    ofHolder: compareOwner(record, holder),
  };
}
