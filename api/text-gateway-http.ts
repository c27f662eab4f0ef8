// Adapter of MessageSender: text messages by a gateway over HTTPS (`POST {telephone, text}`).
import { readFileSync } from 'node:fs';
import type { MessageSender } from '../identity/login/parts.ts';
import { IdentityError } from '../identity/errors.ts';
import { exchange } from './bounded-http.ts';
import { ApiError } from './errors.ts';

const patience = 10_000;

/**
 * @param settings.tokenFile - file with the bearer token, or null
 * @param secure - whether https is demanded (production)
 * @throws ApiError `configuration-invalid`.
 */
export function textGateway(
  settings: { readonly url: string; readonly tokenFile: string | null },
  secure: boolean,
): MessageSender {
  const url = new URL(settings.url);
  if (secure && url.protocol !== 'https:') {
    throw new ApiError('configuration-invalid', 'The gateway of text messages must be reached by https.');
  }
  const token = settings.tokenFile === null ? null : readToken(settings.tokenFile);
  return {
    async send(telephone, text) {
      const answer = await exchange({
        url,
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: Buffer.from(JSON.stringify({ telephone, text }), 'utf8'),
        limit: 64 * 1024,
        timeout: patience,
      }).catch((cause: unknown) => {
        throw new IdentityError('code-not-sent', 'The gateway of text messages does not answer.', { cause });
      });
      if (answer.status < 200 || answer.status > 299) {
        throw new IdentityError('code-not-sent', `The gateway of text messages answered ${answer.status}.`);
      }
    },
  };
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ApiError('configuration-invalid', `The token of the gateway cannot be read: ${file}.`, {
      cause: error,
    });
  }
}
