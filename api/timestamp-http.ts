// Adapter of signing's TimestampService: RFC 3161 over HTTP (section 3.4).
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { TimestampService } from '../signing/timestamp-service.ts';
import { ApiError } from './errors.ts';

const maximumAnswer = 64 * 1024;
/** Shorter than servers keep idle connections (ours 15 s), so that none is closed under a request. */
const idleMilliseconds = 5000;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

/** A time-stamping authority at an address. Redirects are refusals. */
export function timestampService(address: string): TimestampService {
  const url = new URL(address);
  const options = { keepAlive: true, timeout: idleMilliseconds };
  const [start, agent] =
    url.protocol === 'https:'
      ? ([httpsRequest, new HttpsAgent(options)] as const)
      : ([httpRequest, new HttpAgent(options)] as const);
  const exchange = (body: Uint8Array, signal: AbortSignal): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sending = start(url, {
        method: 'POST',
        agent,
        signal,
        headers: {
          'Content-Type': 'application/timestamp-query',
          Accept: 'application/timestamp-reply',
          'Content-Length': body.length,
        },
      });
      sending.on('error', reject);
      sending.on('response', (response) => {
        answerOf(response).then(resolve, reject);
      });
      sending.end(body);
    });
  return {
    async respond(request, signal) {
      let answer: Answer;
      try {
        answer = await exchange(request, signal);
      } catch (error) {
        if (error instanceof ApiError) throw error;
        throw new ApiError('timestamp-unavailable', 'The time-stamp service did not answer.', {
          cause: error,
        });
      }
      const { status, type, body } = answer;
      if (status !== 200 || type !== 'application/timestamp-reply') {
        throw new ApiError('timestamp-unavailable', `The time-stamp service answered ${status} ${type}.`);
      }
      return body;
    },
  };
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maximumAnswer) {
      response.destroy();
      throw new ApiError('timestamp-unavailable', 'The time-stamp answer is too large.');
    }
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    type: response.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '',
    body: new Uint8Array(Buffer.concat(chunks)),
  };
}
