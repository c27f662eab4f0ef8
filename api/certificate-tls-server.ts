// The other host name: TLS asks the browser for a certificate, and one page takes it. A listener of its own, so that no header can pretend.
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { answerCertificateTls } from '../identity/login/certificate.ts';
import { pemOf } from './pem.ts';
import { problemWords } from './interaction-words.ts';
import { ApiError } from './errors.ts';
import { callerOfAddress } from './limits.ts';
import type { TlsLoginConfig } from './login-config.ts';
import type { Log } from './log.ts';
import type { Services } from './services.ts';

/** Path of the one page; its query carries the ticket. */
export const tlsPath = '/certificate-login';

/**
 * Makes the listener. Every certificate is asked for and none is refused by TLS: whether one may log in is judged by
 * the same rules as everywhere, with an answer a person can read.
 * @throws ApiError `configuration-invalid`.
 */
export async function certificateTlsServer(
  services: Services,
  config: TlsLoginConfig,
  log: Log,
): Promise<Server> {
  const [cert, key] = await Promise.all([readPem(config.certificateFile), readPem(config.keyFile)]);
  const roots = services.hierarchy
    .authorities()
    .map(({ certificate }) => pemOf('CERTIFICATE', certificate.der));
  const server = createServer(
    {
      cert,
      key,
      // Names of our own authorities go to the browser, which then offers fitting certificates only.
      ca: roots,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    },
    (request, response) => void answer(services, log, request, response),
  );
  server.headersTimeout = 20_000;
  server.requestTimeout = 30_000;
  return server;
}

async function answer(
  services: Services,
  log: Log,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  response.setHeader('Strict-Transport-Security', 'max-age=31536000');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // One connection, one certificate, one answer.
  response.setHeader('Connection', 'close');
  try {
    const url = URL.parse(request.url ?? '/', 'https://ignored.invalid');
    if (request.method !== 'GET' || url?.pathname !== tlsPath) {
      plain(response, 404, 'not found');
      return;
    }
    const der = peerCertificate(request);
    if (der === null) {
      plain(response, 401, '浏览器没有出示证书。 The browser showed no certificate.');
      return;
    }
    const ticket = url.searchParams.get('ticket') ?? '';
    const { answer: token, interaction } = await answerCertificateTls(
      services.login.doors,
      // The address of the connection itself: nothing in front of this listener is believed.
      { address: callerOfAddress(request.socket.remoteAddress), device: null },
      ticket,
      der,
    );
    response.statusCode = 303;
    const back = `${services.address}/interaction/${encodeURIComponent(interaction)}/certificate-tls-answer`;
    response.setHeader('Location', `${back}?answer=${token}`);
    response.end();
  } catch (error) {
    const said = problemWords(error);
    if (said === null) log.error({ err: error, route: tlsPath }, 'fault');
    plain(
      response,
      said?.status ?? 500,
      said === null ? 'internal error' : `${said.words.zh} ${said.words.en}`,
    );
  }
}

/** The certificate whose key this very connection was made with. */
function peerCertificate(request: IncomingMessage): Uint8Array | null {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) return null;
  const peer = socket.getPeerCertificate(false);
  return Object.hasOwn(peer, 'raw') ? new Uint8Array(peer.raw) : null;
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ApiError(
      'configuration-invalid',
      `This file of TLS client authentication cannot be read: ${file}.`,
      {
        cause: error,
      },
    );
  }
}
