// What may be applied for, one row a kind: what is refused at once, and what approving does.
import { fromBase64 } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { checkTerms, signAuthorisation, type AuthorisationTerms, type UseHours } from './authorisation.ts';
import { insertAuthorisation, writeAutomatic } from './authorisation-store.ts';
import { SigningError } from './errors.ts';
import {
  checkForeignSeal,
  takeInSeal,
  type ForeignSealOrder,
  type ForeignSealParts,
} from './foreign-seal.ts';
import { newIdentifier } from './identifiers.ts';
import { openSealKey, type SealKeyParts } from './seal-key.ts';
import { renewSeal } from './seal-making.ts';
import type { SealPictureRequest } from './seal-picture/description.ts';
import {
  changeSealState,
  createSeal,
  impressionBefore,
  requiredSeal,
  type SealRequest,
} from './seal-register.ts';
import { replaceKeepers } from './seal-store.ts';
import { sealTransitions, type Seal, type SealState } from './seal.ts';

/** What a new seal is to be. Plain data: it stands in the application as it was asked for. */
export interface NewSeal {
  readonly name: string;
  readonly type: string;
  readonly departmentName: string;
  readonly picture: SealPictureRequest;
  /** 14 digits, or six: the next free code of the division. */
  readonly code: string;
  readonly lifetimeDays: number | null;
  readonly keepers: readonly string[];
  readonly approvalsNeeded: number;
}

export type SealOperation =
  | ({ readonly kind: 'make' } & NewSeal)
  /** 变更: a new seal, after whose filing the old one is cancelled. */
  | ({ readonly kind: 'change'; readonly sealId: string } & NewSeal)
  | {
      readonly kind: 'take-in';
      readonly departmentName: string;
      /** Base64. */
      readonly eseal: string;
      readonly credential: string;
      readonly keepers: readonly string[];
      readonly approvalsNeeded: number;
    }
  /** 续期. */
  | { readonly kind: 'renew'; readonly sealId: string; readonly lifetimeDays: number | null }
  | { readonly kind: 'keepers'; readonly sealId: string; readonly keepers: readonly string[] }
  /** 解冻. */
  | { readonly kind: 'release'; readonly sealId: string }
  /** 注销. */
  | { readonly kind: 'cancel'; readonly sealId: string }
  /** 用印授权书. Times as ISO 8601. */
  | {
      readonly kind: 'authorise';
      readonly sealId: string;
      readonly client: string | null;
      readonly matters: readonly string[] | null;
      readonly perDay: number;
      readonly total: number;
      readonly hours: UseHours | null;
      readonly validFrom: string;
      readonly validUntil: string;
    }
  /** 自动核发. */
  | { readonly kind: 'automatic'; readonly matter: string; readonly automatic: boolean };

type Of<K extends SealOperation['kind']> = Extract<SealOperation, { kind: K }>;

export type ApplicationParts = ForeignSealParts & SealKeyParts;

export interface ApplicationExecution {
  /** For the department that applied, named by who approved. */
  readonly actor: Actor;
  readonly requestedBy: string;
  /** Writes the outcome in the write of the effect. */
  readonly record: (tx: Writer, outcome: Readonly<Record<string, string>>, sealId?: string) => Promise<void>;
}

interface ApplicationKind<O> {
  /** @throws SigningError for what could never be executed */
  check(parts: ApplicationParts, operation: O, department: string): Promise<void>;
  execute(parts: ApplicationParts, operation: O, execution: ApplicationExecution): Promise<void>;
}

function invalid(message: string): SigningError {
  return new SigningError('application-invalid', message);
}

async function sealOf(parts: ApplicationParts, id: string, department: string): Promise<Seal> {
  const seal = await requiredSeal(parts.database.reader, id);
  if (seal.department !== department) throw new SigningError('seal-not-found', 'There is no such seal.');
  return seal;
}

function checkKeepers(keepers: readonly string[]): void {
  if (keepers.length < 1 || keepers.length > 20 || keepers.some((each) => !/^[\x21-\x7e]{1,100}$/.test(each)))
    throw invalid('A seal has 1 to 20 keepers, named by identifiers.');
}

function checkNew(parts: ApplicationParts, order: NewSeal): Promise<void> {
  checkKeepers(order.keepers);
  if (!(Number.isInteger(order.approvalsNeeded) && order.approvalsNeeded >= 1 && order.approvalsNeeded <= 9))
    throw invalid('A use needs 1 to 9 approvals.');
  // Whoever decides sees the impression: what cannot be drawn is not applied for.
  impressionBefore(parts, order.picture);
  return Promise.resolve();
}

function makingOf(
  order: NewSeal,
  { actor, record }: ApplicationExecution,
  replaces: string | null,
): SealRequest {
  const { name, type, departmentName, picture, code, lifetimeDays, keepers, approvalsNeeded } = order;
  return {
    actor,
    name,
    type,
    department: actor.department ?? '',
    departmentName,
    picture,
    code,
    ...(lifetimeDays === null ? {} : { lifetimeDays }),
    keepers,
    approvalsNeeded,
    filing: null,
    ...(replaces === null ? {} : { replaces }),
    alongside: (tx, sealId) => record(tx, { seal: sealId }, sealId),
  };
}

const make: ApplicationKind<Of<'make'>> = {
  check: (parts, operation) => checkNew(parts, operation),
  async execute(parts, operation, execution) {
    await createSeal(parts, makingOf(operation, execution, null));
  },
};

const change: ApplicationKind<Of<'change'>> = {
  async check(parts, operation, department) {
    const seal = await sealOf(parts, operation.sealId, department);
    if (seal.state === 'cancelled') throw invalid('A cancelled seal is not changed: apply for a new one.');
    await checkNew(parts, operation);
  },
  async execute(parts, operation, execution) {
    await createSeal(parts, makingOf(operation, execution, operation.sealId));
  },
};

function foreignOrder(operation: Of<'take-in'>, department: string): ForeignSealOrder {
  const { departmentName, eseal, credential, keepers, approvalsNeeded } = operation;
  try {
    return {
      department,
      departmentName,
      eseal: fromBase64(eseal),
      credential,
      keepers,
      approvalsNeeded,
    };
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new SigningError('foreign-seal-refused', 'The seal is not in base64.', { cause });
  }
}

const takeIn: ApplicationKind<Of<'take-in'>> = {
  async check(parts, operation, department) {
    checkKeepers(operation.keepers);
    await checkForeignSeal(parts, foreignOrder(operation, department));
  },
  async execute(parts, operation, { actor, record }) {
    const order = foreignOrder(operation, actor.department ?? '');
    await takeInSeal(parts, actor, order, (tx, sealId) => record(tx, { seal: sealId }, sealId));
  },
};

const renew: ApplicationKind<Of<'renew'>> = {
  async check(parts, { sealId }, department) {
    const seal = await sealOf(parts, sealId, department);
    if (seal.origin !== 'own') throw invalid('A seal made elsewhere is renewed where it was made.');
    if (seal.state === 'lost' || seal.state === 'cancelled')
      throw invalid('A lost or cancelled seal is not renewed.');
  },
  async execute(parts, { sealId, lifetimeDays }, { actor, record }) {
    const seal = await sealOf(parts, sealId, actor.department ?? '');
    await renewSeal(parts, {
      actor,
      seal,
      lifetimeDays: lifetimeDays ?? undefined,
      alongside: (tx) => record(tx, { seal: sealId }),
    });
  },
};

const keepers: ApplicationKind<Of<'keepers'>> = {
  async check(parts, operation, department) {
    checkKeepers(operation.keepers);
    await sealOf(parts, operation.sealId, department);
  },
  async execute(parts, operation, { actor, record }) {
    const seal = await sealOf(parts, operation.sealId, actor.department ?? '');
    await parts.database.write(async (tx) => {
      const at = parts.clock();
      await replaceKeepers(tx, seal.id, operation.keepers, at);
      await parts.audit.append(tx, {
        at,
        actor,
        action: 'seal.keepers-changed',
        subject: seal.id,
        details: { from: seal.keepers.join(' '), to: operation.keepers.join(' ') },
      });
      await record(tx, { seal: seal.id });
    });
  },
};

/** A change of state that needs two persons. */
function stateKind(to: SealState, reason: string): ApplicationKind<{ readonly sealId: string }> {
  return {
    async check(parts, { sealId }, department) {
      const { state } = await sealOf(parts, sealId, department);
      if (!sealTransitions[state].includes(to) || (to === 'valid' && state !== 'frozen'))
        throw new SigningError('seal-transition-not-allowed', `A seal that is ${state} cannot become ${to}.`);
    },
    async execute(parts, { sealId }, { actor, record }) {
      const { state } = await sealOf(parts, sealId, actor.department ?? '');
      // What waits for its filing becomes valid by its filing alone.
      if (to === 'valid' && state !== 'frozen')
        throw new SigningError('seal-transition-not-allowed', `A seal that is ${state} is not released.`);
      await changeSealState(parts, {
        actor,
        sealId,
        to,
        reason,
        alongside: (tx) => record(tx, { seal: sealId, state: to }),
      });
    },
  };
}

function termsOf(operation: Of<'authorise'>): AuthorisationTerms {
  const { client, matters, perDay, total, hours } = operation;
  const validFrom = new Date(operation.validFrom);
  const validUntil = new Date(operation.validUntil);
  return { client, matters, perDay, total, hours, validFrom, validUntil };
}

const authorise: ApplicationKind<Of<'authorise'>> = {
  async check(parts, operation, department) {
    checkTerms(termsOf(operation), parts.clock());
    const seal = await sealOf(parts, operation.sealId, department);
    if (seal.state !== 'valid' && seal.state !== 'made')
      throw new SigningError('seal-not-valid', `The seal is ${seal.state}.`);
  },
  async execute(parts, operation, { actor, requestedBy, record }) {
    const seal = await sealOf(parts, operation.sealId, actor.department ?? '');
    if (seal.state !== 'valid' && seal.state !== 'made')
      throw new SigningError('seal-not-valid', `The seal is ${seal.state}.`);
    const at = parts.clock();
    const terms = termsOf(operation);
    checkTerms(terms, at);
    const authorisation = {
      ...terms,
      id: newIdentifier('sau', parts.random),
      sealId: seal.id,
      sealCode: seal.code,
      owner: seal.department,
      grantedBy: requestedBy,
      approvedBy: actor.id,
      grantedAt: at,
    };
    const document = await signAuthorisation(await openSealKey(parts, seal), authorisation);
    await parts.database.write(async (tx) => {
      await insertAuthorisation(tx, authorisation, document);
      await parts.audit.append(tx, {
        at,
        actor,
        action: 'seal-authorisation.granted',
        subject: authorisation.id,
        details: {
          seal: seal.id,
          requestedBy,
          until: authorisation.validUntil.toISOString(),
          total: String(authorisation.total),
        },
      });
      await record(tx, { authorisation: authorisation.id });
    });
  },
};

const automatic: ApplicationKind<Of<'automatic'>> = {
  check(_parts, { matter }) {
    if (!/^[^\p{C}\p{Z}]{1,40}$/u.test(matter))
      throw invalid('A matter is named by its implementation code.');
    return Promise.resolve();
  },
  async execute(parts, { matter, automatic: marked }, { actor, record }) {
    await parts.database.write(async (tx) => {
      const at = parts.clock();
      const department = actor.department ?? '';
      await writeAutomatic(tx, { department, matter, automatic: marked, by: actor.id, at });
      await parts.audit.append(tx, {
        at,
        actor,
        action: 'automatic-matter.changed',
        subject: matter,
        details: { automatic: String(marked), department },
      });
      await record(tx, { matter, automatic: String(marked) });
    });
  },
};

const KINDS: { readonly [K in SealOperation['kind']]: ApplicationKind<Of<K>> } = {
  make,
  change,
  'take-in': takeIn,
  renew,
  keepers,
  release: stateKind('valid', 'released by two persons'),
  cancel: stateKind('cancelled', 'cancelled by two persons'),
  authorise,
  automatic,
};

/** The row of an operation's kind. */
export function kindOfApplication(operation: SealOperation): ApplicationKind<SealOperation> {
  return KINDS[operation.kind];
}
