// When the next inspection is due: whole months on by the calendar of Beijing, then days of grace.
import { beijingDay } from './face.ts';
import type { InspectionRule } from './type-rules.ts';

/**
 * The same day so many months on; the last day of a month that has no such day.
 * @param day `YYYY-MM-DD`
 */
export function monthsAfter(day: string, months: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(date, last));
  return first.toISOString().slice(0, 10);
}

/** First instant after a day and so many days of grace, in Beijing. */
export function endOfGrace(day: string, graceDays: number): Date {
  return new Date(new Date(`${day}T00:00:00+08:00`).getTime() + (graceDays + 1) * 86_400_000);
}

/** First instant at which a license counts as overdue. @param from when it was issued or inspected last */
export function inspectionDeadline(rule: InspectionRule, from: Date): Date {
  return endOfGrace(monthsAfter(beijingDay(from), rule.everyMonths), rule.graceDays);
}
