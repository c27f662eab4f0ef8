// The register of seals: making one, filing it, listing a department's, changing the state of one.
import type { Clock } from '../crypto/clock.ts';
import { isUscc } from '../formats/identifiers/uscc.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database, Reader, Writer } from '../storage/database.ts';
import { SigningError } from './errors.ts';
import { newIdentifier } from './identifiers.ts';
import { makeSealEdition } from './seal-making.ts';
import type { SealRegisterParts } from './seal-parts.ts';
import type { SealPictureDescription, SealPictureRequest } from './seal-picture/description.ts';
import { drawSeal } from './seal-picture/draw-seal.ts';
import type { Drawing } from './seal-picture/drawing.ts';
import {
  abandonIntendedSeals,
  findSeal,
  findSealsOf,
  insertIntendedSeal,
  nextSealCode,
  updateSealState,
  writeFiling,
  type IntendedSeal,
} from './seal-store.ts';
import { departmentOf, ownSeal, requireScope } from './seal-use.ts';
import { isSealType, sealTransitions, type Seal, type SealState } from './seal.ts';

export interface SealRequest {
  readonly actor: Actor;
  /** 印章名称 as records and lists name it, 1 to 100 characters. */
  readonly name: string;
  /** 印章类型代码, e.g. `01` 法定名称章, `06` 业务专用章. */
  readonly type: string;
  /** Owner 所有者: unified social credit code and statutory name. */
  readonly department: string;
  readonly departmentName: string;
  /** Picture: the name along the arc, 4 to 30 characters, and the rest of its description. */
  readonly picture: SealPictureRequest;
  /** A 14-digit code to take, or the division (six digits) whose next free code is taken. */
  readonly code: string;
  /** Days of validity where fewer than the certificate profile's maximum. */
  readonly lifetimeDays?: number;
  /** 印章保管人: opaque actor ids. */
  readonly keepers: readonly string[];
  /**
   * 备案编号. Left out: filed at once in this register, under its own code. Null: the seal is made and waits for
   * `fileSeal` before it can be used.
   */
  readonly filing?: string | null;
  /** The seal this one follows; it is cancelled when this one is filed. */
  readonly replaces?: string;
  /** Approvals a use needs where its matter is not marked 自动核发; 1 unless told. */
  readonly approvalsNeeded?: number;
  /** Further rows of the write that completes it. */
  readonly alongside?: (tx: Writer, sealId: string) => Promise<void>;
}

/**
 * Makes a seal: its row is written before a key exists, the keys are made, the certificates issued, the SESeal made, and
 * all of it becomes valid in one write.
 * @throws SigningError `scope-missing`, `seal-input-invalid` (also for a code in use), `seal-type-unknown`,
 *   `name-too-long`, `glyph-missing`, `seal-code-exhausted`, `seal-maker-unusable`; CaError; CryptoError; StorageError
 */
export async function createSeal(parts: SealRegisterParts, request: SealRequest): Promise<Seal> {
  requireScope(request.actor, 'seals:write');
  const intended = await reserveSeal(parts, request);
  try {
    await makeSealEdition(parts, {
      seal: intended,
      edition: 1,
      actor: request.actor,
      lifetimeDays: request.lifetimeDays,
      record: async (tx, at, serial) => {
        const filing = request.filing === undefined ? intended.code : request.filing;
        if (filing !== null) await fileWithin(tx, request.actor, intended, filing, at);
        await parts.audit.append(tx, {
          at,
          actor: request.actor,
          action: 'seal.created',
          subject: intended.id,
          details: {
            code: intended.code,
            type: intended.type,
            department: intended.department,
            certificate: serial,
            ...(filing === null ? {} : { filing }),
          },
        });
        await request.alongside?.(tx, intended.id);
      },
    });
  } catch (error) {
    // Where even this fails, the next start settles it.
    await parts.database
      .write((tx) => abandonIntendedSeals(tx, { id: intended.id }, parts.clock()))
      .catch(() => undefined);
    throw error;
  }
  return requiredSeal(parts.database.reader, intended.id);
}

/**
 * The impression of a seal that is not made yet: zeros stand for its code.
 * @throws SigningError as `drawSeal`
 */
export function impressionBefore(
  parts: { readonly authority: Pick<SealRegisterParts['authority'], 'demonstration'> },
  picture: SealPictureRequest,
): Drawing {
  return drawSeal({ ...picture, code: '0'.repeat(14), demonstration: parts.authority.demonstration });
}

async function reserveSeal(parts: SealRegisterParts, request: SealRequest): Promise<IntendedSeal> {
  const now = parts.clock();
  const { name, type, department, departmentName } = request;
  if (!isSealType(type))
    throw new SigningError('seal-type-unknown', 'The seal type is none of the national list.');
  if (!isUscc(department)) throw invalid('The owner of a seal has a valid unified social credit code.');
  if (!/^[1-9]\d{5}(\d{8})?$/.test(request.code)) throw invalid('A seal code is 14 digits, a division six.');
  if (name.length < 1 || name.length > 100) throw invalid('The name of a seal has 1 to 100 characters.');
  const draft = {
    id: newIdentifier('seal', parts.random),
    name,
    type,
    department,
    departmentName,
    validFrom: now,
    // Narrowed to the certificate's term when that is known.
    validUntil: now,
    createdAt: now,
    createdBy: request.actor.id,
    keepers: [...new Set(request.keepers)],
    origin: 'own',
    foreignCredential: null,
    replaces: request.replaces ?? null,
    approvalsNeeded: request.approvalsNeeded ?? 1,
  } as const;
  const pictureWith = (code: string): SealPictureDescription => ({
    ...request.picture,
    code,
    demonstration: parts.authority.demonstration,
  });
  // What cannot be drawn is refused before a code is spent on it.
  impressionBefore(parts, request.picture);
  return parts.database.write(async (tx) => {
    const code = request.code.length === 6 ? await nextSealCode(tx, request.code) : request.code;
    const seal = { ...draft, code, picture: pictureWith(code) };
    if (!(await insertIntendedSeal(tx, seal))) throw invalid('The seal code is in use.');
    return seal;
  });
}

/** A made seal with its filing becomes valid, and the one it follows is cancelled, in the caller's write. */
async function fileWithin(
  tx: Writer,
  actor: Actor,
  seal: Pick<Seal, 'id' | 'replaces'>,
  number: string,
  at: Date,
): Promise<void> {
  if (!/^[\x21-\x7e]{1,64}$/.test(number)) throw invalid('A filing number is 1 to 64 visible characters.');
  const step = { reason: `filed ${number}`, by: actor.id, at };
  if (
    !(await writeFiling(tx, seal.id, { number, at })) ||
    !(await updateSealState(tx, seal.id, { from: 'made', to: 'valid', ...step }))
  )
    throw new SigningError('seal-transition-not-allowed', 'Only a seal that waits for its filing is filed.');
  if (seal.replaces === null) return;
  const cancelled = { to: 'cancelled' as const, by: actor.id, at, reason: `replaced by ${seal.id}` };
  for (const from of ['valid', 'frozen', 'lost', 'made'] as const)
    if (await updateSealState(tx, seal.replaces, { from, ...cancelled })) return;
}

/**
 * 备案: enters the filing of a made seal; its status is public from then on, and it may be used.
 * @throws SigningError `scope-missing`, `seal-not-found`, `seal-input-invalid`, `seal-transition-not-allowed`
 */
export async function fileSeal(
  parts: Pick<SealRegisterParts, 'database' | 'audit' | 'clock'>,
  filing: { readonly actor: Actor; readonly sealId: string; readonly number: string },
): Promise<Seal> {
  requireScope(filing.actor, 'seals:write', 'seals:file');
  const seal = await requiredSeal(parts.database.reader, filing.sealId);
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    await fileWithin(tx, filing.actor, seal, filing.number, at);
    await parts.audit.append(tx, {
      at,
      actor: filing.actor,
      action: 'seal.filed',
      subject: seal.id,
      details: { number: filing.number, ...(seal.replaces === null ? {} : { replaces: seal.replaces }) },
    });
  });
  return requiredSeal(parts.database.reader, seal.id);
}

/** @throws SigningError `seal-not-found` */
export async function requiredSeal(db: Reader, id: string): Promise<Seal> {
  const seal = await findSeal(db, { id });
  if (seal === null) throw new SigningError('seal-not-found', 'There is no such seal.');
  return seal;
}

/** The seals of the actor's department. @throws SigningError `scope-missing`, `department-missing` */
export async function sealsOf(db: Reader, actor: Actor): Promise<readonly Seal[]> {
  requireScope(actor, 'stamps:write', 'seals:read', 'seals:write');
  return findSealsOf(db, departmentOf(actor));
}

/**
 * One seal of the actor's department.
 * @throws SigningError `scope-missing`, `department-missing`, `seal-not-found` (absent or another department's)
 */
export async function sealFor(db: Reader, actor: Actor, sealId: string): Promise<Seal> {
  requireScope(actor, 'stamps:write', 'seals:read', 'seals:write');
  return ownSeal(db, actor, sealId);
}

/** The seal with this code whoever owns it, for start-up and administration; null where there is none. */
export function sealWithCode(db: Reader, code: string): Promise<Seal | null> {
  return findSeal(db, { code });
}

export interface SealStateChange {
  readonly actor: Actor;
  readonly sealId: string;
  readonly to: SealState;
  /** Why, in words for the record; no personal values. */
  readonly reason: string;
  /** Further rows of the same write. */
  readonly alongside?: (tx: Writer) => Promise<void>;
}

/**
 * Freezes 冻结, reports lost 挂失, releases 解冻 or cancels 注销 a seal of the actor's department; a use intended before stays
 * valid. Whether two persons are needed is decided by who calls: stopping a seal needs one, all else two.
 * @throws SigningError `scope-missing`, `seal-not-found`, `seal-transition-not-allowed`
 */
export async function changeSealState(
  parts: { readonly database: Database; readonly audit: AuditLog; readonly clock: Clock },
  change: SealStateChange,
): Promise<void> {
  requireScope(change.actor, 'seals:write');
  const seal = await ownSeal(parts.database.reader, change.actor, change.sealId);
  if (!sealTransitions[seal.state].includes(change.to)) throw notAllowed(seal.state, change.to);
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    const step = { from: seal.state, to: change.to, reason: change.reason, by: change.actor.id, at };
    if (!(await updateSealState(tx, seal.id, step))) throw notAllowed(seal.state, change.to);
    await parts.audit.append(tx, {
      at,
      actor: change.actor,
      action: 'seal.status-changed',
      subject: seal.id,
      details: { from: seal.state, to: change.to, reason: change.reason },
    });
    await change.alongside?.(tx);
  });
}

/** At start-up: frees the codes of seals whose making was interrupted before `before`. @returns how many. */
export async function settleSeals(
  parts: { readonly database: Database; readonly clock: Clock },
  before: Date,
): Promise<number> {
  const settled = await parts.database.write((tx) => abandonIntendedSeals(tx, { before }, parts.clock()));
  return settled.length;
}

function notAllowed(from: SealState, to: SealState): SigningError {
  return new SigningError('seal-transition-not-allowed', `A seal that is ${from} cannot become ${to}.`);
}

function invalid(message: string): SigningError {
  return new SigningError('seal-input-invalid', message);
}
