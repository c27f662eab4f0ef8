// The ways to log in over a real database, with accounts that exist and a telephone that keeps what it was sent.
import { randomBytes } from 'node:crypto';
import { createBlindIndex } from '../../../crypto/blind-index.ts';
import { createFieldCipher } from '../../../crypto/field-cipher.ts';
import { MasterKey } from '../../../crypto/master-key.ts';
import { passwordHasher, type PasswordCost } from '../../../crypto/password.ts';
import type { Rung } from '../../../identity/levels.ts';
import { addLoginName } from '../../../identity/login/names.ts';
import type { AttemptSource, LoginParts } from '../../../identity/login/parts.ts';
import type { PasskeyParts } from '../../../identity/login/passkey.ts';
import { setPassword, type PasswordParts } from '../../../identity/login/password.ts';
import { enrolTelephone } from '../../../identity/login/sms.ts';
import { auditChain } from '../../../storage/audit-chain.ts';
import type { Database } from '../../../storage/database.ts';
import type { DatabaseLocation } from '../../../storage/open.ts';
import type { Engine, TestDatabase } from '../../storage/engines.ts';

export const ORIGIN = 'http://localhost:8480';
export const PASSWORD = '河北区-correct horse 42';
export const HOME: AttemptSource = { address: '192.0.2.7', device: null };
export const ELSEWHERE: AttemptSource = { address: '198.51.100.9', device: null };

/** Cheap hashes: what costs time is measured elsewhere. */
export const cheap: PasswordCost = { memory: 64, passes: 1, lanes: 1 };

/** One key for every node of a world, so that what one wrote the other reads. */
const secret = new Uint8Array(32).fill(7);

export interface LoginWorld {
  readonly parts: PasswordParts & PasskeyParts;
  readonly database: Database;
  readonly location: DatabaseLocation;
  /** Messages, oldest first. */
  readonly sent: { readonly telephone: string; readonly text: string }[];
  /** State of accounts; one that is not named does not exist. */
  readonly accounts: Map<string, { active: boolean; rung: Rung | 0 }>;
  advance(seconds: number): void;
  /** An account with a name and a password. */
  person(id: string, options?: { name?: string; telephone?: string; rung?: Rung }): Promise<string>;
  auditedActions(): Promise<readonly string[]>;
  cleanup(): Promise<void>;
}

export function partsOn(
  database: Database,
  node: string,
  more: Pick<LoginParts, 'clock' | 'accounts' | 'messages'>,
  queueLimit = 100,
  cost: PasswordCost = cheap,
): PasswordParts & PasskeyParts {
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  const masterKey = new MasterKey(secret);
  return {
    database,
    audit: auditChain({ node, digest: 'sha256' }),
    random,
    index: createBlindIndex(masterKey),
    cipher: createFieldCipher({ masterKeys: [masterKey], random }),
    hasher: passwordHasher({ random, concurrency: 2, queueLimit, cost }),
    origin: ORIGIN,
    ...more,
  };
}

export async function openLoginWorld(engine: Engine, cost: PasswordCost = cheap): Promise<LoginWorld> {
  const store: TestDatabase = await engine.open();
  let offset = 0;
  const start = Date.parse('2026-11-22T05:06:07Z');
  const began = Date.now();
  const accounts = new Map<string, { active: boolean; rung: Rung | 0 }>();
  const sent: { telephone: string; text: string }[] = [];
  const parts = partsOn(
    store.database,
    'test',
    {
      clock: () => new Date(start + (Date.now() - began) + offset),
      accounts: {
        isActive: (account) => Promise.resolve(accounts.get(account)?.active === true),
        rungOf: (account) => Promise.resolve(accounts.get(account)?.rung ?? 0),
        ofDocument: () => Promise.resolve(null),
      },
      messages: {
        send: (telephone, text) => {
          sent.push({ telephone, text });
          return Promise.resolve();
        },
      },
    },
    100,
    cost,
  );
  const actor = { id: 'test', department: null };
  return {
    parts,
    database: store.database,
    location: store.location,
    sent,
    accounts,
    advance: (seconds) => void (offset += seconds * 1000),
    async person(id, options = {}) {
      const account = `acc_${id}`;
      const rung = options.rung ?? 2;
      accounts.set(account, { active: true, rung });
      await store.database.write((tx) => addLoginName(parts, tx, account, options.name ?? id));
      await setPassword(parts, actor, { account, password: PASSWORD, rung });
      if (options.telephone !== undefined) {
        await enrolTelephone(parts, actor, { account, telephone: options.telephone, rung });
      }
      return account;
    },
    async auditedActions() {
      const rows = await store.database.reader
        .selectFrom('audit_log')
        .select(['action', 'details'])
        .orderBy('sequence')
        .execute();
      return rows.map(({ action, details }) => `${action} ${details}`);
    },
    cleanup: () => store.cleanup(),
  };
}

/** The six digits of the last message. */
export function lastCode(world: LoginWorld): string {
  return /\d{6}/.exec(world.sent.at(-1)?.text ?? '')?.[0] ?? '';
}
