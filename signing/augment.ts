// A signed document brought to a higher level (EN 319 142-1 §6): time proven, validation data added, both protected, and renewed.
import type { DigestName } from '../crypto/algorithms.ts';
import { parseSignedData } from '../formats/cms/signed-data.ts';
import { FormatError } from '../formats/errors.ts';
import { parseSealSignature } from '../formats/eseal/signature.ts';
import type { ValidationData } from '../formats/pdf/security-store.ts';
import { readSignatures, type PdfSignature } from '../formats/pdf/signatures.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import { embeddedEvidence } from '../verification/pdf-evidence.ts';
import { SigningError } from './errors.ts';
import type { GrowingCopy } from './growing-copy.ts';
import { evidenceOf, gatherValidationData, type LongTermParts, type SignatureEvidence } from './long-term.ts';
import { appendSignature } from './sealed-copy.ts';
import { withDocument } from './signing-document.ts';
import { reaches, type StampLevel } from './stamp-level.ts';
import { prepareTimestamp, validationDataUpdate } from './timestamp-update.ts';
import type { Timestamp, TimestampClient } from './timestamp-client.ts';

/** What augmenting needs. */
export interface AugmentParts {
  readonly timestamps: TimestampClient;
  readonly timestampBudget: number;
  readonly longTerm: LongTermParts;
}

export interface Augmentation {
  /** `B-T` and above. */
  readonly level: Exclude<StampLevel, 'B-B'>;
  readonly now: Date;
  readonly password?: string;
  /**
   * A document time-stamp is renewed where the certificate of the newest ends within so many days (default 180); Infinity
   * renews it in any case.
   */
  readonly renewWithinDays?: number;
}

/** What was added; all false: nothing was missing, and the document is as it was. */
export interface Augmented {
  readonly validationData: boolean;
  readonly timestamp: Timestamp | null;
}

/** What a file has of evidence before anything is added. */
interface Standing {
  readonly signatures: readonly PdfSignature[];
  readonly evidence: readonly SignatureEvidence[];
  readonly held: ValidationData;
}

/** Digests that a copy must keep running so that it can be augmented. */
export function digestsForAugmenting(parts: Pick<AugmentParts, 'timestamps'>): readonly DigestName[] {
  return [parts.timestamps.digest];
}

/**
 * Appends what the level still needs and nothing else: a document time-stamp where some signature has none of its own; then
 * one update with missing validation data and, at B-LTA, the document time-stamp over it.
 * @throws SigningError `not-signed`, `status-unavailable`, `certificate-revoked`, `timestamp-unavailable`,
 *   `timestamp-invalid`, those of `withDocument`. Something may have been appended then: give the copy out only where all
 *   that is said of it is what the signature had before.
 */
export async function augment(
  copy: GrowingCopy,
  parts: AugmentParts,
  wanted: Augmentation,
): Promise<Augmented> {
  const { now, level } = wanted;
  const about = { time: now, ...(wanted.password === undefined ? {} : { password: wanted.password }) };
  let standing = await standingOf(copy, wanted);
  let timestamp: Timestamp | null = null;
  if (hasUnproven(standing)) {
    timestamp = await appendTimestamp(copy, parts, { ...about, related: [] });
    standing = await standingOf(copy, wanted);
  }
  if (!reaches(level, 'B-LT')) return { validationData: false, timestamp };
  const related = await gatherValidationData(parts.longTerm, standing.evidence, standing.held, now);
  const missing = await validationDataUpdate(copy, { ...about, related });
  if (level === 'B-LTA' && (missing !== null || needsRenewal(standing, wanted)))
    timestamp = await appendTimestamp(copy, parts, { ...about, related });
  else if (missing !== null) await copy.append(missing);
  return { validationData: missing !== null, timestamp };
}

async function standingOf(copy: GrowingCopy, { password, now }: Augmentation): Promise<Standing> {
  return withDocument(copy, password, async (document) => {
    const signatures = await readSignatures(document);
    if (!signatures.some(({ type }) => type !== 'DocTimeStamp'))
      throw new SigningError(
        'not-signed',
        'The document has no signature that could be brought to a higher level.',
      );
    const { certificates, crls, ocsps } = await embeddedEvidence(document);
    const bytes = (items: readonly { readonly der: Uint8Array }[]): readonly Uint8Array[] =>
      items.map(({ der }) => der);
    const newest = Math.max(
      ...signatures.filter(({ type }) => type !== 'DocTimeStamp').map((signature) => coveredBy(signature)),
    );
    return {
      signatures,
      // The newest signature and what stands over it are what the level is told of.
      evidence: signatures.flatMap(
        (signature) => evidenceOf(signature, now, coveredBy(signature) >= newest) ?? [],
      ),
      held: { certificates: bytes(certificates), crls: bytes(crls), ocsps: bytes(ocsps) },
    };
  });
}

/** Index of the revision up to which a signature covers the file; −1 where it covers nothing properly. */
function coveredBy(signature: PdfSignature): number {
  return signature.coverage.revision ?? -1;
}

function newestStamp({ signatures }: Standing): PdfSignature | undefined {
  const stamps = signatures.filter(({ type }) => type === 'DocTimeStamp');
  return stamps.toSorted((a, b) => coveredBy(b) - coveredBy(a))[0];
}

/** B-T: whether some signature has no time-stamp of its own and none over it. */
function hasUnproven(standing: Standing): boolean {
  const newest = newestStamp(standing);
  const proven = newest === undefined ? -1 : coveredBy(newest);
  return standing.signatures.some(
    (signature) =>
      signature.type !== 'DocTimeStamp' && coveredBy(signature) > proven && !hasOwnTimestamp(signature),
  );
}

/** B-LTA: whether something is newer than the newest document time-stamp, or that one will soon outlive its authority. */
function needsRenewal(standing: Standing, wanted: Augmentation): boolean {
  const newest = newestStamp(standing);
  if (newest === undefined || newest.coverage.kind !== 'whole-file') return true;
  const days = (endOfAuthority(newest) - wanted.now.getTime()) / 86_400_000;
  return days <= (wanted.renewWithinDays ?? 180);
}

function hasOwnTimestamp({ contents }: PdfSignature): boolean {
  const value = contents?.value ?? new Uint8Array();
  const reading = [
    () =>
      parseSignedData(value).signerInfos[0]?.unsignedAttributes.some(
        ({ type }) => type === OID.signatureTimeStamp,
      ) ?? false,
    // GB/T 38540 clause 7.2: the use of a seal has its time-stamp inside.
    () => parseSealSignature(value).timestamp !== null,
  ];
  for (const read of reading) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return false;
}

/** When the first certificate of those a token carries ends, milliseconds. */
function endOfAuthority(stamp: PdfSignature): number {
  try {
    const { certificates } = parseSignedData(stamp.contents?.value ?? new Uint8Array());
    return Math.min(...certificates.map((der) => parseCertificate(der).notAfter.getTime()));
  } catch (error) {
    if (error instanceof FormatError) return 0;
    throw error;
  }
}

async function appendTimestamp(
  copy: GrowingCopy,
  { timestamps, timestampBudget }: AugmentParts,
  about: Parameters<typeof validationDataUpdate>[1],
): Promise<Timestamp> {
  const given: { last?: Timestamp } = {};
  const prepare = (capacity: number | null): ReturnType<typeof prepareTimestamp> =>
    prepareTimestamp(copy, { ...about, capacity: capacity ?? roomForToken(timestamps) });
  await appendSignature(copy, {
    algorithm: timestamps.digest,
    prepared: null,
    prepare,
    make: async (digest) => {
      given.last = await timestamps.timestamp(digest, timestampBudget);
      return given.last.token;
    },
  });
  if (given.last === undefined) throw new TypeError('A document was time-stamped without a token.');
  return given.last;
}

function roomForToken(timestamps: TimestampClient): number {
  return Math.ceil(timestamps.tokenSize() * 1.1) + 64;
}
