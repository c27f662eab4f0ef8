// Which kind of thing the bytes are, told by the bytes alone.
import { toHex } from '../formats/bytes.ts';
import { SEAL_LIMITS } from '../formats/eseal/parts.ts';
import { recogniseSeal } from '../formats/eseal/recognise.ts';
import type { ByteSource } from '../formats/pdf/source.ts';

export type Identified =
  | { readonly kind: 'pdf' }
  | { readonly kind: 'cms'; readonly der: Uint8Array }
  | { readonly kind: 'seal' | 'seal-signature'; readonly der: Uint8Array }
  | {
      readonly kind: 'certificate';
      readonly der: Uint8Array;
      /** Certificates after it in the same PEM file: they may help to build its path. */
      readonly others: readonly Uint8Array[];
    }
  | { readonly kind: 'license-code'; readonly text: string }
  | { readonly kind: 'unknown' };

/** Certificates and codes are small; more is not read. */
const smallLimit = 256 * 1024;
const headLimit = 1024;
/** As much as the reader of CMS takes. */
const cmsLimit = 1 << 24;
/** The object identifiers of SignedData (RFC 5652 section 5.1; GB/T 35275), as they stand in DER. */
const signedDataTypes = ['06092a864886f70d010702', '060a2a811ccf550601040202'];

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

/** A SEQUENCE, in whichever form its length is written, that begins with the type of SignedData. */
function startsSignedData(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x30) return false;
  const first = bytes[1] ?? 0;
  const start = first > 0x80 ? 2 + (first & 0x7f) : 2;
  const text = toHex(bytes.subarray(start, start + 12));
  return signedDataTypes.some((type) => text.startsWith(type));
}

/** The first PEM block that holds CMS; null where there is none. */
function cmsInPem(text: string): Uint8Array | null {
  const [, , body = ''] = /-----BEGIN (PKCS7|CMS)-----([A-Za-z0-9+/=\s]*)-----END \1-----/.exec(text) ?? [];
  const compact = body.replace(/\s/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return null;
  return Uint8Array.from(atob(compact), (character) => character.charCodeAt(0));
}

/** Looks at the first bytes, and at all of them where they are few. */
export async function identify(source: ByteSource): Promise<Identified> {
  const head = await source.read(0, Math.min(headLimit, source.size));
  // Before PDF: what is signed inside may be one.
  if (startsSignedData(head) && source.size <= cmsLimit)
    return { kind: 'cms', der: await source.read(0, source.size) };
  if (String.fromCharCode(...head).includes('%PDF-')) return { kind: 'pdf' };
  const seal = recogniseSeal(head);
  if (seal !== null && source.size <= SEAL_LIMITS.maxSignatureBytes)
    return { kind: seal, der: await source.read(0, source.size) };
  if (source.size === 0 || source.size > smallLimit) return { kind: 'unknown' };
  const bytes = await source.read(0, source.size);
  if (bytes[0] === 0x30) {
    const seal = recogniseSeal(bytes);
    return seal === null ? { kind: 'certificate', der: bytes, others: [] } : { kind: seal, der: bytes };
  }
  const text = asText(bytes)?.trim() ?? '';
  const cms = cmsInPem(text);
  if (cms !== null) return { kind: 'cms', der: cms };
  const [certificate, ...others] = certificatesInPem(text);
  if (certificate !== undefined) return { kind: 'certificate', der: certificate, others };
  if (/^1\d{16,}$/.test(text) || /^https?:\/\/\S+#\d+$/.test(text)) return { kind: 'license-code', text };
  return { kind: 'unknown' };
}
