// A seal (电子印章) as this room knows it: owner, picture, certificate, state. Its key is named, never held.
import type { SealPictureDescription } from './seal-picture/description.ts';

/** 印章类型代码 (国办): the national list of seal types. */
export const sealTypes = {
  '00': '电子个人名章',
  '01': '电子法定名称章',
  '02': '财务专用章',
  '03': '发票专用章',
  '04': '合同专用章',
  '05': '电子名章',
  '06': '业务专用章',
  '99': '其他',
} as const;

export type SealType = keyof typeof sealTypes;

export function isSealType(code: string): code is SealType {
  return Object.hasOwn(sealTypes, code);
}

/** 待备案, 有效, 冻结, 挂失, 注销. Only a valid seal may sign; what it signed before stays as it was. */
export type SealState = 'made' | 'valid' | 'frozen' | 'lost' | 'cancelled';

/** A made seal. */
export interface Seal {
  /** `seal_…` */
  readonly id: string;
  /** 14 digits: division and serial. */
  readonly code: string;
  readonly name: string;
  readonly type: SealType;
  /** Unified social credit code of the owner (所有者). */
  readonly department: string;
  readonly departmentName: string;
  readonly picture: SealPictureDescription;
  readonly state: SealState;
  readonly stateSince: Date;
  readonly validFrom: Date;
  readonly validUntil: Date;
  /** Of crypto's KeyStore, purpose `seal`; of a foreign seal, its key wherever that lies. */
  readonly keyId: string;
  readonly certificateSerial: string;
  /** DER, own certificate first, up to but not including the root. */
  readonly chain: readonly Uint8Array[];
  readonly createdAt: Date;
  /** 印章保管人: opaque actor ids. */
  readonly keepers: readonly string[];
  /** Made elsewhere and taken in, with a key that `foreignCredential` names. */
  readonly origin: 'own' | 'foreign';
  readonly foreignCredential: string | null;
  /** 备案编号; null until it is filed. */
  readonly filingNumber: string | null;
  /** The seal that this one follows. */
  readonly replaces: string | null;
  /** Approvals that a use needs where its matter is not marked 自动核发. */
  readonly approvalsNeeded: number;
}

/** Which state may follow which; everything else is refused. A lost seal is never released: a new one is made. */
export const sealTransitions: Readonly<Record<SealState, readonly SealState[]>> = {
  made: ['valid', 'cancelled'],
  valid: ['frozen', 'lost', 'cancelled'],
  frozen: ['valid', 'lost', 'cancelled'],
  lost: ['cancelled'],
  cancelled: [],
};

/** Every state of a seal that was made. */
export const sealStates = Object.keys(sealTransitions) as readonly SealState[];
