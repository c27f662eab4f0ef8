// One signer of a CMS file with what follows from its facts: proof of time, path at that time, level. Pure.
import type { CmsFileFacts, CmsSignerFacts } from './facts-cms-file.ts';
import type { PathResult } from './path-model.ts';
import type { VerificationPolicy } from './policy.ts';
import type { SignatureLevel } from './report.ts';
import type { RevocationEvidence } from './revocation.ts';
import { signerPath } from './signer-path.ts';
import type { SignerPath } from './signer-path.ts';
import { earliestProof, judgeTimestamp } from './time-evidence.ts';
import type { JudgedTimestamp } from './time-evidence.ts';

export interface JudgedCms {
  readonly facts: CmsSignerFacts;
  readonly file: CmsFileFacts;
  readonly tokens: readonly JudgedTimestamp[];
  /** The earliest instant at which the signature provably existed. */
  readonly proven: Date | null;
  /** The instant the path was judged for: a proof, or the time of verification. */
  readonly at: Date;
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
  const node = facts.cms.certificate;
  const pathBy = (known: RevocationEvidence, by: VerificationPolicy): SignerPath | null =>
    node === null ? null : signerPath(node, tokens, graph, known, by, now);
  const found = pathBy(evidence, policy);
  // EN 319 122-1 clause 6.3: B-LT carries the status of every certificate along; help from outside does not count.
  const alone = {
    graph,
    evidence: file.carriedEvidence,
    policy: { ...policy, revocation: 'required' },
    now,
  } as const;
  const selfContained = (): boolean =>
    pathBy(file.carriedEvidence, alone.policy)?.path.kind === 'valid' &&
    facts.timestamps.some((token) => judgeTimestamp(token, alone).valid);
  const level = !isBaseline(facts) ? 'none' : proven === null ? 'B-B' : selfContained() ? 'B-LT' : 'B-T';
  return {
    facts,
    file,
    tokens,
    proven,
    at: found?.parameters.time.at ?? now,
    path: found?.path ?? null,
    level,
  };
}
