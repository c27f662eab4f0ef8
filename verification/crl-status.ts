// What all revocation lists at hand say together of one certificate (RFC 5280 section 6.3.3): reasons, deltas, holds.
import { sameBytes, toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import type { CertificateList } from '../formats/x509/crl.ts';
import { readExtension } from '../formats/x509/extensions.ts';
import { OID } from '../formats/x509/oid.ts';
import { readGeneralizedTime } from '../formats/x509/time.ts';
import type { CertificateNode } from './certificate-graph.ts';
import { indexOf } from './crl-entries.ts';
import type { CrlEntry } from './crl-entries.ts';
import { allReasons, reasonsCovered } from './crl-scope.ts';
import { nameKey } from './names.ts';
import { revocationHolds, speaksFor } from './revocation-time.ts';
import type { Revocation, RevocationStatus, RevocationTime } from './revocation-time.ts';

/** A list and the certificates whose keys made its signature. */
export interface VerifiedCrl {
  readonly list: CertificateList;
  readonly signers: readonly CertificateNode[];
  /** Lower-case hex SHA-256 of the list. */
  readonly digest: string;
  /** The earliest instant at which it provably existed; absent where nothing proves one before now. */
  readonly existed?: Date;
}

/** Whether a certificate other than the issuer's own key's may sign lists about it (section 6.3.3 (f)). */
export type CrlSignerRule = (signer: CertificateNode) => boolean;

/** How lists are read. */
export interface CrlRules {
  readonly time: RevocationTime;
  readonly maySign: CrlSignerRule;
  /** True where a list must be as section 5 says a conforming CA makes it, not only usable. */
  readonly conforming: boolean;
}

/** One list that may be asked about the certificate. */
interface Voice {
  readonly list: CertificateList;
  readonly entry: CrlEntry | undefined;
  readonly reasons: ReadonlySet<number>;
  readonly signers: readonly CertificateNode[];
  /** Issuer and issuingDistributionPoint: lists of one series share it. */
  readonly series: string;
}

const understood: ReadonlySet<string> = new Set([
  OID.issuingDistributionPoint,
  OID.authorityKeyIdentifier,
  OID.crlNumber,
  OID.deltaCrlIndicator,
  OID.expiredCertsOnCrl,
]);

function numberOf(content: Uint8Array): bigint {
  return BigInt.asIntN(content.length * 8, BigInt(`0x${toHex(content) || '0'}`));
}

/** Section 5.2.3: every list of version 2 has a number, which is not critical. */
function conforms({ version, extensions }: CertificateList): boolean {
  return version === 1 || extensions.get(OID.crlNumber)?.critical === false;
}

function voiceOf(
  { list, signers }: VerifiedCrl,
  reasons: ReadonlySet<number>,
  certificate: Certificate,
  issuer: CertificateNode,
  rules: CrlRules,
): Voice | null {
  if ([...list.extensions.values()].some(({ oid, critical }) => critical && !understood.has(oid)))
    return null;
  if (rules.conforming && !conforms(list)) return null;
  const key = issuer.certificate.subjectPublicKeyInfo.der;
  const direct = nameKey(list.issuer) === nameKey(certificate.issuer);
  const allowed = signers.filter(
    (signer) =>
      signer.certificate.keyUsage?.has('cRLSign') !== false &&
      ((direct && sameBytes(signer.certificate.subjectPublicKeyInfo.der, key)) || rules.maySign(signer)),
  );
  if (allowed.length === 0) return null;
  const scope = list.extensions.get(OID.issuingDistributionPoint)?.value ?? new Uint8Array();
  return {
    list,
    entry: indexOf(list).find(nameKey(certificate.issuer), certificate.serialHex),
    reasons,
    signers: allowed,
    series: `${nameKey(list.issuer)}|${toHex(scope)}`,
  };
}

/** Section 6.3.3 (c) and 5.2.4: whether a delta list completes this full one. */
function completes(delta: Voice, base: Voice): boolean {
  const { crlNumber: from } = base.list;
  const { deltaBase, crlNumber: to } = delta.list;
  if (delta.series !== base.series || deltaBase === null || from === null || to === null) return false;
  if (numberOf(deltaBase) > numberOf(from) || numberOf(from) >= numberOf(to)) return false;
  const [a, b] = [delta.list, base.list].map((list) => list.authorityKeyIdentifier?.keyIdentifier ?? null);
  if (a !== null && b !== null && a !== undefined && b !== undefined && !sameBytes(a, b)) return false;
  const keys = base.signers.map((signer) => signer.certificate.subjectPublicKeyInfo.der);
  return delta.signers.some(({ certificate }) =>
    keys.some((key) => sameBytes(key, certificate.subjectPublicKeyInfo.der)),
  );
}

/** A list may drop entries once a certificate has expired, unless it says that it keeps them (section 3.3). */
function keepsExpired(list: CertificateList, certificate: Certificate): boolean {
  if (list.thisUpdate.getTime() <= certificate.notAfter.getTime()) return true;
  const since = readExtension(list.extensions, OID.expiredCertsOnCrl, 'crl-malformed', (inner) =>
    readGeneralizedTime(inner, false),
  );
  return since !== null && since.getTime() <= certificate.notAfter.getTime();
}

/** Whether a list was made by the instant asked about. */
function isKnown({ thisUpdate }: CertificateList, { at, skewSeconds }: RevocationTime): boolean {
  return thisUpdate.getTime() <= at.getTime() + skewSeconds * 1000;
}

/** A hold is over once a later list of the series says so, known by the instant asked about. */
function lifted(
  hold: Voice,
  voices: readonly Voice[],
  certificate: Certificate,
  time: RevocationTime,
): boolean {
  return voices.some((later) => {
    const { list, entry } = later;
    if (list.thisUpdate <= hold.list.thisUpdate || !isKnown(list, time)) return false;
    if (later.series !== hold.series || !speaksFor(list.thisUpdate, list.nextUpdate, time)) return false;
    if (list.deltaBase !== null)
      return entry?.reason === 'removeFromCRL' && (hold.list.deltaBase !== null || completes(later, hold));
    return entry === undefined && !indexOf(list).unread && keepsExpired(list, certificate);
  });
}

/** Every revocation that counts: lists may give several, each with a day and a reason of its own. */
function revocationsBy(
  voices: readonly Voice[],
  certificate: Certificate,
  time: RevocationTime,
): readonly Revocation[] {
  return voices.flatMap((voice): readonly Revocation[] => {
    const { list, entry } = voice;
    if (entry === undefined || entry.reason === 'removeFromCRL') return [];
    const speaks = speaksFor(list.thisUpdate, list.nextUpdate, time);
    if (!speaks && !revocationHolds(list.thisUpdate, entry.reason, time)) return [];
    if (entry.reason === 'certificateHold' && lifted(voice, voices, certificate, time)) return [];
    const { revocationDate: at, reason, invalidityDate } = entry;
    return [{ kind: 'revoked', at, reason, invalidityDate, thisUpdate: list.thisUpdate }];
  });
}

/** The instant up to which a full list, with the delta lists that complete it, proves the absence of the certificate; or null. */
function absentFrom(
  base: Voice,
  voices: readonly Voice[],
  certificate: Certificate,
  time: RevocationTime,
): Date | null {
  if (indexOf(base.list).unread || !keepsExpired(base.list, certificate)) return null;
  // A hold that counted no more was lifted by somebody later, who answers for it.
  if (base.entry !== undefined && !lifted(base, voices, certificate, time)) return null;
  const current = [base, ...voices.filter((delta) => completes(delta, base))].filter(
    ({ list }) => !indexOf(list).unread && speaksFor(list.thisUpdate, list.nextUpdate, time),
  );
  return current.reduce<Date | null>(
    (newest, { list }) => (newest === null || list.thisUpdate > newest ? list.thisUpdate : newest),
    null,
  );
}

/** Good where lists that cover every reason between them do not name the certificate. */
function goodBy(
  voices: readonly Voice[],
  certificate: Certificate,
  time: RevocationTime,
): RevocationStatus | null {
  const covered = new Set<number>();
  let whole: Date | null = null;
  let oldest: Date | null = null;
  for (const voice of voices) {
    if (voice.list.deltaBase !== null) continue;
    const since = absentFrom(voice, voices, certificate, time);
    if (since === null) continue;
    if (voice.reasons.size === allReasons.size && (whole === null || since > whole)) whole = since;
    for (const reason of voice.reasons) covered.add(reason);
    if (oldest === null || since < oldest) oldest = since;
  }
  const thisUpdate = whole ?? (covered.size === allReasons.size ? oldest : null);
  return thisUpdate === null ? null : { kind: 'good', thisUpdate };
}

/**
 * What lists alone say. A revocation in any usable list counts; only a hold can be lifted; good needs every reason covered by
 * lists that speak for the instant.
 * @returns every revocation that counts; what is good by the lists made by the instant asked about, and by all; or `unknown`
 * alone, with `offered` where lists speak of this certificate and none could be used
 */
export function statusByCrls(
  crls: readonly VerifiedCrl[],
  certificate: Certificate,
  issuer: CertificateNode,
  rules: CrlRules,
): readonly RevocationStatus[] {
  try {
    const voices: Voice[] = [];
    let offered = false;
    for (const crl of crls) {
      const reasons = reasonsCovered(crl.list, certificate);
      if (reasons === null) continue;
      offered = true;
      const voice = voiceOf(crl, reasons, certificate, issuer, rules);
      if (voice !== null) voices.push(voice);
    }
    const known = voices.filter(({ list }) => isKnown(list, rules.time));
    const goods = [known, voices].flatMap((some) => goodBy(some, certificate, rules.time) ?? []);
    const statuses = [...revocationsBy(voices, certificate, rules.time), ...goods];
    return statuses.length > 0 ? statuses : [{ kind: 'unknown', offered }];
  } catch (error) {
    // What cannot be read says nothing.
    if (error instanceof FormatError) return [{ kind: 'unknown', offered: true }];
    throw error;
  }
}
