// Policy `portal`: what a window of a government hall asks of a paper it is handed.
import type { PolicyData } from '../policy-data.ts';

export const portal: PolicyData = {
  id: 'urn:yinxin:verification-policy:portal',
  version: '1',
  name: 'portal',
  title: { zh: '窗口核验', en: 'Portal' },
  purpose: {
    zh: '政务服务窗口与公众核验的默认策略：证书与证照状态必须可查，签名时间无时间戳证明时提示。',
    en: 'The default of service windows and the public: the status of certificates and licenses must be known; a time of signing without proof is remarked on.',
  },
  rows: {
    'signature.time-stamp': 'warned',
    'certificate.revocation': 'required',
    'code.status': 'required',
    'seal.status': 'warned',
    'certificate.qualification': 'warned',
    'signature.signing-certificate': 'warned',
    'signature.signing-time': 'warned',
    'signature.cms': 'warned',
    'pdf.header': 'warned',
    'pdf.trailing': 'warned',
  },
  clockSkewSeconds: 300,
  freshnessSeconds: 7 * 86_400,
};
