// Policy `archive`: what an archive asks before it takes a file in for decades.
import type { PolicyData } from '../policy-data.ts';

export const archive: PolicyData = {
  id: 'urn:yinxin:verification-policy:archive',
  version: '2',
  name: 'archive',
  title: { zh: '归档核验', en: 'Archive' },
  purpose: {
    zh: '电子文件归档前的核验：签名时间须有可信时间戳证明，签名须绑定签名者的证书。',
    en: 'Before a file is archived: a trusted time-stamp proves the time of signing, and the signature names its certificate.',
  },
  rows: {
    'signature.time-stamp': 'required',
    'certificate.revocation': 'required',
    'code.status': 'required',
    'seal.status': 'warned',
    'certificate.qualification': 'warned',
    'signature.signing-certificate': 'required',
    'signature.signing-time': 'warned',
    'signature.cms': 'warned',
    'pdf.header': 'warned',
    'pdf.trailing': 'warned',
  },
  clockSkewSeconds: 300,
  freshnessSeconds: 7 * 86_400,
};
