// Acceptance rules: whether a verified license is enough for a matter, as versioned data, and what a rule says of one. Pure.
import type { Conclusion } from './report.ts';
import type { TrustList } from './trust-list-model.ts';

/** What a department asks of a verified license before it relies on it for a matter. */
export interface AcceptanceRule {
  /** Never changes its meaning: a change is a new version. */
  readonly id: string;
  readonly version: string;
  /** 实施编码 of matters: whole, or the beginning of one with `*` behind it; `*` = every matter. */
  readonly matters: readonly string[];
  /** Type codes of licenses; null = all. */
  readonly types: readonly string[] | null;
  /** Greatest age of the license's published status, in seconds. */
  readonly statusAgeSeconds: number;
  /** The least that verification must have concluded; an open question is for matters in which a person looks at it anyway. */
  readonly minimum: Extract<Conclusion, 'TOTAL-PASSED' | 'INDETERMINATE'>;
}

/** What a rule said; goes into receipts. */
export interface Acceptance {
  readonly rule: { readonly id: string; readonly version: string };
  readonly outcome: 'accepted' | 'refused';
}

/** Where no type says more: every matter, by a status of the last seven days and a verification that passed. */
export const defaultAcceptanceRule: AcceptanceRule = {
  id: 'urn:yinxin:acceptance-rule:default',
  version: '1',
  matters: ['*'],
  types: null,
  statusAgeSeconds: 7 * 86_400,
  minimum: 'TOTAL-PASSED',
};

/** How much of the matter a pattern names; null where it does not fit. */
function fit(pattern: string, matter: string): number | null {
  if (!pattern.endsWith('*')) return pattern === matter ? pattern.length + 1 : null;
  const beginning = pattern.slice(0, -1);
  return matter.startsWith(beginning) ? beginning.length : null;
}

/** The rule that names matter and type most closely; of equals the first. Null where none fits. */
export function acceptanceRuleFor(
  rules: readonly AcceptanceRule[],
  matter: string,
  typeCode: string,
): AcceptanceRule | null {
  let best: { readonly rule: AcceptanceRule; readonly closeness: number } | null = null;
  for (const rule of rules) {
    if (rule.types?.includes(typeCode) === false) continue;
    const fits = rule.matters.flatMap((pattern) => fit(pattern, matter) ?? []);
    if (fits.length === 0) continue;
    const closeness = Math.max(...fits) * 2 + (rule.types === null ? 0 : 1);
    if (best === null || closeness > best.closeness) best = { rule, closeness };
  }
  return best?.rule ?? null;
}

/** The rule of our operator's departments for a license of the type and a matter: its own ones before the default. */
export function acceptanceRuleOf(
  list: TrustList | null,
  matter: string,
  typeCode: string,
): AcceptanceRule | null {
  const type = list?.licenseTypes.find((each) => each.typeCode === typeCode);
  return acceptanceRuleFor([...(type?.acceptance ?? []), defaultAcceptanceRule], matter, typeCode);
}

/** What is asked about: a verified license, for a matter, at an instant. */
export interface AcceptanceQuestion {
  readonly conclusion: Conclusion;
  /** When the status that counts was published; null where none is known. */
  readonly statusAsOf: Date | null;
  readonly time: Date;
}

const worth: Record<Conclusion, number> = { 'TOTAL-FAILED': 0, INDETERMINATE: 1, 'TOTAL-PASSED': 2 };

/** Why a rule refuses; null where it accepts. */
export function acceptanceDefect(
  rule: AcceptanceRule,
  { conclusion, statusAsOf, time }: AcceptanceQuestion,
): 'conclusion' | 'status-unknown' | 'status-old' | null {
  if (worth[conclusion] < worth[rule.minimum]) return 'conclusion';
  // Where an open question is enough, an unknown status is one.
  if (statusAsOf === null) return rule.minimum === 'TOTAL-PASSED' ? 'status-unknown' : null;
  return statusAsOf.getTime() + rule.statusAgeSeconds * 1000 < time.getTime() ? 'status-old' : null;
}

export function acceptanceBy(rule: AcceptanceRule, question: AcceptanceQuestion): Acceptance {
  return {
    rule: { id: rule.id, version: rule.version },
    outcome: acceptanceDefect(rule, question) === null ? 'accepted' : 'refused',
  };
}
