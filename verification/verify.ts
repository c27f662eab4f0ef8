// Verification as a whole: identify, gather, judge, report.
import { toHex } from '../formats/bytes.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { assembleReport } from './assemble.ts';
import { words } from './check.ts';
import { verifyCode } from './code.ts';
import type { VerificationDependencies } from './dependencies.ts';
import { identify } from './identify.ts';
import { digestWhole } from './pdf-digests.ts';
import { portalPolicy } from './policy.ts';
import type { Report } from './report.ts';
import { verifyCms } from './verify-cms.ts';
import { verifyCertificate } from './verify-certificate.ts';
import { verifyPdf } from './verify-pdf.ts';
import { verifySeal, verifySealSignature } from './verify-seal.ts';

async function reportUnknown(input: ByteSource, dependencies: VerificationDependencies): Promise<Report> {
  const { documentDigest = 'sha256' } = dependencies;
  const digest = await digestWhole(input, dependencies.startDigest, documentDigest);
  const finding = words('不是可以验证的文件。', 'It is nothing that can be verified.');
  return assembleReport({
    kind: 'unknown',
    time: dependencies.time,
    policy: dependencies.policy ?? portalPolicy,
    document: { digest: `${documentDigest}:${toHex(digest)}`, size: input.size },
    trustList: dependencies.trustList ?? null,
    qualification: 'none',
    rows: [
      {
        id: 'input.kind',
        question: words(
          '是否为可验证的文件（PDF、签名数据、证书、证照码）？',
          'Is it something that can be verified (PDF, CMS, certificate, license code)?',
        ),
        outcome: 'failed',
        citation: 'ETSI EN 319 102-1 5.2.2',
        finding,
        subIndication: 'FORMAT_FAILURE',
        evidence: null,
        evidenceTime: null,
      },
    ],
    passedWords: finding,
  });
}

export type { VerificationDependencies } from './dependencies.ts';

/** Verifies whatever the bytes are. Never throws because of them: a bad input is a report with a reason. */
export async function verify(input: ByteSource, dependencies: VerificationDependencies): Promise<Report> {
  const identified = await identify(input);
  switch (identified.kind) {
    case 'pdf':
      return verifyPdf(input, dependencies);
    case 'cms':
      return verifyCms(identified.der, dependencies);
    case 'seal':
      return verifySeal(identified.der, dependencies);
    case 'seal-signature':
      return verifySealSignature(identified.der, dependencies);
    case 'certificate':
      return verifyCertificate(identified.der, {
        ...dependencies,
        certificates: [...identified.others, ...(dependencies.certificates ?? [])],
      });
    case 'license-code':
      return verifyCode(identified.text, dependencies);
    case 'unknown':
      return reportUnknown(input, dependencies);
  }
}
