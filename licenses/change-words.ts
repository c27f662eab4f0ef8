// Reason, legal basis and day of effect of a change, checked before anything is written.
import { LicenseError } from './errors.ts';
import { transitions, type LicenseChange } from './license.ts';
import { holdsUnprintable, linesHoldUnprintable, withoutResidentNumbers } from './plain-text.ts';

const MAX_REASON = 500;
const MAX_BASIS = 200;
/** Clocks of callers may run this far ahead of ours. */
const TOLERANCE = 60_000;

export interface ChangeWords {
  readonly reason: string;
  readonly legalBasis: string;
  readonly effectiveAt?: Date;
}

/**
 * @param issuedAt when the license was issued: nothing acts from before
 * @returns the instant of effect
 * @throws LicenseError `change-invalid`
 */
export function checkChangeWords(words: ChangeWords, change: LicenseChange, issuedAt: Date, now: Date): Date {
  const invalid = (message: string): LicenseError => new LicenseError('change-invalid', message);
  const fits = (text: string, most: number): boolean => text.trim() !== '' && Array.from(text).length <= most;
  if (!fits(words.reason, MAX_REASON))
    throw invalid(`A change has a reason of 1 to ${MAX_REASON} characters.`);
  if (!fits(words.legalBasis, MAX_BASIS))
    throw invalid(`A change has a legal basis of 1 to ${MAX_BASIS} characters.`);
  if (linesHoldUnprintable(words.reason)) throw invalid('The reason holds a control or invisible character.');
  if (holdsUnprintable(words.legalBasis))
    throw invalid('The legal basis holds a control or invisible character.');
  // It is kept in clear, in the audit log too.
  if (withoutResidentNumbers(words.legalBasis, now) !== words.legalBasis)
    throw invalid("The legal basis names a law and its article, and no person's number.");
  const effectiveAt = words.effectiveAt ?? now;
  if (Number.isNaN(effectiveAt.getTime())) throw invalid('The instant of effect is no time.');
  if (effectiveAt.getTime() > now.getTime() + TOLERANCE)
    throw invalid('A change cannot take effect in the future.');
  if (effectiveAt < issuedAt) throw invalid('A change cannot take effect before the license was issued.');
  if (!transitions[change].retroactive && effectiveAt.getTime() < now.getTime() - 86_400_000) {
    throw invalid('Only an annulment may take effect before it is decided.');
  }
  return effectiveAt;
}
