// The command `yinxin verify`: files in, a report for people or as JSON out; the conclusion is the exit code.
import { open, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { FormatError } from '../formats/errors.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { CodeDependencies } from './code.ts';
import { VerificationError } from './errors.ts';
import type { EvidenceSource } from './evidence.ts';
import { certificatesInPem } from './identify.ts';
import { inflateWeb } from './inflate-web.ts';
import { policyNamed } from './policy.ts';
import type { Conclusion, Report, Row } from './report.ts';
import { nodeSignatureVerifier, nodeStartDigest } from './signature-verifier-node.ts';
import { verifyTrustList } from './trust-list.ts';
import type { TrustList } from './trust-list.ts';
import { verify } from './verify.ts';
import type { VerificationDependencies } from './verify.ts';

/** What the command may touch besides files. */
export interface VerifyIo {
  out(text: string): void;
  err(text: string): void;
  readonly now: Date;
  /** Network or local services, where the composition root offers them; absent = offline. */
  readonly evidence?: EvidenceSource;
  readonly statusLists?: NonNullable<CodeDependencies['statusLists']>;
  /** Keys of the trust list's operator known to this installation, SubjectPublicKeyInfo DER. */
  readonly operatorKeys?: readonly Uint8Array[];
  /** The installation's own trust list, used where `--trust-list` is not given. */
  readonly trustList?: TrustList | null;
}

export const verifyUsage = `Usage: yinxin verify FILE... [options]

Tells what each file is (PDF, certificate, license code as text) and whether it can be trusted, with reasons.

  --json               one JSON report per line
  --at ISO             judge at this instant instead of now, e.g. 2026-11-22T05:06:07Z
  --anchor FILE        trust the certificates in this PEM or DER file (repeatable)
  --untrusted FILE     certificates that may help to build a path (repeatable)
  --crl FILE           certificate revocation list, DER or PEM (repeatable)
  --ocsp FILE          OCSP response, DER (repeatable)
  --trust-list FILE    signed trust list (compact JWS)
  --trust-list-key FILE  certificate (PEM or DER) of the trust list's operator (repeatable)
  --policy NAME        portal (default), archive, strict
  --offline            ask nobody for the status of certificates and licenses

Exit codes: 0 TOTAL-PASSED, 1 TOTAL-FAILED, 2 INDETERMINATE, 64 wrong usage. With several files the worst counts.
`;

const exitCodes: Record<Conclusion, number> = { 'TOTAL-PASSED': 0, 'TOTAL-FAILED': 1, INDETERMINATE: 2 };
const usageError = 64;
const marks: Record<Row['outcome'], string> = {
  passed: '✓',
  warned: '!',
  failed: '✗',
  indeterminate: '?',
  'not-applicable': '-',
};

/** A wrong call, told with a hint. */
class UsageError extends Error {}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readInput(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${errorText(error)}`);
  }
}

/** DER as it is, or the first PEM block of the given label. */
function derOf(bytes: Uint8Array, label: string): Uint8Array {
  if (bytes[0] === 0x30) return bytes;
  const text = new TextDecoder().decode(bytes);
  const body = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END`).exec(text)?.[1] ?? '';
  return Uint8Array.from(Buffer.from(body, 'base64'));
}

async function readCertificates(paths: readonly string[]): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const path of paths) {
    const bytes = await readInput(path);
    const certificates = bytes[0] === 0x30 ? [bytes] : certificatesInPem(new TextDecoder().decode(bytes));
    if (certificates.length === 0) throw new UsageError(`${path} holds no certificate.`);
    for (const der of certificates) {
      try {
        parseCertificate(der);
      } catch (error) {
        if (error instanceof FormatError)
          throw new UsageError(`${path} holds a damaged certificate: ${error.message}`);
        throw error;
      }
    }
    found.push(...certificates);
  }
  return found;
}

async function readEvidence(paths: readonly string[], label: string): Promise<readonly Uint8Array[]> {
  return Promise.all(paths.map(async (path) => derOf(await readInput(path), label)));
}

interface Options {
  readonly files: readonly string[];
  readonly json: boolean;
  readonly dependencies: VerificationDependencies;
}

function parse(args: readonly string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(args);
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

function parseOptions(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      at: { type: 'string' },
      anchor: { type: 'string', multiple: true, default: [] },
      untrusted: { type: 'string', multiple: true, default: [] },
      crl: { type: 'string', multiple: true, default: [] },
      ocsp: { type: 'string', multiple: true, default: [] },
      'trust-list': { type: 'string' },
      'trust-list-key': { type: 'string', multiple: true, default: [] },
      policy: { type: 'string', default: 'portal' },
      offline: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

function instantOf(text: string | undefined, now: Date): Date {
  if (text === undefined) return now;
  const instant = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(instant.getTime())) {
    throw new UsageError(`--at ${text} is no ISO 8601 time; write for example 2026-11-22T05:06:07Z.`);
  }
  return instant;
}

async function trustListOf(
  path: string | undefined,
  keyFiles: readonly string[],
  time: Date,
  io: VerifyIo,
): Promise<Pick<VerificationDependencies, 'trustList' | 'trustListProblem'>> {
  if (path === undefined) return { trustList: io.trustList ?? null };
  const keys = (await readCertificates(keyFiles)).map(
    (der) => parseCertificate(der).subjectPublicKeyInfo.der,
  );
  const operatorKeys = [...keys, ...(io.operatorKeys ?? [])];
  if (operatorKeys.length === 0)
    throw new UsageError('--trust-list needs --trust-list-key: a list does not vouch for itself.');
  try {
    const text = new TextDecoder().decode(await readInput(path));
    return {
      trustList: await verifyTrustList(text, { verifier: nodeSignatureVerifier, operatorKeys, time }),
    };
  } catch (error) {
    if (error instanceof VerificationError) return { trustList: null, trustListProblem: error.code };
    throw error;
  }
}

async function optionsOf(parsed: ReturnType<typeof parseOptions>, io: VerifyIo): Promise<Options> {
  const { values, positionals } = parsed;
  if (positionals.length === 0) throw new UsageError('No file is given.');
  const time = instantOf(values.at, io.now);
  let policy;
  try {
    policy = policyNamed(values.policy);
  } catch (error) {
    throw new UsageError(errorText(error));
  }
  return {
    files: positionals,
    json: values.json,
    dependencies: {
      verifier: nodeSignatureVerifier,
      startDigest: nodeStartDigest,
      inflate: inflateWeb,
      time,
      policy,
      anchors: await readCertificates(values.anchor),
      certificates: await readCertificates(values.untrusted),
      crls: await readEvidence(values.crl, 'X509 CRL'),
      ocsps: await readEvidence(values.ocsp, 'OCSP RESPONSE'),
      ...(await trustListOf(values['trust-list'], values['trust-list-key'], time, io)),
      ...(values.offline || io.evidence === undefined ? {} : { evidence: io.evidence }),
      ...(values.offline || io.statusLists === undefined ? {} : { statusLists: io.statusLists }),
    },
  };
}

async function verifyFile(path: string, dependencies: VerificationDependencies): Promise<Report> {
  let handle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${errorText(error)}`);
  }
  try {
    const { size } = await handle.stat();
    const source: ByteSource = {
      size,
      read: async (position, length) => {
        const wanted = Math.max(0, Math.min(length, size - position));
        const bytes = new Uint8Array(wanted);
        let filled = 0;
        while (filled < wanted) {
          const { bytesRead } = await handle.read(bytes, filled, wanted - filled, position + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      },
    };
    return await verify(source, dependencies);
  } finally {
    await handle.close();
  }
}

function rowLines(rows: readonly Row[], indent: string): readonly string[] {
  return rows
    .filter((row) => row.outcome !== 'not-applicable')
    .map((row) => `${indent}${marks[row.outcome]} ${row.question.zh} ${row.finding.zh}`);
}

/** One screen of Chinese, with the conclusion in English too. */
function humanText(path: string, report: Report): string {
  const lines = [
    `${path}: ${report.conclusion}${report.subIndication === null ? '' : ` / ${report.subIndication}`}`,
  ];
  lines.push(`  ${report.summary.zh}`, `  ${report.summary.en}`, `  ${report.qualification.words.zh}`);
  lines.push(...rowLines(report.rows, '  '));
  for (const signature of report.signatures) {
    lines.push(
      `  [${signature.id}] ${signature.conclusion} ${signature.level} ${signature.signer?.commonName ?? ''} ${signature.provenTime ?? ''}`,
    );
    lines.push(...rowLines(signature.rows, '    '));
  }
  for (const field of report.license?.fields ?? [])
    lines.push(`  ${field.label.zh}：${field.covered ? field.value : '不在签名保护范围内'}`);
  if (report.license !== null) lines.push(`  ${report.license.notCovered.zh}`);
  return `${lines.join('\n')}\n`;
}

/**
 * Runs `yinxin verify`.
 * @param args what follows the word `verify`
 * @returns the exit code: 0 TOTAL-PASSED, 1 TOTAL-FAILED, 2 INDETERMINATE, 64 wrong usage; of several files the worst
 *   (failed, then indeterminate, then passed).
 */
export async function runVerify(args: readonly string[], io: VerifyIo): Promise<number> {
  try {
    const parsed = parse(args);
    if (parsed.values.help) {
      io.out(verifyUsage);
      return 0;
    }
    const { files, json, dependencies } = await optionsOf(parsed, io);
    const codes: number[] = [];
    for (const file of files) {
      const report = await verifyFile(file, dependencies);
      io.out(json ? `${JSON.stringify({ file, ...report })}\n` : humanText(file, report));
      codes.push(exitCodes[report.conclusion]);
    }
    return codes.includes(1) ? 1 : codes.includes(2) ? 2 : 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`${error.message}\nTry: yinxin verify --help\n`);
    return usageError;
  }
}
