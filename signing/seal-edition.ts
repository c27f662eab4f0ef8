// Rows of a seal's editions: which key, certificate and SESeal stood for it, and from when.
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { SealEditionTable } from '../storage/schema/seal-life.ts';

/** What signs SM2 for a seal, and the seal itself as GB/T 38540 has it. */
export interface SealObject {
  /** SESeal, DER. */
  readonly eseal: Uint8Array;
  /** `sm3:` and hex. */
  readonly digest: string;
  /** Serial of the maker's certificate, lower-case hex. */
  readonly makerSerial: string;
  readonly keyId: string;
  readonly serial: string;
  /** The SM2 certificate that the seal lists, then its authorities. */
  readonly chain: readonly Uint8Array[];
}

/** One making of a seal. */
export interface SealEdition {
  readonly sealId: string;
  /** From 1. */
  readonly edition: number;
  readonly keyId: string;
  readonly certificateSerial: string;
  readonly chain: readonly Uint8Array[];
  /** Null for a seal of the time before there were SESeals: a renewal gives it one. */
  readonly object: SealObject | null;
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly madeAt: Date;
}

const encodeChain = (chain: readonly Uint8Array[]): string => JSON.stringify(chain.map(toBase64));
const decodeChain = (text: string): readonly Uint8Array[] => (JSON.parse(text) as string[]).map(fromBase64);

/** Enters an edition as the current one; the one before is superseded. */
export async function insertEdition(tx: Writer, made: SealEdition): Promise<void> {
  await tx
    .updateTable('seal_edition')
    .set({ state: 'superseded', superseded_at: made.madeAt.toISOString() })
    .where('seal_id', '=', made.sealId)
    .where('state', '=', 'current')
    .execute();
  const { object } = made;
  await tx
    .insertInto('seal_edition')
    .values({
      seal_id: made.sealId,
      edition: made.edition,
      state: 'current',
      key_id: made.keyId,
      certificate_serial: made.certificateSerial,
      chain: encodeChain(made.chain),
      sm2_key_id: object?.keyId ?? null,
      sm2_serial: object?.serial ?? null,
      sm2_chain: object === null ? null : encodeChain(object.chain),
      eseal: object === null ? null : toBase64(object.eseal),
      eseal_digest: object?.digest ?? null,
      maker_serial: object?.makerSerial ?? null,
      valid_from: made.validFrom.toISOString(),
      valid_until: made.validUntil.toISOString(),
      made_at: made.madeAt.toISOString(),
      superseded_at: null,
    })
    .execute();
}

/** The edition that stands for the seal now; null for one that was never made. */
export async function currentEdition(db: Reader | Writer, sealId: string): Promise<SealEdition | null> {
  const row = await db
    .selectFrom('seal_edition')
    .selectAll()
    .where('seal_id', '=', sealId)
    .where('state', '=', 'current')
    .executeTakeFirst();
  return row === undefined ? null : editionOf(row);
}

/** Every edition, oldest first. */
export async function editionsOf(db: Reader, sealId: string): Promise<readonly SealEdition[]> {
  const rows = await db
    .selectFrom('seal_edition')
    .selectAll()
    .where('seal_id', '=', sealId)
    .orderBy('edition')
    .execute();
  return rows.map(editionOf);
}

function editionOf(row: SealEditionTable): SealEdition {
  return {
    sealId: row.seal_id,
    edition: row.edition,
    keyId: row.key_id,
    certificateSerial: row.certificate_serial,
    chain: decodeChain(row.chain),
    object: objectOf(row),
    validFrom: new Date(row.valid_from),
    validUntil: new Date(row.valid_until),
    madeAt: new Date(row.made_at),
  };
}

function objectOf(row: SealEditionTable): SealObject | null {
  const { eseal, eseal_digest, sm2_key_id, sm2_serial, sm2_chain } = row;
  if (
    eseal === null ||
    eseal_digest === null ||
    sm2_key_id === null ||
    sm2_serial === null ||
    sm2_chain === null
  )
    return null;
  return {
    eseal: fromBase64(eseal),
    digest: eseal_digest,
    makerSerial: row.maker_serial ?? '',
    keyId: sm2_key_id,
    serial: sm2_serial,
    chain: decodeChain(sm2_chain),
  };
}
