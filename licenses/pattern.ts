// Patterns in type data: regular expressions of a small language that no input can make slow.
import { LicenseError } from './errors.ts';

const LONGEST = 200;
/** Quantifiers that match more or less: `*`, `+`, `{2,5}`. Values have at most 500 characters, so two are quick. */
const MOST_VARIABLE = 2;
const MOST_OPTIONAL = 10;

const TOKEN =
  /\\[dDwWsS.*+?()[\]{}|/\\^$-]|\\p\{[A-Za-z=_]{1,40}\}|\[(?:\\.|[^\]\\])+\]|\(\?:|\(\?|\{\d{1,3}(?:,\d{0,3})?\}|[\s\S]/gu;
const QUANTIFIER = /^(?:[*+?]|\{\d.*\})$/;

function refuse(message: string): never {
  throw new LicenseError('type-invalid', message);
}

/**
 * Checks that a pattern is a regular expression, and a harmless one: no references back, no looking around, no repetition
 * inside a repetition, few repetitions of open length.
 * @throws LicenseError `type-invalid`
 */
export function checkPattern(pattern: string): void {
  if (pattern.length > LONGEST) refuse(`A pattern has at most ${LONGEST} characters.`);
  let [variable, optional] = [0, 0];
  /** For each open group, whether something in it repeats. */
  const groups: boolean[] = [];
  let closed: boolean | null = null;
  for (const [token] of pattern.matchAll(TOKEN)) {
    if (token === '(?') refuse('A pattern does not look around, and names no groups.');
    if (token.startsWith('\\') && token.length === 1) refuse('A pattern uses no such escape.');
    if (QUANTIFIER.test(token)) {
      if (closed === true) refuse('A pattern repeats nothing that repeats.');
      if (token === '?') optional++;
      else if (token.startsWith('{') && !token.includes(',')) variable += 0;
      else variable++;
      const inside = groups.length - 1;
      if (inside >= 0) groups[inside] = true;
    }
    closed = null;
    if (token === '(' || token === '(?:') groups.push(false);
    if (token === ')') {
      closed = groups.pop() ?? false;
      const outside = groups.length - 1;
      if (closed && outside >= 0) groups[outside] = true;
    }
  }
  if (variable > MOST_VARIABLE || optional > MOST_OPTIONAL)
    refuse('A pattern has too many repetitions of open length.');
  try {
    new RegExp(`^(?:${pattern})$`, 'u');
  } catch (cause) {
    throw new LicenseError('type-invalid', 'A pattern of the type is not a regular expression.', { cause });
  }
}
