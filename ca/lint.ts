// Lints: what every certificate of ours must satisfy, one rule a row, checked on the parsed bytes before they are signed.
import { CaError } from './errors.ts';
import { extensionLints } from './lints/extensions.ts';
import { fieldLints } from './lints/fields.ts';
import { keyLints } from './lints/keys.ts';
import type { Lint, LintSubject } from './lints/lint.ts';
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
  return lints.filter((lint) => lint.applies(subject) && !lint.check(subject));
}

/** @throws CaError `lint-failed`, naming each broken lint with its citation. */
export function requireLints(subject: LintSubject): void {
  const broken = brokenLints(subject);
  if (broken.length === 0) return;
  const names = broken.map(({ id, citation }) => `${id} (${citation})`).join(', ');
  throw new CaError('lint-failed', `The certificate would break: ${names}.`);
}
