// The simple report: what a clerk reads on one screen, cut from the whole one. Pure; the words are those of the rows.
import { severity } from './check.ts';
import { wordsOfConclusion } from './report.ts';
import type { Conclusion, Outcome, Report, SignatureLevel, SubIndication, Words } from './report.ts';

export interface SimpleSignature {
  readonly id: string;
  readonly conclusion: Conclusion;
  readonly subIndication: SubIndication | null;
  readonly level: SignatureLevel;
  /** Whom the certificate names; null where there is none. */
  readonly signer: string | null;
  readonly provenTime: string | null;
  /** What was done after it, allowed or not. */
  readonly changes: readonly Words[];
}

export interface SimpleRemark {
  readonly id: string;
  readonly outcome: Exclude<Outcome, 'passed' | 'not-applicable'>;
  readonly finding: Words;
}

export interface SimpleReport {
  readonly format: 'yinxin-simple-report/1';
  readonly conclusion: Conclusion;
  readonly subIndication: SubIndication | null;
  /** The conclusion in a word. */
  readonly word: Words;
  readonly summary: Words;
  readonly time: string;
  readonly policy: Report['policy'];
  readonly document: Report['document'];
  readonly qualification: Words;
  readonly signatures: readonly SimpleSignature[];
  /** Everything that did not simply pass, worst first, each sentence once. */
  readonly remarks: readonly SimpleRemark[];
  /** Fields of a license as proven; those that the code does not cover are left out. */
  readonly fields: readonly { readonly label: Words; readonly value: string }[];
  /** How many of each were left out so that the rest fits one screen. */
  readonly leftOut: { readonly signatures: number; readonly remarks: number; readonly fields: number };
}

/** One screen of 24 lines holds the head and so many of each. */
const most = { signatures: 5, remarks: 6, fields: 6 } as const;

/** Rows about the whole that repeat what a signature's own rows say. */
const repeats = 'document.signature';

function remarksOf(report: Report): readonly SimpleRemark[] {
  const rows = [...report.rows, ...report.signatures.flatMap((signature) => signature.rows)];
  const seen = new Set<string>();
  return rows
    .flatMap(({ id, outcome, finding }): readonly SimpleRemark[] =>
      outcome === 'passed' || outcome === 'not-applicable' || id === repeats
        ? []
        : [{ id, outcome, finding }],
    )
    .filter(({ id, finding }) => {
      const key = `${id}\n${finding.en}`;
      return !seen.has(key) && seen.add(key);
    })
    .toSorted((a, b) => severity[b.outcome] - severity[a.outcome]);
}

/** Cuts the simple report from the whole one. */
export function simpleReport(report: Report): SimpleReport {
  const remarks = remarksOf(report);
  const fields = (report.license?.fields ?? []).filter(({ covered }) => covered);
  const signatures = report.signatures.map((signature) => ({
    id: signature.id,
    conclusion: signature.conclusion,
    subIndication: signature.subIndication,
    level: signature.level,
    signer: signature.signer?.commonName ?? signature.signer?.subject ?? null,
    provenTime: signature.provenTime,
    changes: signature.changes.map(({ words }) => words),
  }));
  const left = (all: readonly unknown[], limit: number): number => Math.max(0, all.length - limit);
  return {
    format: 'yinxin-simple-report/1',
    conclusion: report.conclusion,
    subIndication: report.subIndication,
    word: wordsOfConclusion(report.conclusion),
    summary: report.summary,
    time: report.time,
    policy: report.policy,
    document: report.document,
    qualification: report.qualification.words,
    signatures: signatures.slice(0, most.signatures),
    remarks: remarks.slice(0, most.remarks),
    fields: fields.slice(0, most.fields).map(({ label, value }) => ({ label, value })),
    leftOut: {
      signatures: left(signatures, most.signatures),
      remarks: left(remarks, most.remarks),
      fields: left(fields, most.fields),
    },
  };
}

const marks: Record<SimpleRemark['outcome'], string> = { warned: '!', failed: '✗', indeterminate: '?' };

/** The simple report as lines of text, at most 24. Summary in both languages, the rest in one. */
export function simpleLines(simple: SimpleReport, language: keyof Words = 'zh'): readonly string[] {
  const { leftOut } = simple;
  const more = (count: number): readonly string[] =>
    count === 0 ? [] : [language === 'zh' ? `  ……另有${count}项` : `  … ${count} more`];
  const reason = simple.subIndication === null ? '' : ` / ${simple.subIndication}`;
  return [
    `${simple.conclusion}${reason}`,
    `  ${simple.summary.zh}`,
    `  ${simple.summary.en}`,
    `  ${simple.qualification[language]}`,
    ...simple.signatures.map(({ id, conclusion, level, signer, provenTime, changes }) =>
      [
        `  [${id}] ${conclusion}`,
        ...(level === 'none' ? [] : [level]),
        ...(signer === null ? [] : [signer]),
        ...(provenTime === null ? [] : [provenTime]),
        ...changes.slice(0, 2).map((words) => words[language]),
      ].join(' '),
    ),
    ...more(leftOut.signatures),
    ...simple.remarks.map(({ outcome, finding }) => `  ${marks[outcome]} ${finding[language]}`),
    ...more(leftOut.remarks),
    ...simple.fields.map(({ label, value }) => `  ${label[language]}：${value}`),
    ...more(leftOut.fields),
  ];
}
