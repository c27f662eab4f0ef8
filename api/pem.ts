// PEM (RFC 7468), strictly: one label, nothing around it; and base64 of DER where a field takes either.
import { ApiError } from './errors.ts';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END \1-----/g;

/** PEM text of DER. */
export function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** @throws ApiError `request-invalid`. */
export function decodeBase64(text: string, what: string): Uint8Array {
  const compact = text.replace(/\s/g, '');
  const bytes = Buffer.from(compact, 'base64');
  if (compact === '' || bytes.toString('base64').replace(/=+$/, '') !== compact.replace(/=+$/, '')) {
    throw new ApiError('request-invalid', `${what} is neither PEM nor base64.`);
  }
  return new Uint8Array(bytes);
}

/** DER of PEM with one of `labels`, or of bare base64. @throws ApiError `request-invalid`. */
export function derOf(text: string, labels: readonly string[], what: string): Uint8Array {
  if (!text.includes('-----')) return decodeBase64(text, what);
  const [only, ...more] = dersOf(text, labels, what);
  if (only === undefined || more.length > 0) {
    throw new ApiError('request-invalid', `${what} must be exactly one PEM block.`);
  }
  return only;
}

/** DER of every PEM block, in order. @throws ApiError `request-invalid` for another label, or text between the blocks. */
export function dersOf(text: string, labels: readonly string[], what: string): readonly Uint8Array[] {
  const blocks = [...text.matchAll(BLOCK)];
  if (blocks.length === 0 || text.replace(BLOCK, '').trim() !== '') {
    throw new ApiError('request-invalid', `${what} is not PEM alone.`);
  }
  return blocks.map(([, label = '', body = '']) => {
    if (!labels.includes(label)) throw new ApiError('request-invalid', `${what} is PEM of another kind.`);
    return decodeBase64(body, what);
  });
}
