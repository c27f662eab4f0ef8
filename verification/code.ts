// Verifying a license code, in a page or on the server: gather, judge, report. Reaches nothing of Node.
import type { Inflate } from '../formats/qr/status-list.ts';
import { toHex } from '../formats/bytes.ts';
import { assembleReport } from './assemble.ts';
import { words } from './check.ts';
import { codeChecks } from './checks/code.ts';
import type { VerificationErrorCode } from './errors.ts';
import { digestOfCode, gatherCode } from './facts-code.ts';
import type { CodeFacts } from './facts-code.ts';
import type { StatusListSource } from './facts-status.ts';
import { isoTime } from './iso-time.ts';
import { judge } from './judge.ts';
import { fieldsOfLicense, wordsOfStatus } from './license-words.ts';
import { portalPolicy } from './policy.ts';
import type { VerificationPolicy } from './policy.ts';
import type { LicenseReport, Qualification, Report } from './report.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import type { TrustList } from './trust-list.ts';

/** Everything the verification of a code is given. */
export interface CodeDependencies {
  readonly verifier: SignatureVerifier;
  readonly inflate: Inflate;
  /** The instant the judgement is for. */
  readonly time: Date;
  /** Default: the portal policy. */
  readonly policy?: VerificationPolicy;
  /** A list that `verifyTrustList` answered; keys and status come from it and never from the code. */
  readonly trustList?: TrustList | null;
  /** Why there is no trust list, where one was expected; becomes a row. */
  readonly trustListProblem?: VerificationErrorCode | 'unavailable';
  readonly statusLists?: StatusListSource;
}

const notCovered = words(
  '本码证明内容真实，不证明持有人身份；纸面上未列入上表的内容不在签名保护范围内。',
  'The code proves the content, not the bearer; what is printed beyond the fields above is not covered by the signature.',
);

/** What a code says, for people; null where it could not be read. */
export function reportLicense(facts: CodeFacts): LicenseReport | null {
  const { claims, message, status } = facts;
  if (claims === null) return null;
  return {
    licenseId: toHex(claims.id),
    version: claims.version,
    typeCode: facts.typeCode,
    typeName: facts.dictionary?.name ?? null,
    issuer: claims.issuer,
    issuerName: facts.issuer?.name ?? null,
    issuedAt: isoTime(claims.issuedAt),
    expiresAt: claims.expires === null ? null : isoTime(claims.expires),
    fields: fieldsOfLicense(claims.face, facts.dictionary),
    status:
      status.kind === 'read'
        ? { value: status.value, words: wordsOfStatus(status.value), asOf: isoTime(status.issuedAt) }
        : null,
    statusEntry: claims.status,
    recordDigest: `${message === null ? 'sha256' : digestOfCode(message)}:${toHex(claims.recordHash)}`,
    notCovered,
  };
}

function qualificationOf(facts: CodeFacts): Qualification {
  return facts.signers[0]?.entity.qualification ?? 'none';
}

/** Facts about a code, for callers that compare them with a PDF's record. */
export function gatherCodeFacts(text: string, dependencies: CodeDependencies): Promise<CodeFacts> {
  return gatherCode(text, dependencies);
}

/**
 * Verifies the text of a printed code: the whole address or its digits.
 * @returns a report; a text that is no code is a report with a reason, never an exception.
 */
export async function verifyCode(text: string, dependencies: CodeDependencies): Promise<Report> {
  const policy = dependencies.policy ?? portalPolicy;
  const facts = await gatherCode(text, dependencies);
  return assembleReport({
    kind: facts.claims === null ? 'unknown' : 'license-code',
    time: dependencies.time,
    policy,
    document:
      facts.envelope === null || facts.envelopeDigest === null
        ? null
        : { digest: facts.envelopeDigest, size: facts.envelope.length },
    trustList: facts.trustList,
    qualification: qualificationOf(facts),
    rows: judge(codeChecks, facts, policy, dependencies.time),
    // A face nobody's key vouches for is shown to nobody.
    license: facts.signers.length > 0 ? reportLicense(facts) : null,
    passedWords: words('证照有效，内容未被改动。', 'The license is in force and its content unchanged.'),
  });
}
