// The two departments of test/signing with license types, workers that draw, and keys for codes and status lists.
import { randomBytes } from 'node:crypto';
import { createBlindIndex } from '../../crypto/blind-index.ts';
import { MasterKey } from '../../crypto/master-key.ts';
import { createRecordCipher } from '../../crypto/record-cipher.ts';
import type { IssueRequest } from '../../licenses/issue.ts';
import { createPageRenderer } from '../../licenses/page-renderer.ts';
import type { LicenseParts } from '../../licenses/parts.ts';
import { publishLicenseType } from '../../licenses/type-register.ts';
import type { LicenseType } from '../../licenses/type.ts';
import type { Actor } from '../../storage/actor.ts';
import { approvalClient, marketClient, openSealOffice, type SealOffice } from '../signing/seal-office.ts';
import type { Engine } from '../storage/engines.ts';
import { foodType, ISSUER } from './sample-type.ts';

const scopes = [
  'licenses:write',
  'licenses:read',
  'licenses:status',
  'licenses:import',
  'stamps:write',
  'stamps:read',
];
export const approval: Actor = { ...approvalClient, scopes };
export const market: Actor = { ...marketClient, scopes };

export const MATTER = 'YS1201050100013101000001';

export interface LicenseOffice {
  readonly office: SealOffice;
  readonly parts: LicenseParts;
  readonly food: LicenseType;
  readonly senior: LicenseType;
  /** A request for a food business license; every call has another number and key. */
  food1(changes?: Partial<IssueRequest>): IssueRequest;
  /** A request for a resident's card. */
  senior1(changes?: Partial<IssueRequest>): IssueRequest;
  close(): Promise<void>;
}

/** A resident's type: A5, without an end. */
export function seniorType(seal: string): LicenseType {
  return {
    ...foodType,
    typeCode: `${ISSUER.creditCode}102`,
    key: 'sample-senior',
    name: '老年人优待证',
    englishName: 'Senior citizen card',
    holderKinds: ['resident'],
    number: { label: '证件编号', pattern: 'YL\\d{8}' },
    fields: [
      {
        name: 'KZ_CSRQ',
        label: '出生日期',
        englishLabel: 'date of birth',
        kind: 'date',
        required: true,
        maxLength: 10,
        verifier: true,
        codeKey: null,
      },
    ],
    validity: { kind: 'endless' },
    seals: [seal],
    template: {
      pages: [
        {
          page: { width: 210, height: 148 },
          border: { style: 'double', colour: 'red' },
          elements: [
            {
              kind: 'text',
              box: { x: 20, y: 16, width: 170, height: 14 },
              text: '老年人优待证',
              size: 28,
              align: 'centre',
            },
            {
              kind: 'field',
              box: { x: 24, y: 40, width: 100, height: 9 },
              label: '姓名',
              labelWidth: 28,
              source: 'CZZT',
              size: 13,
            },
            {
              kind: 'field',
              box: { x: 24, y: 52, width: 100, height: 9 },
              label: '公民身份号码',
              labelWidth: 28,
              source: 'CZZTDM',
              size: 13,
            },
            {
              kind: 'field',
              box: { x: 24, y: 64, width: 100, height: 9 },
              label: '出生日期',
              labelWidth: 28,
              source: 'KZ_CSRQ',
              size: 13,
            },
            { kind: 'code', x: 130, y: 38, wordsWidth: 26 },
            { kind: 'seal', x: 60, y: 110 },
          ],
        },
      ],
    },
  };
}

export async function openLicenseOffice(engine?: Engine): Promise<LicenseOffice> {
  const office = await openSealOffice(engine);
  const master = new MasterKey(randomBytes(32));
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  const parts: LicenseParts = {
    ...office.parts,
    cipher: createRecordCipher({ masterKeys: [master], random }),
    index: createBlindIndex(master),
    renderer: createPageRenderer({ workers: 1, queueLimit: 100 }),
    serviceKeys: office.district.hierarchy,
    publicUrl: 'https://zz.tjhb.example.cn',
  };
  const food = { ...foodType, seals: [office.approvalSeal.code] };
  const senior = seniorType(office.approvalSeal.code);
  await publishLicenseType(parts, food);
  await publishLicenseType(parts, senior);
  let count = 0;
  return {
    office,
    parts,
    food,
    senior,
    food1: (changes) => {
      count += 1;
      return {
        actor: approval,
        idempotencyKey: `key-${count}`,
        matter: MATTER,
        caseNumber: null,
        type: 'sample-food',
        number: `JY${String(21201050000000 + count)}`,
        holder: { kind: 'enterprise', name: '天津演示庚㛃𬭸茶餐厅有限公司', code: '91120105MA0000074N' },
        face: {
          KZ_FDDBR: '样本㛃',
          KZ_ZS: '天津市河北区演示道81号',
          KZ_JYCS: '天津市河北区演示道81号二层',
          KZ_ZTYT: '餐饮服务经营者',
          KZ_JYXM: '热食类食品制售，冷食类食品制售，自制饮品制售',
        },
        ...changes,
      };
    },
    senior1: (changes) => {
      count += 1;
      return {
        actor: approval,
        idempotencyKey: `key-${count}`,
        matter: MATTER,
        caseNumber: null,
        type: 'sample-senior',
        number: `YL${String(count).padStart(8, '0')}`,
        holder: { kind: 'resident', name: '样本𬭸', code: '120105195108230033' },
        face: { KZ_CSRQ: '1951-08-23' },
        ...changes,
      };
    },
    close: async () => {
      await parts.renderer.close();
      await office.close();
    },
  };
}
