// Instants as text: those of lists and editions stand in every report made under them; and text as instants, read strictly.
const most = 256;
const known = new Map<number, string>();

/** `toISOString`, remembered. @throws RangeError for an invalid date */
export function isoTime(date: Date): string {
  const instant = date.getTime();
  const found = known.get(instant);
  if (found !== undefined) return found;
  const text = date.toISOString();
  if (known.size >= most) known.clear();
  known.set(instant, text);
  return text;
}

const form =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** Minutes east of Greenwich; null where there are no such. */
function offsetOf(zone: string): number | null {
  if (zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  return hours > 14 || minutes > 59 ? null : (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/**
 * An ISO 8601 instant: a day of the calendar, with a time of day or without (midnight), and its zone; without one it is UTC
 * wherever it is read.
 * @returns null for what is none, such as 30 February
 */
export function instantFrom(text: string): Date | null {
  const [, year, month, day, hours = '0', minutes = '0', seconds = '0', fraction = '', zone = 'Z'] =
    form.exec(text) ?? [];
  const offset = offsetOf(zone);
  if (year === undefined || month === undefined || day === undefined || offset === null) return null;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!isDay || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  date.setUTCHours(
    Number(hours),
    Number(minutes),
    Number(seconds),
    Number(fraction.slice(0, 3).padEnd(3, '0')),
  );
  return new Date(date.getTime() - offset * 60_000);
}
