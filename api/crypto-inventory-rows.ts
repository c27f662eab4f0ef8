// The rows of an inventory about data at rest and about what stands round the service.
import type { Suite } from '../crypto/suite.ts';
import type { Words } from '../verification/report.ts';
import type { InventoryFacts } from './crypto-inventory-facts.ts';
import {
  computed,
  dataRemedy,
  keyRemedy,
  layers,
  noModule,
  notNational,
  words,
} from './crypto-inventory-gaps.ts';
import type { InventoryRow } from './crypto-inventory-model.ts';

/** Data at rest: digests, keyed digests, ciphertexts, and what protects the keys themselves. */
export function dataRows(suite: Suite, facts: InventoryFacts): readonly InventoryRow[] {
  const layer = layers.application;
  const none = words('无密钥', 'no key');
  const master = words(
    '主密钥派生，主密钥在密钥文件中',
    'derived from the master key, which lies in the key files',
  );
  const digest = (asset: Words, purpose: Words): InventoryRow => ({
    layer,
    asset,
    purpose,
    ...computed(suite, suite.digest, dataRemedy),
    keys: null,
    keyPlace: none,
  });
  return [
    digest(
      words('文件、记录、请求的摘要', 'Digests of documents, records, requests'),
      words('完整性', 'integrity'),
    ),
    digest(
      words('审计日志哈希链', 'Hash chain of the audit log'),
      words('日志完整性', 'integrity of the log'),
    ),
    digest(words('备份清单', 'Backup manifest'), words('备份完整性', 'integrity of backups')),
    {
      layer,
      asset: words(
        '检索摘要、证书假名、接口密钥与会话摘要',
        'Blind index, certificate pseudonyms, digests of API keys and sessions',
      ),
      purpose: words('不存明文即可比对', 'comparing without keeping the value'),
      ...computed(suite, suite.mac, dataRemedy),
      keys: 1,
      keyPlace: master,
    },
    {
      layer,
      asset: words('个人信息（数据库字段）', 'Personal data (database fields)'),
      purpose: words('存储机密性与完整性', 'confidentiality and integrity at rest'),
      ...computed(suite, suite.cipher, dataRemedy),
      keys: 1,
      keyPlace: master,
    },
    {
      layer,
      asset: words('存储的文件（含签章文件）', 'Stored documents, sealed ones included'),
      purpose: words(
        '存储机密性与完整性，每份文件一个密钥',
        'confidentiality and integrity at rest, a key for each document',
      ),
      ...computed(suite, suite.cipher, dataRemedy),
      keys: 1,
      keyPlace: master,
    },
    {
      layer,
      asset: words('密钥文件', 'Key files'),
      purpose: words(
        '私钥与主密钥的存储机密性',
        'confidentiality of private keys and the master key at rest',
      ),
      ...computed(suite, facts.vaultCipher ?? suite.cipher, keyRemedy),
      keys: null,
      keyPlace: facts.keyPlace,
    },
    {
      layer,
      asset: words('密钥文件的口令', 'Passphrase of the key files'),
      purpose: words('由口令派生密钥加密密钥', 'derives the key over all key files'),
      ...computed(suite, 'scrypt', keyRemedy),
      gaps: [
        notNational(
          words(
            '由密码机保管密钥，取消口令；或改用 GM/T 0091 的口令派生',
            'keep the keys in an HSM and drop the passphrase, or derive as GM/T 0091 says',
          ),
        ),
        noModule(keyRemedy),
      ],
      keys: null,
      keyPlace: words('口令文件或环境变量，不入备份', 'a file or variable of the operator, in no backup'),
    },
    identifiers,
    {
      layer,
      asset: words('已盖章文件（documents/）', 'Sealed documents (documents/)'),
      purpose: words('存储机密性', 'confidentiality at rest'),
      algorithm: '—',
      standard: '—',
      keys: null,
      keyPlace: none,
      certifiedProduct: null,
      gaps: [
        {
          code: 'absent',
          finding: words('明文存放，仅服务账户可读', "in clear, readable by the service's account only"),
          remedy: words(
            '使用经认证的存储加密产品或加密磁盘',
            'use certified storage encryption or an encrypted disk',
          ),
        },
      ],
    },
  ];
}

/** Digests that only name something: nobody relies on them, and other people's programs expect them so. */
const identifiers: InventoryRow = {
  layer: layers.application,
  asset: words(
    '标识用摘要（证书密钥标识、OCSP CertID、PDF /ID、网页 ETag、密钥库文件校验和）',
    'Digests that are names (key identifiers, OCSP CertID, PDF /ID, ETag, checksum of the vault file)',
  ),
  purpose: words('标识与检错，不承担安全保护', 'naming and finding damage; they protect nothing'),
  algorithm: 'SHA-256, SHA-1',
  standard: 'FIPS 180-4',
  keys: null,
  keyPlace: words('无密钥', 'no key'),
  certifiedProduct: null,
  gaps: [
    notNational(
      words('不用于保护，测评时予以说明', 'nothing rests on them: to be explained in the evaluation'),
    ),
  ],
};

/** What stands round the service. */
export function surroundingRows(facts: InventoryFacts): readonly InventoryRow[] {
  return [
    {
      layer: layers.network,
      asset: words('服务的传输通道（HTTPS）', 'Transport of the service (HTTPS)'),
      purpose: words('通信机密性、完整性，服务端身份', 'confidentiality, integrity, identity of the server'),
      algorithm: '—',
      standard: 'GB/T 38636 (TLCP); RFC 8446',
      keys: null,
      keyPlace: words('前置代理', 'the proxy in front'),
      certifiedProduct: null,
      gaps: [
        {
          code: 'outside',
          finding: words('本服务只讲 HTTP，TLS 在其外', 'the service speaks HTTP; TLS is outside'),
          remedy: words('前置经认证的国密 SSL 网关（TLCP）', 'put a certified TLCP gateway in front'),
        },
      ],
    },
    {
      layer: layers.device,
      asset: words('随机数', 'Random numbers'),
      purpose: words('密钥、签名、序列号、盐', 'keys, signatures, serial numbers, salts'),
      algorithm: `OpenSSL ${facts.runtime.openssl} CSPRNG`,
      standard: 'GB/T 32915 (检测), GM/T 0105 (软件随机数)',
      keys: null,
      keyPlace: words('操作系统熵源', 'entropy of the operating system'),
      certifiedProduct: null,
      gaps: [
        noModule(
          words('使用经认证的密码机或密码卡的物理随机数', 'take random numbers from a certified HSM or card'),
        ),
      ],
    },
    {
      layer: layers.device,
      asset: words('密码运算库', 'Cryptographic library'),
      purpose: words('全部密码运算', 'all cryptographic computation'),
      algorithm: `Node.js ${facts.runtime.node}, OpenSSL ${facts.runtime.openssl}, SM2: ${facts.runtime.sm2}`,
      standard: '—',
      keys: null,
      keyPlace: words('进程内存', 'memory of the process'),
      certifiedProduct: null,
      gaps: [noModule(dataRemedy)],
    },
  ];
}
