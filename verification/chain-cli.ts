// The command `yinxin verify-chain`: cases as lines of JSON in, answers as lines of JSON out, in order, one at a time in memory.
import { CaseError, readChainCase } from './chain-case.ts';
import type { CaseId } from './chain-case.ts';
import { verifyChain } from './verify-chain.ts';
import type { ChainDependencies } from './verify-chain.ts';

export const verifyChainUsage = `Usage: yinxin verify-chain --json < CASES

Reads one case a line from standard input and writes one answer a line, in order. A case is a JSON object:

  id                     repeated in the answer
  leaf                   the certificate asked about, PEM
  anchors, untrusted     lists of certificates, PEM: trusted, and of help only
  crls, ocsp             lists of revocation lists (PEM) and OCSP responses (base64)
  at                     ISO 8601; null = now
  purpose                server, client, signature, timestamp, any (default)
  extendedKeyUsage       list of names or identifiers that the path must allow
  keyUsage               list of names that the certificate's key must have
  peerName, peerNames    {kind: DNS, IP or RFC822, value}: what the certificate must stand for
  maxChainDepth          CAs between certificate and anchor, self-issued ones not counted; null = any
  revocation             require (default), prefer, none
  initialPolicies        identifiers; empty = any policy
  requireExplicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy
  profile                rules for making certificates asked beside those for paths: none, rfc5280 (section 4), webpki
                         (CA/Browser Forum), strict (both, RFC 5280 where they differ); default strict for server and
                         client, none otherwise

  --data DIR             taken as by every command and not used: a case brings everything along

An answer has id, conclusion, subIndication, policies and rows. For a line that is no case it has id (where it could be
read) and error {code: line-invalid or line-too-long, message}.

Exit codes: 0 every line was judged, whatever the answers; 1 some line was no case; 64 wrong usage.
`;

/** Longest line in bytes; longer ones are passed over without being kept. */
const maxLine = 16 * 1024 * 1024;
const newline = 0x0a;

export interface ChainIo extends ChainDependencies {
  readonly input: AsyncIterable<Uint8Array>;
  /** Resolves once more may be written. */
  out(line: string): Promise<void>;
}

/** Lines of bytes; null stands for one that was too long. */
async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | null> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const whole = (): Uint8Array | null => {
    if (length > maxLine) return null;
    const line = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      line.set(part, at);
      at += part.length;
    }
    return line;
  };
  const take = (part: Uint8Array): void => {
    length += part.length;
    if (length > maxLine) parts = [];
    // A copy: the reader may use its memory again.
    else if (part.length > 0) parts.push(new Uint8Array(part));
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, end));
      yield whole();
      [parts, length, start] = [[], 0, end + 1];
    }
    take(chunk.subarray(start));
  }
  if (length > 0) yield whole();
}

function errorLine(id: CaseId, code: 'line-invalid' | 'line-too-long', message: string): string {
  return JSON.stringify({ id, error: { code, message } });
}

/** Null where the bytes are no UTF-8. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return null;
  }
}

async function answerTo(
  line: string,
  io: ChainIo,
): Promise<{ readonly good: boolean; readonly answer: string }> {
  try {
    return { good: true, answer: JSON.stringify(await verifyChain(readChainCase(line), io)) };
  } catch (error) {
    if (!(error instanceof CaseError)) throw error;
    return { good: false, answer: errorLine(error.id, 'line-invalid', error.message) };
  }
}

/** Judges every line of `io.input`. @returns 0 where every line was a case, 1 otherwise. */
export async function runVerifyChain(io: ChainIo): Promise<0 | 1> {
  let code: 0 | 1 = 0;
  for await (const bytes of linesOf(io.input)) {
    const line = bytes === null ? null : textOf(bytes);
    if (line === '') continue;
    if (line !== null) {
      const { good, answer } = await answerTo(line, io);
      await io.out(answer);
      if (good) continue;
    } else if (bytes === null) {
      await io.out(errorLine(null, 'line-too-long', `A line is longer than ${maxLine} bytes.`));
    } else {
      await io.out(errorLine(null, 'line-invalid', 'The line is no UTF-8.'));
    }
    code = 1;
  }
  return code;
}
