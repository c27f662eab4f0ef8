// A copy for a purpose in a receipt: it is of use to the department and the matter it was made for, and to nobody else.
import type { Acceptance } from '../verification/acceptance.ts';
import type { Report } from '../verification/report.ts';

const rule = { id: 'urn:yinxin:acceptance-rule:copy-for-a-purpose', version: '1' } as const;

/**
 * What the copy itself says of the question, before any rule of its type is asked.
 * @param asked who relies on it and what for
 * @returns null where it is no copy, or was made for just this
 */
export function refusedAsCopy(
  report: Pick<Report, 'license'>,
  asked: { readonly audience: string; readonly matter: string },
): Acceptance | null {
  const of = (name: string): string | undefined =>
    report.license?.fields.find((field) => field.name === name && field.covered)?.value;
  if (of('copyGrant') === undefined) return null;
  const fits = of('copyOffice') === asked.audience && of('copyMatter') === asked.matter;
  return fits ? null : { rule, outcome: 'refused' };
}
