// The PAdES baseline level a signature has as it stands in its file, and what the next one lacks (EN 319 142-1 6). Pure.
import type { PdfSignatureFacts } from './facts-pdf.ts';
import { lackOfData } from './held-data.ts';
import type { Held } from './held-data.ts';
import type { PathParameters } from './path-model.ts';
import type { Standing } from './pdf-evidence.ts';
import type { SignatureLevel, Words } from './report.ts';
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

const store: Words = { zh: '文件的验证数据(DSS)中', en: 'the document security store' };

/**
 * EN 319 142-1 clause 6.3: what keeps a signature from being a PAdES baseline signature at all; null where nothing does.
 * The signing-time attribute, forbidden too, protects nothing and harms nothing: it is told beside the level.
 */
function notBaseline({ signature, cms }: PdfSignatureFacts): Words | null {
  if (signature.subFilter !== 'ETSI.CAdES.detached')
    return { zh: '签名格式不是ETSI.CAdES.detached', en: 'its /SubFilter is not ETSI.CAdES.detached' };
  if (signature.coverage.problem !== null || cms.signer === null || cms.signedData?.eContent !== null)
    return { zh: '签名的结构不正确', en: 'it is not built as a signature must be' };
  if (!cms.isDer) return { zh: '签名数据未采用DER编码', en: 'its signature data is not DER' };
  if (cms.contentType !== 'agrees' || cms.messageDigest !== 'agrees' || cms.signingCertificate !== 'agrees')
    return { zh: '受签名保护的属性缺失或不正确', en: 'signed attributes are absent or wrong' };
  if (cms.signature !== 'valid')
    return { zh: '签名值不正确或无法核对', en: 'its value does not hold or could not be checked' };
  return null;
}

/** What stood in the file by a revision, the signatures' own certificates included. */
function heldBy({ certificates, revocation }: Standing, limit: number): Held {
  const stood = (since: ReadonlyMap<string, number>) => (digest: string) =>
    (since.get(digest) ?? Infinity) <= limit && since.has(digest);
  return { certificate: stood(certificates), revocation: stood(revocation), store };
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
  const data = lackOfData(signer, proofs, context, heldBy(context.standing, Infinity));
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
  const unprotected = lackOfData(signer, others, context, heldBy(context.standing, newest.revision));
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
