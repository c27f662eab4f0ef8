// Patterns in type data: regular expressions of a small language that no input can make slow.
import { LicenseError } from './errors.ts';

const LONGEST = 200;
/** Quantifiers that match more or less: `*`, `+`, `{2,5}`. Values have at most 500 characters, so two are quick. */
const MOST_VARIABLE = 2;
const MOST_OPTIONAL = 4;

const TOKEN =
  /\\[dDwWsS.*+?()[\]{}|/\\^$-]|\\p\{[A-Za-z=_]{1,40}\}|\[(?:\\.|[^\]\\])+\]|\(\?:|\(\?|\{\d{1,3}(?:,\d{0,3})?\}|[\s\S]/gu;
const QUANTIFIER = /^(?:[*+?]|\{\d.*\})$/;

function refuse(message: string): never {
  throw new LicenseError('type-invalid', message);
}

/**
 * Checks that a pattern is a regular expression, and a harmless one: no references back, no looking around, no repetition
 * or choice inside a repetition, few repetitions of open length.
 * @throws LicenseError `type-invalid`
 */
export function checkPattern(pattern: string): void {
  if (pattern.length > LONGEST) refuse(`A pattern has at most ${LONGEST} characters.`);
  let [variable, optional] = [0, 0];
  /** For each open group, whether something in it repeats, or can be read in several ways. */
  const groups: boolean[] = [];
  let closed: boolean | null = null;
  for (const [token] of pattern.matchAll(TOKEN)) {
    if (token === '(?') refuse('A pattern does not look around, and names no groups.');
    if (token.startsWith('\\') && token.length === 1) refuse('A pattern uses no such escape.');
    if (QUANTIFIER.test(token)) {
      if (closed === true && token !== '?') refuse('A pattern repeats no group with repetitions or choices.');
      if (token === '?') optional++;
      else if (!/^\{\d+\}$/.test(token)) variable++;
      const inside = groups.length - 1;
      if (inside >= 0) groups[inside] = true;
    }
    closed = null;
    if (token === '|' && groups.length > 0) groups[groups.length - 1] = true;
    if (token === '(' || token === '(?:') groups.push(false);
    if (token === ')') {
      const group = groups.pop();
      // It would close the group that the whole pattern is put into.
      if (group === undefined) refuse('A pattern closes no group that it did not open.');
      closed = group;
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
