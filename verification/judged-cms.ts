// One signer of a CMS file with what follows from its facts: proof of time, path at that time, level. Pure.
import type { CmsFileFacts, CmsSignerFacts } from './facts-cms-file.ts';
import { findPath } from './path.ts';
import type { PathResult } from './path-model.ts';
import type { VerificationPolicy } from './policy.ts';
import type { SignatureLevel } from './report.ts';
import type { RevocationEvidence } from './revocation.ts';
import { earliestProof, judgeTimestamp } from './time-evidence.ts';
import type { JudgedTimestamp } from './time-evidence.ts';

export interface JudgedCms {
  readonly facts: CmsSignerFacts;
  readonly file: CmsFileFacts;
  readonly tokens: readonly JudgedTimestamp[];
  /** The earliest instant at which the signature provably existed. */
  readonly proven: Date | null;
  /** Null where no certificate is known. */
  readonly path: PathResult | null;
  readonly level: SignatureLevel;
}

/** EN 319 122-1 clause 6.3: what makes a CAdES baseline signature at all. Unlike PAdES it states its time. */
function isBaseline({ cms }: CmsSignerFacts): boolean {
  return (
    cms.contentType === 'agrees' &&
    cms.messageDigest === 'agrees' &&
    cms.signingCertificate === 'agrees' &&
    cms.signingTime !== null &&
    cms.signature === 'valid'
  );
}

export function judgeCmsSigner(
  facts: CmsSignerFacts,
  file: CmsFileFacts,
  policy: VerificationPolicy,
  now: Date,
): JudgedCms {
  const { graph, evidence } = file;
  const tokens = facts.timestamps.map((token) => judgeTimestamp(token, { graph, evidence, policy, now }));
  const proven = earliestProof(tokens);
  const pathBy = (
    known: RevocationEvidence,
    revocation: VerificationPolicy['revocation'],
  ): PathResult | null =>
    facts.cms.certificate === null
      ? null
      : findPath(facts.cms.certificate, graph, known, {
          purpose: 'signature',
          time: {
            at: proven ?? now,
            now,
            skewSeconds: policy.clockSkewSeconds,
            freshnessSeconds: policy.freshnessSeconds,
          },
          revocation: revocation === 'warned' ? 'preferred' : revocation,
        });
  const path = pathBy(evidence, policy.revocation);
  // EN 319 122-1 clause 6.3: B-LT carries the status of every certificate along; help from outside does not count.
  const alone = {
    graph,
    evidence: file.carriedEvidence,
    policy: { ...policy, revocation: 'required' },
    now,
  } as const;
  const selfContained = (): boolean =>
    pathBy(file.carriedEvidence, 'required')?.kind === 'valid' &&
    facts.timestamps.some((token) => judgeTimestamp(token, alone).valid);
  const level = !isBaseline(facts) ? 'none' : proven === null ? 'B-B' : selfContained() ? 'B-LT' : 'B-T';
  return { facts, file, tokens, proven, path, level };
}
