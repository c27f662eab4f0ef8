// Profiles: keys of our own services, told apart by private extended key usages.
import { PRIVATE_OID } from '../../../formats/x509/private-oid.ts';
import type { KeyPurpose } from '../../../crypto/signing-key.ts';
import type { Profile, ProfileName } from '../../profile.ts';
import { ownKeyTypes, serviceSubject } from './parts.ts';

function serviceSigner(
  name: ProfileName,
  purpose: KeyPurpose,
  usage: string,
  life: number,
  why: string,
): Profile {
  return {
    name,
    hierarchy: 'international',
    purpose,
    authorities: ['services'],
    certifies: null,
    keyTypes: ownKeyTypes,
    keyUsage: { value: ['digitalSignature'], clause: 'RFC 5280 section 4.2.1.3' },
    // Not critical: browsers and libraries that check a JWS need not know our own purposes.
    extendedKeyUsage: { value: { oids: [usage], critical: false }, clause: 'RFC 5280 section 4.2.1.12' },
    basicConstraints: null,
    permittedCountries: null,
    maximumDays: { value: life, clause: why },
    keyUseDays: null,
    policies: { value: [PRIVATE_OID.servicePolicy], clause: 'RFC 5280 section 4.2.1.4' },
    semantics: null,
    status: { value: { ocsp: true, crl: true, noCheck: false }, clause: 'RFC 5280 section 4.2.1.13' },
    subject: serviceSubject,
  };
}

export const licenseCodeSigner = serviceSigner(
  'license-code-signer',
  'license-code',
  PRIVATE_OID.licenseCodeSigning,
  5 * 365,
  'own practice: a printed code is read for as long as its license hangs on a wall',
);

export const statusListSigner = serviceSigner(
  'status-list-signer',
  'status-list',
  PRIVATE_OID.statusListSigning,
  365,
  'own practice: lists are signed anew on every change',
);

export const trustListSigner = serviceSigner(
  'trust-list-signer',
  'trust-list',
  PRIVATE_OID.trustListSigning,
  3 * 365,
  'own practice: verifiers pin it',
);

export const receiptSigner = serviceSigner(
  'receipt-signer',
  'receipt',
  PRIVATE_OID.receiptSigning,
  3 * 365,
  'own practice: receipts are kept with the case',
);

export const identityTokenSigner = serviceSigner(
  'identity-token-signer',
  'identity-token',
  PRIVATE_OID.identityTokenSigning,
  90,
  'own practice: tokens live minutes, and two keys overlap in the key set (OpenID Connect Core section 10.1.1)',
);

export const auditLogSigner = serviceSigner(
  'audit-log-signer',
  'audit-log',
  PRIVATE_OID.auditLogSigning,
  365,
  'own practice: verifiers pin it',
);
