// The rows of an inventory about signing keys.
import type { Suite } from '../crypto/suite.ts';
import type { Words } from '../verification/report.ts';
import type { InventoryFacts, KeyCount } from './crypto-inventory-facts.ts';
import { computed, keyRemedy, layers, words } from './crypto-inventory-gaps.ts';
import type { InventoryGap, InventoryRow } from './crypto-inventory-model.ts';

const purposes: Readonly<Record<string, { readonly asset: Words; readonly purpose: Words }>> = {
  'root-ca': {
    asset: words('根CA密钥', 'Root CA keys'),
    purpose: words('签发CA证书与根撤销列表', 'certify issuing CAs, sign root revocation lists'),
  },
  'issuing-ca': {
    asset: words('签发CA密钥', 'Issuing CA keys'),
    purpose: words('签发证书与撤销列表', 'sign certificates and revocation lists'),
  },
  ocsp: {
    asset: words('证书状态服务密钥', 'OCSP responder keys'),
    purpose: words('签发证书状态', 'sign certificate status'),
  },
  timestamp: {
    asset: words('时间戳密钥', 'Time-stamping unit keys'),
    purpose: words('签发时间戳', 'sign time-stamps'),
  },
  seal: {
    asset: words('电子印章密钥', 'Seal keys'),
    purpose: words('签署文件：真实性、不可否认性', 'sign documents: authenticity, non-repudiation'),
  },
  'license-code': {
    asset: words('证照码密钥', 'License-code keys'),
    purpose: words('签署印刷的证照码', 'sign printed license codes'),
  },
  'status-list': {
    asset: words('状态列表密钥', 'Status-list keys'),
    purpose: words('签署证照状态列表', 'sign status lists of licenses'),
  },
  'trust-list': {
    asset: words('信任列表密钥', 'Trust-list keys'),
    purpose: words('签署信任列表', 'sign the trust list'),
  },
  receipt: {
    asset: words('核验回执密钥', 'Receipt keys'),
    purpose: words('签署核验回执', 'sign verification receipts'),
  },
  'identity-token': {
    asset: words('身份令牌密钥', 'Identity-token keys'),
    purpose: words('签署身份令牌', 'sign identity tokens'),
  },
  'audit-log': {
    asset: words('审计日志密钥', 'Audit-log keys'),
    purpose: words('签署审计日志', 'sign the audit log'),
  },
  'seal-making': {
    asset: words('制章密钥', 'Seal-making keys'),
    purpose: words('签署所制作的电子印章', 'sign the electronic seals that are made'),
  },
};

/** Keys of one purpose and algorithm. */
export function keyRow(suite: Suite, { place, purpose, algorithm, count }: KeyCount): InventoryRow {
  const about = purposes[purpose] ?? { asset: words(purpose, purpose), purpose: words('未知', 'unknown') };
  return {
    layer: layers.application,
    ...about,
    ...computed(suite, algorithm, keyRemedy),
    keys: count,
    keyPlace: place,
  };
}

/** Keys under another authority's certificates. */
export function foreignRow(
  suite: Suite,
  { name, place, server, algorithm, count }: InventoryFacts['foreign'][number],
): InventoryRow {
  const outside: InventoryGap = {
    code: 'outside',
    finding: words(
      '密钥在外部签名服务器，认证情况由其运营方说明',
      'the key lies in a signing server outside; its operator states the certification',
    ),
    remedy: words(
      '取得该服务器的商用密码产品认证证书编号并存档',
      "file the number of that server's product certificate",
    ),
  };
  return {
    layer: layers.application,
    asset: words(`外部CA证书的密钥（${name}）`, `Keys certified by another CA (${name})`),
    purpose: words('以外部CA的证书签署', 'sign under certificates of another CA'),
    ...computed(suite, algorithm ?? 'unknown', keyRemedy),
    ...(place === 'server' ? { gaps: [outside] } : {}),
    keys: count,
    keyPlace:
      place === 'server'
        ? words(`签名服务器 ${server ?? ''}`.trim(), `signing server ${server ?? ''}`.trim())
        : words('密钥文件', 'key files'),
  };
}

/** What an installation of this configuration will make, where none is there yet. */
export function plannedKeys(suite: Suite, { keyPlace }: InventoryFacts): readonly KeyCount[] {
  return Object.keys(purposes).map((purpose) => ({
    place: keyPlace,
    purpose,
    algorithm: purpose === 'root-ca' ? suite.rootSignature : suite.signature,
    count: 0,
  }));
}
