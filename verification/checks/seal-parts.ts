// What is said of a seal or a use of one that cannot be read, part by part.
import type { SealPart } from '../../formats/eseal/parts.ts';
import { failed } from '../check.ts';
import type { Finding } from '../check.ts';
import type { SealProblem } from '../facts-seal.ts';

const partWords: Record<SealPart, readonly [zh: string, en: string]> = {
  structure: ['数据结构不完整', 'its structure is broken'],
  version: ['版本号不正确', 'its version is not right'],
  'seal-information': ['缺少印章信息或印章信息无法解析', 'its seal information is absent or cannot be read'],
  header: ['印章头信息不正确', 'the header of the seal is not right'],
  identifier: ['印章标识不正确', 'the identifier of the seal is not right'],
  property: ['缺少印章属性或印章属性无法解析', 'the property of the seal is absent or cannot be read'],
  'certificate-list-type': [
    '缺少签章人证书列表类型或其值不正确',
    'the type of the list of signer certificates is absent or not right',
  ],
  'certificate-list': ['签章人证书列表无法解析', 'the list of signer certificates cannot be read'],
  period: ['缺少印章有效期或有效期无法解析', 'the validity of the seal is absent or cannot be read'],
  picture: ['印章图像信息无法解析', 'the picture of the seal cannot be read'],
  extensions: ['自定义数据无法解析', 'the extension data cannot be read'],
  'maker-certificate': ['缺少制章人证书', "the maker's certificate is absent"],
  'seal-algorithm': ['缺少印章的签名算法标识', "the maker's signature algorithm is absent"],
  'seal-signature': ['缺少印章的签名值或其格式不正确', "the maker's signature value is absent or malformed"],
  seal: ['缺少印章或印章无法解析', 'the seal is absent or cannot be read'],
  'signed-part': ['待签名数据无法解析', 'the signed part cannot be read'],
  'signing-time': ['缺少签章时间或签章时间无法解析', 'the time of signing is absent or cannot be read'],
  'data-hash': ['原文杂凑值格式不正确', 'the digest of the original is malformed'],
  'property-information': [
    '缺少原文属性或原文属性无法解析',
    'the name of the original is absent or cannot be read',
  ],
  'signer-certificate': ['缺少签章人证书', "the signer's certificate is absent"],
  'signature-algorithm': ['缺少签名算法标识', 'the signature algorithm is absent'],
  signature: ['缺少签名值或其格式不正确', 'the signature value is absent or malformed'],
  'time-stamp': ['时间戳字段无法解析', 'the time-stamp field cannot be read'],
};

/** @param zh @param en the thing that was to be read */
export function findingOfPart({ part, message }: SealProblem, zh: string, en: string): Finding {
  const [chinese, english] = partWords[part];
  return failed('FORMAT_FAILURE', `${zh}格式不正确：${chinese}。`, `${en}: ${english} (${message})`);
}
