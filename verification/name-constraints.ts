// Name constraints (RFC 5280 section 4.2.1.10): every form understood, every form not understood refused, within a bound.
import type { Certificate } from '../formats/x509/certificate.ts';
import type { DerElement, DerReader } from '../formats/x509/der.ts';
import { readExtension } from '../formats/x509/extensions.ts';
import { readGeneralName } from '../formats/x509/general-name.ts';
import type { GeneralName } from '../formats/x509/general-name.ts';
import { OID } from '../formats/x509/oid.ts';
import { rdnKeys } from './names.ts';
import { hostLabels, looksLikeAddress, mailboxOf } from './server-name.ts';

export interface NameConstraints {
  /** Null where nothing is said about permitted names. */
  readonly permitted: readonly GeneralName[] | null;
  readonly excluded: readonly GeneralName[];
  /** True where a bound other than minimum 0 is used, which nobody may use and nobody implements, or nothing is said at all. */
  readonly unsupported: boolean;
}

/** Comparisons of a name with a subtree that one search may still make. */
export interface NameBudget {
  left: number;
}

function readSubtrees(reader: DerReader): {
  readonly bases: readonly GeneralName[];
  readonly bounded: boolean;
} {
  const trees = reader.every((each) =>
    each.sequence((subtree) => ({
      base: readGeneralName(subtree),
      bounds: subtree.every((bound) => bound.element()),
    })),
  );
  const zero = ({ tag, content }: DerElement): boolean =>
    tag === 0x80 && content.length === 1 && content[0] === 0;
  return {
    bases: trees.map(({ base }) => base),
    // GeneralSubtrees has one member at least.
    bounded: trees.length === 0 || !trees.every(({ bounds }) => bounds.every(zero)),
  };
}

const known = new WeakMap<Certificate, { readonly constraints: NameConstraints | null }>();

/** The constraints a certificate states; null where it states none. @throws FormatError `certificate-malformed`. */
export function nameConstraintsOf(certificate: Certificate): NameConstraints | null {
  const earlier = known.get(certificate);
  if (earlier !== undefined) return earlier.constraints;
  const constraints = readConstraints(certificate);
  known.set(certificate, { constraints });
  return constraints;
}

function readConstraints(certificate: Certificate): NameConstraints | null {
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

const namesKnown = new WeakMap<Certificate, readonly GeneralName[]>();

/** Every name of a certificate that constraints may speak about. */
function namesOf(certificate: Certificate): readonly GeneralName[] {
  let names = namesKnown.get(certificate);
  if (names === undefined) {
    const subject: GeneralName[] =
      certificate.subject.rdns.length === 0 ? [] : [{ kind: 'directory', name: certificate.subject }];
    // An address in the subject is a mailbox name too (RFC 5280 section 4.2.1.10).
    const mailboxes = certificate.subject.rdns
      .flat()
      .flatMap(({ type, value }): GeneralName[] =>
        type === OID.emailAddress ? [{ kind: 'email', value: value ?? '' }] : [],
      );
    names = [...subject, ...mailboxes, ...(certificate.subjectAltName ?? [])];
    namesKnown.set(certificate, names);
  }
  return names;
}

/** Forms compared with each other: a Unicode mailbox obeys what is said of mailboxes (RFC 9598 section 6). */
function formOf(name: GeneralName): string {
  if (name.kind === 'utf8-email') return 'email';
  return name.kind === 'other' ? name.form : name.kind;
}

/** How a name lies to a subtree: `part` where it stands for names inside and outside; `unknown` where nobody can tell. */
type Relation = 'inside' | 'outside' | 'part' | 'unknown';

function yes(inside: boolean): Relation {
  return inside ? 'inside' : 'outside';
}

function hostUnder(host: string, base: string): boolean {
  return base === '' || host === base || host.endsWith(`.${base}`);
}

function dnsRelation(name: string, base: string): Relation {
  const [host, tree] = [name.toLowerCase(), base.toLowerCase()];
  // The wildcard is no part of a host's syntax, and neither is a leading period: both forms are unknown to the standard.
  if (tree !== '' && hostLabels(tree) === null) return 'unknown';
  const wildcard = host.startsWith('*.');
  const plain = wildcard ? host.slice(2) : host;
  // Underscores are no host's, and yet names of services in use: the labels are compared as they are.
  if (plain === '' || plain.split('.').some((label) => label === '' || label.includes('*'))) return 'unknown';
  if (hostUnder(plain, tree)) return 'inside';
  // `*.example.com` stands for `bar.example.com` too.
  return wildcard && tree.slice(tree.indexOf('.') + 1) === plain && tree !== plain ? 'part' : 'outside';
}

function mailboxRelation(name: string, base: string): Relation {
  const mailbox = mailboxOf(name);
  if (mailbox === null) return 'unknown';
  if (base.includes('@')) {
    const wanted = mailboxOf(base);
    if (wanted === null) return 'unknown';
    return yes(mailbox.local === wanted.local && mailbox.host === wanted.host);
  }
  const wanted = base.toLowerCase();
  if (hostLabels(wanted.startsWith('.') ? wanted.slice(1) : wanted) === null) return 'unknown';
  return yes(wanted.startsWith('.') ? mailbox.host.endsWith(wanted) : mailbox.host === wanted);
}

function uriRelation(uri: string, base: string): Relation {
  const host = URL.parse(uri)?.hostname.toLowerCase() ?? '';
  // Section 4.2.1.10: without an authority of a host name the name cannot be told to obey.
  if (host === '' || host.startsWith('[') || looksLikeAddress(host)) return 'unknown';
  const wanted = base.toLowerCase();
  if (hostLabels(wanted.startsWith('.') ? wanted.slice(1) : wanted) === null) return 'unknown';
  return yes(wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted);
}

function addressRelation(octets: Uint8Array, base: Uint8Array): Relation {
  const size = octets.length;
  if (size !== 4 && size !== 16) return 'unknown';
  if (base.length !== 8 && base.length !== 32) return 'unknown';
  if (base.length !== 2 * size) return 'outside';
  return yes(
    octets.every((octet, at) => {
      const mask = base[size + at] ?? 0;
      return (octet & mask) === ((base[at] ?? 0) & mask);
    }),
  );
}

/** How `name` lies to the subtree of `base`, which is of the same form. */
function relation(name: GeneralName, base: GeneralName): Relation {
  if (name.kind === 'directory' && base.kind === 'directory') {
    const keys = rdnKeys(name.name);
    return yes(rdnKeys(base.name).every((key, at) => keys[at] === key));
  }
  if (name.kind === 'dns' && base.kind === 'dns') return dnsRelation(name.value, base.value);
  if ((name.kind === 'email' || name.kind === 'utf8-email') && base.kind === 'email')
    return mailboxRelation(name.value, base.value);
  if (name.kind === 'uri' && base.kind === 'uri') return uriRelation(name.value, base.value);
  if (name.kind === 'ip' && base.kind === 'ip') return addressRelation(name.octets, base.octets);
  return 'unknown';
}

/**
 * Whether every name of `certificate` obeys `constraints`; what cannot be understood does not.
 * @param budget is used up by what is compared
 * @returns null where the budget does not last
 */
export function namesObey(
  certificate: Certificate,
  constraints: NameConstraints,
  budget: NameBudget,
): boolean | null {
  if (constraints.unsupported) return false;
  const names = namesOf(certificate);
  budget.left -= names.length * ((constraints.permitted?.length ?? 0) + constraints.excluded.length);
  if (budget.left < 0) return null;
  return names.every((name) => {
    const form = formOf(name);
    const permitted = (constraints.permitted ?? []).filter((base) => formOf(base) === form);
    if (permitted.length > 0 && !permitted.some((base) => relation(name, base) === 'inside')) return false;
    return constraints.excluded.every((base) => formOf(base) !== form || relation(name, base) === 'outside');
  });
}
