// A judged signature as the report tells it.
import type { Certificate } from '../formats/x509/certificate.ts';
import { nameAttribute, nameText } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import type { CertificateNode } from './certificate-graph.ts';
import { conclude } from './judge.ts';
import { organizationIdentifierOf } from './organization.ts';
import type { JudgedSignature } from './judged-signature.ts';
import { conclusionUrn, reportQualification, subIndicationUrn } from './report.ts';
import type { Coverage, Qualification, Row, SignatureReport, SignerReport } from './report.ts';

/** A certificate's names and dates for people. */
export function reportSigner({ certificate, fingerprint }: CertificateNode): SignerReport {
  const subject = (type: string): string | null => nameAttribute(certificate.subject, type);
  return {
    subject: nameText(certificate.subject),
    commonName: subject(OID.commonName),
    organization: subject(OID.organizationName),
    organizationIdentifier: organizationIdentifierOf(certificate),
    issuer: nameText(certificate.issuer),
    serialNumber: certificate.serialHex,
    notBefore: isoOf(certificate, 'notBefore'),
    notAfter: isoOf(certificate, 'notAfter'),
    fingerprint,
  };
}

function isoOf(certificate: Certificate, field: 'notBefore' | 'notAfter'): string {
  return certificate[field].toISOString();
}

/** `D:YYYYMMDDHHmmSS` with Z or an offset as ISO 8601 UTC; null for anything else. */
function claimedTime(text: string | null): string | null {
  const match = /^D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:Z(?:00'00'?)?|([+-])(\d\d)'(\d\d)'?)?$/.exec(
    text ?? '',
  );
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, sign, offsetHours, offsetMinutes] = match;
  const offset = sign === undefined ? 'Z' : `${sign}${offsetHours ?? '00'}:${offsetMinutes ?? '00'}`;
  const date = new Date(
    `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}${offset}`,
  );
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

export function qualificationOf({ path }: JudgedSignature): Qualification {
  return path?.kind === 'valid' ? path.anchor.qualification : 'none';
}

export function reportSignature(judged: JudgedSignature, rows: readonly Row[]): SignatureReport {
  const { facts, sealUse } = judged;
  const signer = sealUse === null ? facts.cms.certificate : sealUse.facts.signer.certificate;
  const { conclusion, subIndication } = conclude(rows);
  const kind = facts.signature.coverage.kind;
  const coverage: Coverage =
    kind === 'whole-file' ? 'whole-file' : kind === 'revision' ? 'earlier-revision' : 'unclear';
  return {
    id: facts.id,
    type: facts.type,
    conclusion,
    subIndication,
    conclusionUrn: conclusionUrn(conclusion),
    subIndicationUrn: subIndicationUrn(subIndication),
    level: judged.level,
    coverage,
    signer: signer === null ? null : reportSigner(signer),
    claimedTime: sealUse?.claimed?.toISOString() ?? claimedTime(facts.signature.claimedTime),
    provenTime: judged.proven?.toISOString() ?? null,
    reason: facts.signature.reason,
    changes: facts.changes ?? [],
    qualification: reportQualification(qualificationOf(judged)),
    rows,
  };
}
