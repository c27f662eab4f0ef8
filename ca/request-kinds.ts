// What needs two officers, one row a kind: what it takes, how the world looks before it, what it does.
import type { RevocationReason } from '../formats/x509/crl.ts';
import type { Actor } from '../storage/actor.ts';
import type { Reader, Writer } from '../storage/database.ts';
import { isEnrolledProfile } from './enrolment.ts';
import type { CrlPublisher } from './crl-publisher.ts';
import { CaError } from './errors.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { CaParts } from './parts.ts';
import type { HierarchyName } from './profile.ts';
import { writeProfileSetting } from './profile-settings.ts';
import { profileOf } from './profiles/list.ts';
import { revokeAuthority } from './revoke.ts';
import { succeedAuthority } from './succeed.ts';

/** What an officer may ask for. */
export type ControlledOperation =
  /** Publish the root's revocation list. */
  | { readonly kind: 'root-crl'; readonly hierarchy: HierarchyName }
  /** Make the next generation of an issuing authority. */
  | { readonly kind: 'succeed-authority'; readonly authority: string }
  | {
      readonly kind: 'revoke-authority';
      readonly authority: string;
      readonly reason: RevocationReason;
      /** ISO 8601; since when the key is known or suspected to be another's. */
      readonly invalidityDate: string | null;
    }
  | {
      readonly kind: 'profile-setting';
      readonly hierarchy: HierarchyName;
      readonly profile: string;
      readonly enabled: boolean;
      readonly maximumDays: number | null;
    };

type Facts = Readonly<Record<string, string>>;
/** Writes the outcome, in the operation's own write where it has one. */
type Recorder = (tx: Writer, outcome: Facts) => Promise<void>;

export interface ControlParts extends CaParts {
  readonly hierarchy: Hierarchy;
  readonly crls: Pick<CrlPublisher, 'publishRootCrl'>;
}

export interface Execution {
  readonly actor: Pick<Actor, 'id' | 'department'>;
  readonly request: string;
  readonly record: Recorder;
}

export interface ControlledKind<O> {
  /** Refuses what could never be executed. @throws CaError `ca-request-invalid`, `authority-not-found`. */
  check(parts: ControlParts, operation: O): void;
  /** Whether the root's key is used: then it must be at hand before an approval counts. */
  readonly needsRoot: boolean;
  /** How the world is before: by it, an execution that was cut short after its effect is recognised. */
  expected(parts: ControlParts, operation: O): Promise<Facts>;
  /** The outcome, where the effect is there already; null where it is not. */
  done(parts: ControlParts, operation: O, expected: Facts): Promise<Facts | null>;
  /** Does it, and records the outcome. */
  execute(parts: ControlParts, operation: O, execution: Execution): Promise<void>;
}

function invalid(message: string): CaError {
  return new CaError('ca-request-invalid', message);
}

async function lastRootNumber(reader: Reader, root: string): Promise<number> {
  const row = await reader
    .selectFrom('ca_crl')
    .select((e) => e.fn.max<number | null>('number').as('last'))
    .where('authority', '=', root)
    .where((e) => e.or([e('der', 'is not', null), e('document', 'is not', null)]))
    .executeTakeFirst();
  return row?.last ?? 0;
}

type Of<K extends ControlledOperation['kind']> = Extract<ControlledOperation, { kind: K }>;

const rootCrl: ControlledKind<Of<'root-crl'>> = {
  check: () => undefined,
  needsRoot: true,
  async expected(parts, { hierarchy }) {
    const { name } = parts.hierarchy.issuer('root', hierarchy);
    return { after: String(await lastRootNumber(parts.database.reader, name)) };
  },
  async done(parts, { hierarchy }, expected) {
    const { name } = parts.hierarchy.issuer('root', hierarchy);
    const last = await lastRootNumber(parts.database.reader, name);
    return last > Number(expected['after'] ?? 0) ? { number: String(last) } : null;
  },
  async execute(parts, { hierarchy }, { record }) {
    const { name } = parts.hierarchy.issuer('root', hierarchy);
    await parts.crls.publishRootCrl(name);
    const number = await lastRootNumber(parts.database.reader, name);
    await parts.database.write((tx) => record(tx, { number: String(number) }));
  },
};

const succession: ControlledKind<Of<'succeed-authority'>> = {
  check(parts, { authority }) {
    const found = parts.hierarchy.authority(authority);
    if (found.kind === 'root') throw invalid('A root has no successor: a new one is a new trust anchor.');
  },
  needsRoot: true,
  expected: (parts, { authority }) =>
    Promise.resolve({ generation: String(parts.hierarchy.authority(authority).generation) }),
  async done(parts, { authority }, expected) {
    await parts.hierarchy.maintain();
    const { kind, hierarchy } = parts.hierarchy.authority(authority);
    const next = Number(expected['generation'] ?? 0) + 1;
    const made = parts.hierarchy
      .authorities()
      .find((each) => each.kind === kind && each.hierarchy === hierarchy && each.generation === next);
    return made === undefined ? null : { successor: made.name, serial: made.certificate.serialHex };
  },
  async execute(parts, { authority }, { actor, record }) {
    const made = await succeedAuthority(parts, parts.hierarchy, authority, actor);
    await parts.database.write((tx) =>
      record(tx, { successor: made.name, serial: made.certificate.serialHex }),
    );
  },
};

const revocation: ControlledKind<Of<'revoke-authority'>> = {
  check(parts, { authority, reason, invalidityDate }) {
    const found = parts.hierarchy.authority(authority);
    if (found.kind === 'root') throw invalid('A root cannot revoke itself: take it off the trust list.');
    if (found.state === 'revoked') throw invalid(`The authority ${authority} is revoked already.`);
    if (reason === 'certificateHold' || reason === 'removeFromCRL') {
      throw invalid('An authority is revoked for good, not held.');
    }
    if (invalidityDate !== null && Number.isNaN(Date.parse(invalidityDate))) {
      throw invalid('The invalidity date is no date.');
    }
  },
  needsRoot: false,
  expected: (parts, { authority }) =>
    Promise.resolve({ serial: parts.hierarchy.authority(authority).certificate.serialHex }),
  async done(parts, { authority }) {
    await parts.hierarchy.maintain();
    const { state, certificate } = parts.hierarchy.authority(authority);
    return state === 'revoked' ? { serial: certificate.serialHex } : null;
  },
  async execute(parts, { authority, reason, invalidityDate }, { actor, record }) {
    const serial = parts.hierarchy.authority(authority).certificate.serialHex;
    await revokeAuthority(parts, {
      serial,
      reason,
      actor,
      ...(invalidityDate === null ? {} : { invalidityDate: new Date(invalidityDate) }),
      alongside: (tx) => record(tx, { serial }),
    });
    await parts.hierarchy.maintain();
  },
};

const setting: ControlledKind<Of<'profile-setting'>> = {
  check(_parts, { profile, hierarchy, maximumDays }) {
    if (!isEnrolledProfile(profile)) {
      throw invalid(
        'Only profiles that subscribers are enrolled for can be set; our own services need theirs.',
      );
    }
    const most = profileOf(profile, hierarchy).maximumDays.value;
    if (maximumDays !== null && !(Number.isInteger(maximumDays) && maximumDays >= 1 && maximumDays <= most)) {
      throw invalid(`A lifetime can be lowered only: 1 to ${most} days.`);
    }
  },
  needsRoot: false,
  expected: () => Promise.resolve({}),
  // The setting and its outcome are one write: what has no outcome has no effect.
  done: () => Promise.resolve(null),
  async execute(parts, operation, { request, record }) {
    const { hierarchy, profile, enabled, maximumDays } = operation;
    const at = parts.clock();
    await parts.database.write(async (tx) => {
      await writeProfileSetting(tx, { hierarchy, profile, enabled, maximumDays, request, at });
      await record(tx, { enabled: String(enabled), maximumDays: String(maximumDays ?? 'profile') });
    });
  },
};

const KINDS: { readonly [K in ControlledOperation['kind']]: ControlledKind<Of<K>> } = {
  'root-crl': rootCrl,
  'succeed-authority': succession,
  'revoke-authority': revocation,
  'profile-setting': setting,
};

/** The row of an operation's kind. */
export function kindOf(operation: ControlledOperation): ControlledKind<ControlledOperation> {
  return KINDS[operation.kind];
}
