// When something provably existed: the earliest valid time-stamp, and why the others do not count.
import type { CertificateGraph } from './certificate-graph.ts';
import type { TimestampFacts } from './facts-timestamp.ts';
import { findPath } from './path.ts';
import type { PathParameters, PathResult } from './path-model.ts';
import type { VerificationPolicy } from './policy.ts';
import type { Words } from './report.ts';
import type { RevocationEvidence } from './revocation.ts';

export interface JudgedTimestamp {
  readonly facts: TimestampFacts;
  readonly genTime: Date | null;
  /** When the token itself provably existed, by a later document time-stamp; null where nothing proves it before now. */
  readonly existedBy: Date | null;
  readonly valid: boolean;
  /** Why it does not count; words of success where it does. */
  readonly finding: Words;
}

export interface TimeContext {
  readonly graph: CertificateGraph;
  readonly evidence: RevocationEvidence;
  readonly policy: VerificationPolicy;
  /** The time of verification. */
  readonly now: Date;
}

type Defect = readonly [zh: string, en: string];

function tokenDefect({ cms, info, imprint }: TimestampFacts): Defect | null {
  if (cms.problem !== null) return ['时间戳无法解析', `the token cannot be read (${cms.problem})`];
  if (cms.signer === null) return ['时间戳须恰有一个签名者', 'the token must have exactly one signer'];
  if (info === null) return ['时间戳中没有时间信息', 'the token holds no TSTInfo'];
  if (imprint === 'differs') return ['时间戳针对的是其他数据', 'the token is over other data'];
  if (imprint !== 'agrees')
    return ['时间戳使用的摘要算法不被接受', 'the digest of the token is not accepted'];
  if ([...info.extensions.values()].some((extension) => extension.critical)) {
    return ['时间戳含有未知的关键扩展', 'the token has an unknown critical extension'];
  }
  if (cms.certificate === null)
    return ['时间戳未附带签名证书', "the token does not carry its signer's certificate"];
  if (cms.contentType !== 'agrees' || cms.messageDigest !== 'agrees')
    return ['时间戳的签名属性不正确', 'the signed attributes of the token are wrong'];
  // RFC 3161 section 2.4.2, RFC 5816: the attribute binds the token to one certificate.
  if (cms.signingCertificate !== 'agrees')
    return ['时间戳未绑定其签名证书', 'the token does not name its signing certificate'];
  if (cms.signature !== 'valid') return ['时间戳的签名无效', 'the signature of the token does not hold'];
  return null;
}

function pathDefect(result: PathResult): Defect | null {
  if (result.kind === 'valid') return null;
  const { code } = result.problem;
  if (code === 'no-anchor' || code === 'anchor-not-trusted')
    return ['时间戳机构不受信任', 'the time-stamping authority is not trusted'];
  if (code === 'extended-key-usage')
    return [
      '证书未被（仅且关键地）授权签发时间戳',
      'the certificate is not for time-stamping alone (critical extended key usage)',
    ];
  if (code === 'revoked')
    return ['时间戳机构的证书已被吊销', "the time-stamping authority's certificate is revoked"];
  if (code === 'revocation-unknown')
    return [
      '无法确认时间戳机构证书的状态',
      "the status of the time-stamping authority's certificate is unknown",
    ];
  return ['时间戳机构的证书链不成立', `the time-stamping authority's path does not hold (${code})`];
}

/** How the path of a token's authority is judged. */
export function timestampParameters(
  genTime: Date,
  existedBy: Date | null,
  { policy, now }: Pick<TimeContext, 'policy' | 'now'>,
): PathParameters {
  return {
    purpose: 'timestamp',
    time: {
      at: genTime,
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
    // Whoever holds a lost key writes any time he likes: its loss reaches back to every token that did not provably exist
    // before (EN 319 102-1 5.4, 5.6.2).
    lossReachesBack: true,
    existedBy,
  };
}

/** EN 319 102-1 5.4.4, 5.6.2: an authority answers for its key until its certificate ends; by then a later proof must be there. */
function outlived(
  result: PathResult,
  facts: TimestampFacts,
  parameters: PathParameters,
  context: TimeContext,
): boolean {
  if (result.kind === 'problem' || facts.cms.certificate === null) return false;
  const until = parameters.existedBy ?? context.now;
  const skew = context.policy.clockSkewSeconds * 1000;
  if (
    result.path
      .slice(0, -1)
      .every(({ certificate }) => certificate.notAfter.getTime() + skew >= until.getTime())
  )
    return false;
  const later = { ...parameters, time: { ...parameters.time, at: until }, revocation: 'ignored' as const };
  return findPath(facts.cms.certificate, context.graph, context.evidence, later).kind === 'problem';
}

/**
 * Judges one token at the time it states, and its authority's keys with all that is known now.
 * @param existedBy when the token provably existed; null where that is now
 */
export function judgeTimestamp(
  facts: TimestampFacts,
  context: TimeContext,
  existedBy: Date | null = null,
): JudgedTimestamp {
  const { policy, now } = context;
  const genTime = facts.info?.genTime ?? null;
  const refuse = ([zh, en]: Defect): JudgedTimestamp => ({
    facts,
    genTime,
    existedBy,
    valid: false,
    finding: { zh: `${zh}。`, en: `${en}.` },
  });
  const defect = tokenDefect(facts);
  if (defect !== null || genTime === null || facts.cms.certificate === null)
    return refuse(defect ?? ['时间戳不完整', 'the token is incomplete']);
  if (genTime.getTime() > now.getTime() + policy.clockSkewSeconds * 1000)
    return refuse(['时间戳的时间晚于验证时间', 'the token is dated after the time of verification']);
  const parameters = timestampParameters(genTime, existedBy, context);
  const result = findPath(facts.cms.certificate, context.graph, context.evidence, parameters);
  const broken = pathDefect(result);
  if (broken !== null) return refuse(broken);
  if (outlived(result, facts, parameters, context))
    return refuse([
      '时间戳机构的证书此后已过期，且没有更晚的时间戳保护',
      "the time-stamping authority's certificate has expired since, and no later time-stamp protects the token",
    ]);
  const at = genTime.toISOString();
  return {
    facts,
    genTime,
    existedBy,
    valid: true,
    finding: { zh: `可信时间戳：${at}。`, en: `Trusted time-stamp: ${at}.` },
  };
}

/** The earliest valid time of several tokens. */
export function earliestProof(judged: readonly JudgedTimestamp[]): Date | null {
  let earliest: Date | null = null;
  for (const { genTime, valid } of judged) {
    if (valid && genTime !== null && (earliest === null || genTime < earliest)) earliest = genTime;
  }
  return earliest;
}
