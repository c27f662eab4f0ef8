// Which kind of thing the bytes are, told by the bytes alone.
import type { ByteSource } from '../formats/pdf/source.ts';

export type Identified =
  | { readonly kind: 'pdf' }
  | { readonly kind: 'certificate'; readonly der: Uint8Array }
  | { readonly kind: 'license-code'; readonly text: string }
  | { readonly kind: 'unknown' };

/** Certificates and codes are small; more is not read. */
const smallLimit = 256 * 1024;
const headLimit = 1024;

/** Every certificate in a PEM text, in order; none where the text has a block that is no base64. */
export function certificatesInPem(text: string): readonly Uint8Array[] {
  const blocks = text.matchAll(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END/g);
  return [...blocks].flatMap(([, body = '']) => {
    const compact = body.replace(/\s/g, '');
    if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return [];
    return [Uint8Array.from(atob(compact), (character) => character.charCodeAt(0))];
  });
}

function asText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Looks at the first bytes, and at all of them where they are few. */
export async function identify(source: ByteSource): Promise<Identified> {
  const head = await source.read(0, Math.min(headLimit, source.size));
  if (String.fromCharCode(...head).includes('%PDF-')) return { kind: 'pdf' };
  if (source.size === 0 || source.size > smallLimit) return { kind: 'unknown' };
  const bytes = await source.read(0, source.size);
  if (bytes[0] === 0x30) return { kind: 'certificate', der: bytes };
  const text = asText(bytes)?.trim() ?? '';
  const [certificate] = certificatesInPem(text);
  if (certificate !== undefined) return { kind: 'certificate', der: certificate };
  if (/^1\d{16,}$/.test(text) || /^https?:\/\/\S+#\d+$/.test(text)) return { kind: 'license-code', text };
  return { kind: 'unknown' };
}
