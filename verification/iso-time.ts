// Instants as text: those of lists and editions stand in every report made under them.
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
