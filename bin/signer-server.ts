// The signer on a person's own computer: answers certificate logins on 127.0.0.1, for pages of allowed origins, and nothing else.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { FormatError } from '../formats/errors.ts';
import { certificateLoginBytes } from '../formats/login/certificate-message.ts';

/** A key and its certificate, opened. */
export interface SignerKey {
  readonly certificate: Uint8Array;
  readonly algorithm: string;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

export interface SignerOptions {
  readonly key: SignerKey;
  /** Origins whose pages may ask: `https://host[:port]`. */
  readonly origins: readonly string[];
  /** Asks the person; what is not confirmed is not signed. */
  confirm(asked: { readonly origin: string; readonly client: string }): Promise<boolean>;
  /** Told of everything that was refused, for the screen. */
  tell(line: string): void;
}

const askedSchema = z.strictObject({
  nonce: z.string().max(60),
  client: z.string().max(200),
  interaction: z.string().max(100),
});
const bodyLimit = 4096;

/** Makes the server; the caller listens with it, on 127.0.0.1 and nowhere else. */
export function signerServer(options: SignerOptions): Server {
  let busy = false;
  const server = createServer((request, response) => {
    void answer(options, request, response, {
      enter: () => !busy && (busy = true),
      leave: () => (busy = false),
    });
  });
  server.requestTimeout = 10_000;
  server.maxHeadersCount = 50;
  return server;
}

interface Turn {
  /** One question at a time: a page that asks on and on does not fill the screen. */
  enter(): boolean;
  leave(): void;
}

/** What goes back: JSON under a status. */
interface Said {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

const refused = (status: number, error: string): Said => ({ status, body: { error } });

async function answer(
  options: SignerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  turn: Turn,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const origin = allowedOrigin(options, request);
  if (typeof origin !== 'string') {
    say(response, origin);
    return;
  }
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Vary', 'Origin');
  if (request.method === 'OPTIONS') preflight(response);
  else say(response, await signed(options, request, origin, turn));
}

/** The origin of the page that asks, where it may. */
function allowedOrigin(options: SignerOptions, request: IncomingMessage): string | Said {
  const { host, origin } = request.headers;
  const local = request.socket.localPort ?? 0;
  // A name that an attacker's DNS leads to this machine is not this machine's name.
  if (host !== `127.0.0.1:${local}` && host !== `localhost:${local}`) return refused(403, 'wrong host');
  if (origin !== undefined && options.origins.includes(origin)) return origin;
  options.tell(`refused: ${JSON.stringify((origin ?? 'no origin').slice(0, 100))} is not allowed`);
  return refused(403, 'origin not allowed');
}

async function signed(
  options: SignerOptions,
  request: IncomingMessage,
  origin: string,
  turn: Turn,
): Promise<Said> {
  if (request.method !== 'POST' || request.url !== '/v1/certificate-login') return refused(404, 'not found');
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    return refused(415, 'JSON is needed');
  const asked = askedSchema.safeParse(await jsonOf(request));
  if (!asked.success) return refused(400, 'the request does not hold');
  if (!turn.enter()) return refused(429, 'another question is open');
  const { certificate, algorithm } = options.key;
  try {
    const message = certificateLoginBytes({
      ...asked.data,
      // What the browser says of the page, never what the page says of itself.
      origin,
      certificate: createHash('sha256').update(certificate).digest('hex'),
    });
    if (!(await options.confirm({ origin, client: asked.data.client }))) return refused(403, 'not confirmed');
    const signature = await options.key.sign(message);
    return {
      status: 200,
      body: {
        certificate: Buffer.from(certificate).toString('base64'),
        algorithm,
        signature: Buffer.from(signature).toString('base64'),
      },
    };
  } catch (error) {
    const own = error instanceof FormatError;
    options.tell(own ? 'refused: the request does not hold' : 'refused: the key could not sign');
    return own ? refused(400, 'the request does not hold') : refused(500, 'the key could not sign');
  } finally {
    turn.leave();
  }
}

/** Chromium asks before a page reaches into the own machine (Private Network Access). */
function preflight(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Methods', 'POST');
  response.setHeader('Access-Control-Allow-Headers', 'Content-Type');
  response.setHeader('Access-Control-Allow-Private-Network', 'true');
  response.setHeader('Access-Control-Max-Age', '0');
  response.statusCode = 204;
  response.end();
}

function say(response: ServerResponse, { status, body }: Said): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > bodyLimit) return null;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))) as unknown;
  } catch {
    return null;
  }
}
