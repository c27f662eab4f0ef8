// What several profiles of the international hierarchy have in common.
import type { Bound, SubjectRule } from '../../profile.ts';
import type { KeyType } from '../../../formats/x509/algorithm.ts';

/** Keys of authorities and of our own services: a deployment chooses among them. */
export const ownKeyTypes: Bound<readonly KeyType[]> = {
  value: ['p256', 'p384', 'rsa', 'ed25519'],
  clause: 'FIPS 186-5; RSA of 2048 bits and more (NIST SP 800-131A section 3)',
};

/** Keys that holders bring. */
export const holderKeyTypes: Bound<readonly KeyType[]> = {
  value: ['p256', 'p384', 'rsa', 'ed25519'],
  clause: 'FIPS 186-5; RFC 8410; RSA of 2048 bits and more (NIST SP 800-131A section 3)',
};

/** Our own authorities and services: an organisation and what the service is called. */
export const serviceSubject: Bound<SubjectRule> = {
  value: {
    organization: 'required',
    creditCode: null,
    commonName: 'name',
    person: false,
    nameParts: false,
    hosts: false,
  },
  clause: 'RFC 5280 section 4.1.2.6',
};

/** A legal person. */
export const organisationSubject: Bound<SubjectRule> = {
  value: { ...serviceSubject.value, creditCode: 'identifier' },
  clause: 'EN 319 412-3 clause 4.2.1; EN 319 412-1 clause 5.1.4',
};

/** A resident: the name, and a pseudonym where others write a document number. */
export const residentSubject: Bound<SubjectRule> = {
  value: {
    organization: 'refused',
    creditCode: null,
    commonName: 'name',
    person: true,
    nameParts: true,
    hosts: false,
  },
  clause:
    'EN 319 412-2 clause 4.2.4; Personal Information Protection Law art. 6: no number that is not needed',
};

/** A natural person in an organisation. */
export const memberSubject: Bound<SubjectRule> = {
  value: { ...residentSubject.value, organization: 'required', creditCode: 'identifier' },
  clause: 'EN 319 412-2 clauses 4.2.4 and 4.2.5; EN 319 412-1 clause 5.1.4',
};
