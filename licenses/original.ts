// What a license that was not issued here is taken over from: paper, or a file; and how far it may be trusted 可信等级.
import { labelledDigest } from '../crypto/algorithms.ts';
import type { Actor } from '../storage/actor.ts';
import { usableDocuments } from '../signing/document-uploads.ts';
import type { Report } from '../verification/report.ts';
import { LicenseError } from './errors.ts';
import { beijingDay, isDay } from './face.ts';
import { departmentOf, requireScope } from './guard.ts';
import type { LicenseParts } from './parts.ts';
import { holdsUnprintable, isResidentNumberLike } from './plain-text.ts';
import type { LicenseType } from './type.ts';

/**
 * 可信等级. `A`: issued here. `B`: a file that bears a valid signature of the issuing authority. `C`: an officer compared the
 * original with the data. `D`: taken from a register, a scan or a file, and nobody saw the original.
 */
export type TrustLevel = 'A' | 'B' | 'C' | 'D';
export type TakenOverTrust = Exclude<TrustLevel, 'A'>;

/** In words, as pages print them. */
export const trustWords: Readonly<Record<TrustLevel, string>> = {
  A: '系统签发',
  B: '原电子证照核验通过',
  C: '经人工核对原证',
  D: '未见原证',
};

/** The original, as a request says. */
export interface OriginalInput {
  readonly kind: 'paper' | 'file';
  /** Day of issue `YYYY-MM-DD` as the original says; not in the future. */
  readonly issuedOn: string;
  /** Who compared it with the data: staff number or account (1 to 60 visible characters), and on which day. */
  readonly compared?: { readonly by: string; readonly on: string };
  /** Digest of an uploaded PDF: the file itself, or a scan of the paper. A file has one. */
  readonly document?: string;
  /** 电子证照标识 that the file already had elsewhere; kept in the record. */
  readonly identifier?: string;
}

/** What verification said of a file; null where it bears no signature. */
export interface OriginalVerdict {
  readonly conclusion: Report['conclusion'];
  readonly subIndication: string | null;
  readonly time: string;
  readonly report: string;
}

/** An original that may be taken over. */
export interface Original extends Omit<OriginalInput, 'document'> {
  readonly trust: TakenOverTrust;
  readonly document: { readonly digest: string; readonly bytes: Uint8Array } | null;
  readonly verdict: OriginalVerdict | null;
}

/** Port: verifies a file as anybody's upload is verified, now. Never throws because of the bytes. */
export type OriginalJudge = (file: Uint8Array) => Promise<Report>;

/** It travels inside the license's own PDF. */
const largestOriginal = 10 * 1024 * 1024;

/**
 * Whether the original may be taken over, and how far it is to be trusted. A signed file is verified first.
 * @throws LicenseError `scope-missing`, `original-invalid`, `original-refused` where a signature of the file is not valid,
 *   `original-not-found` where the department has not uploaded the document
 */
export async function checkOriginal(
  parts: LicenseParts,
  actor: Actor,
  type: LicenseType,
  input: OriginalInput,
): Promise<Original> {
  requireScope(actor, 'licenses:import');
  checkWords(input, beijingDay(parts.clock()));
  const document = input.document === undefined ? null : await readOriginal(parts, actor, input.document);
  const judged = input.kind === 'file' && document !== null ? await judge(parts, document.bytes) : null;
  const verdict = judged?.verdict ?? null;
  const ofIssuer = judged !== null && signedBy(judged.report, type);
  return {
    kind: input.kind,
    issuedOn: input.issuedOn,
    ...(input.compared === undefined ? {} : { compared: input.compared }),
    ...(input.identifier === undefined ? {} : { identifier: input.identifier }),
    trust: ofIssuer ? 'B' : input.compared === undefined ? 'D' : 'C',
    document,
    verdict,
  };
}

function checkWords({ kind, issuedOn, compared, document, identifier }: OriginalInput, today: string): void {
  const refuse = (field: string, reason: string): never => {
    throw new LicenseError('original-invalid', 'The original is not described correctly.', {
      complaints: [{ field, reason }],
    });
  };
  if (!isDay(issuedOn) || issuedOn > today)
    refuse('original.issuedOn', 'It is not a day in the form YYYY-MM-DD, or lies ahead.');
  if (kind === 'file' && document === undefined)
    refuse('original.document', 'A file is named by its digest.');
  if (identifier !== undefined && (!/^[\x21-\x7e]{1,120}$/.test(identifier) || kind !== 'file'))
    refuse('original.identifier', 'It is 1 to 120 visible ASCII characters, of a file.');
  if (compared === undefined) return;
  const { by, on } = compared;
  // It is kept in clear.
  if (by.trim() === '' || Array.from(by).length > 60 || holdsUnprintable(by) || isResidentNumberLike(by))
    refuse('original.compared.by', "It is 1 to 60 printable characters, and no person's number.");
  if (!isDay(on) || on > today || on < issuedOn)
    refuse('original.compared.on', 'It is not a day between the issue and today.');
}

async function readOriginal(
  parts: LicenseParts,
  actor: Actor,
  digest: string,
): Promise<{ readonly digest: string; readonly bytes: Uint8Array }> {
  const usable = await usableDocuments(parts.database.reader, departmentOf(actor), [digest]);
  const handle = usable.has(digest) ? await parts.documents.open(digest) : null;
  if (handle === null)
    throw new LicenseError('original-not-found', 'Your department has uploaded no such document.');
  try {
    if (handle.size > largestOriginal)
      throw new LicenseError('original-invalid', 'An original has at most 10 MB.', {
        complaints: [{ field: 'original.document', reason: 'It is too large.' }],
      });
    const bytes = await handle.read(0, handle.size);
    if (labelledDigest(parts.documents.digest, bytes) !== digest)
      throw new LicenseError('record-damaged', 'A stored document is not what it was.');
    if (!Buffer.from(bytes.subarray(0, 1024)).includes('%PDF-'))
      throw new LicenseError('original-invalid', 'An original is a PDF.', {
        complaints: [{ field: 'original.document', reason: 'It is no PDF.' }],
      });
    return { digest, bytes };
  } finally {
    await handle.close();
  }
}

/** @returns null for a file without any signature @throws LicenseError `original-refused` */
async function judge(
  { judgeOriginal }: LicenseParts,
  file: Uint8Array,
): Promise<{ readonly report: Report; readonly verdict: OriginalVerdict } | null> {
  if (judgeOriginal === undefined)
    throw new LicenseError('original-refused', 'Files are not verified here: none is taken over.');
  const report = await judgeOriginal(file);
  if (report.signatures.length === 0) return null;
  const { conclusion, subIndication, time } = report;
  if (conclusion === 'TOTAL-FAILED')
    throw new LicenseError(
      'original-refused',
      `The file bears a signature that is not valid (${subIndication ?? conclusion}).`,
    );
  return { report, verdict: { conclusion, subIndication, time, report: JSON.stringify(report) } };
}

/** Whether the whole file is vouched for by the issuing authority's own signature. */
function signedBy({ conclusion, signatures }: Report, type: LicenseType): boolean {
  return (
    conclusion === 'TOTAL-PASSED' &&
    signatures.some(
      ({ type: kind, conclusion: each, signer }) =>
        kind === 'signature' &&
        each === 'TOTAL-PASSED' &&
        signer?.organizationIdentifier === `NTRCN-${type.issuer.creditCode}`,
    )
  );
}

/** The level that a record tells; one that is told wrongly is the lowest. */
export function trustOf({ trust }: Readonly<Record<string, string>>): TrustLevel {
  if (trust === undefined) return 'A';
  return trust === 'B' || trust === 'C' ? trust : 'D';
}

/** What the record says of it, beside the original's own day of issue: our names, since GB/T 36903 has none. */
export function recordOfOriginal(original: Original, registeredOn: string): Readonly<Record<string, string>> {
  const { kind, trust, compared, document, verdict, identifier } = original;
  return {
    origin: kind,
    trust,
    registeredOn,
    ...(compared === undefined ? {} : { comparedOn: compared.on }),
    ...(document === null ? {} : { originalDigest: document.digest }),
    ...(verdict === null ? {} : { originalVerdict: verdict.conclusion }),
    ...(identifier === undefined ? {} : { originalIdentifier: identifier }),
  };
}

/** What every page of it says, so that it never looks like an original. */
export function noticeOf(record: Readonly<Record<string, string>>): string | null {
  const { origin, trust, registeredOn } = record;
  if (origin === undefined || trust === undefined) return null;
  const source = origin === 'paper' ? '本件依纸质证照转换' : '本件依已有电子文件登记';
  return `${source}，非原件；可信等级 ${trust}（${trustWords[trustOf(record)]}）；登记日期 ${registeredOn ?? ''}`;
}
