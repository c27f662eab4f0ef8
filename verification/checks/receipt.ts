// The questions asked of another authority's receipt before it is relied upon.
import { acceptanceDefect } from '../acceptance.ts';
import { failed, indeterminate, passed, words } from '../check.ts';
import type { Check } from '../check.ts';
import type { ReceiptFacts } from '../facts-receipt.ts';
import { speaksForRegion, speaksForType } from '../recognised-lists.ts';
import { stateAt } from '../trust-list.ts';
import { judgeLicenseStatus } from './code.ts';

const read = ({ claims }: ReceiptFacts): boolean => claims !== null;
const believed = ({ claims, signer }: ReceiptFacts): boolean => claims !== null && signer !== null;
const ofLicense = (facts: ReceiptFacts): boolean => believed(facts) && facts.claims?.result.license !== null;

/** A row that holds or fails: bindings leave no doubt. */
function binding(
  id: string,
  zh: string,
  en: string,
  holds: (facts: ReceiptFacts) => boolean,
): Check<ReceiptFacts> {
  return {
    id,
    question: words(`回执是否${zh}？`, `Is the receipt ${en}?`),
    citation: 'RFC 7519 4.1.3; RFC 9321; Yinxin receipt claims',
    applies: read,
    evaluate: (facts) =>
      holds(facts)
        ? passed('是。', 'It is.')
        : failed('SIG_CONSTRAINTS_FAILURE', `回执不是${zh}的。`, `The receipt is not ${en}.`),
  };
}

/** In the order in which people ask; the first of the worst names the reason. */
export const receiptChecks: readonly Check<ReceiptFacts>[] = [
  {
    id: 'receipt.format',
    question: words('是否为格式正确的核验回执？', 'Is it a well-formed receipt?'),
    citation: 'RFC 7515; RFC 7519',
    applies: () => true,
    evaluate: (facts) =>
      read(facts)
        ? passed('格式正确。', 'It is.')
        : failed('FORMAT_FAILURE', '不是核验回执。', 'It is no verification receipt.'),
  },
  {
    id: 'receipt.signature',
    question: words('是否由信任列表中的回执密钥签名？', 'Is it signed by a key that is listed for receipts?'),
    citation: 'RFC 7515 5.2; ETSI TS 119 602',
    applies: read,
    evaluate: ({ signer, trustList }) => {
      if (signer !== null)
        return passed(`签名者：${signer.entity.name.zh}。`, `Signed by ${signer.entity.name.en}.`);
      return trustList === null
        ? indeterminate(
            'NO_CERTIFICATE_CHAIN_FOUND',
            '没有可用的信任列表。',
            'There is no usable trust list.',
          )
        : failed(
            'SIG_CRYPTO_FAILURE',
            '签名不是信任列表中任何回执密钥所作。',
            'No key that is listed for receipts made the signature.',
          );
    },
  },
  {
    id: 'receipt.signer-status',
    question: words(
      '该密钥在出具时和现在是否均获认可？',
      'Was the key recognised when the receipt was made, and is it now?',
    ),
    citation: 'ETSI TS 119 602 (service status and history)',
    applies: believed,
    // Whoever holds a key that was withdrawn can write any date: only one that still counts is believed.
    evaluate: ({ claims, signer }, _policy, time) =>
      signer !== null &&
      [new Date((claims?.iat ?? 0) * 1000), time].every(
        (at) => stateAt(signer.service, at)?.status === 'granted',
      )
        ? passed('均获认可。', 'It was, and it is.')
        : indeterminate('CHAIN_CONSTRAINTS_FAILURE', '该密钥未获认可。', 'The key is not recognised.'),
  },
  {
    id: 'receipt.issuer',
    question: words(
      '出具机关是否由同一运营者列入？',
      "Does the signer's own operator list the verifying department?",
    ),
    citation: 'ETSI TS 119 602',
    applies: believed,
    evaluate: ({ issuer }) =>
      issuer === null
        ? indeterminate(
            'CHAIN_CONSTRAINTS_FAILURE',
            '签名者的信任列表中没有该出具机关。',
            'The verifying department is not listed by the operator whose key signed.',
          )
        : passed(`出具机关：${issuer.name.zh}。`, `Verified by ${issuer.name.en}.`),
  },
  binding(
    'receipt.audience',
    '为本部门出具',
    'made for this department',
    ({ claims, expected }) => claims?.aud === expected.audience,
  ),
  binding(
    'receipt.case',
    '为本办件出具',
    'made for this case',
    ({ claims, expected }) => claims?.case === expected.caseNumber,
  ),
  binding(
    'receipt.matter',
    '为本事项出具',
    'made for this matter',
    ({ claims, expected }) => claims?.matter === expected.matter,
  ),
  binding('receipt.holder', '关于本办件的主体', 'about the holder of this case', (facts) => {
    const { claims, expected, holderOpens } = facts;
    if (expected.holder !== null) return holderOpens === true;
    // A license has a holder: whoever does not say whose it is relies on nothing.
    return claims?.holder === null && claims.result.license === null;
  }),
  {
    id: 'receipt.time',
    question: words('回执是否在有效期内？', 'May the receipt still be relied upon?'),
    citation: 'RFC 7519 4.1.4, 4.1.6',
    applies: read,
    evaluate: ({ claims }, policy, time) => {
      const now = time.getTime() / 1000;
      const [begun, ends] = [claims?.iat ?? 0, claims?.exp ?? 0];
      if (begun > now + policy.clockSkewSeconds)
        return failed('NOT_YET_VALID', '回执的时间晚于现在。', 'The receipt is dated in the future.');
      return ends > now
        ? passed('在有效期内。', 'It may.', new Date(begun * 1000))
        : failed('EXPIRED', '回执已过有效期。', 'The receipt has run out.', new Date(ends * 1000));
    },
  },
  {
    id: 'receipt.result',
    question: words('当时的核验结论是否为通过？', 'Did the verification pass?'),
    citation: 'ETSI EN 319 102-1 5.1.3',
    applies: read,
    evaluate: ({ claims }) => {
      const conclusion = claims?.result.conclusion;
      if (conclusion === 'TOTAL-PASSED') return passed('通过。', 'It did.');
      return conclusion === 'TOTAL-FAILED'
        ? failed('SIG_CONSTRAINTS_FAILURE', '当时核验不通过。', 'It failed.')
        : indeterminate('SIG_CONSTRAINTS_FAILURE', '当时无法确定。', 'It could not be decided.');
    },
  },
  {
    id: 'receipt.scope',
    question: words(
      '签名者可否就此类证照、此区域出具回执？',
      'May the signer speak of this type of license and this region?',
    ),
    citation: 'GB/T 36902; GB/T 2260; ETSI TS 119 602',
    applies: ofLicense,
    evaluate: ({ claims, signer, authority, trustList }) => {
      const license = claims?.result.license ?? null;
      const refuse = (zh: string, en: string) => indeterminate('CHAIN_CONSTRAINTS_FAILURE', zh, en);
      if (license === null || signer === null) return refuse('没有证照。', 'There is no license.');
      if (authority === null)
        return refuse('信任列表中没有该颁证机关。', 'The issuing authority is not in the trust list.');
      if (trustList?.licenseTypes.every(({ typeCode }) => typeCode !== license.type) !== false)
        return refuse('信任列表中没有此证照类型。', 'The type of license is not in the trust list.');
      if (!speaksForType(signer.service, license.type))
        return refuse('签名者不得就此类证照出具回执。', 'The signer may not speak of this type of license.');
      return speaksForRegion(signer.service, license.issuer)
        ? passed(`颁证机关：${authority.name.zh}。`, `Issued by ${authority.name.en}.`)
        : refuse(
            '颁证机关不在签名者的区域范围内。',
            'The issuing authority lies outside the region of the signer.',
          );
    },
  },
  {
    id: 'receipt.record',
    question: words('是否与本地所存为同一数据记录？', 'Is it the same record that is kept here?'),
    citation: 'GB/T 36903',
    applies: (facts) => ofLicense(facts) && facts.recordDigest !== null,
    evaluate: ({ claims, recordDigest }) =>
      recordDigest?.startsWith(claims?.result.license?.recordDigest ?? '-') === true
        ? passed('同一记录。', 'It is.')
        : failed('HASH_FAILURE', '与本地所存的记录不同。', 'It is another record than the one kept here.'),
  },
  {
    id: 'receipt.license-time',
    question: words('证照是否未到期？', 'Has the license not ended?'),
    citation: 'RFC 8392 3.1.4',
    applies: ofLicense,
    evaluate: ({ claims }, _policy, time) => {
      const expires = claims?.result.license?.expires ?? null;
      return expires !== null && Date.parse(expires) <= time.getTime()
        ? failed('EXPIRED', '证照已超过有效期。', 'The license has expired.', new Date(expires))
        : passed('未到期。', 'It has not.');
    },
  },
  {
    id: 'receipt.status',
    question: words('证照当前是否有效？', 'Is the license in force now?'),
    citation: 'IETF Token Status List 8; 行政许可法 8, 69, 70',
    applies: ofLicense,
    evaluate: ({ status }, policy, time) =>
      judgeLicenseStatus(status ?? { kind: 'unavailable' }, { ...policy, licenseStatus: 'required' }, time),
  },
  {
    id: 'receipt.acceptance',
    question: words(
      '是否符合本事项的采信规则？',
      'Does the acceptance rule for the matter allow to rely on it?',
    ),
    citation: 'Yinxin acceptance rules; GB/T 36902',
    // A result that did not pass and a status that is not known are refused by their own rows, whatever a rule allows.
    applies: (facts) =>
      ofLicense(facts) && facts.claims?.result.conclusion === 'TOTAL-PASSED' && facts.status?.kind === 'read',
    evaluate: ({ claims, status, acceptanceRule }, _policy, time) => {
      const refuse = (zh: string, en: string) => indeterminate('SIG_CONSTRAINTS_FAILURE', zh, en);
      if (claims === null || acceptanceRule === null)
        return refuse('没有适用于本事项的采信规则。', 'No acceptance rule fits the matter.');
      const { id, version, statusAgeSeconds, minimum } = acceptanceRule;
      const statusAsOf = status?.kind === 'read' ? status.issuedAt : null;
      const { conclusion } = claims.result;
      switch (acceptanceDefect(acceptanceRule, { conclusion, statusAsOf, time })) {
        case null:
          return passed(`符合采信规则${id}（第${version}版）。`, `It does (${id}, version ${version}).`);
        case 'conclusion':
          return refuse(`采信规则${id}要求核验结论至少为${minimum}。`, `${id} demands ${minimum}.`);
        case 'status-unknown':
          return refuse(`采信规则${id}要求状态可查。`, `${id} demands that the status is known.`);
        case 'status-old':
          return refuse(
            `采信规则${id}要求状态信息不超过${statusAgeSeconds}秒。`,
            `${id} demands a status of at most ${statusAgeSeconds} seconds.`,
          );
      }
    },
  },
];
