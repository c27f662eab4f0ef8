// The register of seals: making one, listing a department's, changing the state of one.
import { issueCertificate } from '../ca/issue.ts';
import type { Authority, CaParts } from '../ca/parts.ts';
import { suiteNamed } from '../crypto/suite.ts';
import { isUscc } from '../formats/identifiers/uscc.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database, Reader } from '../storage/database.ts';
import type { Clock } from '../crypto/clock.ts';
import { SigningError } from './errors.ts';
import { newIdentifier } from './identifiers.ts';
import type { SealPictureDescription } from './seal-picture/description.ts';
import { drawRoundSeal } from './seal-picture/round-seal.ts';
import {
  abandonIntendedSeals,
  completeSeal,
  findSeal,
  findSealsOf,
  insertIntendedSeal,
  nextSealCode,
  updateSealState,
  type IntendedSeal,
} from './seal-store.ts';
import { departmentOf, ownSeal, requireScope } from './seal-use.ts';
import { isSealType, sealTransitions, type Seal, type SealState } from './seal.ts';

/** What making a seal needs. */
export interface SealRegisterParts extends CaParts {
  /** The authority `department-seals`. A demonstration authority makes specimen seals only. */
  readonly authority: Authority;
}

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
  readonly picture: Pick<SealPictureDescription, 'kind' | 'name' | 'purpose' | 'centre'>;
  /** A 14-digit code to take, or the division (six digits) whose next free code is taken. */
  readonly code: string;
  /** Days of validity where fewer than the certificate profile's maximum. */
  readonly lifetimeDays?: number;
  /** 印章保管人: opaque actor ids. */
  readonly keepers: readonly string[];
}

/**
 * Makes a seal: its row is written before a key exists, the key is made, the certificate issued, and seal and certificate
 * become valid in one write.
 * @throws SigningError `scope-missing`, `seal-input-invalid` (also for a code in use), `seal-type-unknown`,
 *   `name-too-long`, `glyph-missing`, `seal-code-exhausted`; CaError; CryptoError; StorageError
 */
export async function createSeal(parts: SealRegisterParts, request: SealRequest): Promise<Seal> {
  requireScope(request.actor, 'seals:write');
  const intended = await reserveSeal(parts, request);
  try {
    return await makeSeal(parts, request, intended);
  } catch (error) {
    // Where even this fails, the next start settles it.
    await parts.database
      .write((tx) => abandonIntendedSeals(tx, { id: intended.id }, parts.clock()))
      .catch(() => undefined);
    throw error;
  }
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
  };
  const pictureWith = (code: string): SealPictureDescription => ({
    kind: request.picture.kind,
    name: request.picture.name,
    purpose: request.picture.purpose,
    centre: request.picture.centre,
    code,
    demonstration: parts.authority.demonstration,
  });
  // What cannot be drawn is refused before a code is spent on it.
  drawRoundSeal(pictureWith('0'.repeat(14)));
  return parts.database.write(async (tx) => {
    const code = request.code.length === 6 ? await nextSealCode(tx, request.code) : request.code;
    const seal = { ...draft, code, picture: pictureWith(code) };
    if (!(await insertIntendedSeal(tx, seal))) throw invalid('The seal code is in use.');
    return seal;
  });
}

async function makeSeal(
  parts: SealRegisterParts,
  request: SealRequest,
  intended: IntendedSeal,
): Promise<Seal> {
  // A key of the hierarchy that certifies it.
  const suite = suiteNamed(parts.authority.hierarchy === 'sm2' ? 'gm' : 'international');
  const key = await parts.keys.generate('seal', suite.signature);
  await issueCertificate(parts, {
    profile: 'seal',
    authority: parts.authority,
    // As government seals are certified: O the owner, CN the 14-digit code.
    subject: {
      organization: intended.departmentName,
      creditCode: intended.department,
      commonName: intended.code,
    },
    publicKey: key.publicKey,
    ...(request.lifetimeDays === undefined ? {} : { lifetimeDays: request.lifetimeDays }),
    actor: request.actor,
    alongside: async (tx, issued) => {
      const at = parts.clock();
      await completeSeal(tx, intended.id, {
        keyId: key.id,
        certificateSerial: issued.serial,
        chain: issued.chain,
        validUntil: issued.certificate.notAfter,
        at,
      });
      await parts.audit.append(tx, {
        at,
        actor: request.actor,
        action: 'seal.created',
        subject: intended.id,
        details: {
          code: intended.code,
          type: intended.type,
          department: intended.department,
          certificate: issued.serial,
        },
      });
    },
  });
  const seal = await findSeal(parts.database.reader, { id: intended.id });
  if (seal === null) throw new TypeError('A seal just made is not in the register.');
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
}

/**
 * Freezes 冻结, releases 解冻 or cancels 注销 a seal of the actor's department; a use intended before stays valid.
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
    const step = { from: seal.state, to: change.to, reason: change.reason, at };
    if (!(await updateSealState(tx, seal.id, step))) throw notAllowed(seal.state, change.to);
    await parts.audit.append(tx, {
      at,
      actor: change.actor,
      action: 'seal.status-changed',
      subject: seal.id,
      details: { from: seal.state, to: change.to, reason: change.reason },
    });
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
