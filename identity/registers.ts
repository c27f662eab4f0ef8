// Ports: the population register 人口库, the register of legal persons 法人库 and the public service of 网证; asked within a budget, each question audited.
import type { Actor } from '../storage/actor.ts';
import type { PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import type { DocumentType } from './identity-documents.ts';

/** Whom a question is about. */
export interface RegisterPerson {
  readonly type: DocumentType;
  readonly number: string;
  readonly name: string;
}

/** What the population register says; it confirms and never tells. */
export type PopulationAnswer = 'matched' | 'mismatched' | 'absent' | 'deceased';

/** Entry of the register of legal persons. */
export interface LegalPersonEntry {
  /** Unified social credit code. */
  readonly creditCode: string;
  readonly name: string;
  readonly state: 'in-operation' | 'revoked' | 'cancelled';
  readonly legalRepresentative: string;
  /** Changes with every change of the entry. */
  readonly edition: string;
}

/** What the public service tells of a 网证 that was shown: the result, never name or number. */
export interface WangzhengAnswer {
  readonly wanghao: string;
  /** The service itself saw to it that the person was there when it was shown. */
  readonly livePerson: boolean;
  /** Whether the 网号 is the person's that was asked about; null where nobody was. */
  readonly belongsTo: boolean | null;
}

/**
 * Promises asked of an adapter: every method answers within its own time limit or throws IdentityError
 * `register-unavailable` with `retryAfter`; an answer is the register's and never made up from an older one.
 */
export interface Registers {
  matchPerson(person: RegisterPerson): Promise<PopulationAnswer>;
  /** @returns null where the register has no such entry. */
  legalPerson(creditCode: string): Promise<LegalPersonEntry | null>;
  /** Whether the register names this very person as the legal representative. */
  isLegalRepresentative(creditCode: string, person: RegisterPerson): Promise<boolean>;
  /** Codes of entries changed after `cursor`, oldest first, at most `limit`; the cursor to go on from. */
  legalPersonsChanged(
    cursor: string,
    limit: number,
  ): Promise<{ readonly creditCodes: readonly string[]; readonly cursor: string }>;
  /**
   * Consumes what a person's phone showed.
   * @param person - compared by the service, where somebody of that name and number is expected
   * @returns null for a showing that is unknown, used or expired.
   */
  wangzheng(showing: string, person: RegisterPerson | null): Promise<WangzhengAnswer | null>;
}

/** Dependencies of whatever asks a register. */
export interface RegisterDependencies extends PeopleDependencies {
  readonly registers: Registers;
}

/** Questions an hour: an officer at a window, and anybody about themselves. */
export const questionsAnHour = { officer: 60, person: 10 } as const;

/**
 * Asks within the asker's budget and audits that it was asked and what came of it. The audit row stands before the
 * question leaves: a register that never answers was asked all the same.
 * @param question.subject - account, case or credit code asked about; never a number
 * @throws IdentityError `register-unavailable` (with seconds to wait), `login-delayed` over the budget.
 */
export async function askRegister<T>(
  dependencies: RegisterDependencies,
  question: {
    readonly actor: Actor;
    readonly subject: string;
    readonly register: 'population' | 'legal-persons' | 'wangzheng';
    readonly budget: number | null;
  },
  ask: (registers: Registers) => Promise<T>,
): Promise<T> {
  const { actor, subject, register, budget } = question;
  const at = dependencies.clock();
  if (budget !== null) await requireBudget(dependencies, actor, budget, at);
  await dependencies.database.write((tx) =>
    dependencies.audit.append(tx, { at, actor, action: 'register.asked', subject, details: { register } }),
  );
  return ask(dependencies.registers);
}

async function requireBudget(
  dependencies: RegisterDependencies,
  actor: Actor,
  budget: number,
  at: Date,
): Promise<void> {
  const since = new Date(at.getTime() - 3_600_000).toISOString();
  const { asked } = await dependencies.database.reader
    .selectFrom('audit_log')
    .select((build) => build.fn.countAll<number>().as('asked'))
    .where('at', '>', since)
    .where('actor', '=', actor.id)
    .where('action', '=', 'register.asked')
    .executeTakeFirstOrThrow();
  if (asked >= budget) {
    throw new IdentityError('login-delayed', `At most ${budget} questions to registers an hour.`, {
      retryAfter: 900,
    });
  }
}

/** For an installation without registers: every question is answered at once, and clearly. */
export const absentRegisters: Registers = {
  matchPerson: absent,
  legalPerson: absent,
  isLegalRepresentative: absent,
  legalPersonsChanged: absent,
  wangzheng: absent,
};

function absent(): Promise<never> {
  return Promise.reject(
    new IdentityError('register-unavailable', 'This installation is connected to no register.'),
  );
}
