// Gathering about a PDF: its signatures, what each covers, what was done after it, and the evidence around. Never judges.
import { signatureTimeStampsOf } from '../formats/cms/attributes.ts';
import { recogniseSeal } from '../formats/eseal/recognise.ts';
import type { SealSignature } from '../formats/eseal/signature.ts';
import { FormatError } from '../formats/errors.ts';
import type { Decryption, PdfPassword } from '../formats/pdf/encryption.ts';
import { openPdf } from '../formats/pdf/document.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { readFields } from '../formats/pdf/form.ts';
import { dictionaryOf, entry, nameOf } from '../formats/pdf/objects.ts';
import { readSignatures } from '../formats/pdf/signatures.ts';
import type { PdfSignature } from '../formats/pdf/signatures.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { OID } from '../formats/x509/oid.ts';
import type { CertificateGraph } from './certificate-graph.ts';
import { rulesAsOf } from './change-rules.ts';
import { changesAfter } from './changes.ts';
import { gatherEvidence } from './evidence.ts';
import type { EvidenceInput, GatheredEvidence } from './evidence.ts';
import { acceptedDigest, gatherCms, readSignedData } from './facts-cms.ts';
import type { CmsFacts } from './facts-cms.ts';
import { gatherTimestamp, tstInfoOf } from './facts-timestamp.ts';
import type { TimestampFacts } from './facts-timestamp.ts';
import { carriedLicense } from './license-record.ts';
import type { CarriedLicense } from './license-record.ts';
import { certificatesInUse, digestOfUse, readSealUse, sealUseFacts } from './facts-seal.ts';
import type { SealProblem, SealSignatureFacts } from './facts-seal.ts';
import type { SealStatusSource } from './seal-status.ts';
import { digestRanges, digestWhole } from './pdf-digests.ts';
import type { CoveredRange } from './pdf-digests.ts';
import type { Change } from './report.ts';
import type { DigestAlgorithm, SignatureVerifier, StartDigest } from './signature-verifier.ts';
import { digestOf } from '../formats/x509/algorithm.ts';
import { embeddedEvidence, standingIn } from './pdf-evidence.ts';
import type { Standing } from './pdf-evidence.ts';

export interface PdfSignatureFacts {
  readonly id: string;
  readonly type: 'signature' | 'document-time-stamp';
  readonly signature: PdfSignature;
  readonly cms: CmsFacts;
  /** Signature time-stamps; of a document time-stamp, the token itself. */
  readonly timestamps: readonly TimestampFacts[];
  /** Null where the changes after the signature could not be determined. */
  readonly changes: readonly Change[] | null;
  /** The use of a seal (SES_Signature) that stands where others have a CMS; null where none does. */
  readonly sealUse: SealSignatureFacts | SealProblem | null;
}

/** What follows the last revision. */
type TrailingBytes = 'none' | 'space' | 'data' | 'unknown';

export interface PdfFacts {
  /** Of the file, by the digest that was asked for. */
  readonly digest: Uint8Array;
  readonly size: number;
  /** Why the file could not be read as a PDF. */
  readonly problem: FormatError | null;
  /** How the file is encrypted, and as whom the password opened it; null where it is not. */
  readonly encryption: Decryption | null;
  readonly signatures: readonly PdfSignatureFacts[];
  /** Names of signature fields of earlier revisions that are gone. */
  readonly removed: readonly string[];
  /** Names of fields that hold a signature without being signature fields. */
  readonly disguised: readonly string[];
  readonly bytesBeforeHeader: number;
  readonly trailing: TrailingBytes;
  /** What a license's page carries along. */
  readonly carried: CarriedLicense;
  readonly graph: CertificateGraph;
  readonly evidence: GatheredEvidence['revocation'];
  /** Which evidence the file itself holds, and since which revision. */
  readonly standing: Standing;
}

export interface PdfSources extends EvidenceInput {
  /** What opens an encrypted file; null: none is. */
  readonly encrypted: PdfPassword | null;
  readonly verifier: SignatureVerifier;
  readonly startDigest: StartDigest;
  readonly documentDigest: DigestAlgorithm;
  /** Absent: the status of a seal is told as unchecked. */
  readonly sealStatus?: SealStatusSource;
}

const maxSignatures = 500;
const maxRevisionsSearched = 200;
/** A signature is at most so long; what is longer is no signature of a kind accepted here. */
const maxTrailingSearched = 1 << 20;

/** @param covered where the signatures of the newest revision end; null where none covers it */
async function trailingBytes(document: PdfDocument, covered: number | null): Promise<TrailingBytes> {
  const end = document.newest.end;
  if (end === null) return 'unknown';
  const size = document.source.size - end;
  // One line end belongs to the end of the file, unless a signature up to there shows that it came later.
  const open = covered !== null && covered < document.source.size;
  if (!open && size <= 2 && (document.facts.bytesAfterEnd ?? 1) === 0) return 'none';
  if (size > maxTrailingSearched) return 'data';
  const rest = await document.source.read(end, size);
  const text = String.fromCharCode(...rest.subarray(0, 2));
  if (!open && rest.length <= 2 && /^(\r\n|\r|\n)?$/.test(text)) return 'none';
  return rest.every((byte) => [0, 9, 10, 12, 13, 32].includes(byte)) ? 'space' : 'data';
}

/** Signature fields of earlier revisions that the newest form no longer holds. */
async function removedSignatures(
  document: PdfDocument,
  now: readonly PdfSignature[],
): Promise<readonly string[]> {
  const names = new Set(now.map((signature) => signature.field.fullName));
  const removed = new Set<string>();
  const count = document.revisions.length;
  for (let revision = Math.max(0, count - 1 - maxRevisionsSearched); revision < count - 1; revision++) {
    try {
      for (const earlier of await readSignatures(document, revision)) {
        if (!names.has(earlier.field.fullName)) removed.add(earlier.field.fullName);
      }
    } catch (error) {
      // An unreadable earlier state holds no signature that could be missed: its own revision would not verify.
      if (!(error instanceof FormatError) || error.code === 'pdf-limit') throw error;
    }
  }
  return [...removed];
}

/** Fields whose value is a signature dictionary though their type says otherwise. */
async function disguisedSignatures(document: PdfDocument): Promise<readonly string[]> {
  const names: string[] = [];
  for (const field of await readFields(document)) {
    if (field.type === 'Sig' || field.value.kind === 'null') continue;
    try {
      const value = dictionaryOf(await document.resolve(field.value));
      if (value === null) continue;
      const type = nameOf(entry(value, 'Type'));
      if (type === 'Sig' || type === 'DocTimeStamp' || value.entries.has('ByteRange'))
        names.push(field.fullName);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      names.push(field.fullName);
    }
  }
  return names;
}

async function changesOf(
  document: PdfDocument,
  signature: PdfSignature,
  all: readonly PdfSignature[],
): Promise<readonly Change[] | null> {
  const { revision } = signature.coverage;
  if (revision === null) return null;
  try {
    return await changesAfter(document, revision, await rulesAsOf(document, all, revision));
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** One signature before anything about it is verified. */
interface Opened {
  readonly signature: PdfSignature;
  readonly type: PdfSignatureFacts['type'];
  readonly read: ReturnType<typeof readSignedData>;
  readonly tokens: readonly Uint8Array[];
  readonly range: CoveredRange | null;
  readonly sealUse: SealSignature | SealProblem | null;
}

/** The digest a signature is over: of a document time-stamp, the one its imprint names. */
function algorithmOf(type: PdfSignatureFacts['type'], read: Opened['read']): DigestAlgorithm | null {
  if (type === 'document-time-stamp') {
    const imprint = tstInfoOf(read)?.messageImprint.algorithm;
    return imprint === undefined ? null : acceptedDigest(digestOf(imprint)?.name);
  }
  const [signer] = read.signedData?.signerInfos ?? [];
  return signer === undefined ? null : acceptedDigest(digestOf(signer.digestAlgorithm)?.name);
}

function openSignature(signature: PdfSignature): Opened {
  const type =
    signature.type === 'DocTimeStamp' || signature.subFilter === 'ETSI.RFC3161'
      ? 'document-time-stamp'
      : 'signature';
  const read = readSignedData(signature.contents?.value ?? new Uint8Array());
  const [signer] = read.signedData?.signerInfos ?? [];
  const sealUse = type === 'signature' ? sealUseIn(signature) : null;
  const algorithm = sealUse !== null && !('part' in sealUse) ? digestOfUse(sealUse) : algorithmOf(type, read);
  const [, firstLength, secondStart, secondLength] = signature.byteRange ?? [];
  const complete = firstLength !== undefined && secondStart !== undefined && secondLength !== undefined;
  const covered = signature.coverage.kind === 'whole-file' || signature.coverage.kind === 'revision';
  return {
    signature,
    type,
    read,
    tokens: type === 'signature' ? signatureTimeStampsOf(signer?.unsignedAttributes ?? []).slice(0, 10) : [],
    sealUse,
    range:
      covered && complete && algorithm !== null
        ? { algorithm, gapStart: firstLength, gapEnd: secondStart, end: secondStart + secondLength }
        : null,
  };
}

/** Told by the value itself, whatever /SubFilter calls it; null where it is no use of a seal. */
function sealUseIn({ contents }: PdfSignature): SealSignature | SealProblem | null {
  const value = contents?.value ?? new Uint8Array();
  return recogniseSeal(value) === 'seal-signature' ? readSealUse(value) : null;
}

function certificatesOf(opened: Opened): readonly Uint8Array[] {
  const tokens = opened.tokens.flatMap((token) => readSignedData(token).signedData?.certificates ?? []);
  const { sealUse } = opened;
  const inUse = sealUse === null || 'part' in sealUse ? [] : certificatesInUse(sealUse);
  return [...(opened.read.signedData?.certificates ?? []), ...tokens, ...inUse];
}

async function gatherSignature(
  opened: Opened,
  digest: Uint8Array | null,
  graph: CertificateGraph,
  verifier: SignatureVerifier,
): Promise<{ readonly cms: CmsFacts; readonly timestamps: readonly TimestampFacts[] }> {
  const contents = opened.signature.contents?.value ?? new Uint8Array();
  const overFile = (algorithm: DigestAlgorithm): Promise<Uint8Array | null> =>
    Promise.resolve(opened.range?.algorithm === algorithm ? digest : null);
  if (opened.type === 'document-time-stamp') {
    const token = await gatherTimestamp(contents, overFile, graph, verifier);
    return { cms: token.cms, timestamps: [token] };
  }
  const cms = await gatherCms(opened.read, { contentType: OID.data, digest: overFile }, graph, verifier);
  const timestamps: TimestampFacts[] = [];
  for (const token of opened.tokens) {
    // RFC 3161 appendix A: the token is over the signature value.
    const value = cms.signer?.signature ?? null;
    const stamped = async (algorithm: DigestAlgorithm): Promise<Uint8Array | null> =>
      value === null ? null : verifier.digest(algorithm, value);
    timestamps.push(await gatherTimestamp(token, stamped, graph, verifier));
  }
  return { cms, timestamps };
}

/** Field names may be empty or repeated; reports need one name each. */
function identify(signatures: readonly Opened[]): readonly string[] {
  const used = new Map<string, number>();
  return signatures.map(({ signature }, at) => {
    const name = signature.field.fullName === '' ? `#${at + 1}` : signature.field.fullName;
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

async function gatherDocument(
  file: ByteSource,
  document: PdfDocument,
  sources: PdfSources,
): Promise<PdfFacts> {
  const signatures = await readSignatures(document);
  if (signatures.length > maxSignatures)
    throw new FormatError('pdf-limit', 'The PDF has too many signatures.');
  const opened = signatures.map(openSignature);
  const embedded = await embeddedEvidence(document);
  const signedDatas = opened.flatMap(({ read }) => (read.signedData === null ? [] : [read.signedData]));
  const { graph, revocation } = await gatherEvidence({
    ...sources,
    certificates: [
      ...opened.flatMap(certificatesOf),
      ...embedded.certificates.map(({ der }) => der),
      ...sources.certificates,
    ],
    crls: [
      ...sources.crls,
      ...embedded.crls.map(({ der }) => der),
      ...signedDatas.flatMap((data) => data.crls),
    ],
    ocsps: [
      ...sources.ocsps,
      ...embedded.ocsps.map(({ der }) => der),
      ...signedDatas.flatMap((data) => data.ocspResponses),
    ],
  });
  const besideSignatures = opened.flatMap((each) => {
    const { revision } = each.signature.coverage;
    return revision === null ? [] : certificatesOf(each).map((der) => ({ der, revision }));
  });
  const ranges = opened.flatMap(({ range }) => (range === null ? [] : [range]));
  // The whole file is one more range, without a gap: what it shares with the signatures' is read and hashed once.
  const { size } = document.facts;
  const whole = { algorithm: sources.documentDigest, gapStart: size, gapEnd: size, end: size };
  const digests = await digestRanges(file, [...ranges, whole], sources.startDigest);
  const ids = identify(opened);
  const facts: PdfSignatureFacts[] = [];
  for (const [at, each] of opened.entries()) {
    const own = each.range === null ? null : (digests[ranges.indexOf(each.range)] ?? null);
    facts.push({
      id: ids[at] ?? `#${at + 1}`,
      type: each.type,
      signature: each.signature,
      ...(await gatherSignature(each, own, graph, sources.verifier)),
      sealUse:
        each.sealUse === null || 'part' in each.sealUse
          ? each.sealUse
          : await sealUseFacts(each.sealUse, graph, sources, (algorithm) =>
              Promise.resolve(each.range?.algorithm === algorithm ? own : null),
            ),
      changes: await changesOf(document, each.signature, signatures),
    });
  }
  return {
    digest: digests.at(-1) ?? new Uint8Array(),
    size,
    problem: null,
    encryption: document.decryption,
    signatures: facts,
    removed: await removedSignatures(document, signatures),
    disguised: await disguisedSignatures(document),
    bytesBeforeHeader: document.facts.bytesBeforeHeader,
    trailing: await trailingBytes(
      document,
      opened.reduce<number | null>((most, { signature, range }) => {
        if (range === null || signature.coverage.revision !== document.newest.index) return most;
        return Math.max(most ?? 0, range.end);
      }, null),
    ),
    carried: await carriedLicense(document),
    graph,
    evidence: revocation,
    standing: await standingIn(embedded, besideSignatures, sources.verifier),
  };
}

/** Gathers everything there is to know about a PDF. Never throws for its bytes. */
export async function gatherPdf(source: ByteSource, sources: PdfSources): Promise<PdfFacts> {
  try {
    return await gatherDocument(source, await openPdf(source, {}, sources.encrypted), sources);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return {
      digest: await digestWhole(source, sources.startDigest, sources.documentDigest),
      size: source.size,
      problem: error,
      encryption: null,
      signatures: [],
      removed: [],
      disguised: [],
      bytesBeforeHeader: 0,
      trailing: 'unknown',
      carried: { record: null, code: null },
      graph: { nodes: new Map(), bySubject: new Map(), exhausted: false },
      evidence: { crls: [], ocsps: [] },
      standing: { certificates: new Map(), revocation: new Map() },
    };
  }
}
