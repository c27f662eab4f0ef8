// Archive time-stamps of one CAdES signature: which count, and since when what they cover provably existed. Pure.
import type { ArchiveStampFacts, IndexState } from './facts-archive.ts';
import type { CmsSignerFacts } from './facts-cms-file.ts';
import type { Words } from './report.ts';
import type { RevocationEvidence } from './revocation.ts';
import { earliestProof, judgeTimestamp } from './time-evidence.ts';
import type { JudgedTimestamp, TimeContext } from './time-evidence.ts';

/** An archive time-stamp and whether it counts: for nothing else than its index says. */
export interface JudgedArchiveStamp {
  readonly facts: ArchiveStampFacts;
  readonly token: JudgedTimestamp;
}

export interface JudgedArchive {
  /** Newest first. */
  readonly stamps: readonly JudgedArchiveStamp[];
  /** The signature-time-stamps, with what the archive time-stamps prove of them. */
  readonly tokens: readonly JudgedTimestamp[];
  /** Evidence with the instants by which it provably existed (EN 319 102-1 5.6.2.3). */
  readonly evidence: RevocationEvidence;
}

const defects: Record<Exclude<IndexState, 'agrees'>, Words> = {
  unmatched: {
    zh: '档案时间戳所列的数据有的已不在签名中。',
    en: 'Something that the archive time-stamp covers is not in the signature any more.',
  },
  absent: {
    zh: '档案时间戳没有可识别的ats-hash-index。',
    en: 'The archive time-stamp has no ats-hash-index of a known version.',
  },
  malformed: {
    zh: '档案时间戳的ats-hash-index损坏或不止一个。',
    en: 'The ats-hash-index of the archive time-stamp is damaged or there are several.',
  },
  'other-algorithm': {
    zh: '档案时间戳的ats-hash-index所用摘要算法与时间戳不同或不被接受。',
    en: 'The ats-hash-index is not by the digest algorithm of its time-stamp, or that is not accepted.',
  },
  'content-unknown': {
    zh: '没有签名内容按该算法的摘要，无法核对档案时间戳。',
    en: 'The digest of the signed content by the algorithm of the archive time-stamp is not at hand.',
  },
  'too-much': {
    zh: '签名中的数据过多，未核对档案时间戳。',
    en: 'The signature has more parts than are looked into for archive time-stamps.',
  },
};

function refused(token: JudgedTimestamp, finding: Words): JudgedTimestamp {
  return { ...token, valid: false, finding };
}

/** Those that count and cover a value of the unsigned attributes. */
function covering(stamps: readonly JudgedArchiveStamp[], place: number): readonly JudgedTimestamp[] {
  return stamps.flatMap(({ facts, token }) => (token.valid && facts.attributes.has(place) ? [token] : []));
}

function withProofs(
  { crls, ocsps }: RevocationEvidence,
  stamps: readonly JudgedArchiveStamp[],
): RevocationEvidence {
  const proof = <T extends { readonly digest: string }>(item: T): T => {
    const existed = earliestProof(
      stamps.filter(({ facts }) => facts.evidence.has(item.digest)).map(({ token }) => token),
    );
    return existed === null ? item : { ...item, existed };
  };
  return { crls: crls.map(proof), ocsps: ocsps.map(proof) };
}

function newestFirst(a: ArchiveStampFacts, b: ArchiveStampFacts): number {
  const [earlier, later] = [a, b].map(({ token }) => token.info?.genTime.getTime() ?? 0);
  // Of two of one instant, the one that covers the other came after it.
  return (later ?? 0) - (earlier ?? 0) || Number(b.attributes.has(a.at)) - Number(a.attributes.has(b.at));
}

function judgeOne(
  facts: ArchiveStampFacts,
  newer: readonly JudgedArchiveStamp[],
  context: TimeContext,
): JudgedTimestamp {
  const evidence = withProofs(context.evidence, newer);
  const token = judgeTimestamp(
    facts.token,
    { ...context, evidence },
    earliestProof(covering(newer, facts.at)),
  );
  return facts.index === 'agrees' ? token : refused(token, defects[facts.index]);
}

/** A time-stamp that covers another says no time before that one's; one that does contradicts, and counts for nothing. */
function contradicts(
  stamp: JudgedArchiveStamp,
  covered: readonly (readonly [place: number, token: JudgedTimestamp])[],
  context: TimeContext,
): boolean {
  const latest = (stamp.token.genTime?.getTime() ?? 0) + context.policy.clockSkewSeconds * 1000;
  return covered.some(
    ([place, { valid, genTime }]) =>
      valid && stamp.facts.attributes.has(place) && genTime !== null && genTime.getTime() > latest,
  );
}

const early: Words = {
  zh: '档案时间戳的时间早于其所覆盖的时间戳。',
  en: 'The archive time-stamp says a time before that of a time-stamp that it covers.',
};

/**
 * From the newest to the oldest (EN 319 102-1 5.6.3.4): each protects what its index names, the older ones and their evidence
 * too. What does not hold counts as absent: whoever hands the signature in could have left it away.
 */
export function judgeArchive(signer: CmsSignerFacts, context: TimeContext): JudgedArchive {
  let stamps: readonly JudgedArchiveStamp[] = [];
  for (const facts of signer.archive.toSorted(newestFirst)) {
    const stamp = { facts, token: judgeOne(facts, stamps, context) };
    const newer = stamps.map(({ facts: { at }, token }) => [at, token] as const);
    const sound = stamp.token.valid && !contradicts(stamp, newer, context);
    stamps = [...stamps, sound || !stamp.token.valid ? stamp : { facts, token: refused(stamp.token, early) }];
  }
  const tokensBy = (counting: readonly JudgedArchiveStamp[]): readonly JudgedTimestamp[] =>
    signer.timestamps.map((token) =>
      judgeTimestamp(
        token,
        { ...context, evidence: withProofs(context.evidence, counting) },
        earliestProof(covering(counting, token.at)),
      ),
    );
  const first = tokensBy(stamps);
  const own = signer.timestamps.flatMap(({ at }, place) => {
    const token = first[place];
    return token === undefined ? [] : [[at, token] as const];
  });
  const counting = stamps.map((stamp) =>
    stamp.token.valid && contradicts(stamp, own, context)
      ? { facts: stamp.facts, token: refused(stamp.token, early) }
      : stamp,
  );
  return {
    stamps: counting,
    tokens: tokensBy(counting),
    evidence: withProofs(context.evidence, counting),
  };
}
