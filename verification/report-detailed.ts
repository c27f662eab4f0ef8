// The detailed report: the whole one under the element names of ETSI TS 119 102-2, as JSON. Pure: same report, same bytes.
import { fromHex, toBase64 } from '../formats/bytes.ts';
import { policyData } from './policy.ts';
import type { Outcome, Report, Row, SignatureReport, SignerReport, Words } from './report.ts';

/** Clause 4.2.4: digest method and value of something. */
export interface DigestAlgAndValue {
  /** URI of XML-DSig or RFC 9231; SM3 by its object identifier. */
  readonly DigestMethod: string;
  /** Base64. */
  readonly DigestValue: string;
}

/** Clause 4.2.5.4: one constraint, which is one row. */
export interface ValidationConstraint {
  readonly ValidationConstraintIdentifier: string;
  readonly ValidationConstraintParameter: { readonly Question: Words; readonly Citation: string };
  readonly ConstraintStatus: { readonly Status: string };
  readonly ValidationStatus: ValidationStatus | null;
  readonly Indications: {
    readonly Outcome: Outcome;
    readonly Finding: Words;
    readonly Evidence: Row['evidence'];
    readonly EvidenceTime: string | null;
  };
}

/** Clause 4.2.11: an indication with its reasons. */
export interface ValidationStatus {
  readonly MainIndication: string;
  readonly SubIndication: readonly string[];
}

interface ConstraintsReport {
  readonly SignatureValidationPolicy: {
    readonly SignaturePolicyIdentifier: { readonly Identifier: string; readonly Version: string };
    readonly PolicyName: string;
  };
  readonly ValidationConstraint: readonly ValidationConstraint[];
}

interface TimeInfo {
  readonly ValidationTime: string;
  readonly BestSignatureTime: { readonly POETime: string; readonly TypeOfProof: string };
}

/** Clause 4.2.2: one signature. */
export interface SignatureValidationReport {
  readonly SignatureIdentifier: { readonly id: string; readonly UserSpecificId: string };
  readonly ValidationConstraintsEvaluationReport: ConstraintsReport;
  readonly ValidationTimeInfo: TimeInfo;
  readonly SignersDocument: { readonly DigestAlgAndValue: DigestAlgAndValue } | null;
  readonly SignatureAttributes: {
    readonly SigningTime: { readonly Time: string; readonly Signed: boolean } | null;
    readonly Reason: string | null;
  };
  readonly SignerInformation: {
    readonly SignerCertificate: { readonly VOReference: string };
    readonly Signer: string;
  } | null;
  readonly SignatureQuality: { readonly SignatureQualityInformation: readonly string[] };
  readonly SignatureValidationProcess: { readonly SignatureValidationProcessID: string };
  readonly SignatureValidationStatus: ValidationStatus & {
    readonly AssociatedValidationReportData: {
      /** What the signature speaks for, and what was done afterwards. */
      readonly SignedDataObjects: {
        readonly Coverage: SignatureReport['coverage'];
        readonly Changes: SignatureReport['changes'];
      };
      readonly AdditionalValidationReportData: readonly { readonly Type: string; readonly Value: Words }[];
    };
  };
}

/** Clause 4.2.12: a certificate that the report speaks of. */
export interface ValidationObject {
  readonly id: string;
  readonly ObjectType: string;
  readonly ValidationObject: { readonly DigestAlgAndValue: DigestAlgAndValue };
  readonly Certificate: SignerReport;
}

export interface DetailedReport {
  readonly format: 'yinxin-detailed-report/1';
  readonly kind: Report['kind'];
  readonly ValidationReport: {
    /** What was asked of the file or code as a whole. */
    readonly DocumentValidationReport: {
      readonly ValidationConstraintsEvaluationReport: ConstraintsReport;
      readonly ValidationTime: string;
      readonly Document: { readonly DigestAlgAndValue: DigestAlgAndValue; readonly Size: number } | null;
      readonly ValidationStatus: ValidationStatus & { readonly Summary: Words };
      readonly TrustList: Report['trustList'];
      readonly License: Report['license'];
    };
    readonly SignatureValidationReport: readonly SignatureValidationReport[];
    readonly SignatureValidationObjects: { readonly ValidationObject: readonly ValidationObject[] };
  };
}

const digestMethods: Readonly<Record<string, string>> = {
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
  sm3: 'urn:oid:1.2.156.10197.1.401',
};

/** `sha256:<hex>` as TS 119 102-2 has it. */
function digestOf(text: string): DigestAlgAndValue {
  const [name = '', hex = ''] = text.split(':');
  return {
    DigestMethod: digestMethods[name] ?? `urn:yinxin:digest:${name}`,
    DigestValue: toBase64(fromHex(hex)),
  };
}

const indications: Record<Exclude<Outcome, 'not-applicable'>, string> = {
  passed: 'passed',
  warned: 'passed',
  failed: 'failed',
  indeterminate: 'indeterminate',
};

function statusOf({ outcome, subIndication }: Row): ValidationStatus | null {
  if (outcome === 'not-applicable') return null;
  return {
    MainIndication: `urn:etsi:019102:mainindication:${indications[outcome]}`,
    SubIndication: subIndication === null ? [] : [`urn:etsi:019102:subindication:${subIndication}`],
  };
}

function constraintOf(row: Row): ValidationConstraint {
  return {
    ValidationConstraintIdentifier: `urn:yinxin:check:${row.id}`,
    ValidationConstraintParameter: { Question: row.question, Citation: row.citation },
    ConstraintStatus: {
      Status: `urn:etsi:019102:constraintStatus:${row.outcome === 'not-applicable' ? 'disabled' : 'applied'}`,
    },
    ValidationStatus: statusOf(row),
    Indications: {
      Outcome: row.outcome,
      Finding: row.finding,
      Evidence: row.evidence,
      EvidenceTime: row.evidenceTime,
    },
  };
}

function constraintsOf(rows: readonly Row[], { policy }: Report): ConstraintsReport {
  return {
    SignatureValidationPolicy: {
      SignaturePolicyIdentifier: { Identifier: policy.id, Version: policy.version },
      PolicyName: policyData.find(({ id }) => id === policy.id)?.name ?? policy.id,
    },
    ValidationConstraint: rows.map(constraintOf),
  };
}

function signatureOf(signature: SignatureReport, at: number, report: Report): SignatureValidationReport {
  const { signer, provenTime, claimedTime, level, qualification } = signature;
  return {
    SignatureIdentifier: { id: `S-${at + 1}`, UserSpecificId: signature.id },
    ValidationConstraintsEvaluationReport: constraintsOf(signature.rows, report),
    ValidationTimeInfo: {
      ValidationTime: report.time,
      BestSignatureTime:
        provenTime === null
          ? { POETime: report.time, TypeOfProof: 'urn:etsi:019102:poetype:validation' }
          : { POETime: provenTime, TypeOfProof: 'urn:etsi:019102:poetype:provided' },
    },
    SignersDocument:
      report.document === null ? null : { DigestAlgAndValue: digestOf(report.document.digest) },
    SignatureAttributes: {
      SigningTime:
        claimedTime === null
          ? null
          : { Time: claimedTime, Signed: report.kind === 'pdf' || report.kind === 'cms' },
      Reason: signature.reason,
    },
    SignerInformation:
      signer === null
        ? null
        : { SignerCertificate: { VOReference: `#C-${signer.fingerprint}` }, Signer: signer.subject },
    SignatureQuality: {
      SignatureQualityInformation: [
        `urn:yinxin:level:${level}`,
        `urn:yinxin:type:${signature.type}`,
        `urn:yinxin:qualification:${qualification.value}`,
      ],
    },
    SignatureValidationProcess: {
      SignatureValidationProcessID: 'urn:etsi:019102:validationprocess:LTA',
    },
    SignatureValidationStatus: {
      MainIndication: signature.conclusionUrn,
      SubIndication: signature.subIndicationUrn === null ? [] : [signature.subIndicationUrn],
      AssociatedValidationReportData: {
        SignedDataObjects: { Coverage: signature.coverage, Changes: signature.changes },
        AdditionalValidationReportData: [
          { Type: 'urn:yinxin:report-data:qualification', Value: qualification.words },
        ],
      },
    },
  };
}

function objectsOf(signatures: readonly SignatureReport[]): readonly ValidationObject[] {
  const signers = new Map(
    signatures.flatMap(({ signer }) => (signer === null ? [] : [[signer.fingerprint, signer] as const])),
  );
  return [...signers].map(([fingerprint, signer]) => ({
    id: `C-${fingerprint}`,
    ObjectType: 'urn:etsi:019102:validationObject:certificate',
    ValidationObject: { DigestAlgAndValue: digestOf(`sha256:${fingerprint}`) },
    Certificate: signer,
  }));
}

/** Tells a report in the structure of TS 119 102-2. */
export function detailedReport(report: Report): DetailedReport {
  return {
    format: 'yinxin-detailed-report/1',
    kind: report.kind,
    ValidationReport: {
      DocumentValidationReport: {
        ValidationConstraintsEvaluationReport: constraintsOf(report.rows, report),
        ValidationTime: report.time,
        Document:
          report.document === null
            ? null
            : { DigestAlgAndValue: digestOf(report.document.digest), Size: report.document.size },
        ValidationStatus: {
          MainIndication: report.conclusionUrn,
          SubIndication: report.subIndicationUrn === null ? [] : [report.subIndicationUrn],
          Summary: report.summary,
        },
        TrustList: report.trustList,
        License: report.license,
      },
      SignatureValidationReport: report.signatures.map((signature, at) => signatureOf(signature, at, report)),
      SignatureValidationObjects: { ValidationObject: objectsOf(report.signatures) },
    },
  };
}
