// Verifying a CMS signature by itself (CAdES, GB/T 35275), attached or beside its content: gather, judge each signer, report.
import { toHex } from '../formats/bytes.ts';
import { assembleReport } from './assemble.ts';
import { words } from './check.ts';
import { cmsFileChecks } from './checks/cms-file.ts';
import { cmsSignerChecks } from './checks/cms-signer.ts';
import { trustListChecks, trustListContext } from './checks/trust-list.ts';
import type { VerificationDependencies } from './dependencies.ts';
import { gatherCmsFile } from './facts-cms-file.ts';
import { conclude, judge } from './judge.ts';
import { judgeCmsSigner } from './judged-cms.ts';
import type { JudgedCms } from './judged-cms.ts';
import { portalPolicy } from './policy.ts';
import { reportSigner } from './report-signature.ts';
import { conclusionUrn, reportQualification, subIndicationUrn } from './report.ts';
import type { Qualification, Report, Row, SignatureReport } from './report.ts';
import { anchorsOf } from './anchors.ts';

const ascending: readonly Qualification[] = ['none', 'unconfirmed', 'internal', 'licensed'];

function qualificationOf({ path }: JudgedCms): Qualification {
  return path?.kind === 'valid' ? path.anchor.qualification : 'none';
}

function reportCmsSigner(judged: JudgedCms, rows: readonly Row[]): SignatureReport {
  const { cms, id } = judged.facts;
  const { conclusion, subIndication } = conclude(rows);
  return {
    id,
    type: 'signature',
    conclusion,
    subIndication,
    conclusionUrn: conclusionUrn(conclusion),
    subIndicationUrn: subIndicationUrn(subIndication),
    level: judged.level,
    coverage: judged.file.content === 'missing' ? 'unclear' : 'whole-file',
    signer: cms.certificate === null ? null : reportSigner(cms.certificate),
    claimedTime: cms.signingTime?.toISOString() ?? null,
    provenTime: judged.proven?.toISOString() ?? null,
    reason: null,
    changes: [],
    qualification: reportQualification(qualificationOf(judged)),
    rows,
  };
}

/** @returns a report, whatever the bytes are; the content of a detached signature is `dependencies.content`. */
export async function verifyCms(der: Uint8Array, dependencies: VerificationDependencies): Promise<Report> {
  const policy = dependencies.policy ?? portalPolicy;
  const { time: now, verifier, startDigest, documentDigest = 'sha256' } = dependencies;
  const facts = await gatherCmsFile(der, {
    verifier,
    startDigest,
    anchors: anchorsOf(dependencies),
    certificates: dependencies.certificates ?? [],
    crls: dependencies.crls ?? [],
    ocsps: dependencies.ocsps ?? [],
    source: dependencies.evidence ?? null,
    content: dependencies.content ?? null,
  });
  const judged = facts.signers.map((signer) => judgeCmsSigner(signer, facts, policy, now));
  const qualifications = judged.map(qualificationOf);
  return assembleReport({
    kind: 'cms',
    time: now,
    policy,
    document: {
      digest: `${documentDigest}:${toHex(await verifier.digest(documentDigest, der))}`,
      size: der.length,
    },
    trustList: dependencies.trustList ?? null,
    qualification: ascending.find((value) => qualifications.includes(value)) ?? 'none',
    rows: [
      ...judge(cmsFileChecks, facts, policy, now),
      ...judge(trustListChecks, trustListContext(dependencies), policy, now),
    ],
    signatures: judged.map((each) => reportCmsSigner(each, judge(cmsSignerChecks, each, policy, now))),
    passedWords: words('签名有效，内容未被改动。', 'The signatures hold and the content is unchanged.'),
  });
}
