// A seal, and one use of it, with what follows from their facts: instants, paths at those instants, tokens. Pure.
import type { CertificateNode } from './certificate-graph.ts';
import type { SealFacts, SealSignatureFacts } from './facts-seal.ts';
import { findPath } from './path.ts';
import type { PathResult, ValidPath } from './path-model.ts';
import { isLoss, revokedSince } from './revocation-time.ts';
import type { Revocation } from './revocation-time.ts';
import { judgeTimestamp } from './time-evidence.ts';
import type { JudgedTimestamp, TimeContext } from './time-evidence.ts';

export interface JudgedSeal {
  readonly facts: SealFacts;
  /** The instant the seal is judged for: its use, or the time of verification. */
  readonly at: Date;
  /** True where `at` is when the seal was used. */
  readonly used: boolean;
  /** The earliest instant at which the seal provably existed; null without a valid time-stamp. */
  readonly proven: Date | null;
  /** Null where the certificate cannot be read. */
  readonly makerPath: PathResult | null;
  /** True where the path does not hold today and was judged at the making (GM/T 0031-2025). */
  readonly judgedAtMaking: boolean;
  readonly token: JudgedTimestamp | null;
}

export interface JudgedSealSignature {
  readonly facts: SealSignatureFacts;
  readonly seal: JudgedSeal;
  /** When the signer says it was; null where that cannot be told. */
  readonly claimed: Date | null;
  /** The earliest instant at which the signature provably existed; null without a valid time-stamp. */
  readonly proven: Date | null;
  readonly path: PathResult | null;
  /** Over the signature value. */
  readonly token: JudgedTimestamp | null;
  /** In place of a time (version 1). */
  readonly timeToken: JudgedTimestamp | null;
}

function pathAt(node: CertificateNode | null, at: Date, context: TimeContext): PathResult | null {
  if (node === null) return null;
  const { policy, now } = context;
  return findPath(node, context.graph, context.evidence, {
    purpose: 'signature',
    time: { at, now, skewSeconds: policy.clockSkewSeconds, freshnessSeconds: policy.freshnessSeconds },
    revocation:
      policy.revocation === 'ignored'
        ? 'ignored'
        : policy.revocation === 'required'
          ? 'required'
          : 'preferred',
  });
}

/** What GM/T 0031-2025 lets be judged again at the making of the seal. */
const passing: ReadonlySet<string> = new Set(['expired', 'revoked']);

function makerPath(
  facts: SealFacts,
  at: Date,
  context: TimeContext,
): Pick<JudgedSeal, 'makerPath' | 'judgedAtMaking'> {
  const node = facts.maker.certificate;
  if (facts.seal.version !== 5) return { makerPath: pathAt(node, at, context), judgedAtMaking: false };
  const today = pathAt(node, context.now, context);
  if (today?.kind !== 'problem' || !passing.has(today.problem.code))
    return { makerPath: today, judgedAtMaking: false };
  const { createDate } = facts.seal.information.property;
  return { makerPath: pathAt(node, createDate, context), judgedAtMaking: true };
}

function earlier(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/**
 * @param use when the seal was used; null where it is judged by itself, for the time of verification
 * @param usedBefore the earliest instant at which a use of it provably existed
 */
export function judgeSeal(
  facts: SealFacts,
  use: Date | null,
  usedBefore: Date | null,
  context: TimeContext,
): JudgedSeal {
  const at = use ?? context.now;
  const token = facts.timestamp === null ? null : judgeTimestamp(facts.timestamp, context);
  const made = token?.valid === true ? token.genTime : null;
  return {
    facts,
    at,
    used: use !== null,
    proven: earlier(made, usedBefore),
    ...makerPath(facts, at, context),
    token,
  };
}

/** Text without a zone is the clock of the writer's country, the only one these seals come from: UTC+8. */
function localTime(text: string): Date | null {
  const asUtc = new Date(`${text.replace(' ', 'T')}Z`);
  // A day that does not exist would become one of the next month.
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString().slice(0, 10) !== text.slice(0, 10)) return null;
  return new Date(asUtc.getTime() - 8 * 3_600_000);
}

/** Some writers put Beijing time where UTC belongs: eight hours are no proof of a wrong clock. */
const zone = 8 * 3_600_000;

/** How a time stated agrees with one that it must not be later than. */
export function orderOfTimes(stated: Date, limit: Date, skew: number): 'before' | 'zone' | 'after' {
  const late = stated.getTime() - limit.getTime();
  if (late <= skew) return 'before';
  return late <= zone + skew ? 'zone' : 'after';
}

function claimedTime({ signature, timeToken }: SealSignatureFacts): Date | null {
  const { signingTime } = signature;
  if (signingTime.kind === 'time') return signingTime.time;
  return signingTime.kind === 'local' ? localTime(signingTime.text) : (timeToken?.info?.genTime ?? null);
}

export function judgeSealSignature(facts: SealSignatureFacts, context: TimeContext): JudgedSealSignature {
  const token = facts.timestamp === null ? null : judgeTimestamp(facts.timestamp, context);
  const timeToken = facts.timeToken === null ? null : judgeTimestamp(facts.timeToken, context);
  const claimed = claimedTime(facts);
  // Only a token over the signature proves that the signature existed; one within it is as old as its signer likes. One from
  // before the time that the signer states contradicts him, and proves nothing.
  const genTime = token?.valid === true ? token.genTime : null;
  const skew = context.policy.clockSkewSeconds * 1000;
  const proven =
    genTime !== null && claimed !== null && orderOfTimes(claimed, genTime, skew) === 'after' ? null : genTime;
  return {
    facts,
    claimed,
    proven,
    seal: judgeSeal(facts.seal, claimed, proven, context),
    path: pathAt(facts.signer.certificate, claimed ?? context.now, context),
    token,
    timeToken,
  };
}

/** A revocation after the instant judged for, on a path that holds at it; of several a loss of the key comes first. */
export function laterRevocation(path: ValidPath): Revocation | null {
  const later = path.statuses.flatMap((status) => (status.kind === 'revoked' ? [status] : []));
  return later.find(isLoss) ?? later[0] ?? null;
}

/** Whether a later revocation leaves open that the signature was made after it and dated back. */
export function leavesOpen(revoked: Revocation, proven: Date | null): boolean {
  return isLoss(revoked) && (proven === null || proven.getTime() >= revokedSince(revoked));
}
