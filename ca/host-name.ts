// Host names as they may stand in a certificate.

const HOST = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;

/**
 * Whether the text is a host name of two labels and more in lower case (RFC 1034 section 3.5, RFC 1123 section 2.1; others
 * than ASCII as `xn--`, RFC 9525 section 3); one wildcard may be the whole first label (RFC 9525 section 6.3).
 */
export function isHostName(text: string): boolean {
  return text.length <= 253 && HOST.test(text);
}
