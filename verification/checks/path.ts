// What a path's outcome means in EN 319 102-1 words, for any end entity.
import type { Certificate } from '../../formats/x509/certificate.ts';
import { nameText } from '../../formats/x509/name.ts';
import { failed, indeterminate } from '../check.ts';
import type { Finding } from '../check.ts';
import type { PathProblem, PathProblemCode } from '../path-model.ts';
import type { SubIndication, Words } from '../report.ts';

/** Problems of revocation, which have a question of their own. */
export const revocationProblems: ReadonlySet<PathProblemCode> = new Set(['revoked', 'revocation-unknown']);

/** Problems that the question for the chain leaves to the questions for revocation and region. */
export const askedElsewhere: ReadonlySet<PathProblemCode> = new Set([...revocationProblems, 'anchor-scope']);

const meanings: Record<
  PathProblemCode,
  { readonly sub: SubIndication; readonly zh: string; readonly en: string }
> = {
  'no-anchor': {
    sub: 'NO_CERTIFICATE_CHAIN_FOUND',
    zh: '签名证书不是由受信任的机构签发的',
    en: 'no path leads from the certificate to a trusted authority',
  },
  'anchor-not-trusted': {
    sub: 'NO_CERTIFICATE_CHAIN_FOUND',
    zh: '签发机构当时未获认可，或未被认可用于此用途',
    en: 'the authority was not recognised at that time or not for this purpose',
  },
  'anchor-scope': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '签发机构未被认可用于该签名者所在的区域',
    en: "the authority is not recognised for the signer's region",
  },
  'not-yet-valid': { sub: 'NOT_YET_VALID', zh: '证书尚未生效', en: 'a certificate was not yet valid' },
  expired: { sub: 'EXPIRED', zh: '证书已过期', en: 'a certificate had expired' },
  'refused-algorithm': {
    sub: 'CRYPTO_CONSTRAINTS_FAILURE',
    zh: '证书使用了不被接受的签名算法',
    en: 'a certificate is signed with an algorithm that is not accepted',
  },
  'unknown-critical-extension': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '证书含有未知的关键扩展',
    en: 'a certificate has an unknown critical extension',
  },
  'malformed-extension': {
    sub: 'CERTIFICATE_CHAIN_GENERAL_FAILURE',
    zh: '证书扩展无法解析',
    en: 'an extension of a certificate cannot be read',
  },
  'not-a-ca': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '签发证书者不是认证机构',
    en: 'a certificate that issued another is no CA',
  },
  'key-usage': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '证书的密钥用途不符',
    en: 'the key usage of a certificate does not fit',
  },
  'extended-key-usage': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '证书的扩展密钥用途不符',
    en: 'the extended key usage of a certificate does not fit',
  },
  'not-conforming': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '证书的制作不符合标准',
    en: 'a certificate is not made as the standard demands',
  },
  'name-mismatch': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '证书不代表所询问的名称',
    en: 'the certificate does not stand for the name asked for',
  },
  'chain-depth': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '证书链超过所要求的深度',
    en: 'the path is longer than the caller allows',
  },
  'path-length': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '证书链超过允许的长度',
    en: 'the path is longer than a CA allows',
  },
  'name-constraints': {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '证书名称超出签发机构的名称限制',
    en: 'a name lies outside the name constraints of a CA',
  },
  policies: {
    sub: 'CHAIN_CONSTRAINTS_FAILURE',
    zh: '证书策略不符',
    en: 'the certificate policies do not allow the path',
  },
  revoked: { sub: 'REVOKED', zh: '证书已被吊销', en: 'a certificate is revoked' },
  'revocation-unknown': {
    sub: 'TRY_LATER',
    zh: '无法确认证书是否被吊销',
    en: 'whether a certificate is revoked is unknown',
  },
  'too-much-work': {
    sub: 'CERTIFICATE_CHAIN_GENERAL_FAILURE',
    zh: '证书链过于复杂，已停止检查',
    en: 'the certificates are too entangled; the search was ended',
  },
};

/** The subject as people read it. */
export function nameOfCertificate(certificate: Certificate): string {
  return nameText(certificate.subject);
}

/**
 * EN 319 102-1 5.5.4 and table 6: a certificate's end or revocation is definite where the signature was certainly made after
 * it. A time-stamp tells only that a signature is older than it, so of a stamped signature it never is.
 */
function subIndication({ code, depth }: PathProblem, instantBinds: boolean): SubIndication {
  if (instantBinds) return meanings[code].sub;
  if (code === 'expired' || code === 'not-yet-valid') return 'OUT_OF_BOUNDS_NO_POE';
  if (code === 'revoked') return depth === 0 ? 'REVOKED_NO_POE' : 'REVOKED_CA_NO_POE';
  return meanings[code].sub;
}

const definite: ReadonlySet<SubIndication> = new Set(['REVOKED', 'EXPIRED', 'NOT_YET_VALID']);

/** @param instantBinds whether the use was certainly not before the instant the path was judged at, as where it states so */
export function findingOfProblem(problem: PathProblem, instantBinds: boolean): Finding {
  const meaning = meanings[problem.code];
  const subject = nameOfCertificate(problem.certificate);
  const since =
    problem.revoked === undefined
      ? ''
      : ` ${problem.revoked.at.toISOString()} (${problem.revoked.reason ?? 'unspecified'})`;
  const rule = problem.rule === undefined ? '' : ` (${problem.rule.id}, ${problem.rule.citation})`;
  const said: Words = {
    zh: `${meaning.zh}${since}${rule}:${subject}。`,
    en: `${meaning.en}${since}${rule}: ${subject}.`,
  };
  const sub = subIndication(problem, instantBinds);
  const at = problem.revoked?.thisUpdate ?? null;
  const source = problem.revoked?.source ?? null;
  return definite.has(sub)
    ? failed(sub, said.zh, said.en, at, source)
    : indeterminate(sub, said.zh, said.en, at, source);
}
