// Names of hosts, addresses and mailboxes: their syntax, and whether a certificate stands for one (RFC 9525, RFC 9598).
import type { Certificate } from '../formats/x509/certificate.ts';
import type { GeneralName } from '../formats/x509/general-name.ts';

/** A name that somebody wants to talk to. */
export interface PeerName {
  readonly kind: 'DNS' | 'IP' | 'RFC822';
  readonly value: string;
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower-case labels of a name in preferred syntax (RFC 1034 section 3.5, RFC 1123 section 2.1); null where it is none. */
export function hostLabels(host: string): readonly string[] | null {
  if (host.length === 0 || host.length > 253) return null;
  const labels = host.toLowerCase().split('.');
  return labels.every((each) => label.test(each)) ? labels : null;
}

/** Whether the text is an IPv4 address, which a host name may never be. */
export function looksLikeAddress(text: string): boolean {
  return /^[0-9]+(\.[0-9]+){3}$/.test(text);
}

/**
 * A dNSName of a certificate: labels, the first perhaps the wildcard `*` (RFC 9525 section 6.3), which must stand before two
 * labels at least; null where it is no such name.
 */
export function presentedHost(
  value: string,
): { readonly wildcard: boolean; readonly labels: readonly string[] } | null {
  const wildcard = value.startsWith('*.');
  const labels = hostLabels(wildcard ? value.slice(2) : value);
  if (labels === null || looksLikeAddress(value) || (wildcard && labels.length < 2)) return null;
  return { wildcard, labels };
}

/** What is asked for: Unicode labels become A-labels, a final dot is left away. */
function referenceHost(value: string): readonly string[] | null {
  let host = value.endsWith('.') ? value.slice(0, -1) : value;
  if (/[^\x20-\x7e]/.test(host)) host = URL.parse(`http://${host}/`)?.hostname ?? '';
  return looksLikeAddress(host) ? null : hostLabels(host);
}

function hostMatches(presented: string, reference: readonly string[]): boolean {
  const host = presentedHost(presented);
  if (host === null) return false;
  const compared = host.wildcard ? reference.slice(1) : reference;
  return compared.length === host.labels.length && compared.every((each, at) => each === host.labels[at]);
}

function ipv4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256))
    return null;
  return Uint8Array.from(parts.map(Number));
}

function groupsOf(text: string): readonly number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  const last = groups.at(-1) ?? '';
  const tail = last.includes('.') ? ipv4(last) : null;
  if (last.includes('.') && tail === null) return null;
  const plain = tail === null ? groups : groups.slice(0, -1);
  if (!plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const [a = 0, b = 0, c = 0, d = 0] = tail ?? [];
  return [...plain.map((group) => parseInt(group, 16)), ...(tail === null ? [] : [a * 256 + b, c * 256 + d])];
}

function ipv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = [groupsOf(halves[0] ?? ''), halves.length === 2 ? groupsOf(halves[1] ?? '') : []];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

/** Octets of an IPv4 or IPv6 address as written; null where it is none. */
export function addressOf(text: string): Uint8Array | null {
  return text.includes(':') ? ipv6(text) : ipv4(text);
}

/** A mailbox's parts, the host lower-case (RFC 5321 section 4.1.2); null where it is none. */
export function mailboxOf(text: string): { readonly local: string; readonly host: string } | null {
  const match = /^("(?:[^"\\]|\\.)*"|[^@"\s<>()[\]\\,;:]+)@([^@]+)$/u.exec(text);
  const [, local, host] = match ?? [];
  if (local === undefined || host === undefined || local.startsWith('.') || local.endsWith('.')) return null;
  return hostLabels(host) === null ? null : { local, host: host.toLowerCase() };
}

function sameMailbox(a: string, b: string): boolean {
  const [one, other] = [mailboxOf(a), mailboxOf(b)];
  return one !== null && one.local === other?.local && one.host === other.host;
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}

/** Whether one of the certificate's alternative names is `peer`; a common name never counts (RFC 9525 section 2). */
export function standsFor(certificate: Certificate, peer: PeerName): boolean {
  const names: readonly GeneralName[] = certificate.subjectAltName ?? [];
  if (peer.kind === 'DNS') {
    const reference = referenceHost(peer.value);
    return (
      reference !== null && names.some((name) => name.kind === 'dns' && hostMatches(name.value, reference))
    );
  }
  if (peer.kind === 'IP') {
    const octets = addressOf(peer.value);
    return octets !== null && names.some((name) => name.kind === 'ip' && sameOctets(name.octets, octets));
  }
  return names.some(
    (name) => (name.kind === 'email' || name.kind === 'utf8-email') && sameMailbox(name.value, peer.value),
  );
}
