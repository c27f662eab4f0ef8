// The text of an HTTP answer, read no further than a limit: whoever answers does not say how much memory that takes.

/**
 * @param most bytes; the rest of a longer answer is not read
 * @returns null where it is longer
 */
export async function textWithin(response: Response, most: number): Promise<string | null> {
  const { body } = response;
  if (body === null) return '';
  if (Number(response.headers.get('content-length') ?? '0') > most) {
    await body.cancel();
    return null;
  }
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let length = 0;
  for (;;) {
    const next = await reader.read();
    if (next.done) break;
    const value: unknown = next.value;
    if (!(value instanceof Uint8Array)) return null;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      return null;
    }
    parts.push(decoder.decode(value, { stream: true }));
  }
  return parts.join('') + decoder.decode();
}
