// Tables of signing: seals, their keepers, and every stamp from intention to completion.
import type { SealLifeTables } from './seal-life.ts';

/** 印章类型代码 of the national scheme (国办): 01 法定名称章 … 06 业务专用章, 99 其他. */
type SealTypeColumn = '00' | '01' | '02' | '03' | '04' | '05' | '06' | '99';

/**
 * `intended`: code reserved, key and certificate in the making. `abandoned`: a crash or refusal left it unmade. `made`: not
 * yet filed, so not yet to be used. `lost`: 挂失.
 */
type SealStateColumn = 'intended' | 'made' | 'valid' | 'frozen' | 'lost' | 'cancelled' | 'abandoned';

export interface SealTable {
  /** `seal_…` */
  id: string;
  /** 14 digits; unique among seals that are not abandoned. */
  code: string;
  name: string;
  type_code: SealTypeColumn;
  /** Unified social credit code of the owner (所有者). */
  department: string;
  department_name: string;
  /** JSON: signing/seal-picture/description.ts. */
  picture: string;
  state: SealStateColumn;
  state_reason: string | null;
  state_changed_at: string;
  valid_from: string;
  valid_until: string;
  /** Null until the key is made. */
  key_id: string | null;
  /** Lower-case hex serial number; null until issued. */
  certificate_serial: string | null;
  /** JSON array of base64 DER, own certificate first; null until issued. */
  chain: string | null;
  created_at: string;
  /** Actor who made it. */
  created_by: string;
  /** `own`: made here. `foreign`: taken in, its key reached through `foreign_credential`. */
  origin: 'own' | 'foreign';
  /** 备案编号; null until filed. */
  filing_number: string | null;
  filed_at: string | null;
  /** The seal that this one follows (变更): cancelled when this one is filed. */
  replaces: string | null;
  foreign_credential: string | null;
  /** Approvals a use needs where its matter is not marked 自动核发. */
  approvals_needed: number;
}

/** 印章保管人: who may let a seal be used. */
interface SealKeeperTable {
  seal_id: string;
  /** Opaque actor id. */
  keeper: string;
  since: string;
}

type StampStateColumn = 'intended' | 'completed' | 'abandoned';

export interface StampTable {
  /** `stp_…` */
  id: string;
  state: StampStateColumn;
  /** Actor id of the caller. */
  client: string;
  /** Null for a stamp that is part of a larger act (a license, a case), which holds the key itself. */
  idempotency_key: string | null;
  /** Digest of everything the request asks for, algorithm named. */
  request_digest: string;
  /** Unified social credit code acted for. */
  department: string;
  seal_id: string;
  seal_code: string;
  certificate_serial: string;
  matter: string | null;
  case_number: string | null;
  original_digest: string;
  /** JSON: the placement that was asked for. */
  placement: string;
  intended_at: string;
  /** Null unless completed. */
  completed_at: string | null;
  result_digest: string | null;
  result_size: number | null;
  /** JSON array of four offsets. */
  byte_range: string | null;
  /** Time of the RFC 3161 token over the signature value. */
  stamped_at: string | null;
  /** Lower-case hex serial number of that token. */
  timestamp_serial: string | null;
  /** `rcp_…`: what the caller may quote. */
  receipt_id: string | null;
  /** Null unless abandoned: a refusal code, or `interrupted`. */
  abandoned_reason: string | null;
  abandoned_at: string | null;
  /** PAdES level asked for; null: of the time when there was B-T only. */
  wanted_level: string | null;
  /** What the newest document has; null unless completed, or of that time. */
  level: string | null;
  upgrade: 'none' | 'queued' | 'completed' | 'given-up';
  upgrade_tries: number;
  upgrade_next_at: string | null;
  /** Refusal code of the last attempt, or of what made it necessary. */
  upgrade_reason: string | null;
  /** The document at the higher level, which has the stamped one as its prefix. */
  upgraded_digest: string | null;
  upgraded_size: number | null;
  upgraded_at: string | null;
  /** JSON: signing/hidden-content.ts; null: of the time when nobody looked. */
  findings: string | null;
}

export interface SigningTables extends SealLifeTables {
  seal: SealTable;
  seal_keeper: SealKeeperTable;
  stamp: StampTable;
}
