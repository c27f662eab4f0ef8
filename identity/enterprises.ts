// Enterprises as the register of legal persons knows them: looked up, and remembered with their edition.
import { parseUscc } from '../formats/identifiers/uscc.ts';
import { FormatError } from '../formats/errors.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { askRegister, type LegalPersonEntry, type RegisterDependencies } from './registers.ts';

/** The code as stored and compared. @throws IdentityError `enterprise-not-found` for what is no credit code. */
export function enterpriseCode(text: string): string {
  try {
    return parseUscc(text);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new IdentityError('enterprise-not-found', 'Not a unified social credit code (GB 32100).', {
      cause: error,
    });
  }
}

/**
 * Asks the register for an enterprise.
 * @throws IdentityError `enterprise-not-found`, `enterprise-ended`, `register-unavailable`, `login-delayed`.
 */
export async function registeredEnterprise(
  dependencies: RegisterDependencies,
  asked: { readonly actor: Actor; readonly creditCode: string; readonly budget: number | null },
): Promise<LegalPersonEntry> {
  const { actor, creditCode, budget } = asked;
  const question = { actor, subject: creditCode, register: 'legal-persons' as const, budget };
  const entry = await askRegister(dependencies, question, (registers) => registers.legalPerson(creditCode));
  if (entry?.creditCode !== creditCode) {
    throw new IdentityError('enterprise-not-found', 'The register of legal persons has no such entry.');
  }
  if (entry.state !== 'in-operation') {
    throw new IdentityError('enterprise-ended', 'The enterprise is no longer in operation.');
  }
  return entry;
}

/** Remembers an entry as the register gave it. The representative's name is kept encrypted. */
export async function rememberEnterpriseIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  entry: LegalPersonEntry & { readonly nameCipher: string },
): Promise<void> {
  const at = dependencies.clock().toISOString();
  const seen = {
    name: entry.name,
    state: entry.state,
    legal_representative_cipher: entry.nameCipher,
    edition: entry.edition,
    seen_at: at,
  };
  await tx
    .insertInto('enterprise')
    .values({
      credit_code: entry.creditCode,
      ...seen,
      demonstration: dependencies.demonstration ? 1 : 0,
      created_at: at,
    })
    .onConflict((conflict) => conflict.column('credit_code').doUpdateSet(seen))
    .execute();
}

/** Seals what `rememberEnterpriseIn` stores, outside the write. */
export function sealedEntry(
  dependencies: PeopleDependencies,
  entry: LegalPersonEntry,
): LegalPersonEntry & { readonly nameCipher: string } {
  const place = { table: 'enterprise', column: 'legal_representative', row: entry.creditCode };
  return { ...entry, nameCipher: dependencies.cipher.seal(place, entry.legalRepresentative) };
}
