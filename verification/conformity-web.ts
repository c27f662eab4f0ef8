// Rules of the CA/Browser Forum Baseline Requirements for TLS server certificates, beside those of RFC 5280.
import { sameBytes } from '../formats/bytes.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import type { ConformityRule } from './conformity.ts';
import type { Conformity } from './path-model.ts';
import { addressOf } from './server-name.ts';

const web: readonly Conformity[] = ['webpki', 'strict'];
const keyTypes: ReadonlySet<string | null> = new Set(['rsa', 'p256', 'p384', 'p521']);

/** Section 7.1.2.1.3 of a root; 7.1.2.11.1 of what it issued. */
function authorityKeyHolds(certificate: Certificate, root: boolean): boolean {
  const identifier = certificate.authorityKeyIdentifier;
  if (identifier === null) return true;
  if (identifier.keyIdentifier === null || identifier.issuer !== null || identifier.serialNumber !== null)
    return false;
  const own = certificate.subjectKeyIdentifier;
  return !root || (own !== null && sameBytes(identifier.keyIdentifier, own));
}

/** IPv4 in its one form and IPv6 as RFC 5952 section 4 writes it. */
function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => (octets[2 * at] ?? 0) * 256 + (octets[2 * at + 1] ?? 0));
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

/** Section 7.1.4.3: a common name, where there is one, is one of the alternative names, character by character. */
function commonNamesHold(certificate: Certificate): boolean {
  const names = (certificate.subjectAltName ?? []).flatMap((name) => {
    if (name.kind === 'dns') return [name.value];
    return name.kind === 'ip' ? [addressText(name.octets)] : [];
  });
  return certificate.subject.rdns
    .flat()
    .filter(({ type }) => type === OID.commonName)
    .every(({ value }) => value !== null && (names.includes(value) || !isHostOrAddress(value)));
}

/** What could be taken for the name of a server: only that must stand among the alternative names under RFC 5280 too. */
function isHostOrAddress(text: string): boolean {
  return text.includes('.') || addressOf(text) !== null || text.includes(':');
}

function rsaBitsHold(certificate: Certificate): boolean {
  const { keyType, publicKey } = certificate.subjectPublicKeyInfo;
  if (keyType !== 'rsa') return true;
  // RSAPublicKey is two INTEGERs: the modulus' length field tells whether it is of whole octets.
  const start = publicKey.findIndex((octet, at) => at > 1 && octet === 0x02);
  const marked = publicKey[start + 1] ?? 0;
  const content = start + 2 + (marked > 0x80 ? marked & 0x7f : 0);
  const lead = publicKey[content] === 0 ? content + 1 : content;
  return (publicKey[lead] ?? 0) >= 0x80;
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
    holds: (certificate, position) => authorityKeyHolds(certificate, position === 'anchor'),
  },
  {
    id: 'web-common-name',
    citation: 'CABF BR 7.1.4.3',
    asked: web,
    holds: (certificate, position) => position !== 'leaf' || commonNamesHold(certificate),
  },
  {
    id: 'web-key',
    citation: 'CABF BR 6.1.5, 7.1.3.1',
    asked: web,
    holds: (certificate) => keyTypes.has(certificate.subjectPublicKeyInfo.keyType) && rsaBitsHold(certificate),
  },
  {
    id: 'web-root-extended-key-usage',
    citation: 'CABF BR 7.1.2.1.2',
    asked: web,
    holds: ({ extendedKeyUsage }, position) => position !== 'anchor' || extendedKeyUsage === null,
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
