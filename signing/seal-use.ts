// The right to use a seal now: scope, owner, keeper, state, certificate. A foreign seal is answered like an absent one.
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Actor } from '../storage/actor.ts';
import type { Reader } from '../storage/database.ts';
import { SigningError } from './errors.ts';
import { findSeal } from './seal-store.ts';
import type { Seal } from './seal.ts';

/** The department an actor acts for. @throws SigningError `department-missing` */
export function departmentOf(actor: Actor): string {
  if (actor.department === null)
    throw new SigningError('department-missing', 'The caller acts for no department.');
  return actor.department;
}

/** @throws SigningError `scope-missing` unless the actor has one of `scopes`. */
export function requireScope(actor: Actor, ...scopes: readonly string[]): void {
  if (!scopes.some((scope) => actor.scopes.includes(scope))) {
    throw new SigningError('scope-missing', `This needs the scope ${scopes.join(' or ')}.`);
  }
}

/**
 * The seal, where the actor may let it be used at `now`.
 * @throws SigningError `scope-missing`, `department-missing`, `seal-not-found` (absent or another department's),
 *   `seal-not-permitted` (a person who is not its keeper), `seal-not-valid` (state, term or certificate)
 */
export async function usableSeal(db: Reader, actor: Actor, sealId: string, now: Date): Promise<Seal> {
  requireScope(actor, 'stamps:write');
  const seal = await ownSeal(db, actor, sealId);
  if (actor.kind === 'person' && !seal.keepers.includes(actor.id)) {
    throw new SigningError('seal-not-permitted', 'Only a keeper of this seal may let it be used.');
  }
  requireValid(seal, now);
  return seal;
}

/** The seal, where it belongs to the actor's department. @throws SigningError `department-missing`, `seal-not-found` */
export async function ownSeal(db: Reader, actor: Actor, sealId: string): Promise<Seal> {
  const department = departmentOf(actor);
  const seal = await findSeal(db, { id: sealId });
  if (seal?.department !== department) throw new SigningError('seal-not-found', 'There is no such seal.');
  return seal;
}

/** GB/T 38540-2020 §7.1: state, term and certificate are looked at before a seal is used. */
function requireValid(seal: Seal, now: Date): void {
  if (seal.state !== 'valid') throw new SigningError('seal-not-valid', `The seal is ${seal.state}.`);
  if (now < seal.validFrom || now > seal.validUntil) {
    throw new SigningError('seal-not-valid', 'The seal is outside its term.');
  }
  const [own] = seal.chain;
  if (own === undefined) throw new SigningError('seal-not-valid', 'The seal has no certificate.');
  const certificate = parseCertificate(own);
  if (now < certificate.notBefore || now > certificate.notAfter) {
    throw new SigningError('seal-not-valid', 'The certificate of the seal is outside its term.');
  }
}
