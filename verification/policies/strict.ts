// Policy `strict`: nothing is forgiven that a standard demands, and evidence is a day old at most.
import type { PolicyData } from '../policy-data.ts';

export const strict: PolicyData = {
  id: 'urn:yinxin:verification-policy:strict',
  version: '3',
  name: 'strict',
  title: { zh: '严格核验', en: 'Strict' },
  purpose: {
    zh: '争议与审计用：须为基线签名并有可信时间戳，文件首尾不得有多余字节，状态证据不超过一天。',
    en: 'For disputes and audits: baseline signatures with a trusted time-stamp, no bytes around the file, evidence a day old at most.',
  },
  rows: {
    'signature.time-stamp': 'required',
    'certificate.revocation': 'required',
    'code.status': 'required',
    'seal.status': 'required',
    'certificate.qualification': 'warned',
    'signature.signing-certificate': 'required',
    'signature.signing-time': 'required',
    'signature.cms': 'required',
    'pdf.header': 'required',
    'pdf.trailing': 'required',
  },
  clockSkewSeconds: 60,
  freshnessSeconds: 86_400,
};
