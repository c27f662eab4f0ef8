// What a licensed authority says about a certificate of its own: CRLs and OCSP answers checked before they are kept.
import { createHash } from 'node:crypto';
import { sameBytes } from '../formats/bytes.ts';
import { digestOf, encodeDigestAlgorithm } from '../formats/x509/algorithm.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { parseCrl, type CertificateList } from '../formats/x509/crl.ts';
import { urisOf } from '../formats/x509/extensions.ts';
import {
  encodeCertId,
  encodeOcspRequest,
  parseOcspResponse,
  type BasicOcspResponse,
} from '../formats/x509/ocsp.ts';
import { OID } from '../formats/x509/oid.ts';
import { CaError } from './errors.ts';
import { signedBy } from './foreign-chain.ts';

/** What a list or an answer says. */
export interface ForeignStatus {
  readonly kind: 'crl' | 'ocsp';
  readonly der: Uint8Array;
  readonly status: 'good' | 'revoked';
  readonly reason: string | null;
  readonly revokedAt: Date | null;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
}

/** Clocks of others may be ahead of ours by so much. */
const SKEW = 5 * 60_000;
/** An answer without an end is news for so long (RFC 6960 section 4.2.2.1 leaves it open). */
const WITHOUT_END = 24 * 3_600_000;

function refused(message: string, cause?: unknown): CaError {
  return new CaError('foreign-status-refused', message, { cause });
}

function requireCurrent(thisUpdate: Date, nextUpdate: Date | null, now: Date): void {
  const end = nextUpdate?.getTime() ?? thisUpdate.getTime() + WITHOUT_END;
  if (thisUpdate.getTime() > now.getTime() + SKEW) throw refused('It is of a time to come.');
  if (end < now.getTime()) throw refused('It is out of date.');
}

/**
 * Judges what was received about `own`.
 * @throws CaError `foreign-status-refused`: another authority's, not signed, out of date, of another scope, or silent
 *   about the certificate; FormatError.
 */
export function checkedStatus(
  kind: 'crl' | 'ocsp',
  der: Uint8Array,
  [own, issuer]: readonly [Certificate, Certificate, ...Certificate[]],
  now: Date,
): ForeignStatus {
  return kind === 'crl'
    ? statusOfList(parseCrl(der), own, issuer, now)
    : statusOfAnswer(der, own, issuer, now);
}

function statusOfList(
  list: CertificateList,
  own: Certificate,
  issuer: Certificate,
  now: Date,
): ForeignStatus {
  if (!sameBytes(list.issuer.der, own.issuer.der)) throw refused('The list is of another authority.');
  if (issuer.keyUsage?.has('cRLSign') === false || !signedBy(list, issuer)) {
    throw refused('The list is not signed by the authority of the certificate.');
  }
  if (list.nextUpdate === null) throw refused('The list names no end (RFC 5280 section 5.1.2.5).');
  requireCurrent(list.thisUpdate, list.nextUpdate, now);
  if (list.deltaBase !== null) throw refused('A delta list alone does not say that a certificate is good.');
  requireScope(list, own);
  const entry = list.revoked.find(({ serialHex }) => serialHex === own.serialHex);
  const gone = entry !== undefined && entry.reason !== 'removeFromCRL';
  return {
    kind: 'crl',
    der: list.der,
    status: gone ? 'revoked' : 'good',
    reason: gone ? (entry.reason ?? 'unspecified') : null,
    revokedAt: gone ? entry.revocationDate : null,
    thisUpdate: list.thisUpdate,
    nextUpdate: list.nextUpdate,
  };
}

/** A list that does not speak for the certificate says nothing by leaving it out (RFC 5280 section 6.3.3 (b)). */
function requireScope(list: CertificateList, own: Certificate): void {
  const known: ReadonlySet<string> = new Set([OID.issuingDistributionPoint]);
  for (const { oid, critical } of list.extensions.values())
    if (critical && !known.has(oid)) throw refused(`The list has the critical extension ${oid}.`);
  const scope = list.issuingDistributionPoint;
  if (scope === null) return;
  if (
    scope.onlyContainsCaCerts ||
    scope.onlyContainsAttributeCerts ||
    scope.indirectCrl ||
    scope.onlySomeReasons !== null
  ) {
    throw refused('The list speaks for other certificates, or for some reasons only.');
  }
  if (scope.name === null) return;
  const ofList = urisOf(scope.name.fullName);
  const ofOwn = (own.crlDistributionPoints ?? []).flatMap(({ fullName }) => urisOf(fullName));
  if (!ofList.some((uri) => ofOwn.includes(uri))) {
    throw refused('The list is another part of the authority’s list than the certificate names.');
  }
}

function statusOfAnswer(der: Uint8Array, own: Certificate, issuer: Certificate, now: Date): ForeignStatus {
  const { status, basic } = parseOcspResponse(der);
  if (basic === null) throw refused(`The answer is no answer: ${status}.`);
  const [single, ...more] = basic.responses.filter(({ certId }) => isAbout(certId, own, issuer));
  if (single === undefined) throw refused('The answer does not speak of the certificate.');
  if (more.length > 0) throw refused('The answer speaks of the certificate more than once.');
  if (!signedByResponder(basic, issuer, now)) {
    throw refused('The answer is not signed by the authority or by a responder of its own.');
  }
  requireCurrent(single.thisUpdate, single.nextUpdate, now);
  if (single.status.kind === 'unknown') throw refused('The authority does not know the certificate.');
  const gone = single.status.kind === 'revoked' ? single.status : null;
  return {
    kind: 'ocsp',
    der,
    status: single.status.kind,
    reason: gone === null ? null : (gone.reason ?? 'unspecified'),
    revokedAt: gone?.at ?? null,
    thisUpdate: single.thisUpdate,
    nextUpdate: single.nextUpdate,
  };
}

/** The CertID recomputed in the digest it names (RFC 6960 section 4.1.1); SHA-1 only finds, it does not prove. */
function isAbout(
  certId: BasicOcspResponse['responses'][number]['certId'],
  own: Certificate,
  issuer: Certificate,
): boolean {
  const name = digestOf(certId.hashAlgorithm)?.name;
  if (name === undefined) return false;
  const hash = (bytes: Uint8Array): Uint8Array => createHash(name).update(bytes).digest();
  return (
    certId.serialHex === own.serialHex &&
    sameBytes(certId.issuerNameHash, hash(own.issuer.der)) &&
    sameBytes(certId.issuerKeyHash, hash(issuer.subjectPublicKeyInfo.publicKey))
  );
}

/** RFC 6960 section 4.2.2.2: the authority itself, or who has a certificate for it straight from the same key. */
function signedByResponder(basic: BasicOcspResponse, issuer: Certificate, now: Date): boolean {
  if (signedBy(basic, issuer)) return true;
  return basic.certificates.some((der) => {
    const responder = parseCertificate(der);
    return (
      responder.extendedKeyUsage?.includes(OID.ocspSigning) === true &&
      responder.keyUsage?.has('digitalSignature') !== false &&
      sameBytes(responder.issuer.der, issuer.subject.der) &&
      now >= responder.notBefore &&
      now <= responder.notAfter &&
      signedBy(responder, issuer) &&
      signedBy(basic, responder)
    );
  });
}

/** Where the certificate says its status is found. */
export function statusPlaces(own: Certificate): {
  readonly ocsp: readonly string[];
  readonly crl: readonly string[];
} {
  return {
    ocsp: urisOf(
      (own.authorityInfoAccess ?? []).flatMap(({ method, location }) =>
        method === OID.ocsp ? [location] : [],
      ),
    ),
    crl: (own.crlDistributionPoints ?? []).flatMap(({ fullName }) => urisOf(fullName)),
  };
}

/** A question about `own`, without a nonce: the answer is kept as evidence and judged by its dates. */
export function statusQuestion(own: Certificate, issuer: Certificate): Uint8Array {
  const hash = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();
  const certId = encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm('sha1'),
    issuerNameHash: hash(own.issuer.der),
    issuerKeyHash: hash(issuer.subjectPublicKeyInfo.publicKey),
    serialNumber: own.serialNumber,
  });
  return encodeOcspRequest([certId], null);
}
