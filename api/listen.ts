// Beginning and ending to listen: a clear word when the port is taken, and nobody cut off in mid-sentence at the end.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError } from './errors.ts';

/** In-flight requests get this long to finish once the service was told to stop. */
const graceMilliseconds = 25_000;

/**
 * Starts to listen.
 * @returns the port really used (the system's choice for 0).
 * @throws ApiError `port-taken`, `configuration-refused` (not allowed to use it, or no such address here).
 */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    return await listenOn(server, host, port);
  } catch (error) {
    // A machine without IPv6: all of its addresses are then those of IPv4.
    const code = error instanceof Error && error.cause instanceof Error ? codeOf(error.cause) : codeOf(error);
    if (host !== '::' || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error;
    return listenOn(server, '0.0.0.0', port);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

async function listenOn(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(refusal(error, host, port));
    server.once('error', failed);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', failed);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return address.port;
}

function refusal(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ApiError('port-taken', `Port ${port} is in use by another program.`, {
        cause: error,
        hint: `choose another one with --port, e.g. --port ${port < 65535 ? port + 1 : port - 1}, or stop that program`,
      });
    case 'EACCES':
      return new ApiError('configuration-refused', `This user may not listen on port ${port}.`, {
        cause: error,
        hint: 'choose a port from 1024 up with --port',
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ApiError('configuration-refused', `${host} is not an address of this machine.`, {
        cause: error,
        hint: 'check YINXIN_HOST',
      });
    default:
      return error;
  }
}

/**
 * Stops accepting, lets running requests finish, then closes what is left.
 * @returns whether every request finished by itself within `grace` milliseconds.
 */
export async function stopListening(server: Server, grace: number = graceMilliseconds): Promise<boolean> {
  if (!server.listening) return true;
  let graceful = true;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      graceful = false;
      server.closeAllConnections();
    }, grace);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
  return graceful;
}
