// Rules for the making of certificates, asked of foreign ones where a caller wants only conforming paths: one row a rule.
import type { Certificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import { isAnchor } from './conformity-rule.ts';
import type { ConformityRule, Position } from './conformity-rule.ts';
import { webRules } from './conformity-web.ts';
import type { Conformity } from './path-model.ts';
import { mailboxOf, presentedHost } from './server-name.ts';

const everywhere: readonly Conformity[] = ['rfc5280', 'webpki', 'strict'];

function isCritical(certificate: Certificate, identifier: string): boolean | null {
  return certificate.extensions.get(identifier)?.critical ?? null;
}

function never(certificate: Certificate, ...identifiers: readonly string[]): boolean {
  return identifiers.every((identifier) => isCritical(certificate, identifier) !== true);
}

function isCa(certificate: Certificate): boolean {
  return certificate.basicConstraints?.ca === true;
}

/** Positive, not zero, 20 octets at most. */
function serialHolds({ serialNumber }: Certificate): boolean {
  const first = serialNumber[0] ?? 0x80;
  return first < 0x80 && serialNumber.some((octet) => octet !== 0) && serialNumber.length <= 20;
}

function alternativeNamesHold(certificate: Certificate): boolean {
  return (certificate.subjectAltName ?? []).every((name) => {
    if (name.kind === 'dns') return presentedHost(name.value) !== null;
    if (name.kind === 'ip') return name.octets.length === 4 || name.octets.length === 16;
    return name.kind !== 'email' || mailboxOf(name.value) !== null;
  });
}

function distinctPolicies(certificate: Certificate): boolean {
  const policies = (certificate.certificatePolicies ?? []).map((policy) => policy.oid);
  return new Set(policies).size === policies.length;
}

const rules: readonly ConformityRule[] = [
  {
    id: 'serial-number',
    citation: 'RFC 5280 4.1.2.2',
    asked: everywhere,
    holds: (certificate, position) => isAnchor(position) || serialHolds(certificate),
  },
  {
    id: 'issuer-name',
    citation: 'RFC 5280 4.1.2.4',
    asked: everywhere,
    holds: ({ issuer }) => issuer.rdns.length > 0,
  },
  {
    id: 'ca-subject-name',
    citation: 'RFC 5280 4.1.2.6',
    asked: everywhere,
    holds: (certificate) => !isCa(certificate) || certificate.subject.rdns.length > 0,
  },
  {
    id: 'never-critical',
    citation: 'RFC 5280 4.2.1.1, 4.2.1.2, 4.2.1.8, 4.2.1.15, 4.2.2',
    asked: everywhere,
    holds: (certificate) =>
      never(
        certificate,
        OID.authorityKeyIdentifier,
        OID.subjectKeyIdentifier,
        OID.freshestCrl,
        OID.authorityInfoAccess,
        '2.5.29.9',
        '1.3.6.1.5.5.7.1.11',
      ),
  },
  {
    id: 'authority-key-identifier',
    citation: 'RFC 5280 4.2.1.1',
    asked: everywhere,
    // It may be left out where a CA hands out its key signed by itself; an anchor that another one signed has no such excuse.
    holds: ({ authorityKeyIdentifier }, position) =>
      position === 'root' || (authorityKeyIdentifier?.keyIdentifier ?? null) !== null,
  },
  {
    id: 'subject-key-identifier',
    citation: 'RFC 5280 4.2.1.2',
    asked: everywhere,
    holds: (certificate) => !isCa(certificate) || certificate.subjectKeyIdentifier !== null,
  },
  {
    id: 'key-usage-bits',
    citation: 'RFC 5280 4.2.1.3',
    asked: everywhere,
    holds: ({ keyUsage }) => keyUsage === null || keyUsage.size > 0,
  },
  {
    id: 'certificate-signing',
    citation: 'RFC 5280 4.2.1.3, 4.2.1.9',
    asked: everywhere,
    holds: (certificate) => {
      const { keyUsage, basicConstraints } = certificate;
      if (keyUsage?.has('keyCertSign') === true && !isCa(certificate)) return false;
      if (isCa(certificate) && keyUsage?.has('keyCertSign') === false) return false;
      return (basicConstraints?.pathLength ?? null) === null || isCa(certificate);
    },
  },
  {
    id: 'basic-constraints-critical',
    citation: 'RFC 5280 4.2.1.9',
    asked: everywhere,
    holds: (certificate, position) =>
      position === 'leaf' || !isCa(certificate) || isCritical(certificate, OID.basicConstraints) === true,
  },
  {
    id: 'name-constraints-of-ca',
    citation: 'RFC 5280 4.2.1.10',
    asked: everywhere,
    holds: (certificate) => isCa(certificate) || !certificate.extensions.has(OID.nameConstraints),
  },
  {
    // The Baseline Requirements (7.1.2.5.2) allow otherwise.
    id: 'name-constraints-critical',
    citation: 'RFC 5280 4.2.1.10',
    asked: ['rfc5280', 'strict'],
    holds: (certificate) => isCritical(certificate, OID.nameConstraints) !== false,
  },
  {
    id: 'policy-constraints-critical',
    citation: 'RFC 5280 4.2.1.11, 4.2.1.14',
    asked: everywhere,
    holds: (certificate) =>
      isCritical(certificate, OID.policyConstraints) !== false &&
      isCritical(certificate, OID.inhibitAnyPolicy) !== false,
  },
  {
    id: 'policies-once',
    citation: 'RFC 5280 4.2.1.4',
    asked: everywhere,
    holds: (certificate) => distinctPolicies(certificate),
  },
  {
    id: 'alternative-name-critical',
    citation: 'RFC 5280 4.1.2.6, 4.2.1.6',
    asked: everywhere,
    holds: (certificate) =>
      certificate.subject.rdns.length > 0 || isCritical(certificate, OID.subjectAltName) === true,
  },
  {
    id: 'alternative-name-syntax',
    citation: 'RFC 5280 4.2.1.6',
    asked: everywhere,
    holds: (certificate) => alternativeNamesHold(certificate),
  },
  ...webRules,
];

type Broken = Pick<ConformityRule, 'id' | 'citation'> | null;

/** Answers given before: a certificate stands on many paths. */
const answers = new WeakMap<Certificate, Map<string, Broken>>();

/**
 * Whether a path's authorities are made as the Baseline Requirements demand of public ones (7.1.2.1.2, 7.1.2.10.7): their keys
 * sign certificates and lists. Who is not held to that is not held to the rest.
 * @param authorities the path without its end entity
 */
export function followsWebProfile(authorities: readonly Pick<Certificate, 'keyUsage'>[]): boolean {
  return authorities.every(({ keyUsage }) => keyUsage?.has('cRLSign') === true);
}

/**
 * The first rule that the certificate breaks; null where it breaks none or none are asked.
 * @param publicly whether the path's authorities follow the rules for public ones
 */
export function brokenRule(
  certificate: Certificate,
  position: Position,
  conformity: Conformity,
  publicly: boolean,
): Broken {
  if (conformity === 'none') return null;
  const known = answers.get(certificate) ?? new Map<string, Broken>();
  answers.set(certificate, known);
  const key = `${position} ${conformity} ${String(publicly)}`;
  const answer = known.get(key);
  if (answer !== undefined) return answer;
  const passedOver = ({ ofPublicAuthorities }: ConformityRule): boolean =>
    ofPublicAuthorities === true && conformity === 'strict' && !publicly;
  const rule = rules.find(
    (each) => each.asked.includes(conformity) && !passedOver(each) && !each.holds(certificate, position),
  );
  const broken = rule === undefined ? null : { id: rule.id, citation: rule.citation };
  known.set(key, broken);
  return broken;
}
