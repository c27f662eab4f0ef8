// Who did what, for pages: officers of the reader's department by name and role, others by department and role.
import { officesOf, type NamedOffice } from '../identity/officer-names.ts';
import { roleTable } from '../identity/roles.ts';
import type { Words } from '../verification/report.ts';
import type { ShownActor } from '../web/actor.ts';

/** Tells of one of those that were asked for. */
export type ActorsShown = (id: string) => ShownActor;

const system: Words = { zh: '系统', en: 'System' };

/**
 * Looks up, in one question, everybody whom a page names.
 * @param department - the reader's; its officers, also those who have left it, are shown by name, nobody else is
 * @param ids - as records name them: persons, clients, the operator, accounts, an authorisation in a keeper's place, or a name of
 *   the department's own
 */
export async function shownActors(
  parts: Parameters<typeof officesOf>[0],
  department: string | null,
  ids: Iterable<string | null>,
): Promise<ActorsShown> {
  const offices = await officesOf(
    parts,
    [...ids].filter((id) => id !== null),
  );
  return (id) => ({ id, ...wordsFor(id, offices.get(id) ?? [], department) });
}

/** As `shownActors`, of somebody who did not act for a department: whoever it is goes by no name. */
export function unnamedActor(id: string): ShownActor {
  return { id, ...wordsFor(id, [], null) };
}

function wordsFor(
  id: string,
  offices: readonly NamedOffice[],
  department: string | null,
): Pick<ShownActor, 'who' | 'what'> {
  const own = offices.filter((office) => office.department.creditCode === department);
  const present = (list: readonly NamedOffice[]): NamedOffice | undefined =>
    list.find(({ inOffice }) => inOffice) ?? list[0];
  const office = present(own) ?? present(offices);
  if (office !== undefined) {
    const name = own.length > 0 ? office.name : office.department.name;
    return { who: name === null ? null : { zh: name, en: '' }, what: rolesOf(office) };
  }
  if (id === 'system') return { who: { zh: '本系统', en: 'This system' }, what: null };
  if (id.startsWith('client:')) return { who: system, what: null };
  if (id.startsWith('operator:')) return { who: { zh: '运维人员', en: 'Operator' }, what: null };
  if (id.startsWith('sau_')) return { who: { zh: '用印授权书', en: 'Authorisation' }, what: null };
  return { who: null, what: null };
}

function rolesOf({ roles, inOffice }: NamedOffice): Words {
  if (!inOffice) return { zh: '已离岗', en: 'has left' };
  if (roles.length === 0) return { zh: '工作人员', en: 'Officer' };
  return {
    zh: roles.map((role) => roleTable[role].zh).join('、'),
    en: roles.map((role) => roleTable[role].en).join(', '),
  };
}
