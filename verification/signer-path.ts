// A signer's path at the first instant, of those at which the signature provably existed, at which it holds. Pure.
import type { CertificateGraph, CertificateNode } from './certificate-graph.ts';
import { findPath } from './path.ts';
import type { PathParameters, PathProblemCode, PathResult } from './path-model.ts';
import type { VerificationPolicy } from './policy.ts';
import type { RevocationEvidence } from './revocation.ts';
import type { JudgedTimestamp } from './time-evidence.ts';

/** The path, and how it was judged. */
export interface SignerPath {
  readonly path: PathResult;
  readonly parameters: PathParameters;
}

/** Instants tried beside the earliest proof; more than anybody stamps a signature. */
const maxInstants = 12;

/** What a later instant can mend: all else stands whenever it is asked. */
const passing: ReadonlySet<PathProblemCode> = new Set(['not-yet-valid', 'expired', 'anchor-not-trusted']);

function signerParameters(at: Date, policy: VerificationPolicy, now: Date): PathParameters {
  const { revocation } = policy;
  return {
    purpose: 'signature',
    time: { at, now, skewSeconds: policy.clockSkewSeconds, freshnessSeconds: policy.freshnessSeconds },
    revocation: revocation === 'warned' ? 'preferred' : revocation,
  };
}

/**
 * What existed at a proven instant existed at every later one up to now, and whoever hands a file in can leave its
 * time-stamps away: a time-stamp may save a signature, and never makes it worse than it is without (EN 319 102-1 5.5.4
 * begins with the signature as it stands now, too). Where no instant holds, the earliest proof's problem is told.
 * @param proofs time-stamps over the signature, judged, in any order
 */
export function signerPath(
  leaf: CertificateNode,
  proofs: readonly JudgedTimestamp[],
  graph: CertificateGraph,
  evidence: RevocationEvidence,
  policy: VerificationPolicy,
  now: Date,
): SignerPath {
  const proven = proofs.flatMap(({ valid, genTime }) =>
    valid && genTime !== null ? [genTime.getTime()] : [],
  );
  const [first = now.getTime(), ...later] = [...new Set(proven)].sort((a, b) => a - b);
  const at = (instant: number): SignerPath => {
    const parameters = signerParameters(new Date(instant), policy, now);
    return { path: findPath(leaf, graph, evidence, parameters), parameters };
  };
  const earliest = at(first);
  if (earliest.path.kind === 'valid' || !passing.has(earliest.path.problem.code)) return earliest;
  for (const instant of [...later.slice(0, maxInstants), now.getTime()]) {
    const found = at(instant);
    if (found.path.kind === 'valid') return found;
  }
  return earliest;
}
