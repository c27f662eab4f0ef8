// Object identifiers of our own: leaves under one UUID arc, which needs no registration (X.667).

/**
 * 2.25.<integer of UUID c82544c4-cad0-446e-96b4-70960a6bb57a>. It belongs to this product's demonstration;
 * a district that goes live writes its own registered arc here before its first certificate, and never changes it after.
 */
const ARC = '2.25.266039108936089616027729695553840985466';

export const PRIVATE_OID = {
  /** Extended key usages: what a service's key may sign. */
  licenseCodeSigning: `${ARC}.1.1`,
  statusListSigning: `${ARC}.1.2`,
  trustListSigning: `${ARC}.1.3`,
  receiptSigning: `${ARC}.1.4`,
  identityTokenSigning: `${ARC}.1.5`,
  auditLogSigning: `${ARC}.1.6`,
  /** Certificate policies, one for each kind of certificate. */
  issuingAuthorityPolicy: `${ARC}.2.1`,
  sealPolicy: `${ARC}.2.2`,
  timestampUnitPolicy: `${ARC}.2.3`,
  servicePolicy: `${ARC}.2.4`,
  enterpriseSealPolicy: `${ARC}.2.5`,
  enterpriseSigningPolicy: `${ARC}.2.6`,
  enterpriseAuthenticationPolicy: `${ARC}.2.7`,
  residentSigningPolicy: `${ARC}.2.8`,
  residentAuthenticationPolicy: `${ARC}.2.9`,
  serverPolicy: `${ARC}.2.10`,
  sealMakerPolicy: `${ARC}.2.11`,
  /** Beside the kind's own: the key was made in a device that never gives it out. No certificate of a demonstration has it. */
  deviceKeyPolicy: `${ARC}.2.12`,
  /** The policy that time-stamp tokens name. */
  timestampPolicy: `${ARC}.3.1`,
} as const;
