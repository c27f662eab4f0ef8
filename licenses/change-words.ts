// Reason, legal basis and day of effect of a change, checked before anything is written.
import { LicenseError } from './errors.ts';
import { transitions, type LicenseChange } from './license.ts';
import { holdsUnprintable, linesHoldUnprintable, withoutResidentNumbers } from './plain-text.ts';

const MAX_REASON = 500;
const MAX_BASIS = 200;
/** Clocks of callers may run this far ahead of ours: what is meant for now takes effect now. */
const TOLERANCE = 60_000;
const DAY = 86_400_000;
/** Days ahead of its effect that a change may be decided. */
const MAX_DAYS_AHEAD = 1096;

export interface ChangeWords {
  readonly reason: string;
  readonly legalBasis: string;
  readonly effectiveAt?: Date;
}

/**
 * @param issuedAt when the license was issued: nothing acts from before
 * @returns the instant of effect; one that is still to come waits for its day
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
  const ahead = effectiveAt.getTime() - now.getTime();
  if (ahead > MAX_DAYS_AHEAD * DAY)
    throw invalid(`A change is decided at most ${MAX_DAYS_AHEAD} days ahead of its effect.`);
  if (effectiveAt < issuedAt) throw invalid('A change cannot take effect before the license was issued.');
  if (!transitions[change].retroactive && ahead < -DAY) {
    throw invalid('Only an annulment may take effect before it is decided.');
  }
  return ahead > 0 && ahead <= TOLERANCE ? now : effectiveAt;
}
