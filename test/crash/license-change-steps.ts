// Steps in the life of licenses by name: one process is killed in them, another does them again.
import { noteExpired, noteOverdue } from '../../licenses/calendar.ts';
import { approveChange } from '../../licenses/change-decision.ts';
import { askForChange } from '../../licenses/change-request.ts';
import { changeStatus, countermandChange } from '../../licenses/change.ts';
import { applyDue } from '../../licenses/due.ts';
import { recordInspection } from '../../licenses/inspection.ts';
import { mergeLicenses } from '../../licenses/merge.ts';
import type { LicenseParts } from '../../licenses/parts.ts';

export const words = { reason: '检查', legalBasis: '证照类型规则' };
export const officer = {
  id: 'person:first',
  kind: 'person' as const,
  department: '11120105000123457H',
  scopes: ['licenses:status', 'licenses:write'],
};
const second = { ...officer, id: 'person:second' };

/** Each step by its name, on licenses made for it. */
export async function perform(
  parts: LicenseParts,
  step: string,
  [first = '', other = '', request = '']: readonly string[],
): Promise<unknown> {
  const by = { actor: officer, idempotencyKey: `${step}-${first}` };
  const inTen = new Date(new Date().setUTCHours(0, 0, 0, 0) + 10 * 86_400_000);
  switch (step) {
    case 'suspend':
      return changeStatus(parts, { ...by, ...words, licenseId: first, change: 'suspend' });
    case 'schedule':
      return changeStatus(parts, {
        ...by,
        ...words,
        licenseId: first,
        change: 'suspend',
        effectiveAt: inTen,
      });
    case 'due':
      return applyDue(parts);
    case 'countermand':
      return countermandChange(parts, { ...by, ...words, licenseId: first, sequence: 1 });
    case 'merge':
      return mergeLicenses(parts, { ...by, ...words, licenses: [first], into: other });
    case 'inspect':
      return recordInspection(parts, {
        ...by,
        ...words,
        licenseId: first,
        inspectedOn: new Date(parts.clock().getTime() + 8 * 3_600_000).toISOString().slice(0, 10),
        outcome: '合格',
      });
    case 'overdue':
      return noteOverdue(parts);
    case 'expire':
      return noteExpired(parts);
    case 'ask':
      return askForChange(parts, {
        ...by,
        asked: { kind: 'status', ...words, licenseId: first, change: 'revoke' },
      });
    case 'approve':
      return approveChange(parts, second, request);
    default:
      throw new RangeError(`There is no step ${step}.`);
  }
}
