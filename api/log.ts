// Structured logs: one JSON line per event, without personal values, secrets, bodies or query strings.
import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Logs to `stream` (standard error by default) from `level` on. */
export function openLog(level: string, stream: NodeJS.WritableStream = process.stderr): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // A second net under the rule that nothing of the kind is logged in the first place.
      redact: {
        paths: ['authorization', 'cookie', 'passphrase', 'password'].flatMap((name) => [name, `*.${name}`]),
      },
    },
    stream,
  );
}
