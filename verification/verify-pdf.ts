// Verifying a PDF: gather, judge each signature, judge the whole, report.
import { toHex } from '../formats/bytes.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { assembleReport } from './assemble.ts';
import { anchorsOf } from './anchors.ts';
import { gatherCodeFacts, reportLicense } from './code.ts';
import { words } from './check.ts';
import { codeChecks } from './checks/code.ts';
import { licenseChecks } from './checks/license.ts';
import { pdfChecks } from './checks/pdf.ts';
import { pdfSealChecks } from './checks/pdf-seal.ts';
import { signatureChecks } from './checks/signature.ts';
import { trustListContext } from './checks/trust-list.ts';
import { gatherPdf } from './facts-pdf.ts';
import { judge } from './judge.ts';
import { judgeSignatures } from './judged-signature.ts';
import type { JudgedSignature } from './judged-signature.ts';
import { gatherLicense } from './license-record.ts';
import { organizationIdentifierOf } from './organization.ts';
import { portalPolicy } from './policy.ts';
import { qualificationOf, reportSignature } from './report-signature.ts';
import type { Qualification, Report } from './report.ts';
import type { VerificationDependencies } from './dependencies.ts';

/** The weakest qualification of all signatures. */
function weakest(judged: readonly JudgedSignature[]): Qualification {
  const order: readonly Qualification[] = ['none', 'unconfirmed', 'internal', 'licensed'];
  const values = judged.filter(({ facts }) => facts.type === 'signature').map(qualificationOf);
  return order.find((value) => values.includes(value)) ?? 'none';
}

/** @returns a report, whatever the bytes are. */
export async function verifyPdf(source: ByteSource, dependencies: VerificationDependencies): Promise<Report> {
  const policy = dependencies.policy ?? portalPolicy;
  const { time: now, verifier, startDigest, documentDigest = 'sha256' } = dependencies;
  const trustList = dependencies.trustList ?? null;
  const facts = await gatherPdf(source, {
    verifier,
    startDigest,
    documentDigest,
    anchors: anchorsOf(dependencies),
    certificates: dependencies.certificates ?? [],
    crls: dependencies.crls ?? [],
    ocsps: dependencies.ocsps ?? [],
    source: dependencies.evidence ?? null,
    encrypted: dependencies.encrypted ?? null,
    ...(dependencies.sealStatus === undefined ? {} : { sealStatus: dependencies.sealStatus }),
  });
  const judged = judgeSignatures(facts, policy, now);
  const signatures = judged.map((each) => {
    const checks = each.facts.sealUse === null ? signatureChecks : pdfSealChecks;
    return reportSignature(each, judge(checks, each, policy, now));
  });
  const license = await gatherLicense(facts.carried, {
    verifier,
    readCode: (text) => gatherCodeFacts(text, dependencies),
    signers: judged.flatMap(({ facts: { type, cms }, path }) =>
      type === 'signature' && cms.certificate !== null
        ? [
            {
              identifier: organizationIdentifierOf(cms.certificate.certificate),
              service: path?.kind === 'valid' ? path.anchor.service : null,
            },
          ]
        : [],
    ),
    holder: dependencies.holder ?? null,
  });
  const code = license?.code ?? null;
  const whole = { facts, ...trustListContext(dependencies) };
  return assembleReport({
    kind: 'pdf',
    time: now,
    policy,
    document: { digest: `${documentDigest}:${toHex(facts.digest)}`, size: facts.size },
    trustList,
    qualification: weakest(judged),
    rows: [
      ...judge(pdfChecks, whole, policy, now),
      ...(license === null ? [] : judge(licenseChecks, license, policy, now)),
      ...(code === null ? [] : judge(codeChecks, code, policy, now)),
    ],
    license: code === null || code.signers.length === 0 ? null : reportLicense(code),
    signatures,
    passedWords: words('文件的签名有效，内容未被改动。', 'The signatures hold and the content is unchanged.'),
  });
}
