// One signature with what follows from its facts: proof of time, path at that time, level. Pure.
import type { PdfFacts, PdfSignatureFacts } from './facts-pdf.ts';
import { judgeSealSignature } from './judged-seal.ts';
import type { JudgedSealSignature } from './judged-seal.ts';
import type { PathResult } from './path-model.ts';
import type { VerificationPolicy } from './policy.ts';
import type { SignatureLevel, Words } from './report.ts';
import type { RevocationEvidence } from './revocation.ts';
import { tellLevel } from './signature-level.ts';
import type { LevelContext, ValidStamp } from './signature-level.ts';
import { signerPath } from './signer-path.ts';
import { earliestProof, judgeTimestamp } from './time-evidence.ts';
import type { JudgedTimestamp } from './time-evidence.ts';

/** What the checks of a signature look at. */
export interface JudgedSignature {
  readonly facts: PdfSignatureFacts;
  readonly tokens: readonly JudgedTimestamp[];
  /** Document time-stamps that count and cover the whole signature, oldest revision first. */
  readonly later: readonly ValidStamp[];
  /** Those that contradict: they say a time before a time-stamp that they were put over, and count for nothing. */
  readonly early: readonly ValidStamp[];
  /** The earliest instant at which the signature provably existed. */
  readonly proven: Date | null;
  /** The instant the path was judged for: a proof, or the time of verification. */
  readonly at: Date;
  /** Null where no certificate is known. */
  readonly path: PathResult | null;
  readonly level: SignatureLevel;
  /** What the next level lacks; null at the highest and where there are no levels. */
  readonly missing: Words | null;
  /** Where the use of a seal stands in place of a CMS and could be read. */
  readonly sealUse: JudgedSealSignature | null;
}

/** Null where the signature covers no revision. */
function revisionOf({ signature }: PdfSignatureFacts): number | null {
  return signature.coverage.problem === null ? signature.coverage.revision : null;
}

function coveringStamps(facts: PdfSignatureFacts, stamps: readonly ValidStamp[]): readonly ValidStamp[] {
  const own = revisionOf(facts);
  return own === null ? [] : stamps.filter(({ revision }) => revision > own);
}

/**
 * Document time-stamps from the newest to the oldest (EN 319 102-1 5.6.3.4): each protects what stood in the file before it,
 * the older stamps and their evidence too.
 */
function judgeStamps(
  facts: PdfFacts,
  context: LevelContext,
): { readonly valid: readonly ValidStamp[]; readonly evidence: RevocationEvidence } {
  const stamps = facts.signatures
    .flatMap((stamp) => {
      const known = stamp.type === 'document-time-stamp' && stamp.signature.subFilter === 'ETSI.RFC3161';
      const revision = known ? revisionOf(stamp) : null;
      const [token] = stamp.timestamps;
      return revision === null || token === undefined ? [] : [{ stamp, token, revision }];
    })
    .toSorted((a, b) => b.revision - a.revision);
  let valid: readonly ValidStamp[] = [];
  let evidence = context.evidence;
  for (const { stamp, token, revision } of stamps) {
    const existedBy = earliestProof(coveringStamps(stamp, valid).map((later) => later.token));
    const judged = judgeTimestamp(token, { ...context, evidence }, existedBy);
    if (!judged.valid) continue;
    valid = [{ token: judged, revision }, ...valid];
    evidence = withProofs(context.evidence, facts, valid);
  }
  return { valid, evidence };
}

/** Evidence with the instants by which it provably existed (EN 319 102-1 5.6.2.3). */
function withProofs(
  { crls, ocsps }: RevocationEvidence,
  { standing }: Pick<PdfFacts, 'standing'>,
  stamps: readonly ValidStamp[],
): RevocationEvidence {
  const proof = <T extends { readonly digest: string }>(item: T): T => {
    const since = standing.revocation.get(item.digest);
    if (since === undefined) return item;
    const existed = earliestProof(
      stamps.filter(({ revision }) => revision >= since).map(({ token }) => token),
    );
    return existed === null ? item : { ...item, existed };
  };
  return { crls: crls.map(proof), ocsps: ocsps.map(proof) };
}

/** Parts the stamps over a signature by whether they are older than its own time-stamps, which they cover. */
function inOrder(
  facts: PdfSignatureFacts,
  stamps: readonly ValidStamp[],
  context: LevelContext,
): Pick<JudgedSignature, 'later' | 'early'> {
  const existedBy = earliestProof(stamps.map(({ token }) => token));
  const own = facts.type === 'signature' ? facts.timestamps : [];
  const times = own.flatMap((token) => {
    const { valid, genTime } = judgeTimestamp(token, context, existedBy);
    return valid && genTime !== null ? [genTime.getTime()] : [];
  });
  const least = Math.max(...times) - context.policy.clockSkewSeconds * 1000;
  const contradicts = ({ token }: ValidStamp): boolean => (token.genTime?.getTime() ?? Infinity) < least;
  return {
    later: stamps.filter((stamp) => !contradicts(stamp)),
    early: stamps.filter((stamp) => contradicts(stamp)),
  };
}

function judgeOne(
  facts: PdfSignatureFacts,
  stamps: readonly ValidStamp[],
  context: LevelContext,
): JudgedSignature {
  const covering = coveringStamps(facts, stamps);
  const { later, early } = inOrder(facts, covering, context);
  const existedBy = earliestProof(later.map(({ token }) => token));
  const tokens = facts.timestamps.map((token) => judgeTimestamp(token, context, existedBy));
  const proven = earliestProof([...tokens, ...later.map(({ token }) => token)]);
  const proofs = [...tokens, ...later.map(({ token }) => token)];
  const base = { facts, tokens, later, early, proven, at: proven ?? context.now, path: null, sealUse: null };
  if (facts.type !== 'signature') return { ...base, level: 'none', missing: null };
  if (facts.sealUse !== null && !('part' in facts.sealUse)) {
    const sealUse = judgeSealSignature(facts.sealUse, context);
    const since = earlierOf(sealUse.proven, proven);
    const at = since ?? context.now;
    return { ...base, proven: since, at, path: sealUse.path, level: 'none', missing: null, sealUse };
  }
  const { graph, evidence, policy, now } = context;
  if (facts.cms.certificate === null) return { ...base, ...tellLevel(facts, tokens, later, null, context) };
  const { path, parameters } = signerPath(facts.cms.certificate, proofs, graph, evidence, policy, now);
  return {
    ...base,
    at: parameters.time.at,
    path,
    ...tellLevel(facts, tokens, later, parameters, context),
  };
}

function earlierOf(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/** Every signature of a PDF, judged with what document time-stamps prove. */
export function judgeSignatures(
  facts: PdfFacts,
  policy: VerificationPolicy,
  now: Date,
): readonly JudgedSignature[] {
  const context: LevelContext = {
    graph: facts.graph,
    evidence: facts.evidence,
    standing: facts.standing,
    policy,
    now,
  };
  const { valid, evidence } = judgeStamps(facts, context);
  return facts.signatures.map((each) => judgeOne(each, valid, { ...context, evidence }));
}
