// The right to act on licenses: scope and department. A foreign license is answered like an absent one.
import type { Actor } from '../storage/actor.ts';
import { LicenseError } from './errors.ts';

/** @throws LicenseError `scope-missing` unless the actor has one of `scopes`. */
export function requireScope(actor: Actor, ...scopes: readonly string[]): void {
  if (!scopes.some((scope) => actor.scopes.includes(scope))) {
    throw new LicenseError('scope-missing', `This needs the scope ${scopes.join(' or ')}.`);
  }
}

/** The department acted for. @throws LicenseError `department-missing` */
export function departmentOf(actor: Actor): string {
  if (actor.department === null)
    throw new LicenseError('department-missing', 'The caller acts for no department.');
  return actor.department;
}

/** @throws LicenseError `idempotency-key-invalid` */
export function checkKey(key: string): void {
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new LicenseError(
      'idempotency-key-invalid',
      'An idempotency key is 1 to 200 visible ASCII characters.',
    );
  }
}
