// Reports made up for the looks of pages: a sealed decision that passes, one that was changed, a code.
import {
  conclusionUrn,
  reportQualification,
  subIndicationUrn,
  type Report,
  type Row,
  type SignatureReport,
} from '../../verification/report.ts';

const time = '2026-11-22T05:06:07.000Z';

function row(id: string, outcome: Row['outcome'], zh: string, en: string, citation: string): Row {
  return {
    id,
    outcome,
    question: { zh: `${zh}？`, en: `${en}?` },
    finding:
      outcome === 'failed'
        ? { zh: '签名之后文件内容被改动。', en: 'The document was changed after it was signed.' }
        : { zh: '符合要求。', en: 'As required.' },
    citation,
    subIndication: outcome === 'failed' ? 'HASH_FAILURE' : null,
    evidence: null,
    evidenceTime: outcome === 'passed' ? time : null,
  };
}

const signature: SignatureReport = {
  id: 'Seal1',
  type: 'signature',
  conclusion: 'TOTAL-PASSED',
  subIndication: null,
  conclusionUrn: conclusionUrn('TOTAL-PASSED'),
  subIndicationUrn: null,
  level: 'B-T',
  coverage: 'whole-file',
  signer: {
    subject: 'CN=天津市河北区政务服务办公室（演示）, O=天津市河北区政务服务办公室（演示）, C=CN',
    commonName: '天津市河北区政务服务办公室（演示）',
    organization: '天津市河北区政务服务办公室（演示）',
    organizationIdentifier: 'NTRCN-11120105000123457H',
    issuer: 'CN=部门印章签发CA（演示）, O=天津市河北区（演示）, C=CN',
    serialNumber: '4f1c0a9e3b7d22865a90d1c3e8f70b64',
    notBefore: '2026-11-01T00:00:00.000Z',
    notAfter: '2029-11-01T00:00:00.000Z',
    fingerprint: 'a'.repeat(64),
  },
  claimedTime: '2026-11-22T05:06:05.000Z',
  provenTime: '2026-11-22T05:06:06.000Z',
  reason: '准予行政许可决定 <b>&</b>',
  changes: [],
  qualification: reportQualification('internal'),
  rows: [
    row(
      'pdf.byte-range',
      'passed',
      '签名是否覆盖应覆盖的内容',
      'Does the signature cover what it must',
      'ISO 32000-2 12.8.1',
    ),
    row('cms.signature', 'passed', '签名值是否正确', 'Does the signature value hold', 'RFC 5652 5.6'),
    row('path.revocation', 'warned', '证书是否被吊销', 'Is the certificate revoked', 'RFC 5280 6.3'),
    row('cms.sm2', 'not-applicable', '是否使用国密算法', 'Are SM algorithms used', 'GB/T 35275'),
  ],
};

/** A sealed decision, all well. */
export const passedReport: Report = {
  format: 'yinxin-verification-report/1',
  kind: 'pdf',
  conclusion: 'TOTAL-PASSED',
  subIndication: null,
  conclusionUrn: conclusionUrn('TOTAL-PASSED'),
  subIndicationUrn: null,
  summary: {
    zh: '文件由所列单位签章，签章之后未被改动。',
    en: 'Sealed by the organisation named and unchanged since.',
  },
  time,
  policy: { id: 'portal', version: '1' },
  document: { digest: `sha256:${'0123456789abcdef'.repeat(4)}`, size: 48_213 },
  trustList: { sequence: 3, issued: '2026-11-22T01:00:00.000Z', nextUpdate: '2026-11-29T01:00:00.000Z' },
  qualification: reportQualification('internal'),
  signatures: [signature],
  license: null,
  rows: [],
};

/** The same after somebody changed a page. */
export const failedReport: Report = {
  ...passedReport,
  conclusion: 'TOTAL-FAILED',
  subIndication: 'HASH_FAILURE',
  conclusionUrn: conclusionUrn('TOTAL-FAILED'),
  subIndicationUrn: subIndicationUrn('HASH_FAILURE'),
  summary: { zh: '签章之后文件内容被改动。', en: 'The document was changed after it was sealed.' },
  signatures: [
    {
      ...signature,
      conclusion: 'TOTAL-FAILED',
      subIndication: 'HASH_FAILURE',
      coverage: 'earlier-revision',
      changes: [
        {
          kind: 'signature-added',
          allowed: true,
          words: { zh: '增加了一个签名', en: 'A signature was added' },
        },
        {
          kind: 'page-content-changed',
          allowed: false,
          words: { zh: '第 1 页内容被改动', en: 'Page 1 was changed' },
        },
      ],
      rows: [
        row(
          'cms.digest',
          'failed',
          '文件内容是否与签名时一致',
          'Is the content as it was signed',
          'RFC 5652 5.4',
        ),
        ...signature.rows,
      ],
    },
  ],
};

/** A code without a status to be had. */
export const unsureReport: Report = {
  ...passedReport,
  kind: 'license-code',
  conclusion: 'INDETERMINATE',
  subIndication: 'TRY_LATER',
  conclusionUrn: conclusionUrn('INDETERMINATE'),
  subIndicationUrn: subIndicationUrn('TRY_LATER'),
  summary: { zh: '状态服务不可用，无法确认当前状态。', en: 'The present status is unknown.' },
  signatures: [],
  license: {
    licenseId: 'ab'.repeat(16),
    version: 1,
    typeCode: '11120105000123457H001',
    typeName: { zh: '食品经营许可证', en: 'Food business licence' },
    issuer: '11120105000123457H',
    issuerName: {
      zh: '天津市河北区政务服务办公室（演示）',
      en: 'Government Services Office (demonstration)',
    },
    issuedAt: '2026-11-22T05:00:00.000Z',
    expiresAt: '2031-11-22T16:00:00.000Z',
    fields: [
      {
        name: 'holder',
        label: { zh: '持证主体', en: 'Holder' },
        value: '天津演示甲餐饮有限公司',
        covered: true,
      },
      {
        name: 'KZ_JYCS',
        label: { zh: '经营场所', en: 'Place of business' },
        value: '未包含',
        covered: false,
      },
    ],
    status: null,
    statusEntry: { list: 0, index: 4711 },
    recordDigest: null,
    notCovered: { zh: '其余内容不在签名保护范围内。', en: 'Nothing else is covered.' },
  },
};
