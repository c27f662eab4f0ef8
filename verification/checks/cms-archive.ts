// What is asked of the archive time-stamps of a CAdES signature: do they hold, what do they cover, what not.
import type { CmsAttribute } from '../../formats/cms/attributes.ts';
import { OID } from '../../formats/x509/oid.ts';
import { passed, warned, words } from '../check.ts';
import type { Check } from '../check.ts';
import type { JudgedCms } from '../judged-cms.ts';
import type { JudgedArchiveStamp } from '../judged-archive.ts';
import type { Words } from '../report.ts';

/** archive-time-stamp of RFC 5126 and of ETSI TS 101 733 before version 2.2, and long-term-validation: beyond what is read. */
const older: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.9.16.2.48',
  '1.2.840.113549.1.9.16.2.27',
  '0.4.0.1733.2.2',
]);

function attributesOf({ facts }: JudgedCms): readonly CmsAttribute[] {
  return facts.cms.signer?.unsignedAttributes ?? [];
}

function notCovered({ facts: { uncovered } }: JudgedArchiveStamp): Words {
  const { certificates, revocation, attributes } = uncovered;
  return certificates + revocation + attributes === 0
    ? words('签名中的数据全部在其覆盖范围内。', 'It covers everything in the signature.')
    : words(
        `不在其覆盖范围内：证书${certificates}份、吊销数据${revocation}份、未签名属性${attributes}项。`,
        `Not covered: certificates ${certificates}, revocation data ${revocation}, unsigned attributes ${attributes}.`,
      );
}

export const archiveCheck: Check<JudgedCms> = {
  id: 'signature.archive-time-stamp',
  question: words('档案时间戳是否可信，覆盖了什么？', 'Do archive time-stamps hold, and what do they cover?'),
  citation: 'ETSI EN 319 122-1 5.5.2, 5.5.3; ETSI EN 319 102-1 5.6.3.4',
  applies: (judged) =>
    attributesOf(judged).some(({ type }) => type === OID.archiveTimeStampV3 || older.has(type)),
  evaluate: (judged) => {
    const { archive } = judged;
    const rest = attributesOf(judged).some(({ type }) => older.has(type))
      ? words('另有旧版档案时间戳，未核验。', ' There are older kinds too, which were not looked into.')
      : words('', '');
    const [newest] = archive.filter(({ token }) => token.valid);
    if (newest !== undefined) {
      const covered = notCovered(newest);
      const at = newest.token.genTime?.toISOString() ?? '';
      return passed(
        `可信的档案时间戳：${at}。${covered.zh}${rest.zh}`,
        `Trusted archive time-stamp: ${at}. ${covered.en}${rest.en}`,
        newest.token.genTime,
        'time-stamp',
      );
    }
    const [first] = archive;
    return first === undefined
      ? warned(
          '含有旧版档案时间戳，但未核验，不据此认定B-LTA级。',
          'There are archive time-stamps of an older kind, which were not looked into; no level B-LTA is told for them.',
        )
      : warned(
          `档案时间戳不算数：${first.token.finding.zh}${rest.zh}`,
          `The archive time-stamp does not count: ${first.token.finding.en}${rest.en}`,
        );
  },
};
