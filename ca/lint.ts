// Lints: what every certificate of ours must satisfy, one rule a row, checked on the parsed bytes before they are signed.
import { CaError } from './errors.ts';
import { extensionLints } from './lints/extensions.ts';
import { fieldLints } from './lints/fields.ts';
import { keyLints } from './lints/keys.ts';
import { viewOf, type Lint, type LintSubject } from './lints/lint.ts';
import { nameLints } from './lints/names.ts';
import { statusLints } from './lints/status.ts';

export const lints: readonly Lint[] = [
  ...fieldLints,
  ...nameLints,
  ...keyLints,
  ...extensionLints,
  ...statusLints,
];

/** Every lint that applies and is broken. */
export function brokenLints(subject: LintSubject): readonly Lint[] {
  const view = viewOf(subject);
  return lints.filter((lint) => lint.applies(view) && !lint.check(view));
}

/** @throws CaError `lint-failed`, naming each broken lint with its citation. */
export function requireLints(subject: LintSubject): void {
  const broken = brokenLints(subject);
  if (broken.length === 0) return;
  const names = broken.map(({ id, citation }) => `${id} (${citation})`).join(', ');
  throw new CaError('lint-failed', `The certificate would break: ${names}.`);
}
