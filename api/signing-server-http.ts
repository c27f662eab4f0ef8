// Adapter of SigningServer: JSON over HTTPS, and which signing servers a deployment has (`signing-servers.json`).
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CryptoError } from '../crypto/errors.ts';
import type { SigningServer } from '../crypto/signing-server.ts';
import { exchange } from './bounded-http.ts';
import { ApiError } from './errors.ts';

const answerLimit = 64 * 1024;
const patience = 10_000;

export interface SigningServerSettings {
  readonly name: string;
  /** `https://…`; keys lie below it. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token?: string | undefined;
  /** PEM of the only roots that count for it; the system's otherwise. */
  readonly ca?: string | undefined;
  /** Milliseconds. */
  readonly timeout?: number;
}

const base64 = z.base64().min(1).max(40_000);
const keyAnswer = z.object({
  algorithm: z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519', 'SM2SM3']),
  publicKey: base64,
});
const signatureAnswer = z.object({ signature: base64 });

function failed(name: string, cause: unknown): CryptoError {
  return new CryptoError('signing-server-failed', `The signing server ${name} gave no usable answer.`, {
    cause,
  });
}

/**
 * `GET …/keys/{key}` answers `{algorithm, publicKey}`; `POST …/keys/{key}/signatures` takes `{message}` or
 * `{digest, value}` and answers `{signature}`; bytes in base64.
 */
export function signingServer(settings: SigningServerSettings): SigningServer {
  const { name, url, token, ca, timeout = patience } = settings;
  const call = async <S extends z.ZodType>(schema: S, path: string, sent?: object): Promise<z.output<S>> => {
    try {
      const answer = await exchange({
        url: new URL(`${url.replace(/\/$/, '')}${path}`),
        method: sent === undefined ? 'GET' : 'POST',
        headers: {
          Accept: 'application/json',
          ...(sent === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        },
        ...(sent === undefined ? {} : { body: Buffer.from(JSON.stringify(sent)) }),
        limit: answerLimit,
        timeout,
        ...(ca === undefined ? {} : { ca }),
      });
      if (answer.status !== 200 && answer.status !== 201) throw new Error(`It answered ${answer.status}.`);
      return schema.parse(JSON.parse(new TextDecoder().decode(answer.body)));
    } catch (error) {
      throw failed(name, error);
    }
  };
  const keyPath = (key: string): string => `/keys/${encodeURIComponent(key)}`;
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
  return {
    name,
    async publicKey(key) {
      const { algorithm, publicKey } = await call(keyAnswer, keyPath(key));
      return { algorithm, publicKey: bytes(publicKey) };
    },
    async sign(key, input) {
      const sent =
        'message' in input
          ? { message: Buffer.from(input.message).toString('base64') }
          : { digest: input.digest, value: Buffer.from(input.value).toString('base64') };
      return bytes((await call(signatureAnswer, `${keyPath(key)}/signatures`, sent)).signature);
    },
  };
}

const file = z.array(
  z.strictObject({
    name: z.string().regex(/^[a-z0-9-]{1,40}$/),
    url: z.url(),
    token: z.string().min(1).optional(),
    ca: z.string().min(1).optional(),
  }),
);

/**
 * The signing servers of a data folder; none where it has no `signing-servers.json`.
 * @throws ApiError `configuration-invalid`: malformed, open to others (it holds tokens), or plain http in production.
 */
export async function signingServersOf(
  dataFolder: string,
  demonstration: boolean,
): Promise<(name: string) => SigningServer | null> {
  const path = join(dataFolder, 'signing-servers.json');
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new ApiError(
        'configuration-invalid',
        `${path} holds tokens and is open to others: chmod 600 it.`,
      );
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return () => null;
    throw error;
  }
  let settings;
  try {
    settings = file.parse(JSON.parse(text));
  } catch (cause) {
    throw new ApiError('configuration-invalid', `${path} is not a list of signing servers.`, { cause });
  }
  if (!demonstration && settings.some(({ url }) => !url.startsWith('https://'))) {
    throw new ApiError('configuration-invalid', `A signing server in ${path} is not reached by https.`);
  }
  const servers = new Map(settings.map((each) => [each.name, signingServer(each)]));
  return (name) => servers.get(name) ?? null;
}
