// The PAdES baseline level a signature has as it stands in its file, and what the next one lacks (EN 319 142-1 6). Pure.
import type { CertificateGraph, CertificateNode } from './certificate-graph.ts';
import type { PdfSignatureFacts } from './facts-pdf.ts';
import { findPath } from './path.ts';
import type { PathParameters, PathResult } from './path-model.ts';
import type { Standing } from './pdf-evidence.ts';
import { nameText } from '../formats/x509/name.ts';
import type { SignatureLevel, Words } from './report.ts';
import type { RevocationEvidence } from './revocation.ts';
import { timestampParameters } from './time-evidence.ts';
import type { JudgedTimestamp, TimeContext } from './time-evidence.ts';

/** A level and, but for the highest, why it is not the next one. */
export interface ToldLevel {
  readonly level: SignatureLevel;
  readonly missing: Words | null;
}

/** A document time-stamp that counts, and the newest revision it covers. */
export interface ValidStamp {
  readonly token: JudgedTimestamp;
  readonly revision: number;
}

export interface LevelContext extends TimeContext {
  readonly standing: Standing;
}

/**
 * EN 319 142-1 clause 6.3: what keeps a signature from being a PAdES baseline signature at all; null where nothing does.
 * The signing-time attribute, forbidden too, protects nothing and harms nothing: it is told beside the level.
 */
function notBaseline({ signature, cms }: PdfSignatureFacts): Words | null {
  if (signature.subFilter !== 'ETSI.CAdES.detached')
    return { zh: '签名格式不是ETSI.CAdES.detached', en: 'its /SubFilter is not ETSI.CAdES.detached' };
  if (signature.coverage.problem !== null || cms.signer === null || cms.signedData?.eContent !== null)
    return { zh: '签名的结构不正确', en: 'it is not built as a signature must be' };
  if (cms.contentType !== 'agrees' || cms.messageDigest !== 'agrees' || cms.signingCertificate !== 'agrees')
    return { zh: '受签名保护的属性缺失或不正确', en: 'signed attributes are absent or wrong' };
  if (cms.signature !== 'valid')
    return { zh: '签名值不正确或无法核对', en: 'its value does not hold or could not be checked' };
  return null;
}

function stands(since: ReadonlyMap<string, number>, digest: string, limit: number): boolean {
  const revision = since.get(digest);
  return revision !== undefined && revision <= limit;
}

/** What stood in the file by a revision, the signatures' own certificates included. */
class Contents {
  readonly #context: LevelContext;
  readonly #limit: number;
  readonly #evidence: RevocationEvidence;

  constructor(context: LevelContext, limit: number) {
    this.#context = context;
    this.#limit = limit;
    const { revocation } = context.standing;
    const stood = ({ digest }: { readonly digest: string }): boolean => stands(revocation, digest, limit);
    this.#evidence = {
      crls: context.evidence.crls.filter(stood),
      ocsps: context.evidence.ocsps.filter(stood),
    };
  }

  /** Why a path could not be validated from the file alone; null where it can. */
  lack(leaf: CertificateNode, graph: CertificateGraph, parameters: PathParameters): Words | null {
    const result = findPath(leaf, graph, this.#evidence, { ...parameters, revocation: 'required' });
    if (result.kind === 'problem') return lackOf(result);
    const absent = result.path
      .slice(0, -1)
      .find(({ fingerprint }) => !stands(this.#context.standing.certificates, fingerprint, this.#limit));
    if (absent === undefined) return null;
    const name = nameText(absent.certificate.subject);
    return { zh: `文件中没有证书“${name}”`, en: `the certificate of "${name}" is not in the file` };
  }
}

function lackOf({ problem }: Extract<PathResult, { kind: 'problem' }>): Words {
  const name = nameText(problem.certificate.subject);
  return problem.code === 'revocation-unknown'
    ? {
        zh: `文件的验证数据(DSS)中没有证书“${name}”可用的吊销信息`,
        en: `the document security store holds no usable revocation data about "${name}"`,
      }
    : {
        zh: `仅凭文件中的数据，证书“${name}”的证书链不成立`,
        en: `the path of "${name}" does not hold by the file alone (${problem.code})`,
      };
}

/** Why a signature and some proof of its time cannot be validated from the file alone; null where they can. */
function lackOfData(
  signer: { readonly node: CertificateNode; readonly parameters: PathParameters },
  proofs: readonly JudgedTimestamp[],
  context: LevelContext,
  limit: number,
): Words | null {
  const contents = new Contents(context, limit);
  const own = contents.lack(signer.node, context.graph, signer.parameters);
  if (own !== null) return own;
  let first: Words | null = null;
  for (const { facts, genTime, existedBy } of proofs) {
    const authority = facts.cms.certificate;
    if (authority === null || genTime === null) continue;
    const lack = contents.lack(authority, context.graph, timestampParameters(genTime, existedBy, context));
    if (lack === null) return null;
    first ??= lack;
  }
  return first ?? { zh: '没有时间戳', en: 'there is no time-stamp' };
}

/**
 * @param tokens the signature's own time-stamps, judged
 * @param later document time-stamps that count and cover the signature, in any order
 * @param parameters how the signer's path was judged; null where there is no certificate
 */
export function tellLevel(
  facts: PdfSignatureFacts,
  tokens: readonly JudgedTimestamp[],
  later: readonly ValidStamp[],
  parameters: PathParameters | null,
  context: LevelContext,
): ToldLevel {
  const node = facts.cms.certificate;
  const broken = notBaseline(facts);
  if (broken !== null || node === null || parameters === null) return { level: 'none', missing: broken };
  const proofs = [...tokens.filter(({ valid }) => valid), ...later.map(({ token }) => token)];
  if (proofs.length === 0) {
    const missing = tokens[0]?.finding ?? { zh: '没有时间戳。', en: 'There is no time-stamp.' };
    return {
      level: 'B-B',
      missing: { zh: missing.zh.replace(/。$/, ''), en: missing.en.replace(/\.$/, '') },
    };
  }
  const signer = { node, parameters };
  const data = lackOfData(signer, proofs, context, Infinity);
  if (data !== null) return { level: 'B-T', missing: data };
  const newest = later.toSorted((a, b) => b.revision - a.revision)[0];
  if (newest === undefined)
    return {
      level: 'B-LT',
      missing: {
        zh: '其后没有可信的文档时间戳保护验证数据',
        en: 'no trusted document time-stamp after it protects the validation data',
      },
    };
  // The stamp that protects needs protection only when the next one comes; its own authority's data may come with that.
  const others = proofs.filter((proof) => proof !== newest.token);
  const unprotected = lackOfData(signer, others, context, newest.revision);
  return unprotected === null
    ? { level: 'B-LTA', missing: null }
    : {
        level: 'B-LT',
        missing: {
          zh: `文档时间戳未覆盖全部验证数据：${unprotected.zh}`,
          en: `the document time-stamp does not cover all validation data: ${unprotected.en}`,
        },
      };
}
