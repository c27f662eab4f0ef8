// The command `yinxin verify`: files in, a report for people or as JSON out; the conclusion is the exit code.
import { openNamed, parseOptions, readOptions, UsageError } from './cli-options.ts';
import type { Options, VerifyIo } from './cli-options.ts';
import { verifyCode } from './code.ts';
import { detailedReport } from './report-detailed.ts';
import { simpleLines, simpleReport } from './report-simple.ts';
import type { Conclusion, Report, Row } from './report.ts';
import { verify } from './verify.ts';

export type { VerifyIo } from './cli-options.ts';

export const verifyUsage = `Usage: yinxin verify FILE... [options]

FILE may be - for standard input, once at most, also among other files. Tells by itself
what each file is (PDF, electronic seal, use of a seal, CMS signature, certificate, license code as text or as a picture) and
whether it can be trusted, with reasons.

  --json               one JSON report per line
  --rows               every question with its answer, for people
  --detailed           the detailed report as JSON, named after ETSI TS 119 102-2, one per line
  --at ISO             judge at this instant instead of now, e.g. 2026-11-22T05:06:07Z; UTC where no zone is given
  --anchor FILE        trust the certificates in this PEM or DER file (repeatable)
  --untrusted FILE     certificates that may help to build a path (repeatable)
  --crl FILE           certificate revocation list, DER or PEM (repeatable)
  --ocsp FILE          OCSP response, DER or PEM (repeatable)
  --content FILE       what a detached signature is over
  --trust-list FILE    signed trust list (compact JWS)
  --trust-list-key FILE  certificate (PEM or DER) of the trust list's operator (repeatable); without it the keys of the
                       anchors count
  --policy NAME        portal (default), archive, strict
  --password TEXT      opens encrypted PDFs, the user's or the owner's; without it those that open with an empty one are
  --offline            ask nobody for the status of certificates and licenses
  --offline-kit FILE   judge by the trust list and status lists of a kit (yinxin offline-kit), and say how old they are

Exit codes: 0 TOTAL-PASSED, 1 TOTAL-FAILED, 2 INDETERMINATE, 64 wrong usage. With several files the worst counts.
`;

const exitCodes: Record<Conclusion, 0 | 1 | 2> = { 'TOTAL-PASSED': 0, 'TOTAL-FAILED': 1, INDETERMINATE: 2 };
const usageError = 64;
/** Pictures a code may be on. */
const pictures = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [0xff, 0xd8, 0xff],
] as const;
const pictureLimit = 32 * 1024 * 1024;
const marks: Record<Row['outcome'], string> = {
  passed: '✓',
  warned: '!',
  failed: '✗',
  indeterminate: '?',
  'not-applicable': '-',
};

/** One report a file; a picture with several codes has one for each. */
async function verifyFile(path: string, { dependencies }: Options, io: VerifyIo): Promise<readonly Report[]> {
  const file = await openNamed(path, io);
  try {
    const head = await file.read(0, 8);
    const picture = pictures.some((magic) => magic.every((byte, at) => head[at] === byte));
    if (picture && io.readCodes !== undefined && file.size <= pictureLimit) {
      const texts = new Set(await io.readCodes(await file.read(0, file.size)));
      // A picture on which nothing can be read says what a text that is no code says.
      const codes = texts.size === 0 ? [''] : [...texts];
      return await Promise.all(codes.map((text) => verifyCode(text, dependencies)));
    }
    return [await verify(file, dependencies)];
  } finally {
    await file.close();
  }
}

function rowLines(rows: readonly Row[], indent: string): readonly string[] {
  return rows
    .filter((row) => row.outcome !== 'not-applicable')
    .map((row) => `${indent}${marks[row.outcome]} ${row.question.zh} ${row.finding.zh} [${row.citation}]`);
}

/** Everything asked, in Chinese, below the conclusion and summary of the simple report. */
function allRows(report: Report): readonly string[] {
  const [head = '', ...rest] = simpleLines(simpleReport(report));
  return [
    head,
    ...rest.slice(0, 3),
    ...rowLines(report.rows, '  '),
    ...report.signatures.flatMap((signature) => [
      `  [${signature.id}] ${signature.conclusion} ${signature.level} ${signature.signer?.commonName ?? ''}`,
      ...rowLines(signature.rows, '    '),
    ]),
    ...(report.license?.fields ?? []).map(
      ({ label, value, covered }) => `  ${label.zh}：${covered ? value : '不在签名保护范围内'}`,
    ),
    ...(report.license === null ? [] : [`  ${report.license.notCovered.zh}`]),
  ];
}

function textOf(file: string, report: Report, { form }: Options): string {
  switch (form) {
    case 'json':
      return JSON.stringify({ file, ...report });
    case 'detailed':
      return JSON.stringify(detailedReport(report));
    case 'rows':
      return `${file}: ${allRows(report).join('\n')}`;
    case 'simple':
      return `${file}: ${simpleLines(simpleReport(report)).join('\n')}`;
  }
}

/**
 * Runs `yinxin verify`.
 * @param args what follows the word `verify`
 * @returns the exit code: 0 TOTAL-PASSED, 1 TOTAL-FAILED, 2 INDETERMINATE, 64 wrong usage; of several files the worst
 *   (failed, then indeterminate, then passed).
 */
export async function runVerify(args: readonly string[], io: VerifyIo): Promise<number> {
  try {
    const parsed = parseOptions(args);
    if (parsed.values.help) {
      io.out(verifyUsage);
      return 0;
    }
    const options = await readOptions(parsed, io);
    const codes: number[] = [];
    try {
      for (const file of options.files) {
        for (const report of await verifyFile(file, options, io)) {
          io.out(`${textOf(file, report, options)}\n`);
          codes.push(exitCodes[report.conclusion]);
        }
      }
    } finally {
      await options.close();
    }
    return codes.includes(1) ? 1 : codes.includes(2) ? 2 : 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`${error.message}\nTry: yinxin verify --help\n`);
    return usageError;
  }
}
