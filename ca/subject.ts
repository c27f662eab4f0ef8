// Whom a certificate is for: the request's words held to the profile, and written as the profile's subject.
import { FormatError } from '../formats/errors.ts';
import { isUscc } from '../formats/identifiers/uscc.ts';
import { encodeName, nameText, type Name } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import { CaError } from './errors.ts';
import { isHostName } from './host-name.ts';
import type { CaParts } from './parts.ts';
import type { Profile } from './profile.ts';

export interface CertificateSubject {
  readonly organization?: string | undefined;
  /** Unified social credit code, where the profile has a place for it. */
  readonly creditCode?: string | undefined;
  readonly commonName?: string | undefined;
  /** A person's; where neither is told apart, the whole name counts as surname. */
  readonly surname?: string | undefined;
  readonly givenName?: string | undefined;
  /** Host names of a server. */
  readonly dnsNames?: readonly string[] | undefined;
}

/** Who stands behind a certificate, for those who may know. */
export interface Holder {
  /** What all certificates of one subject share; null for our own services. */
  readonly subjectKey: string | null;
  readonly identity?: {
    readonly name: string;
    /** e.g. `resident-identity-card`. */
    readonly documentType: string;
    readonly documentNumber: string;
  };
}

/** A subject ready to be written. */
export interface PreparedSubject {
  readonly der: Uint8Array;
  readonly hosts: readonly string[];
  readonly organizationCode: string | null;
  readonly subjectKey: string | null;
  readonly pseudonym: string | null;
  readonly identityCipher: string | null;
}

/** What 演示 certificates say in their organisation or name, so that none passes for a real one. */
const DEMONSTRATION = '（演示）';

function refused(message: string): CaError {
  return new CaError('profile-violation', message);
}

function marked(text: string, demonstration: boolean): string {
  return demonstration && !text.includes('演示') ? text + DEMONSTRATION : text;
}

function requireShape(subject: CertificateSubject, { name, subject: { value, clause } }: Profile): void {
  const { organization, creditCode, commonName, surname, givenName, dnsNames } = subject;
  const rule = (broken: boolean, text: string): void => {
    if (broken) throw refused(`The profile ${name} ${text} (${clause}).`);
  };
  rule(
    (organization === undefined) === (value.organization === 'required'),
    `has its organisation ${value.organization}`,
  );
  if (value.creditCode === null) rule(creditCode !== undefined, 'carries no unified social credit code');
  else rule(creditCode === undefined || !isUscc(creditCode), 'needs a valid unified social credit code');
  rule(value.commonName === 'name' && commonName === undefined, 'needs a common name');
  rule(!value.person && (surname !== undefined || givenName !== undefined), 'carries no name of a person');
  rule(value.hosts !== (dnsNames !== undefined && dnsNames.length > 0), 'and host names do not fit');
  for (const host of dnsNames ?? []) {
    rule(!isHostName(host), 'names a host that is no host name in lower case');
  }
  rule(new Set(dnsNames).size !== (dnsNames ?? []).length, 'names a host twice');
  rule(
    value.commonName === 'host' && commonName !== undefined && dnsNames?.includes(commonName) !== true,
    'has no common name but one of its hosts',
  );
}

/** The name's parts that stand beside the common name, country first. */
function attributes(
  subject: CertificateSubject,
  profile: Profile,
  demonstration: boolean,
  pseudonym: string | null,
): readonly { readonly type: string; readonly value: string }[] {
  const rule = profile.subject.value;
  const { organization, creditCode, commonName, givenName } = subject;
  const list: { readonly type: string; readonly value: string }[] = [{ type: OID.countryName, value: 'CN' }];
  const add = (type: string, value: string | undefined): void => {
    if (value !== undefined) list.push({ type, value });
  };
  const prefix = rule.creditCode === 'extension-and-name' ? (creditCode ?? '') : '';
  if (organization !== undefined) add(OID.organizationName, prefix + marked(organization, demonstration));
  if (rule.creditCode === 'identifier') add(OID.organizationIdentifier, `NTRCN-${creditCode ?? ''}`);
  if (rule.nameParts) {
    // ICAO Doc 9303 part 3 section 4.6: a name not told apart is a primary identifier as a whole.
    add(OID.surname, subject.surname ?? (givenName === undefined ? commonName : undefined));
    add(OID.givenName, givenName);
  }
  if (pseudonym !== null) add(OID.serialNumber, pseudonym);
  const alone = rule.person && organization === undefined;
  if (commonName !== undefined) add(OID.commonName, alone ? marked(commonName, demonstration) : commonName);
  return list;
}

/** What all certificates of one person share: nobody without the key can compute it from a number. */
export function subjectKeyOfPerson(
  parts: Pick<CaParts, 'index'>,
  identity: { readonly documentType: string; readonly documentNumber: string },
): string {
  const value = `${identity.documentType} ${identity.documentNumber}`;
  return `person:${parts.index.of('certificate.subject', value)}`;
}

function personOf(
  parts: Pick<CaParts, 'index' | 'cipher'>,
  profile: Profile,
  holder: Holder | undefined,
  serial: string,
): Pick<PreparedSubject, 'subjectKey' | 'pseudonym' | 'identityCipher'> {
  const identity = holder?.identity;
  if (!profile.subject.value.person) {
    if (identity !== undefined) throw refused(`The profile ${profile.name} is about no person.`);
    return { subjectKey: holder?.subjectKey ?? null, pseudonym: null, identityCipher: null };
  }
  const subjectKey =
    holder?.subjectKey ?? (identity === undefined ? null : subjectKeyOfPerson(parts, identity));
  if (identity === undefined || subjectKey === null) {
    throw refused(`The profile ${profile.name} needs the identity behind its pseudonym.`);
  }
  // Keyed and bound to the serial: two certificates of one person cannot be linked, and no number can be tried against it.
  const mac = parts.index.of('certificate.pseudonym', `${subjectKey} ${serial}`);
  const pseudonym = mac
    .slice(mac.indexOf(':') + 1)
    .slice(0, 32)
    .toUpperCase();
  const place = { table: 'ca_certificate', column: 'identity_cipher', row: serial };
  return { subjectKey, pseudonym, identityCipher: parts.cipher.seal(place, JSON.stringify(identity)) };
}

/**
 * Writes the subject of one certificate.
 * @param serial - lower-case hex: a pseudonym is made for this certificate alone.
 * @throws CaError `profile-violation`: a part missing, of the wrong shape, too long, or one that the profile has no place for.
 */
export function prepareSubject(
  parts: Pick<CaParts, 'index' | 'cipher'>,
  request: {
    readonly subject: CertificateSubject;
    readonly holder?: Holder;
    readonly authority: { readonly demonstration: boolean };
  },
  profile: Profile,
  serial: string,
): PreparedSubject {
  const { subject } = request;
  requireShape(subject, profile);
  const person = personOf(parts, profile, request.holder, serial);
  const { creditCode } = subject;
  const rule = profile.subject.value;
  try {
    return {
      ...person,
      subjectKey: person.subjectKey ?? (creditCode === undefined ? null : `org:${creditCode}`),
      der: encodeName(attributes(subject, profile, request.authority.demonstration, person.pseudonym)),
      hosts: subject.dnsNames ?? [],
      organizationCode:
        rule.creditCode === 'extension' || rule.creditCode === 'extension-and-name'
          ? (creditCode ?? null)
          : null,
    };
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new CaError('profile-violation', `The subject does not fit: ${cause.message}`, { cause });
  }
}

/** What names a person in a subject. */
const PERSONAL: ReadonlySet<string> = new Set([OID.commonName, OID.surname, OID.givenName]);

/** RFC 4514 text of a subject as the register keeps it in clear: of a person the pseudonym and the organisation, no name. */
export function registeredText(subject: Name, person: boolean): string {
  if (!person) return nameText(subject);
  return nameText({
    ...subject,
    rdns: subject.rdns.filter((rdn) => rdn.every(({ type }) => !PERSONAL.has(type))),
  });
}
