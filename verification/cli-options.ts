// What the command `yinxin verify` was asked: its options read, every file they name opened and looked at.
import type { SealStatusSource } from './seal-status.ts';
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
import { instantFrom } from './iso-time.ts';
import { nodePdfCiphers } from './pdf-ciphers-node.ts';
import { readOfflineKit } from './offline-kit.ts';
import { offlineDependencies } from './offline-reader.ts';
import { policyNamed } from './policy.ts';
import { nodeSignatureVerifier, nodeStartDigest } from './signature-verifier-node.ts';
import { verifyTrustList } from './trust-list.ts';
import type { TrustList } from './trust-list.ts';
import type { VerificationDependencies } from './verify.ts';

/** What the command may touch besides files. */
export interface VerifyIo {
  out(text: string): void;
  err(text: string): void;
  readonly now: Date;
  /** Network or local services, where the composition root offers them; absent = offline. */
  readonly evidence?: EvidenceSource;
  readonly statusLists?: NonNullable<CodeDependencies['statusLists']>;
  /** States of seals; absent: told as unchecked. */
  readonly sealStatus?: SealStatusSource;
  /** Keys of the trust list's operator known to this installation, SubjectPublicKeyInfo DER. */
  readonly operatorKeys?: readonly Uint8Array[];
  /** The installation's own trust list, used where `--trust-list` is not given. */
  readonly trustList?: TrustList | null;
  /** Certificates this installation trusts without a list, DER; they count beside `--anchor`. */
  readonly anchors?: readonly Uint8Array[];
  /** The texts of the codes on a picture (PNG or JPEG); absent: pictures are not read. */
  readCodes?(picture: Uint8Array): Promise<readonly string[]>;
  /** Standard input, read to its end; absent: `-` is refused. Asked for once at most. */
  openInput?(): Promise<OpenFile>;
}

/** What stands for standard input among the files. */
const standardInput = '-';

/** A wrong call, told with a hint. */
export class UsageError extends Error {}

export interface Options {
  readonly files: readonly string[];
  /** `simple`: one screen; `rows`: every question; `detailed`: TS 119 102-2 as JSON; `json`: the report. */
  readonly form: 'simple' | 'rows' | 'detailed' | 'json';
  readonly dependencies: VerificationDependencies;
  close(): Promise<void>;
}

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

/** One of the files that were named, or standard input. @throws UsageError where it cannot be read. */
export async function openNamed(path: string, io: VerifyIo): Promise<OpenFile> {
  if (path !== standardInput) return openFile(path);
  if (io.openInput === undefined) throw new UsageError('There is no standard input here: give a file.');
  try {
    return await io.openInput();
  } catch (error) {
    throw new UsageError(`Standard input cannot be read: ${errorText(error)}`);
  }
}

/** An open file as a source; only what is touched is read. */
export interface OpenFile extends ByteSource {
  close(): Promise<void>;
}

/** @throws UsageError where there is no such file. */
async function openFile(path: string): Promise<OpenFile> {
  let handle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${errorText(error)}`);
  }
  const file = handle;
  const status = await file.stat();
  if (!status.isFile()) {
    await file.close();
    throw new UsageError(`${path} is no file.`);
  }
  const { size } = status;
  return {
    size,
    read: async (position, length) => {
      const wanted = Math.max(0, Math.min(length, size - position));
      const bytes = new Uint8Array(wanted);
      let filled = 0;
      while (filled < wanted) {
        const { bytesRead } = await file.read(bytes, filled, wanted - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    close: () => file.close(),
  };
}

/** DER as it is, or every PEM block of the given label. @throws UsageError where there is neither. */
function dersOf(path: string, bytes: Uint8Array, label: string): readonly Uint8Array[] {
  if (bytes[0] === 0x30) return [bytes];
  const blocks = new TextDecoder()
    .decode(bytes)
    .matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, 'g'));
  const found = [...blocks].map(([, body = '']) => new Uint8Array(Buffer.from(body, 'base64')));
  if (found.length === 0) throw new UsageError(`${path} holds no ${label} (DER or PEM).`);
  return found;
}

async function readEvidence(paths: readonly string[], label: string): Promise<readonly Uint8Array[]> {
  const found = await Promise.all(paths.map(async (path) => dersOf(path, await readInput(path), label)));
  return found.flat();
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

function parseFlags(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      rows: { type: 'boolean', default: false },
      detailed: { type: 'boolean', default: false },
      at: { type: 'string' },
      anchor: { type: 'string', multiple: true, default: [] },
      untrusted: { type: 'string', multiple: true, default: [] },
      crl: { type: 'string', multiple: true, default: [] },
      ocsp: { type: 'string', multiple: true, default: [] },
      content: { type: 'string' },
      'trust-list': { type: 'string' },
      'trust-list-key': { type: 'string', multiple: true, default: [] },
      // Scripts give it with every file: one that is not encrypted needs none, and one it does not open says so in its report.
      password: { type: 'string' },
      policy: { type: 'string', default: 'portal' },
      offline: { type: 'boolean', default: false },
      'offline-kit': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

export type ParsedFlags = ReturnType<typeof parseFlags>;

/** @throws UsageError for flags there are not. */
export function parseOptions(args: readonly string[]): ParsedFlags {
  try {
    return parseFlags(args);
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

function instantOf(text: string | undefined, now: Date): Date {
  if (text === undefined) return now;
  const instant = instantFrom(text);
  if (instant === null)
    throw new UsageError(`--at ${text} is no ISO 8601 time; write for example 2026-11-22T05:06:07Z.`);
  return instant;
}

async function trustListOf(
  path: string | undefined,
  trusted: readonly Uint8Array[],
  time: Date,
  io: VerifyIo,
): Promise<Pick<VerificationDependencies, 'trustList' | 'trustListProblem'>> {
  if (path === undefined) return { trustList: io.trustList ?? null };
  const keys = trusted.map((der) => parseCertificate(der).subjectPublicKeyInfo.der);
  const operatorKeys = [...keys, ...(io.operatorKeys ?? [])];
  if (operatorKeys.length === 0)
    throw new UsageError('--trust-list needs --trust-list-key: a list does not vouch for itself.');
  try {
    const text = new TextDecoder().decode(await readInput(path)).trim();
    return {
      trustList: await verifyTrustList(text, { verifier: nodeSignatureVerifier, operatorKeys, time }),
    };
  } catch (error) {
    if (error instanceof VerificationError) return { trustList: null, trustListProblem: error.code };
    throw error;
  }
}

/** What a kit brings along; it stands in for the network. @throws UsageError for a file that is none */
async function kitOf(path: string, time: Date) {
  const text = new TextDecoder().decode(await readInput(path));
  try {
    return await offlineDependencies(readOfflineKit(text), { verifier: nodeSignatureVerifier, time });
  } catch (error) {
    if (error instanceof VerificationError || error instanceof FormatError)
      throw new UsageError(`${path} is no offline kit: ${error.message}`);
    throw error;
  }
}

function formOf({ json, rows, detailed }: ParsedFlags['values']): Options['form'] {
  if (Number(json) + Number(rows) + Number(detailed) > 1)
    throw new UsageError('--json, --rows and --detailed are three forms of one report; choose one.');
  return json ? 'json' : detailed ? 'detailed' : rows ? 'rows' : 'simple';
}

/**
 * Reads everything the options name.
 * @throws UsageError
 */
export async function readOptions({ values, positionals }: ParsedFlags, io: VerifyIo): Promise<Options> {
  if (positionals.length === 0) throw new UsageError('No file is given.');
  if (positionals.filter((path) => path === standardInput).length > 1)
    throw new UsageError('Standard input (-) can be read once.');
  if (values['offline-kit'] !== undefined && values['trust-list'] !== undefined)
    throw new UsageError('--offline-kit brings a trust list of its own; give one of the two.');
  const time = instantOf(values.at, io.now);
  let policy;
  try {
    policy = policyNamed(values.policy);
  } catch (error) {
    throw new UsageError(errorText(error));
  }
  const form = formOf(values);
  const anchors = await readCertificates(values.anchor);
  // Without a key of its own a list may be signed by what is trusted anyway.
  const listKeys =
    values['trust-list-key'].length > 0 ? await readCertificates(values['trust-list-key']) : anchors;
  const given = {
    certificates: await readCertificates(values.untrusted),
    crls: await readEvidence(values.crl, 'X509 CRL'),
    ocsps: await readEvidence(values.ocsp, 'OCSP RESPONSE'),
    ...(await trustListOf(values['trust-list'], listKeys, time, io)),
  };
  const kit = values['offline-kit'] === undefined ? null : await kitOf(values['offline-kit'], time);
  const offline = values.offline || kit !== null;
  const content = values.content === undefined ? null : await openFile(values.content);
  return {
    files: positionals,
    form,
    dependencies: {
      verifier: nodeSignatureVerifier,
      startDigest: nodeStartDigest,
      inflate: inflateWeb,
      encrypted: { password: values.password ?? '', ciphers: nodePdfCiphers },
      time,
      policy,
      anchors: [...anchors, ...(io.anchors ?? [])],
      ...given,
      ...(content === null ? {} : { content: { kind: 'bytes', source: content } }),
      ...kit,
      ...(offline || io.evidence === undefined ? {} : { evidence: io.evidence }),
      ...(offline || io.statusLists === undefined ? {} : { statusLists: io.statusLists }),
      ...(offline || io.sealStatus === undefined ? {} : { sealStatus: io.sealStatus }),
    },
    close: async () => content?.close(),
  };
}
