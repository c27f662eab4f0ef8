// One signer of a CMS file with what follows from its facts: proof of time, path at that time, level. Pure.
import type { CmsFileFacts, CmsSignerFacts } from './facts-cms-file.ts';
import { lackOfData } from './held-data.ts';
import type { Held, Signer } from './held-data.ts';
import { judgeArchive } from './judged-archive.ts';
import type { JudgedArchive, JudgedArchiveStamp } from './judged-archive.ts';
import type { PathResult } from './path-model.ts';
import type { VerificationPolicy } from './policy.ts';
import type { Words } from './report.ts';
import { signerPath } from './signer-path.ts';
import type { ToldLevel } from './signature-level.ts';
import { earliestProof } from './time-evidence.ts';
import type { JudgedTimestamp, TimeContext } from './time-evidence.ts';

export interface JudgedCms extends ToldLevel {
  readonly facts: CmsSignerFacts;
  readonly file: CmsFileFacts;
  readonly tokens: readonly JudgedTimestamp[];
  /** Archive time-stamps, newest first. */
  readonly archive: readonly JudgedArchiveStamp[];
  /** The earliest instant at which the signature provably existed. */
  readonly proven: Date | null;
  /** The instant the path was judged for: a proof, or the time of verification. */
  readonly at: Date;
  /** Null where no certificate is known. */
  readonly path: PathResult | null;
}

const store: Words = { zh: '签名数据中', en: 'the signature' };

/** EN 319 122-1 clause 6.3: what keeps a signature from being a CAdES baseline signature; null where nothing does. Unlike PAdES it states its time. */
function notBaseline({ cms }: CmsSignerFacts): Words | null {
  if (cms.contentType !== 'agrees' || cms.messageDigest !== 'agrees' || cms.signingCertificate !== 'agrees')
    return { zh: '受签名保护的属性缺失或不正确', en: 'signed attributes are absent or wrong' };
  if (cms.signingTime === null) return { zh: '缺少自称时间属性', en: 'the signing-time attribute is absent' };
  return cms.signature === 'valid'
    ? null
    : { zh: '签名值不正确或无法核对', en: 'its value does not hold or could not be checked' };
}

function heldIn(names: ReadonlySet<string>): Held {
  const stands = (digest: string): boolean => names.has(digest);
  return { certificate: stands, revocation: stands, store };
}

function tellLevel(
  facts: CmsSignerFacts,
  { stamps, tokens }: JudgedArchive,
  signer: Signer | null,
  carried: ReadonlySet<string>,
  context: TimeContext,
): ToldLevel {
  const broken = notBaseline(facts);
  if (broken !== null || signer === null) return { level: 'none', missing: broken };
  // Clause 6.3 asks for a signature-time-stamp at every level above the first, whatever an archive time-stamp proves.
  const proofs = tokens.filter(({ valid }) => valid);
  if (proofs.length === 0) {
    const missing = tokens[0]?.finding ?? { zh: '没有时间戳。', en: 'There is no time-stamp.' };
    const plain = { zh: missing.zh.replace(/。$/, ''), en: missing.en.replace(/\.$/, '') };
    return { level: 'B-B', missing: plain };
  }
  const data = lackOfData(signer, proofs, context, heldIn(carried));
  if (data !== null) return { level: 'B-T', missing: data };
  let missing: Words | null = null;
  for (const { facts: stamp, token } of stamps) {
    if (!token.valid) continue;
    const protectedProofs = proofs.filter((proof) =>
      facts.timestamps.some(({ at }, place) => tokens[place] === proof && stamp.attributes.has(at)),
    );
    const lack = lackOfData(signer, protectedProofs, context, heldIn(stamp.evidence));
    if (lack === null) return { level: 'B-LTA', missing: null };
    missing ??= {
      zh: `档案时间戳未覆盖全部验证数据：${lack.zh}`,
      en: `the archive time-stamp does not cover all validation data: ${lack.en}`,
    };
  }
  return {
    level: 'B-LT',
    missing: missing ?? {
      zh: '没有可信的档案时间戳保护验证数据',
      en: 'no trusted archive time-stamp protects the validation data',
    },
  };
}

export function judgeCmsSigner(
  facts: CmsSignerFacts,
  file: CmsFileFacts,
  policy: VerificationPolicy,
  now: Date,
): JudgedCms {
  const { graph } = file;
  const archive = judgeArchive(facts, { graph, evidence: file.evidence, policy, now });
  const { evidence } = archive;
  const proofs = [...archive.tokens, ...archive.stamps.map(({ token }) => token)];
  const node = facts.cms.certificate;
  const found = node === null ? null : signerPath(node, proofs, graph, evidence, policy, now);
  const proven = earliestProof(proofs);
  const signer = node === null || found === null ? null : { node, parameters: found.parameters };
  return {
    facts,
    file,
    tokens: archive.tokens,
    archive: archive.stamps,
    proven,
    at: found?.parameters.time.at ?? now,
    path: found?.path ?? null,
    ...tellLevel(facts, archive, signer, file.carried, { graph, evidence, policy, now }),
  };
}
