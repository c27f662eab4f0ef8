// Rules of the CA/Browser Forum Baseline Requirements for TLS server certificates, beside those of RFC 5280.
import { sameBytes } from '../formats/bytes.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import { isAnchor } from './conformity-rule.ts';
import type { ConformityRule } from './conformity-rule.ts';
import type { Conformity } from './path-model.ts';
import { nameKey } from './names.ts';
import { hostLabels } from './server-name.ts';
import { rsaSizes } from './signature-work.ts';

const web: readonly Conformity[] = ['webpki', 'strict'];
const keyTypes: ReadonlySet<string | null> = new Set(['p256', 'p384', 'p521']);

/** Section 7.1.2.1.3, of a root; an anchor issued by somebody else is none. */
function authorityKeyHolds(certificate: Certificate): boolean {
  if (nameKey(certificate.subject) !== nameKey(certificate.issuer)) return true;
  const identifier = certificate.authorityKeyIdentifier;
  if (identifier === null) return true;
  if (identifier.keyIdentifier === null || identifier.issuer !== null || identifier.serialNumber !== null)
    return false;
  const own = certificate.subjectKeyIdentifier;
  return own !== null && sameBytes(identifier.keyIdentifier, own);
}

/** IPv4 in its one form and IPv6 as RFC 5952 section 4 writes it. */
function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from(
    { length: 8 },
    (_, at) => (octets[2 * at] ?? 0) * 256 + (octets[2 * at + 1] ?? 0),
  );
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (best.start < 0) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}

/** An address in any notation that some program reads: decimal with zeros before, hexadecimal, with colons. */
function looksLikeAddress(text: string): boolean {
  return (
    /^0x[0-9a-f]+$/i.test(text) ||
    /^[0-9]+(\.[0-9]+){0,3}$/.test(text) ||
    /^[0-9a-f.]*:[0-9a-f:.]*$/i.test(text)
  );
}

/**
 * Section 7.1.4.3: a common name is a copy of one of the alternative names. Many authorities write the domain above them
 * instead, or words that are no name of a server; that misleads nobody and is let pass.
 */
function commonNameHolds(text: string, certificate: Certificate): boolean {
  const alternatives = certificate.subjectAltName ?? [];
  const hosts = alternatives.flatMap((name) => (name.kind === 'dns' ? [name.value] : []));
  const addresses = alternatives.flatMap((name) => (name.kind === 'ip' ? [addressText(name.octets)] : []));
  if (hosts.includes(text) || addresses.includes(text)) return true;
  if (looksLikeAddress(text)) return false;
  const lower = text.toLowerCase();
  const wellFormed = hostLabels(lower) !== null;
  const meansHost = /^[^\s@]+\.[^\s@]+$/.test(text) && (wellFormed || /[^\x20-\x7e]/.test(text));
  const complete = hosts.filter((host) => !host.startsWith('*.'));
  if (!meansHost || complete.length === 0) return true;
  return wellFormed && complete.some((host) => host.toLowerCase().endsWith(`.${lower}`));
}

function commonNamesHold(certificate: Certificate): boolean {
  return certificate.subject.rdns
    .flat()
    .filter(({ type }) => type === OID.commonName)
    .every(({ value }) => value !== null && commonNameHolds(value, certificate));
}

function keyHolds({ subjectPublicKeyInfo: { keyType, publicKey } }: Certificate): boolean {
  if (keyType !== 'rsa') return keyTypes.has(keyType);
  const sizes = rsaSizes(publicKey);
  return sizes !== null && sizes.modulus >= 2048 && sizes.modulus % 8 === 0;
}

export const webRules: readonly ConformityRule[] = [
  {
    id: 'web-version',
    citation: 'CABF BR 7.1.1',
    asked: web,
    holds: ({ version }) => version === 3,
  },
  {
    id: 'web-authority-key-identifier',
    citation: 'CABF BR 7.1.2.1.3',
    asked: web,
    holds: (certificate, position) => !isAnchor(position) || authorityKeyHolds(certificate),
  },
  {
    // It binds public authorities alone; under others a common name is any text, and never stands for a server here.
    id: 'web-common-name',
    citation: 'CABF BR 7.1.4.3',
    asked: web,
    ofPublicAuthorities: true,
    holds: (certificate, position) => position !== 'leaf' || commonNamesHold(certificate),
  },
  {
    id: 'web-key',
    citation: 'CABF BR 6.1.5, 7.1.3.1',
    asked: web,
    holds: (certificate) => keyHolds(certificate),
  },
  {
    id: 'web-root-extended-key-usage',
    citation: 'CABF BR 7.1.2.1.2',
    asked: web,
    holds: ({ extendedKeyUsage }, position) => !isAnchor(position) || extendedKeyUsage === null,
  },
  {
    id: 'web-extended-key-usage',
    citation: 'CABF BR 7.1.2.7.10',
    asked: web,
    holds: (certificate, position) => {
      if (position !== 'leaf' || certificate.extendedKeyUsage === null) return true;
      const critical = certificate.extensions.get(OID.extendedKeyUsage)?.critical === true;
      return !critical && !certificate.extendedKeyUsage.includes('2.5.29.37.0');
    },
  },
  {
    id: 'web-alternative-name',
    citation: 'CABF BR 7.1.2.7.12',
    asked: web,
    holds: (certificate, position) => {
      if (position !== 'leaf') return true;
      const extension = certificate.extensions.get(OID.subjectAltName);
      return extension !== undefined && extension.critical === (certificate.subject.rdns.length === 0);
    },
  },
  {
    // RFC 5280 lets a certificate be without.
    id: 'web-extended-key-usage-present',
    citation: 'CABF BR 7.1.2.7.6',
    asked: ['webpki'],
    holds: ({ extendedKeyUsage }, position) => position !== 'leaf' || extendedKeyUsage !== null,
  },
  {
    // RFC 5280 lets a CA's key serve as an end entity's.
    id: 'web-subscriber-is-no-ca',
    citation: 'CABF BR 7.1.2.7.8',
    asked: ['webpki'],
    holds: ({ basicConstraints }, position) => position !== 'leaf' || basicConstraints?.ca !== true,
  },
];
