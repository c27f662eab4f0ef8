// What a password must be (ASVS 5.0 6.2, NIST SP 800-63B 5.1.1.2): long enough and not a known one. Nothing about composition.
import { dictionary } from '@zxcvbn-ts/language-common';
import { IdentityError } from '../errors.ts';

/** Characters, counted as people count them. */
const shortest = 8;
const longest = 128;

/** The most used passwords of public breaches, and what a programme tries first here. */
const common: ReadonlySet<string> = new Set(
  [
    ...dictionary['passwords-common'],
    ...[
      'woaini1314',
      'woaini520',
      '5201314520',
      '1314520520',
      'zhongguo',
      'nihao123',
      'aini1314',
      'caonima123',
    ],
    ...['tianjin', 'hebeiqu', 'yinxin', 'zhengwu', 'qianzhang', 'yanshi', 'shouye'].flatMap((word) => [
      word,
      ...[
        '1',
        '12',
        '123',
        '1234',
        '12345',
        '123456',
        '12345678',
        '2024',
        '2025',
        '2026',
        '@123',
        '666',
        '888',
      ].map((end) => word + end),
    ]),
  ].map((word) => word.toLowerCase()),
);

/** One text for one password, however its characters were composed (NIST SP 800-63B: NFKC). Spaces count and stay. */
export function normalisedPassword(password: string): string {
  return password.normalize('NFKC');
}

/**
 * Refuses a password that cannot be used.
 * @param known - what anybody may know of the person: login names, the telephone number, names
 * @throws IdentityError `password-unacceptable`: shorter than 8 or longer than 128 characters, among the known ones of
 *   breaches, one of them with a few digits around, a mere row or repetition, or built of what the person is called.
 */
export function requireAcceptablePassword(password: string, known: readonly string[]): void {
  const text = normalisedPassword(password);
  const length = Array.from(text).length;
  if (length < shortest || length > longest || !text.isWellFormed()) {
    throw refused(`A password has ${shortest} to ${longest} characters.`);
  }
  const lower = text.toLowerCase();
  // A known word with digits around it, and digits for letters, is what a cracker tries next.
  const core = lower.replace(/^[\d\W_]+|[\d\W_]+$/gu, '');
  const plain = unleet(lower);
  if (
    common.has(lower) ||
    common.has(plain) ||
    (core.length >= 4 && lower.length - core.length <= 4 && common.has(core))
  ) {
    throw refused('This password stands in lists of known passwords.');
  }
  if (new Set(lower).size < 4 || isRow(lower)) {
    throw refused('This password is a row or a repetition of a few characters.');
  }
  const told = known.map((word) => word.normalize('NFKC').toLowerCase()).filter((word) => word.length >= 3);
  if (told.some((word) => lower.includes(word) && lower.length - word.length < 6)) {
    throw refused('This password is built of what you are called.');
  }
}

function unleet(text: string): string {
  const letters: Readonly<Record<string, string>> = {
    '0': 'o',
    '1': 'l',
    '3': 'e',
    '4': 'a',
    '5': 's',
    '@': 'a',
    $: 's',
  };
  return text.replace(/[013457@$]/g, (character) => letters[character] ?? character);
}

/** `12345678`, `abcdefgh`, `87654321`, and the same again and again. */
function isRow(text: string): boolean {
  const codes = Array.from(text).map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, at) => code - (codes[at] ?? 0));
  const regular = steps.filter((step) => Math.abs(step) <= 1).length;
  return regular >= steps.length - 1 || /^(.{1,4})\1+$/su.test(text);
}

function refused(message: string): IdentityError {
  return new IdentityError('password-unacceptable', message);
}
