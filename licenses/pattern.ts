// Patterns in type data: regular expressions of a small language that no input can make slow.
import { LicenseError } from './errors.ts';

const LONGEST = 200;
/** Quantifiers that match more or less: `*`, `+`, `{2,5}`. Values have at most 500 characters, so two are quick. */
const MOST_VARIABLE = 2;
const MOST_OPTIONAL = 4;
/** Characters of the longest value: an open repetition may end after any of them. */
const LONGEST_VALUE = 500;
/** In how many ways a value may be read at most: what the limits above allow, choices counted in. */
const MOST_WAYS = LONGEST_VALUE ** MOST_VARIABLE * 2 ** MOST_OPTIONAL;

const TOKEN =
  /\\[dDwWsS.*+?()[\]{}|/\\^$-]|\\p\{[A-Za-z=_]{1,40}\}|\[(?:\\.|[^\]\\])+\]|\(\?:|\(\?|\{\d{1,3}(?:,\d{0,3})?\}|[\s\S]/gu;
const QUANTIFIER = /^(?:[*+?]|\{\d.*\})$/;

/** What stands between two brackets: its choices so far, and the one that is being read. */
interface Group {
  /** Whether something in it repeats, or can be read in several ways. */
  loose: boolean;
  /** Ways to read the choices before the present one. */
  others: number;
  /** Ways to read the present one, without its last part. */
  before: number;
  /** Ways to read its last part, to which a repetition belongs. */
  last: number;
}

function newGroup(): Group {
  return { loose: false, others: 0, before: 1, last: 1 };
}

function add(group: Group, ways: number): void {
  group.before *= group.last;
  group.last = ways;
}

function waysOf({ others, before, last }: Group): number {
  return others + before * last;
}

function refuse(message: string): never {
  throw new LicenseError('type-invalid', message);
}

/**
 * Checks that a pattern is a regular expression, and a harmless one: no references back, no looking around, no repetition
 * or choice inside a repetition, few repetitions of open length, few choices one after another.
 * @throws LicenseError `type-invalid`
 */
export function checkPattern(pattern: string): void {
  if (pattern.length > LONGEST) refuse(`A pattern has at most ${LONGEST} characters.`);
  let [variable, optional] = [0, 0];
  const whole = newGroup();
  const groups: Group[] = [];
  let closed: boolean | null = null;
  for (const [token] of pattern.matchAll(TOKEN)) {
    if (token === '(?') refuse('A pattern does not look around, and names no groups.');
    if (token.startsWith('\\') && token.length === 1) refuse('A pattern uses no such escape.');
    const group = groups.at(-1) ?? whole;
    if (QUANTIFIER.test(token)) {
      if (closed === true && token !== '?') refuse('A pattern repeats no group with repetitions or choices.');
      if (token === '?') {
        optional++;
        group.last += 1;
      } else if (!/^\{\d+\}$/.test(token)) {
        variable++;
        group.last *= LONGEST_VALUE;
      }
      group.loose = true;
      closed = null;
      continue;
    }
    closed = null;
    if (token === '|') {
      group.loose = true;
      group.others = waysOf(group);
      group.before = 1;
      group.last = 1;
    } else if (token === '(' || token === '(?:') groups.push(newGroup());
    else if (token === ')') {
      // It would close the group that the whole pattern is put into.
      if (groups.pop() === undefined) refuse('A pattern closes no group that it did not open.');
      closed = group.loose;
      const outside = groups.at(-1) ?? whole;
      outside.loose ||= closed;
      add(outside, waysOf(group));
    } else add(group, 1);
  }
  if (waysOf(whole) > MOST_WAYS) refuse('A pattern has too many choices one after another.');
  if (variable > MOST_VARIABLE || optional > MOST_OPTIONAL)
    refuse('A pattern has too many repetitions of open length.');
  try {
    new RegExp(`^(?:${pattern})$`, 'u');
  } catch (cause) {
    throw new LicenseError('type-invalid', 'A pattern of the type is not a regular expression.', { cause });
  }
}
