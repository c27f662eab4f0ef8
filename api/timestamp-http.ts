// Adapter of signing's TimestampService: RFC 3161 over HTTP (section 3.4).
import type { TimestampService } from '../signing/timestamp-service.ts';
import { ApiError } from './errors.ts';

const maximumAnswer = 64 * 1024;

/**
 * A time-stamping authority at an address.
 * @param headers sent with every request, beside those of the protocol
 */
export function timestampService(
  address: string,
  headers: Readonly<Record<string, string>> = {},
): TimestampService {
  return {
    async respond(request, signal) {
      try {
        const response = await fetch(address, {
          method: 'POST',
          headers: {
            ...headers,
            'Content-Type': 'application/timestamp-query',
            Accept: 'application/timestamp-reply',
          },
          body: new Uint8Array(request),
          signal,
          redirect: 'error',
        });
        const type = response.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
        if (response.status !== 200 || type !== 'application/timestamp-reply') {
          await response.body?.cancel();
          throw new ApiError(
            'timestamp-unavailable',
            `The time-stamp service answered ${response.status} ${type ?? ''}.`,
          );
        }
        return await limited(response);
      } catch (error) {
        if (error instanceof ApiError) throw error;
        throw new ApiError('timestamp-unavailable', 'The time-stamp service did not answer.', {
          cause: error,
        });
      }
    },
  };
}

async function limited(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maximumAnswer)
      throw new ApiError('timestamp-unavailable', 'The time-stamp answer is too large.');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
