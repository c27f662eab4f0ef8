// A relying party's back-channel logout address on loopback: keeps what it is sent, answers as it is told.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LogoutCatcher {
  readonly url: string;
  /** Logout tokens, in order. */
  readonly tokens: string[];
  /** Status to answer with. */
  status: number;
  /** Resolves once `count` tokens have come. Rejects after five seconds. */
  arrived(count: number): Promise<void>;
  stop(): Promise<void>;
}

export async function catchLogouts(): Promise<LogoutCatcher> {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      tokens.push(new URLSearchParams(text).get('logout_token') ?? '');
      response.statusCode = catcher.status;
      response.setHeader('Cache-Control', 'no-store');
      response.end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const catcher: LogoutCatcher = {
    url: `http://127.0.0.1:${port}/logout`,
    tokens,
    status: 200,
    async arrived(count) {
      const deadline = Date.now() + 5000;
      while (tokens.length < count) {
        if (Date.now() > deadline) throw new Error(`Only ${tokens.length} of ${count} logout tokens came.`);
        await new Promise((done) => setTimeout(done, 20));
      }
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return catcher;
}
