// Adapter of the CA's StatusSource: lists and OCSP answers of licensed authorities over HTTP.
import type { StatusSource } from '../ca/foreign-credential.ts';
import { CaError } from '../ca/errors.ts';
import { exchange, type BoundedAnswer, type BoundedRequest } from './bounded-http.ts';

const listLimit = 16 * 1024 * 1024;
const answerLimit = 64 * 1024;
const patience = 10_000;

/** @param publicOnly - whether addresses inside the own network are refused: a certificate of others names them. */
export function statusSource(publicOnly: boolean): StatusSource {
  const fetched = async (
    address: string,
    how: Omit<BoundedRequest, 'url' | 'timeout'>,
  ): Promise<Uint8Array> => {
    let answer: BoundedAnswer;
    try {
      answer = await exchange({ ...how, url: new URL(address), timeout: patience, publicOnly });
    } catch (cause) {
      throw new CaError('foreign-status-refused', 'The place of the status did not answer.', { cause });
    }
    if (answer.status !== 200) {
      throw new CaError('foreign-status-refused', `The place of the status answered ${answer.status}.`);
    }
    return answer.body;
  };
  return {
    list: (address) => fetched(address, { method: 'GET', limit: listLimit }),
    answer: (address, question) =>
      fetched(address, {
        method: 'POST',
        body: question,
        headers: { 'Content-Type': 'application/ocsp-request', Accept: 'application/ocsp-response' },
        limit: answerLimit,
      }),
  };
}
