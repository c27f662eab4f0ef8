// Verifying a seal, and one use of a seal: gather, judge, report.
import { toHex } from '../formats/bytes.ts';
import { assembleReport } from './assemble.ts';
import type { ReportParts } from './assemble.ts';
import { words } from './check.ts';
import type { Check, Finding } from './check.ts';
import { sealChecks } from './checks/seal.ts';
import { findingOfPart } from './checks/seal-parts.ts';
import { sealSignatureChecks } from './checks/seal-signature.ts';
import { trustListChecks, trustListContext } from './checks/trust-list.ts';
import type { VerificationDependencies } from './dependencies.ts';
import { gatherSeal, gatherSealSignature } from './facts-seal.ts';
import type { GatheredSeal, SealSignatureFacts } from './facts-seal.ts';
import { conclude, judge } from './judge.ts';
import { judgeSeal, judgeSealSignature } from './judged-seal.ts';
import type { JudgedSealSignature } from './judged-seal.ts';
import type { PathResult } from './path-model.ts';
import { portalPolicy } from './policy.ts';
import type { VerificationPolicy } from './policy.ts';
import { reportSigner } from './report-signature.ts';
import { conclusionUrn, reportQualification, subIndicationUrn } from './report.ts';
import type { Qualification, Report, Row, SignatureReport } from './report.ts';
import type { TimeContext } from './time-evidence.ts';

function qualificationOf(path: PathResult | null): Qualification {
  return path?.kind === 'valid' ? path.anchor.qualification : 'none';
}

/** The first question answered, and no other asked: what cannot be read leaves nothing to ask of. */
function unreadable<Facts>(
  checks: readonly Check<Facts>[],
  finding: Finding,
  policy: VerificationPolicy,
  now: Date,
): readonly Row[] {
  const asked = checks.map(({ id, question, citation }, index): Check<null> => ({
    id,
    question,
    citation,
    applies: () => index === 0,
    evaluate: () => finding,
  }));
  return judge(asked, null, policy, now);
}

type Common = Pick<ReportParts, 'time' | 'policy' | 'document' | 'trustList'>;

async function commonParts(bytes: Uint8Array, dependencies: VerificationDependencies): Promise<Common> {
  const { verifier, documentDigest = 'sha256' } = dependencies;
  return {
    time: dependencies.time,
    policy: dependencies.policy ?? portalPolicy,
    document: {
      digest: `${documentDigest}:${toHex(await verifier.digest(documentDigest, bytes))}`,
      size: bytes.length,
    },
    trustList: dependencies.trustList ?? null,
  };
}

function trustListRows(dependencies: VerificationDependencies, { policy, time }: Common): readonly Row[] {
  return judge(trustListChecks, trustListContext(dependencies), policy, time);
}

/** Verifies a seal by itself, for the time of verification. @returns a report, whatever the bytes are. */
export async function verifySeal(bytes: Uint8Array, dependencies: VerificationDependencies): Promise<Report> {
  const common = await commonParts(bytes, dependencies);
  const { policy, time: now } = common;
  const gathered = await gatherSeal(bytes, dependencies);
  const passedWords = words('印章有效。', 'The seal is valid.');
  if ('part' in gathered) {
    const finding = findingOfPart(gathered, '印章', 'The seal is malformed');
    const rows = unreadable(sealChecks, finding, policy, now);
    return assembleReport({ ...common, kind: 'seal', qualification: 'none', rows, passedWords });
  }
  const context: TimeContext = { graph: gathered.graph, evidence: gathered.revocation, policy, now };
  const judged = judgeSeal(gathered.facts, null, null, context);
  return assembleReport({
    ...common,
    kind: 'seal',
    qualification: qualificationOf(judged.makerPath),
    rows: [...judge(sealChecks, judged, policy, now), ...trustListRows(dependencies, common)],
    passedWords,
  });
}

function reportUse(judged: JudgedSealSignature, rows: readonly Row[]): SignatureReport {
  const { facts, path } = judged;
  const { conclusion, subIndication } = conclude(rows);
  return {
    id: facts.signature.seal.information.property.name,
    type: 'signature',
    conclusion,
    subIndication,
    conclusionUrn: conclusionUrn(conclusion),
    subIndicationUrn: subIndicationUrn(subIndication),
    level: 'none',
    coverage: facts.content === 'agrees' ? 'whole-file' : 'unclear',
    signer: facts.signer.certificate === null ? null : reportSigner(facts.signer.certificate),
    claimedTime: judged.claimed?.toISOString() ?? null,
    provenTime: judged.proven?.toISOString() ?? null,
    reason: null,
    changes: [],
    qualification: reportQualification(qualificationOf(path)),
    rows,
  };
}

function reportGathered(
  gathered: GatheredSeal<SealSignatureFacts>,
  common: Common,
  listRows: readonly Row[],
): Report {
  const { policy, time: now } = common;
  const context: TimeContext = { graph: gathered.graph, evidence: gathered.revocation, policy, now };
  const judged = judgeSealSignature(gathered.facts, context);
  return assembleReport({
    ...common,
    kind: 'seal-signature',
    qualification: qualificationOf(judged.path),
    rows: [...judge(sealChecks, judged.seal, policy, now), ...listRows],
    signatures: [reportUse(judged, judge(sealSignatureChecks, judged, policy, now))],
    passedWords: words(
      '签章有效，原文未被改动。',
      'The use of the seal holds and the original is unchanged.',
    ),
  });
}

/**
 * Verifies one use of a seal, and the seal as of that use. The original is what the caller gives as content; without it the
 * answer stays open. @returns a report, whatever the bytes are.
 */
export async function verifySealSignature(
  bytes: Uint8Array,
  dependencies: VerificationDependencies,
): Promise<Report> {
  const common = await commonParts(bytes, dependencies);
  const gathered = await gatherSealSignature(bytes, dependencies);
  if (!('part' in gathered)) return reportGathered(gathered, common, trustListRows(dependencies, common));
  const finding = findingOfPart(gathered, '签章', 'The signature is malformed');
  const rows = unreadable(sealSignatureChecks, finding, common.policy, common.time);
  return assembleReport({
    ...common,
    kind: 'seal-signature',
    qualification: 'none',
    rows,
    passedWords: finding.finding,
  });
}
