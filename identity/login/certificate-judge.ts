// Whether a certificate may log in now: issued here, byte for byte; in force this very moment; for logging in; and whose it is.
import { findRevocation } from '../../ca/revocation-store.ts';
import type { Hierarchy } from '../../ca/hierarchy.ts';
import { findCertificate, type StoredCertificate } from '../../ca/store.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { sameBytes } from '../../formats/bytes.ts';
import { FormatError } from '../../formats/errors.ts';
import { signatureNameOf } from '../../formats/x509/algorithm.ts';
import { parseCertificateOnce, type Certificate } from '../../formats/x509/certificate.ts';
import { OID } from '../../formats/x509/oid.ts';
import { isRung, type Rung } from '../levels.ts';
import { enrolAuthenticator, authenticatorByLookup, useAuthenticator } from './authenticators.ts';
import type { Factor, LoginParts } from './parts.ts';

export interface CertificateParts extends LoginParts {
  readonly hierarchy: Pick<Hierarchy, 'authority'>;
  /** Policies that say: the key was made in a device and cannot leave it. Empty where no authority issues them. */
  readonly deviceKeyPolicies: readonly string[];
}

/** Profiles whose keys log persons in. */
const profiles: readonly string[] = ['resident-authentication', 'enterprise-authentication'];
const mostBytes = 16 * 1024;

/** A certificate that may log in, with what decides how much that is worth. */
export interface JudgedCertificate {
  readonly certificate: Certificate;
  readonly stored: StoredCertificate;
  readonly storage: 'hardware' | 'software';
}

/** @returns the reason why it may not, for the audit, where it may not. */
export async function judgeCertificate(
  parts: CertificateParts,
  der: Uint8Array,
): Promise<JudgedCertificate | string> {
  const certificate = parsed(der);
  if (certificate === null) return 'malformed';
  const stored = await findCertificate(parts.database.reader, certificate.serialHex);
  // Not a path to some root: the very certificate that our own CA has on record.
  if (stored === null || !sameBytes(stored.der, der)) return 'not-issued-here';
  const authority = parts.hierarchy.authority(stored.authority);
  const algorithm = signatureNameOf(certificate.signatureAlgorithm);
  const signed =
    algorithm !== null &&
    verifySignature({
      algorithm,
      publicKey: authority.certificate.subjectPublicKeyInfo.der,
      message: certificate.tbs,
      signature: certificate.signature,
      pairing: 'x509',
    });
  // Whoever can write into the database cannot make himself a certificate.
  if (!signed) return 'not-signed-here';
  const now = parts.clock();
  if (authority.state === 'revoked' || now > authority.certificate.notAfter) return 'authority-ended';
  if (now < certificate.notBefore || now > certificate.notAfter) return 'expired';
  if (!profiles.includes(stored.profile)) return 'profile';
  if (certificate.keyUsage?.has('digitalSignature') !== true) return 'key-usage';
  if (certificate.extendedKeyUsage?.includes(OID.clientAuth) !== true) return 'extended-key-usage';
  // Asked of the CA's own record and not of a list: what is revoked now logs nobody in now.
  const revocation = await findRevocation(parts.database.reader, stored.serial);
  if (revocation !== null && revocation.state !== 'released') return revocation.state;
  const policies = (certificate.certificatePolicies ?? []).map(({ oid }) => oid);
  const storage = policies.some((each) => parts.deviceKeyPolicies.includes(each)) ? 'hardware' : 'software';
  return { certificate, stored, storage };
}

/**
 * The factor a judged certificate gives. On its first use it becomes an authenticator of the person the CA identified.
 * @returns the factor, or the reason why there is none.
 */
export async function certificateFactor(
  parts: CertificateParts,
  judged: JudgedCertificate,
): Promise<Factor | string> {
  const { stored, storage } = judged;
  const lookup = `certificate:${stored.authority}:${stored.serial}`;
  const known = await authenticatorByLookup(parts.database.reader, lookup);
  if (known !== null) {
    const used = await parts.database.write((tx) => useAuthenticator(tx, known.id, parts.clock()));
    return used ? factorOf(judged, known.account, known.id, known.enrolledRung) : 'ended';
  }
  const ended = await parts.database.reader
    .selectFrom('authenticator')
    .select('id')
    .where('lookup', '=', lookup)
    .executeTakeFirst();
  // Somebody removed it: only the account's own page enrols it again.
  if (ended !== undefined) return 'ended';
  const account = await accountOf(parts, stored);
  if (account === null) return 'no-account';
  const rung = await evidenceRung(parts, stored);
  const id = await parts.database.write((tx) =>
    enrolAuthenticator(
      parts,
      tx,
      { id: `account:${account}`, department: null },
      {
        account,
        kind: 'certificate',
        label: storage === 'hardware' ? '数字证书（硬件） Certificate' : '数字证书 Certificate',
        aal: storage === 'hardware' ? 4 : 3,
        deviceBound: storage === 'hardware',
        attested: storage === 'hardware',
        rung,
        lookup,
        publicPart: { authority: stored.authority, serial: stored.serial },
        secret: null,
      },
    ),
  );
  return factorOf(judged, account, id, rung);
}

/**
 * Whose a judged certificate is, without enrolling anything.
 * @returns the account and the rung it stands on; null where it is nobody's, or its holder removed it
 */
export async function holderOf(
  parts: CertificateParts,
  { stored }: JudgedCertificate,
): Promise<{ readonly account: string; readonly rung: Rung } | null> {
  const rows = await parts.database.reader
    .selectFrom('authenticator')
    .select(['account', 'state', 'enrolled_rung'])
    .where('lookup', '=', `certificate:${stored.authority}:${stored.serial}`)
    .execute();
  const known = rows.find(({ state }) => state === 'active');
  if (known !== undefined)
    return { account: known.account, rung: isRung(known.enrolled_rung) ? known.enrolled_rung : 1 };
  const account = rows.length > 0 ? null : await accountOf(parts, stored);
  return account === null ? null : { account, rung: await evidenceRung(parts, stored) };
}

function factorOf(
  { stored, storage }: JudgedCertificate,
  account: string,
  authenticator: string,
  enrolledRung: Rung,
): Factor {
  return {
    account,
    authenticator,
    certificate: { authority: stored.authority, serial: stored.serial },
    used: {
      kind: 'certificate',
      // A device asks for its PIN; whether a file's password was asked for nobody can see from here.
      userVerified: storage === 'hardware',
      originBound: true,
      keyStorage: storage,
      enrolledRung,
      // A key in a file tops out at 3 whatever else is said of it.
      ceiling: storage === 'hardware' ? 4 : 3,
    },
  };
}

/** The account of the person the CA identified when it issued the certificate. */
async function accountOf(parts: CertificateParts, stored: StoredCertificate): Promise<string | null> {
  if (stored.identityCipher === null) return null;
  const place = { table: 'ca_certificate', column: 'identity_cipher', row: stored.serial };
  const identity = JSON.parse(parts.cipher.open(place, stored.identityCipher)) as {
    readonly documentType: string;
    readonly documentNumber: string;
  };
  return parts.accounts.ofDocument(identity.documentType, identity.documentNumber);
}

/** How surely the holder was identified when the certificate was issued. */
async function evidenceRung(parts: CertificateParts, stored: StoredCertificate): Promise<Rung> {
  if (stored.enrolment === null) return 1;
  const row = await parts.database.reader
    .selectFrom('ca_enrolment')
    .select('evidence_level')
    .where('id', '=', stored.enrolment)
    .executeTakeFirst();
  const level = row?.evidence_level ?? 1;
  return isRung(level) ? level : 1;
}

function parsed(der: Uint8Array): Certificate | null {
  if (der.length > mostBytes) return null;
  try {
    return parseCertificateOnce(der);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
