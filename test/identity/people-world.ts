// A small district of people on either engine: real database, keys and registers over HTTP, a clock that tests turn.
import { randomBytes } from 'node:crypto';
import { registersOverHttp } from '../../api/registers-http.ts';
import { createBlindIndex } from '../../crypto/blind-index.ts';
import { createFieldCipher } from '../../crypto/field-cipher.ts';
import { MasterKey } from '../../crypto/master-key.ts';
import { RegisterStore } from '../../fixtures/register/register-store.ts';
import { startRegisterServer, type RegisterServer } from '../../fixtures/register/register-server.ts';
import { completeResidentNumber } from '../../formats/identifiers/resident-number.ts';
import type { AccountEvents } from '../../identity/account-events.ts';
import { openAccount, recordProofing } from '../../identity/accounts.ts';
import { addDepartment } from '../../identity/departments.ts';
import { randomIdentifier } from '../../identity/identifier.ts';
import type { Rung } from '../../identity/levels.ts';
import { appointIn, grantRoleIn } from '../../identity/officers.ts';
import { personWith } from '../../identity/persons.ts';
import type { RegisterDependencies } from '../../identity/registers.ts';
import type { OfficerRole } from '../../identity/roles.ts';
import type { Actor } from '../../storage/actor.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import type { Engine, TestDatabase } from '../storage/engines.ts';

export const system: Actor = { id: 'system', kind: 'system', department: null, scopes: [] };
export const department = {
  creditCode: '11120105000123457H',
  name: '天津市河北区政务服务办公室',
  shortName: '政务服务办',
};
export const otherDepartment = {
  creditCode: '11120105MB0000019A',
  name: '天津市河北区市场监督管理局',
  shortName: '市监局',
};

export interface Sample {
  readonly name: string;
  readonly number: string;
  readonly wanghao: string;
}

/** Sample residents of the register, all of age unless born later. */
export function sample(sequence: number, born = '19850612'): Sample {
  const number = completeResidentNumber(`120105${born}${String(sequence).padStart(3, '0')}`);
  return {
    name: `样本${'山水云石松竹兰荷梅桂'.charAt(sequence % 10)}${sequence}`,
    number,
    wanghao: `WH${sequence}${born}ab`,
  };
}

export interface PeopleWorld {
  readonly people: RegisterDependencies;
  readonly register: RegisterServer;
  readonly store: RegisterStore;
  readonly database: TestDatabase;
  /** What sessions heard. */
  readonly heard: string[];
  now: Date;
  /** Turns the clock. */
  later(milliseconds: number): void;
  actor(account: string): Actor;
  /** An account of a sample, proofed at `rung` where told. */
  account(who: Sample, rung?: Rung): Promise<string>;
  /** An officer with roles, past the two persons. */
  officer(who: Sample, roles: readonly OfficerRole[], of?: string): Promise<string>;
  actions(): Promise<string[]>;
  close(): Promise<void>;
}

export const residents: readonly Sample[] = Array.from({ length: 30 }, (_, position) => sample(position + 1));
export const child = sample(700, '20160301');

/** Codes of registered enterprises; the first three residents are their legal representatives. */
export const enterpriseCodes = ['91120105MA0000015K', '91120105MA0000023E', '91120105MA00000319'] as const;

export async function openPeopleWorld(engine: Engine): Promise<PeopleWorld> {
  const database = await engine.open();
  const store = new RegisterStore(':memory:');
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  const state = { now: new Date('2026-11-25T01:00:00.000Z') };
  const clock = (): Date => state.now;
  const documented = (one: Sample) => ({ type: 'resident-identity-card', ...one });
  store.seed(
    [...residents, child].map(documented),
    enterpriseCodes.map((creditCode, position) => ({
      creditCode,
      name: `天津演示${position}有限公司`,
      legalRepresentative: documented(residents[position]!),
    })),
  );
  const token = 'register-token-of-tests';
  const register = await startRegisterServer(store, { token, clock });
  const masterKey = new MasterKey(random(32));
  const heard: string[] = [];
  const hear = (what: string): Promise<void> => {
    heard.push(what);
    return Promise.resolve();
  };
  const events: AccountEvents = {
    accountEnded: (_, account, reason) => hear(`ended ${account} ${reason}`),
    levelLowered: (_, account) => hear(`lowered ${account}`),
    mandateEnded: (_, mandate) => hear(`mandate ${mandate}`),
    rolesChanged: (_, account) => hear(`roles ${account}`),
  };
  const people: RegisterDependencies = {
    database: database.database,
    audit: auditChain({ node: 'node-1', digest: 'sha256' }),
    clock,
    random,
    index: createBlindIndex(masterKey),
    cipher: createFieldCipher({ masterKeys: [masterKey], random }),
    demonstration: true,
    events,
    registers: registersOverHttp({ url: register.url, token, clock, timeout: 400 }),
  };
  await addDepartment(people, system, department);
  await addDepartment(people, system, otherDepartment);
  const world: PeopleWorld = {
    people,
    register,
    store,
    database,
    heard,
    get now() {
      return state.now;
    },
    set now(now) {
      state.now = now;
    },
    later(milliseconds) {
      state.now = new Date(state.now.getTime() + milliseconds);
    },
    actor: (account) => ({ id: `person:${account}`, kind: 'person', department: null, scopes: [] }),
    async account(who, rung) {
      const person = await personWith(people, {
        type: 'resident-identity-card',
        name: who.name,
        number: who.number,
      });
      const { id } = await openAccount(people, system, person);
      if (rung !== undefined) {
        await recordProofing(people, system, id, {
          rung,
          method: rung === 4 ? 'window' : rung === 3 ? 'wangzheng' : 'register',
          source: 'tests',
          evidence: {},
          verifiedAt: state.now,
          validUntil: new Date(state.now.getTime() + 365 * 86_400_000),
          by: 'system',
          second: null,
        });
      }
      return id;
    },
    async officer(who, roles, of = department.creditCode) {
      const account = await world.account(who, 4);
      const officer = randomIdentifier('ofc', random);
      await people.database.write((tx) =>
        appointIn(tx, people, system, { officer, account, department: of }),
      );
      for (const role of roles) {
        const id = randomIdentifier('orl', random);
        await people.database.write((tx) =>
          grantRoleIn(tx, people, system, { id, account, role, request: null }),
        );
      }
      return account;
    },
    async actions() {
      const rows = await people.database.reader
        .selectFrom('audit_log')
        .select('action')
        .orderBy('sequence')
        .execute();
      return rows.map(({ action }) => action);
    },
    async close() {
      await register.stop();
      store.close();
      await database.cleanup();
    },
  };
  return world;
}

export const day = 86_400_000;
