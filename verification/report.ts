// The report as data: JSON types, EN 319 102-1 words, and the one-screen summary. Rendering and sealing happen elsewhere.

/** Everything said to people is said in Chinese and in English. */
export interface Words {
  readonly zh: string;
  readonly en: string;
}

/** EN 319 102-1 clause 5.1.3. */
export type Conclusion = 'TOTAL-PASSED' | 'TOTAL-FAILED' | 'INDETERMINATE';

/** EN 319 102-1 table 5: the reasons behind a conclusion. */
export type SubIndication =
  | 'FORMAT_FAILURE'
  | 'HASH_FAILURE'
  | 'SIG_CRYPTO_FAILURE'
  | 'REVOKED'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'SIG_CONSTRAINTS_FAILURE'
  | 'CHAIN_CONSTRAINTS_FAILURE'
  | 'CERTIFICATE_CHAIN_GENERAL_FAILURE'
  | 'CRYPTO_CONSTRAINTS_FAILURE'
  | 'POLICY_PROCESSING_ERROR'
  | 'TIMESTAMP_ORDER_FAILURE'
  | 'NO_SIGNING_CERTIFICATE_FOUND'
  | 'NO_CERTIFICATE_CHAIN_FOUND'
  | 'REVOKED_NO_POE'
  | 'REVOKED_CA_NO_POE'
  | 'OUT_OF_BOUNDS_NO_POE'
  | 'NO_POE'
  | 'TRY_LATER'
  | 'SIGNED_DATA_NOT_FOUND'
  | 'CUSTOM';

export type Outcome = 'passed' | 'warned' | 'failed' | 'indeterminate' | 'not-applicable';

/** What answered a question, where it was not the bytes asked about themselves. */
export type Evidence = 'certificate' | 'crl' | 'ocsp' | 'time-stamp' | 'trust-list' | 'status-list';

/** One question asked, with its answer, its citation and what was found. */
export interface Row {
  /** Stable and language-free, e.g. `pdf.byte-range`. */
  readonly id: string;
  readonly question: Words;
  readonly outcome: Outcome;
  /** The clause that asks, e.g. `ETSI EN 319 142-1 6.3`. */
  readonly citation: string;
  readonly finding: Words;
  /** Set on failed and indeterminate rows. */
  readonly subIndication: SubIndication | null;
  /** What answered; null where the bytes alone did. */
  readonly evidence: Evidence | null;
  /** The instant the evidence speaks for (ISO 8601), e.g. a time-stamp's or a CRL's; null where the bytes alone answer. */
  readonly evidenceTime: string | null;
}

/** What sort of thing the bytes were. */
export type InputKind =
  'pdf' | 'cms' | 'seal' | 'seal-signature' | 'certificate' | 'license-code' | 'unknown';

/** PAdES baseline level as it really is; `none` where the signature is not a PAdES baseline signature. */
export type SignatureLevel = 'none' | 'B-B' | 'B-T' | 'B-LT' | 'B-LTA';

/** Which bytes of the file the signature speaks for. */
export type Coverage = 'whole-file' | 'earlier-revision' | 'unclear';

/** What was done to the document after a signature. */
export interface Change {
  readonly kind:
    | 'signature-added'
    | 'time-stamp-added'
    | 'validation-data-added'
    | 'signature-field-added'
    | 'metadata-changed'
    | 'form-filled'
    | 'form-changed'
    | 'page-content-changed'
    | 'annotation-added'
    | 'annotation-changed'
    /** Permitted, and yet it may hide what was signed. */
    | 'content-covered'
    | 'structure-changed'
    | 'bytes-appended';
  readonly allowed: boolean;
  /** In words a clerk understands. */
  readonly words: Words;
}

/** Whether the signer's certificate comes from a licensed electronic certification service (电子签名法 art. 16). */
export type Qualification = 'licensed' | 'internal' | 'unconfirmed' | 'none';

export interface QualificationReport {
  readonly value: Qualification;
  readonly words: Words;
}

export interface SignerReport {
  /** RFC 4514-like text of the certificate's subject. */
  readonly subject: string;
  readonly commonName: string | null;
  readonly organization: string | null;
  /** organizationIdentifier (2.5.4.97), or OrganizationCode of GB/T 20518 in its form: `NTRCN-<18 characters>`. */
  readonly organizationIdentifier: string | null;
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Lower-case hex SHA-256 of the certificate. */
  readonly fingerprint: string;
}

export interface SignatureReport {
  /** The signature field's name, or a position where it has none. */
  readonly id: string;
  readonly type: 'signature' | 'document-time-stamp';
  readonly conclusion: Conclusion;
  readonly subIndication: SubIndication | null;
  readonly conclusionUrn: string;
  readonly subIndicationUrn: string | null;
  readonly level: SignatureLevel;
  readonly coverage: Coverage;
  readonly signer: SignerReport | null;
  /** What the signer says (/M of the dictionary); proves nothing. */
  readonly claimedTime: string | null;
  /** The earliest instant at which the signature provably existed; null without a valid time-stamp. */
  readonly provenTime: string | null;
  /** From the signature dictionary; not proof of anything, shown to people. */
  readonly reason: string | null;
  readonly changes: readonly Change[];
  readonly qualification: QualificationReport;
  readonly rows: readonly Row[];
}

/** A field of a license as shown and as proven. */
export interface LicenseField {
  /** Key in the record, e.g. `holderName`. */
  readonly name: string;
  readonly label: Words;
  readonly value: string;
  /** True where the code's signature covers the value. */
  readonly covered: boolean;
}

interface LicenseStatusReport {
  /** Token status value: 0 valid, 1 out of force, 2 suspended, 3 superseded, 12 cancelled, 13 inspection overdue. */
  readonly value: number;
  readonly words: Words;
  /** When the status list was issued. */
  readonly asOf: string;
}

export interface LicenseReport {
  /** Lower-case hex of the code's `cti`. */
  readonly licenseId: string;
  readonly version: number | null;
  /** Type code of the license, as the trust list names it. */
  readonly typeCode: string | null;
  readonly typeName: Words | null;
  readonly issuer: string;
  /** Name of the entity in the trust list whose key signed the code. */
  readonly issuerName: Words | null;
  readonly issuedAt: string | null;
  readonly expiresAt: string | null;
  readonly fields: readonly LicenseField[];
  readonly status: LicenseStatusReport | null;
  /** Where the present status is published; null for a type whose status is not. */
  readonly statusEntry: { readonly list: number; readonly index: number } | null;
  /** `sha256:` or, for codes signed with SM2, `sm3:`, and the lower-case hex of the first 16 or all 32 bytes of the record's digest. */
  readonly recordDigest: string | null;
  /** What the code does not prove, e.g. the bearer's identity. */
  readonly notCovered: Words;
}

/** The whole answer. A pure function of input, evidence, policy and time. */
export interface Report {
  readonly format: 'yinxin-verification-report/1';
  readonly kind: InputKind;
  readonly conclusion: Conclusion;
  readonly subIndication: SubIndication | null;
  readonly conclusionUrn: string;
  readonly subIndicationUrn: string | null;
  /** One sentence for a clerk. */
  readonly summary: Words;
  /** The instant the judgement is for, ISO 8601 UTC. */
  readonly time: string;
  readonly policy: { readonly id: string; readonly version: string };
  /** Digest and size of what was verified; a code's digest is over its envelope. */
  readonly document: { readonly digest: string; readonly size: number } | null;
  readonly trustList: {
    readonly sequence: number;
    readonly issued: string;
    readonly nextUpdate: string;
  } | null;
  readonly qualification: QualificationReport;
  readonly signatures: readonly SignatureReport[];
  readonly license: LicenseReport | null;
  readonly rows: readonly Row[];
}

/** ETSI TS 119 102-2 URI of a conclusion. */
export function conclusionUrn(conclusion: Conclusion): string {
  return `urn:etsi:019102:mainindication:${conclusion.toLowerCase()}`;
}

/** ETSI TS 119 102-2 URI of a sub-indication. */
export function subIndicationUrn(subIndication: SubIndication | null): string | null {
  return subIndication === null ? null : `urn:etsi:019102:subindication:${subIndication}`;
}

const conclusionWords: Record<Conclusion, Words> = {
  'TOTAL-PASSED': { zh: '验证通过', en: 'Verification passed' },
  'TOTAL-FAILED': { zh: '验证不通过', en: 'Verification failed' },
  INDETERMINATE: { zh: '无法确定', en: 'Cannot be determined' },
};

/** The word people see for a conclusion. */
export function wordsOfConclusion(conclusion: Conclusion): Words {
  return conclusionWords[conclusion];
}

const qualificationWords: Record<Qualification, Words> = {
  licensed: {
    zh: '证书由依法设立的电子认证服务机构签发（电子签名法第十六条）。',
    en: 'The certificate was issued by a licensed electronic certification service (Electronic Signature Law, article 16).',
  },
  internal: {
    zh: '内部信任体系：未使用依法设立的电子认证服务机构签发的证书（电子签名法第十六条）。',
    en: 'Internal hierarchy: the certificate was not issued by a licensed electronic certification service (Electronic Signature Law, article 16).',
  },
  unconfirmed: {
    zh: '信任锚由使用者指定，无法确认证书是否由依法设立的电子认证服务机构签发（电子签名法第十六条）。',
    en: 'The trust anchor was given by the user; whether the certificate comes from a licensed electronic certification service (Electronic Signature Law, article 16) cannot be confirmed.',
  },
  none: { zh: '没有可以归属的签发机构。', en: 'No issuing service can be named.' },
};

/** The qualification with its words. */
export function reportQualification(value: Qualification): QualificationReport {
  return { value, words: qualificationWords[value] };
}
