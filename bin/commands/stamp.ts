// `yinxin stamp`: files signed at a shell, without a server.
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isSignatureAlgorithm } from '../../crypto/algorithms.ts';
import { findingWords, type HiddenFinding } from '../../signing/hidden-content.ts';
import { isStampLevel, reaches, stampLevels } from '../../signing/stamp-level.ts';
import { exitCodes, parseFlags, required, UsageError, type Command } from '../command.ts';
import { sweepParts } from '../file-copy.ts';
import { stampFile, type FileOutcome, type StampingSetup } from '../stamp-files.ts';
import {
  foreignTimestamps,
  longTermOf,
  makerOf,
  openFileKey,
  readCertificates,
  timestampBudget,
} from '../stamp-setup.ts';
import { shownStamp } from '../stamp-shown.ts';

/** Files under way at once: while one waits for the disk or a time-stamp, the next is read. */
const atOnce = 4;

export const stampCommand: Command = {
  help: `Usage: yinxin stamp FILE… --out-dir DIR --p12 FILE --passphrase-file FILE [options]

  --out-dir DIR         where the stamped files go, each under its own name; made if absent; nothing is overwritten
  --p12 FILE            key and certificates (RSA, P-256, P-384, Ed25519, SM2)
  --passphrase-file FILE  its passphrase, in the first line of a file that only you can read
  --level LEVEL         ${stampLevels.join(', ')} (default: B-T with --tsa, else B-B)
  --tsa URL             time-stamping authority (RFC 3161)
  --lower               where a service is down, give out the highest level that is true instead of refusing
  --visible PAGE,X,Y,W,H  show it: first page 1; X and Y millimetres from the left and top edge to the middle; W by H mm
  --anchor TEXT         show it over the first place where the text stands
  --seal FILE.esl       show the picture of this seal (SESeal of GB/T 38540); an SM2 key that the seal lists uses the seal
  --field NAME          sign this prepared field
  --reason TEXT         shown by readers as the signature's reason
  --certify 1|2|3       certify (DocMDP): no change, filling in and signing, comments too
  --algorithm NAME      RS256 or PS256, for an RSA key
  --password TEXT       opens encrypted PDFs, as their owner or user
  --trusted FILE        roots (PEM) at which paths end when validation data is gathered; default: the topmost at hand
  --untrusted FILE      certificates (PEM) that may help to build paths, such as the authority of a seal's maker
  --json                one JSON object a line

Prints one line a file. Files of any size; memory does not grow with them.

Exit codes: 0 all were stamped, 1 some were not, 64 usage, 78 the key does not open`,
  async run(args, terminal) {
    const { values, positionals } = parseFlags(
      args,
      {
        'out-dir': { type: 'string' },
        p12: { type: 'string' },
        'passphrase-file': { type: 'string' },
        level: { type: 'string' },
        tsa: { type: 'string' },
        lower: { type: 'boolean' },
        visible: { type: 'string' },
        anchor: { type: 'string' },
        seal: { type: 'string' },
        field: { type: 'string' },
        reason: { type: 'string' },
        certify: { type: 'string' },
        algorithm: { type: 'string' },
        password: { type: 'string' },
        trusted: { type: 'string' },
        untrusted: { type: 'string' },
        json: { type: 'boolean' },
      },
      true,
    );
    if (positionals.length === 0) throw new UsageError('Which files?');
    const folder = resolve(required(values['out-dir'], 'out-dir'));
    const level = values.level ?? (values.tsa === undefined ? 'B-B' : 'B-T');
    if (!isStampLevel(level)) throw new UsageError(`--level is one of ${stampLevels.join(', ')}.`);
    if (reaches(level, 'B-T') && values.tsa === undefined)
      throw new UsageError(`Level ${level} needs a time-stamp: --tsa URL.`);
    if (values.tsa !== undefined && !/^https?:\/\//.test(values.tsa))
      throw new UsageError('--tsa is an http or https address.');
    const { algorithm } = values;
    if (algorithm !== undefined && !isSignatureAlgorithm(algorithm))
      throw new UsageError('--algorithm is not known.');
    const docMdp = values.certify === undefined ? undefined : Number(values.certify);
    if (docMdp !== undefined && docMdp !== 1 && docMdp !== 2 && docMdp !== 3)
      throw new UsageError('--certify is 1, 2 or 3.');
    const fileKey = await openFileKey(
      required(values.p12, 'p12'),
      required(values['passphrase-file'], 'passphrase-file'),
    );
    const now = (): Date => new Date();
    const { key, holder } = fileKey;
    const timestamps =
      values.tsa === undefined
        ? null
        : foreignTimestamps(values.tsa, key.algorithm === 'SM2SM3' ? 'sm3' : 'sha256', now);
    const roots = values.trusted === undefined ? [] : await readCertificates(values.trusted);
    const helping = values.untrusted === undefined ? [] : await readCertificates(values.untrusted);
    const shown = await shownStamp(values, holder);
    const eseal = key.algorithm === 'SM2SM3' ? shown.eseal : null;
    const setup: StampingSetup = {
      key,
      timestamps: timestamps?.client ?? null,
      timestampBudget,
      longTerm:
        timestamps === null
          ? null
          : longTermOf(fileKey, timestamps, { roots, helping, maker: makerOf(eseal) }),
      level,
      lower: values.lower === true,
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(values.password === undefined ? {} : { password: values.password }),
      options: {
        name: holder,
        application: 'Yinxin',
        level,
        signer: { chain: key.chain },
        ...(values.reason === undefined ? {} : { reason: values.reason }),
        ...(docMdp === undefined ? {} : { docMdp }),
        ...(values.password === undefined ? {} : { password: values.password }),
        ...shown.options,
      },
      eseal,
      folder,
      now,
    };
    await mkdir(folder, { recursive: true });
    await sweepParts(folder);
    const failed = await stampAll(positionals, setup, (outcome) =>
      terminal.print(values.json === true ? JSON.stringify(outcome) : lineOf(outcome)),
    );
    return failed === 0 ? exitCodes.done : exitCodes.failed;
  },
};

/** @returns how many were not stamped. Lines come in the order of the files. */
async function stampAll(
  files: readonly string[],
  setup: StampingSetup,
  tell: (outcome: FileOutcome) => void,
): Promise<number> {
  const outcomes: Promise<FileOutcome>[] = [];
  let failed = 0;
  for (const [at, file] of files.entries()) {
    outcomes.push(stampFile(file, setup));
    // No more than a few under way: their buffers and files are what memory is spent on.
    if (at + 1 < atOnce) continue;
    const outcome = await outcomes.shift();
    if (outcome === undefined) continue;
    tell(outcome);
    if (!outcome.stamped) failed += 1;
  }
  for (const pending of outcomes) {
    const outcome = await pending;
    tell(outcome);
    if (!outcome.stamped) failed += 1;
  }
  return failed;
}

function lineOf(outcome: FileOutcome): string {
  if (!outcome.stamped) return `refused ${outcome.file}: ${outcome.code}: ${outcome.reason}`;
  const { file, output, level, field, time, bytes, shortfall, findings } = outcome;
  const lower = shortfall === null ? '' : ` (lower than asked for: ${shortfall})`;
  return `stamped ${file} → ${output}: ${level}${lower}, field ${field}, ${time ?? 'no time-stamp'}, ${bytes} bytes${findings.map(noted).join('')}`;
}

function noted({ code, page }: HiddenFinding): string {
  return `; note: ${findingWords[code].en}${page === null ? '' : ` (page ${page})`}`;
}
