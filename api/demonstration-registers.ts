// Demonstration only: the registers as a service of their own on loopback, seeded with the district's made-up people.
import { join } from 'node:path';
import { wanghaoOf, wanghaoOnly, child } from '../fixtures/accounts.ts';
import { district } from '../fixtures/district.ts';
import { officers } from '../fixtures/officers.ts';
import {
  RegisterStore,
  type RegisteredLegalPerson,
  type RegisteredResident,
} from '../fixtures/register/register-store.ts';
import { startRegisterServer } from '../fixtures/register/register-server.ts';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import type { Installation } from './installation.ts';
import type { OpenedRegisters } from './people-services.ts';
import { registersOverHttp } from './registers-http.ts';

const type = 'resident-identity-card';

/** Starts them; what was changed in the register by hand survives a restart. */
export async function demonstrationRegisters(installation: Installation): Promise<OpenedRegisters> {
  const store = new RegisterStore(join(installation.config.dataFolder, 'demonstration-registers.db'));
  store.seed(residents(), legalPersons());
  const { clock, random } = installation;
  const token = encodeBase64url(random(32));
  const server = await startRegisterServer(store, { token, clock });
  return {
    registers: registersOverHttp({ url: server.url, token, clock }),
    showWangzheng: (person) => {
      const wanghao =
        person.wanghao ?? (person.number === null ? null : store.wanghaoOf(type, person.number));
      const code = encodeBase64url(random(12));
      return wanghao !== null && store.show(code, wanghao, clock()) ? code : null;
    },
    async stop() {
      await server.stop();
      store.close();
    },
  };
}

function residents(): readonly RegisteredResident[] {
  return [
    ...district.persons.map(({ name, number }, position) => ({
      type,
      name,
      number,
      wanghao: wanghaoOf(position),
    })),
    ...officers.map(({ name, number }) => ({ type, name, number, wanghao: null })),
    { type, name: child.name, number: child.number, wanghao: null },
    // Known to the national service; this system never learns name or number.
    { type, name: '样本云', number: '120105199207150099', wanghao: wanghaoOnly.wanghao },
  ];
}

function legalPersons(): readonly RegisteredLegalPerson[] {
  return district.enterprises.flatMap(({ creditCode, name, legalRepresentative }) => {
    const who = district.persons.find((person) => person.name === legalRepresentative);
    return who === undefined
      ? []
      : [{ creditCode, name, legalRepresentative: { type, name: who.name, number: who.number } }];
  });
}
