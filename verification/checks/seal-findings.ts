// Findings that a seal and a use of it have in common: about a certificate, an algorithm, a signature value, a token.
import { failed, indeterminate, passed, warned } from '../check.ts';
import type { Finding } from '../check.ts';
import type { SealValueFacts } from '../facts-seal-value.ts';
import type { TimestampFacts } from '../facts-timestamp.ts';
import { laterRevocation, leavesOpen } from '../judged-seal.ts';
import type { PathResult } from '../path-model.ts';
import type { VerificationPolicy } from '../policy.ts';
import type { SubIndication, Words } from '../report.ts';
import type { JudgedTimestamp } from '../time-evidence.ts';
import { askedElsewhere, findingOfProblem, nameOfCertificate, revocationProblems } from './path.ts';

/** Standards by the version that a seal says. */
export const standardOf: Record<1 | 4 | 5, string> = {
  1: 'GM/T 0031-2014',
  4: 'GB/T 38540-2020',
  5: 'GM/T 0031-2025',
};

export function certificateFinding({ certificate }: SealValueFacts, whose: Words): Finding {
  if (certificate === null)
    return indeterminate(
      'NO_SIGNING_CERTIFICATE_FOUND',
      `${whose.zh}证书无法解析。`,
      `The certificate of the ${whose.en} cannot be read.`,
    );
  const name = nameOfCertificate(certificate.certificate);
  return passed(`${name}。`, `${name}.`);
}

/** GB/T 38540 clauses 6.1 and 7.1: the identifier must be of an algorithm of the standard and fit the certificate. */
export function algorithmFinding(value: SealValueFacts, version: 1 | 4 | 5): Finding {
  const { identifier, named, accepted, keyFits, keyType } = value;
  if (named === null)
    return indeterminate(
      'CRYPTO_CONSTRAINTS_FAILURE',
      `签名算法标识（${identifier}）无法识别。`,
      `The identifier of the signature algorithm is not known (${identifier}).`,
    );
  if (named === 'RS1' || named === 'ES1')
    return indeterminate(
      'CRYPTO_CONSTRAINTS_FAILURE',
      '使用SHA-1的签名不再被接受。',
      'Signatures over SHA-1 are no longer accepted.',
    );
  if (accepted === null)
    return indeterminate(
      'CRYPTO_CONSTRAINTS_FAILURE',
      `${standardOf[version]}不采用签名算法${named}。`,
      `${standardOf[version]} does not have the signature algorithm ${named}.`,
    );
  if (keyType === null)
    return indeterminate(
      'CRYPTO_CONSTRAINTS_FAILURE',
      '证书中没有可用的公钥。',
      'The certificate holds no public key of a known kind.',
    );
  if (!keyFits)
    return failed(
      'FORMAT_FAILURE',
      '签名算法与证书的公钥不符。',
      'The signature algorithm does not fit the key of the certificate.',
    );
  return accepted === 'SM2SM3'
    ? passed('SM2 (SM3)。', 'SM2 (SM3).')
    : passed('RSA (SHA-256)。', 'RSA (SHA-256).');
}

export function valueFinding({ wellFormed }: SealValueFacts): Finding {
  return wellFormed
    ? passed('格式正确。', 'It has.')
    : failed(
        'FORMAT_FAILURE',
        '签名值既不是DER编码也不是64字节的r‖s。',
        'The signature value is neither DER nor the 64 bytes r‖s.',
      );
}

/** Whether there is anything to check a value with. */
export function checkable({ certificate, accepted, keyFits, wellFormed }: SealValueFacts): boolean {
  return certificate !== null && accepted !== null && keyFits && wellFormed;
}

function about(finding: Finding, whose: Words): Finding {
  const { zh, en } = finding.finding;
  return { ...finding, finding: { zh: `${whose.zh}：${zh}`, en: `Of the ${whose.en}: ${en}` } };
}

/** Chain, validity and usage, at an instant that binds: what the maker or signer states speaks against himself. */
export function pathFinding(path: PathResult | null, at: Date, whose: Words): Finding {
  if (path === null)
    return indeterminate(
      'NO_SIGNING_CERTIFICATE_FOUND',
      '没有可用的证书。',
      'There is no usable certificate.',
    );
  if (path.kind === 'problem' && !askedElsewhere.has(path.problem.code))
    return about(findingOfProblem(path.problem, true), whose);
  const instant = at.toISOString();
  return passed(`证书链成立(${instant})。`, `The path holds (${instant}).`, null, 'certificate');
}

/** Whether the question of revocation can be asked at all. */
export function asksRevocation(path: PathResult | null, policy: VerificationPolicy): boolean {
  return (
    path !== null &&
    policy.revocation !== 'ignored' &&
    (path.kind === 'valid' || revocationProblems.has(path.problem.code))
  );
}

/**
 * Revoked before the instant: no. After it: what was signed stands, but where the key was lost and no time-stamp proves
 * that the signature is older, whoever had the key may have dated it back.
 */
export function revocationFinding(
  path: PathResult | null,
  proven: Date | null,
  whose: Words,
  policy: VerificationPolicy,
): Finding {
  if (path === null) return indeterminate('TRY_LATER', '没有可用的证书。', 'There is no usable certificate.');
  if (path.kind === 'problem') return about(findingOfProblem(path.problem, true), whose);
  const later = laterRevocation(path);
  if (later !== null) {
    const at = later.at.toISOString();
    return leavesOpen(later, proven)
      ? indeterminate(
          path.statuses[0] === later ? 'REVOKED_NO_POE' : 'REVOKED_CA_NO_POE',
          `${whose.zh}证书其后因密钥泄露被吊销(${at})，且没有时间戳证明签名在此之前完成。`,
          `The ${whose.en}'s certificate was revoked later for loss of its key (${at}), and no time-stamp proves that the signature is older.`,
          later.thisUpdate,
          later.source ?? null,
        )
      : warned(
          `${whose.zh}证书其后才被吊销(${at})，不影响此前的签名。`,
          `The ${whose.en}'s certificate was revoked later (${at}); what was signed before stands.`,
          later.thisUpdate,
          later.source ?? null,
        );
  }
  if (path.statuses.some((status) => status.kind === 'unknown'))
    return warned(
      `无法确认${whose.zh}证书是否被吊销(策略${policy.name}允许)。`,
      `Whether the ${whose.en}'s certificate is revoked is unknown (allowed by policy ${policy.name}).`,
    );
  const newest = path.statuses[0];
  return newest?.kind === 'good'
    ? passed('未被吊销。', 'It is not.', newest.thisUpdate, newest.source ?? null)
    : passed('未被吊销。', 'It is not.');
}

/** What in the token itself, before anybody is trusted, shows that it is none over this signature. */
function brokenToken({ cms, info, imprint }: TimestampFacts): SubIndication | null {
  if (cms.problem !== null || cms.signer === null || info === null) return 'FORMAT_FAILURE';
  if (imprint === 'differs' || cms.messageDigest === 'differs') return 'HASH_FAILURE';
  return cms.signature === 'invalid' ? 'SIG_CRYPTO_FAILURE' : null;
}

/** A token that is there must hold (GM/T 0031-2025) where nobody could have taken it away: the signer signed it along. */
export function tokenFinding(facts: TimestampFacts, token: JudgedTimestamp): Finding {
  const { zh, en } = token.finding;
  if (token.valid) return passed(zh, en, token.genTime, 'time-stamp');
  const broken = brokenToken(facts);
  const said = [`时间戳未通过验证：${zh}`, `The time-stamp does not hold: ${en}`] as const;
  return broken === null ? indeterminate('SIG_CONSTRAINTS_FAILURE', ...said) : failed(broken, ...said);
}
