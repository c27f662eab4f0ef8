// Puts rows, signatures and facts for people together into one report; the only place that writes the summary.
import { conclude } from './judge.ts';
import { isoTime } from './iso-time.ts';
import type { VerificationPolicy } from './policy.ts';
import { conclusionUrn, reportQualification, subIndicationUrn, wordsOfConclusion } from './report.ts';
import type {
  InputKind,
  LicenseReport,
  Qualification,
  Report,
  Row,
  SignatureReport,
  Words,
} from './report.ts';
import type { TrustList } from './trust-list.ts';

/** What the flows hand in. */
export interface ReportParts {
  readonly kind: InputKind;
  readonly time: Date;
  readonly policy: VerificationPolicy;
  readonly document: Report['document'];
  readonly trustList: TrustList | null;
  readonly qualification: Qualification;
  readonly rows: readonly Row[];
  readonly signatures?: readonly SignatureReport[];
  readonly license?: LicenseReport | null;
  /** Said instead of the bare conclusion where everything passed. */
  readonly passedWords: Words;
}

/**
 * What a signature's conclusion is to the whole. A document time-stamp that cannot be relied upon proves no time (EN 319 102-1
 * 5.6.3.4) and takes nothing from the signatures before it: whoever hands the file in could have cut it off.
 */
function outcomeOf({ conclusion, type }: SignatureReport, besideSignature: boolean): Row['outcome'] {
  if (conclusion === 'TOTAL-PASSED') return 'passed';
  if (conclusion === 'TOTAL-FAILED') return 'failed';
  return type === 'document-time-stamp' && besideSignature ? 'warned' : 'indeterminate';
}

/** A signature's conclusion as a row of the whole, so that one fold concludes everything. */
function signatureRow(signature: SignatureReport, _at: number, all: readonly SignatureReport[]): Row {
  const outcome = outcomeOf(
    signature,
    all.some(({ type }) => type === 'signature'),
  );
  const open = outcome === 'warned' ? 'indeterminate' : outcome;
  const deciding = signature.rows.find(
    (row) => row.outcome === open && row.subIndication === signature.subIndication,
  );
  const word = wordsOfConclusion(signature.conclusion);
  return {
    id: 'document.signature',
    question: {
      zh: `签名“${signature.id}”的验证结论是什么？`,
      en: `What is the verdict on signature "${signature.id}"?`,
    },
    outcome,
    citation: 'ETSI EN 319 102-1 5.1.3',
    finding:
      outcome === 'passed' || deciding === undefined
        ? word
        : { zh: `${word.zh}:${deciding.finding.zh}`, en: `${word.en}: ${deciding.finding.en}` },
    subIndication: outcome === 'warned' ? null : signature.subIndication,
    evidence: null,
    evidenceTime: null,
  };
}

const none: readonly SignatureReport[] = [];

/** Folds everything into the answer. */
export function assembleReport(parts: ReportParts): Report {
  const signatures = parts.signatures ?? none;
  const rows = signatures.length === 0 ? parts.rows : [...parts.rows, ...signatures.map(signatureRow)];
  const concluded = conclude(rows);
  const word = wordsOfConclusion(concluded.conclusion);
  let warnings = 0;
  for (const { outcome } of rows) if (outcome === 'warned') warnings += 1;
  const summary =
    concluded.decidedBy !== null
      ? {
          zh: `${word.zh}:${concluded.decidedBy.finding.zh}`,
          en: `${word.en}: ${concluded.decidedBy.finding.en}`,
        }
      : {
          zh: `${word.zh}：${parts.passedWords.zh}${warnings > 0 ? `（另有${warnings}项提示）` : ''}`,
          en: `${word.en}: ${parts.passedWords.en}${warnings > 0 ? ` (${warnings} remarks)` : ''}`,
        };
  return {
    format: 'yinxin-verification-report/1',
    kind: parts.kind,
    conclusion: concluded.conclusion,
    subIndication: concluded.subIndication,
    conclusionUrn: conclusionUrn(concluded.conclusion),
    subIndicationUrn: subIndicationUrn(concluded.subIndication),
    summary,
    time: isoTime(parts.time),
    policy: { id: parts.policy.id, version: parts.policy.version },
    document: parts.document,
    trustList:
      parts.trustList === null
        ? null
        : {
            sequence: parts.trustList.sequence,
            issued: isoTime(parts.trustList.issued),
            nextUpdate: isoTime(parts.trustList.nextUpdate),
          },
    qualification: reportQualification(parts.qualification),
    signatures,
    license: parts.license ?? null,
    rows,
  };
}
