// `yinxin offline-kit`: fetches what a verifier without a network needs, and keeps it up to date.
import { readFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dersOf } from '../../api/pem.ts';
import { writeDurably } from '../../crypto/durable-file.ts';
import { toBase64 } from '../../formats/bytes.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { textWithin } from '../../verification/answer-text.ts';
import { VerificationError } from '../../verification/errors.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import {
  emptyOfflineKit,
  readOfflineKit,
  writeOfflineKit,
  type OfflineKit,
} from '../../verification/offline-kit.ts';
import { refreshOfflineKit } from '../../verification/offline-refresh.ts';
import { LONGEST_ANSWER, offlineSourceAt } from '../../verification/offline-source.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { exitCodes, parseFlags, required, UsageError, type Command } from '../command.ts';

const patience = 15_000;

async function textAt(address: string): Promise<string | null> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(patience), redirect: 'error' });
    return response.ok ? await textWithin(response, LONGEST_ANSWER) : null;
  } catch {
    return null;
  }
}

function keysIn(text: string): readonly string[] {
  const keys = text.includes('BEGIN CERTIFICATE')
    ? dersOf(text, ['CERTIFICATE'], 'The operator key').map(
        (der) => parseCertificate(der).subjectPublicKeyInfo.der,
      )
    : dersOf(text, ['PUBLIC KEY'], 'The operator key');
  return keys.map((der) => toBase64(der));
}

/** The kit there is, or an empty one with the given key. @throws UsageError */
async function kitAt(path: string, keyFile: string | undefined): Promise<OfflineKit> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    if (keyFile === undefined)
      throw new UsageError('--operator-key is required for a new kit: a list does not vouch for itself.');
    return emptyOfflineKit(keysIn(await readFile(keyFile, 'utf8')));
  }
  if (keyFile !== undefined)
    throw new UsageError('The kit has its operator key already; make another file to rely on another one.');
  try {
    return readOfflineKit(text);
  } catch (error) {
    if (error instanceof VerificationError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

export const offlineKitCommand: Command = {
  help: `Usage: yinxin offline-kit FILE --from URL [--operator-key FILE]

Fetches the trust list and every status list of licenses from a service of Yinxin and writes them into FILE. Then
\`yinxin verify --offline-kit FILE\` judges license codes without a network and says how old the status is. Call it again
to bring the file up to date; a status list counts for twelve hours.

  --from URL           address of the service, e.g. https://zz.example.gov.cn
  --operator-key FILE  PEM of the trust list operator's key or certificate, got by another way than from the service; for a
                       new kit only: afterwards hand-overs of the key are followed

What does not hold is not taken in, and nothing newer is given up for something older.

Exit codes: 0 up to date, 1 something could not be confirmed (what was kept stays), 64 usage, 69 service not reachable`,
  async run(args, terminal) {
    const { values, positionals } = parseFlags(
      args,
      { from: { type: 'string' }, 'operator-key': { type: 'string' } },
      true,
    );
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0) throw new UsageError('Name one file for the kit.');
    const from = required(values.from, 'from');
    if (URL.parse(from)?.protocol !== 'https:' && URL.parse(from)?.protocol !== 'http:')
      throw new UsageError('--from is an address that begins with https:// or http://.');
    const now = new Date();
    const { kit, trustListProblem, unconfirmed } = await refreshOfflineKit(
      await kitAt(path, values['operator-key']),
      {
        source: offlineSourceAt(from, textAt),
        verifier: nodeSignatureVerifier,
        inflate: inflateWeb,
        now,
      },
    );
    if (trustListProblem !== null) {
      terminal.tell(
        trustListProblem === 'unavailable'
          ? `yinxin offline-kit: ${from} does not answer with a trust list.`
          : `yinxin offline-kit: the trust list of ${from} does not hold (${trustListProblem}); nothing was changed.`,
      );
      return trustListProblem === 'unavailable' ? exitCodes.unavailable : exitCodes.failed;
    }
    await writeDurably(path, `${writeOfflineKit(kit)}\n`, (length) => new Uint8Array(randomBytes(length)));
    terminal.print(
      `Trust list edition ${kit.trustList?.sequence ?? 0}, ${kit.statusLists.length} status lists, as of ${now.toISOString()}.`,
    );
    if (unconfirmed === null || unconfirmed.length > 0) {
      terminal.tell(
        unconfirmed === null
          ? 'yinxin offline-kit: which status lists there are could not be had.'
          : `yinxin offline-kit: not confirmed: status lists ${unconfirmed.join(', ')}.`,
      );
      return exitCodes.failed;
    }
    return exitCodes.done;
  },
};
