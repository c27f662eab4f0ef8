// One signature with what follows from its facts: proof of time, path at that time, level. Pure.
import type { CertificateGraph } from './certificate-graph.ts';
import type { PdfSignatureFacts } from './facts-pdf.ts';
import { findPath } from './path.ts';
import type { PathResult } from './path-model.ts';
import type { VerificationPolicy } from './policy.ts';
import type { SignatureLevel } from './report.ts';
import type { RevocationEvidence } from './revocation.ts';
import { judgeTimestamp } from './time-evidence.ts';
import type { JudgedTimestamp } from './time-evidence.ts';

/** What the checks of a signature look at. */
export interface JudgedSignature {
  readonly facts: PdfSignatureFacts;
  readonly tokens: readonly JudgedTimestamp[];
  /** The earliest instant at which the signature provably existed. */
  readonly proven: Date | null;
  /** Null where no certificate is known. */
  readonly path: PathResult | null;
  readonly level: SignatureLevel;
}

/** EN 319 142-1 clause 6.3: what makes a PAdES baseline signature at all. */
function isBaseline({ signature, cms }: PdfSignatureFacts): boolean {
  return (
    signature.subFilter === 'ETSI.CAdES.detached' &&
    signature.coverage.problem === null &&
    cms.signer !== null &&
    cms.signedData?.eContent === null &&
    cms.contentType === 'agrees' &&
    cms.messageDigest === 'agrees' &&
    cms.signingCertificate === 'agrees' &&
    cms.signingTime === null &&
    cms.signature === 'valid'
  );
}

export interface JudgingContext {
  readonly graph: CertificateGraph;
  readonly evidence: RevocationEvidence;
  readonly policy: VerificationPolicy;
  readonly now: Date;
}

/**
 * @param laterProof earliest valid document time-stamp that covers the whole signature; null where there is none
 */
export function judgeSignatureFacts(
  facts: PdfSignatureFacts,
  laterProof: Date | null,
  context: JudgingContext,
): JudgedSignature {
  const tokens = facts.timestamps.map((token) => judgeTimestamp(token, context));
  const times = tokens.flatMap(({ valid, genTime }) => (valid && genTime !== null ? [genTime] : []));
  const candidates = laterProof === null ? times : [...times, laterProof];
  const proven = candidates.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null;
  const { policy, now } = context;
  const path =
    facts.cms.certificate === null || facts.type !== 'signature'
      ? null
      : findPath(facts.cms.certificate, context.graph, context.evidence, {
          purpose: 'signature',
          time: {
            at: proven ?? now,
            now,
            skewSeconds: policy.clockSkewSeconds,
            freshnessSeconds: policy.freshnessSeconds,
          },
          revocation:
            policy.revocation === 'ignored'
              ? 'ignored'
              : policy.revocation === 'required'
                ? 'required'
                : 'preferred',
        });
  const level = facts.type !== 'signature' || !isBaseline(facts) ? 'none' : times.length > 0 ? 'B-T' : 'B-B';
  return { facts, tokens, proven, path, level };
}
