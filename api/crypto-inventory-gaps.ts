// The gaps of an inventory: what is wrong with an algorithm or its place, and what would close it.
import type { Suite } from '../crypto/suite.ts';
import type { Words } from '../verification/report.ts';
import { algorithmFacts } from './crypto-inventory-algorithms.ts';
import type { InventoryGap, InventoryRow } from './crypto-inventory-model.ts';

export const words = (zh: string, en: string): Words => ({ zh, en });

/** The layers of GB/T 39786 that software can speak about. */
export const layers = {
  network: words('网络和通信安全', 'network and communication'),
  device: words('设备和计算安全', 'devices and computing'),
  application: words('应用和数据安全', 'applications and data'),
} as const;

/** No certified product computes this. */
export const noModule = (remedy: Words): InventoryGap => ({
  code: 'module',
  finding: words(
    '软件实现（OpenSSL），未取得商用密码产品认证',
    'software (OpenSSL), no certified cryptographic product',
  ),
  remedy,
});

export const keyRemedy = words(
  '将密钥移入经认证的服务器密码机或签名验签服务器（GB/T 37092 第二级以上）',
  'move the keys into a certified HSM or signing server (GB/T 37092, level 2 or above)',
);
export const dataRemedy = words(
  '由经认证的密码机或密码模块（GB/T 37092）完成运算并保管密钥',
  'let a certified HSM or module (GB/T 37092) compute and keep the key',
);

/** The algorithm is none that GB/T 39786 asks for. */
export const notNational = (remedy: Words): InventoryGap => ({
  code: 'algorithm',
  finding: words('不是国家密码标准规定的算法', 'not an algorithm of the national cryptographic standards'),
  remedy,
});

/** Under gm what is not national belongs to the other hierarchy, which every installation has beside. */
function suiteRemedy(suite: Suite): Words {
  return suite.name === 'gm'
    ? words(
        '国际算法体系与国密体系并存：评估范围内的业务只使用国密体系',
        'the international hierarchy stands beside: keep what is evaluated to the SM2 hierarchy',
      )
    : words(
        '新建采用 gm 套件的安装：YINXIN_SUITE=gm',
        'make a new installation with the suite gm: YINXIN_SUITE=gm',
      );
}

/** Algorithm, standard and gaps of what software computes. @param name - of the algorithm, as keys and ciphertexts say it */
export function computed(
  suite: Suite,
  name: string,
  remedy: Words,
): Pick<InventoryRow, 'algorithm' | 'standard' | 'certifiedProduct' | 'gaps'> {
  const { algorithm, standard, national } = algorithmFacts(name);
  return {
    algorithm,
    standard,
    certifiedProduct: null,
    gaps: [...(national ? [] : [notNational(suiteRemedy(suite))]), noModule(remedy)],
  };
}
