// Name constraints (RFC 5280 section 4.2.1.10): every form understood, every form not understood refused.
import type { Certificate } from '../formats/x509/certificate.ts';
import type { DerReader } from '../formats/x509/der.ts';
import { readExtension } from '../formats/x509/extensions.ts';
import { readGeneralName } from '../formats/x509/general-name.ts';
import type { GeneralName } from '../formats/x509/general-name.ts';
import { OID } from '../formats/x509/oid.ts';
import { rdnKeys } from './names.ts';

export interface NameConstraints {
  /** Null where nothing is said about permitted names. */
  readonly permitted: readonly GeneralName[] | null;
  readonly excluded: readonly GeneralName[];
  /** True where a bound other than minimum 0 is used, which nobody may use and nobody implements. */
  readonly unsupported: boolean;
}

function readSubtrees(reader: DerReader): {
  readonly bases: readonly GeneralName[];
  readonly bounded: boolean;
} {
  let bounded = false;
  const bases = reader.every((each) =>
    each.sequence((subtree) => {
      const base = readGeneralName(subtree);
      while (subtree.peek() !== null) {
        const { tag, content } = subtree.element();
        if (tag !== 0x80 || content.length !== 1 || content[0] !== 0) bounded = true;
      }
      return base;
    }),
  );
  return { bases, bounded };
}

/** The constraints a certificate states; null where it states none. @throws FormatError `certificate-malformed`. */
export function nameConstraintsOf(certificate: Certificate): NameConstraints | null {
  return readExtension(certificate.extensions, OID.nameConstraints, 'certificate-malformed', (reader) =>
    reader.sequence((fields) => {
      const permitted = fields.optional(0xa0, readSubtrees);
      const excluded = fields.optional(0xa1, readSubtrees);
      return {
        permitted: permitted?.bases ?? null,
        excluded: excluded?.bases ?? [],
        unsupported:
          (permitted === null && excluded === null) ||
          permitted?.bounded === true ||
          excluded?.bounded === true,
      };
    }),
  );
}

/** Every name of a certificate that constraints may speak about. */
function namesOf(certificate: Certificate): readonly GeneralName[] {
  const alternatives = certificate.subjectAltName ?? [];
  const subject: GeneralName[] =
    certificate.subject.rdns.length === 0 ? [] : [{ kind: 'directory', name: certificate.subject }];
  // An address in the subject is a mailbox name too (RFC 5280 section 4.2.1.10).
  const mailboxes = certificate.subject.rdns
    .flat()
    .flatMap(({ type, value }): GeneralName[] =>
      type === OID.emailAddress ? [{ kind: 'email', value: value ?? '' }] : [],
    );
  return [...subject, ...mailboxes, ...alternatives];
}

function hostWithin(host: string, base: string): boolean {
  return base === '' || host === base || host.endsWith(base.startsWith('.') ? base : `.${base}`);
}

function mailboxWithin(mailbox: string, base: string): boolean {
  const at = mailbox.lastIndexOf('@');
  const host = mailbox.slice(at + 1).toLowerCase();
  if (at < 1 || host === '') return false;
  const baseAt = base.lastIndexOf('@');
  if (baseAt >= 0) {
    return mailbox.slice(0, at) === base.slice(0, baseAt) && host === base.slice(baseAt + 1).toLowerCase();
  }
  const wanted = base.toLowerCase();
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted;
}

function uriWithin(uri: string, base: string): boolean {
  const host = URL.parse(uri)?.hostname.toLowerCase() ?? '';
  if (host === '' || host.startsWith('[') || /^[0-9.]+$/.test(host)) return false;
  const wanted = base.toLowerCase();
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted;
}

function addressWithin(octets: Uint8Array, base: Uint8Array): boolean {
  const size = octets.length;
  if ((size !== 4 && size !== 16) || base.length !== 2 * size) return false;
  return octets.every((octet, at) => {
    const mask = base[size + at] ?? 0;
    return (octet & mask) === ((base[at] ?? 0) & mask);
  });
}

/** Whether `name` lies in the subtree of `base`; null where the two are of different kinds, 'unknown' where none can tell. */
function within(name: GeneralName, base: GeneralName): boolean | null | 'unknown' {
  if (name.kind === 'directory' && base.kind === 'directory') {
    const keys = rdnKeys(name.name);
    return rdnKeys(base.name).every((key, at) => keys[at] === key);
  }
  if (name.kind === 'dns' && base.kind === 'dns')
    return hostWithin(name.value.toLowerCase(), base.value.toLowerCase());
  if (name.kind === 'email' && base.kind === 'email') return mailboxWithin(name.value, base.value);
  if (name.kind === 'uri' && base.kind === 'uri') return uriWithin(name.value, base.value);
  if (name.kind === 'ip' && base.kind === 'ip') return addressWithin(name.octets, base.octets);
  return name.kind === base.kind ? 'unknown' : null;
}

/** Whether every name of `certificate` obeys `constraints`; what cannot be understood does not. */
export function namesObey(certificate: Certificate, constraints: NameConstraints): boolean {
  if (constraints.unsupported) return false;
  return namesOf(certificate).every((name) => {
    const permitted = (constraints.permitted ?? [])
      .map((base) => within(name, base))
      .filter((answer) => answer !== null);
    const excluded = constraints.excluded.map((base) => within(name, base));
    const allowed = permitted.length === 0 || permitted.includes(true);
    return allowed && !excluded.some((answer) => answer === true || answer === 'unknown');
  });
}
