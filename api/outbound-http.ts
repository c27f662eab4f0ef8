// Adapter of the provider's outbound port: bounded HTTP to public addresses and the networks a client was registered with.
import { BlockList, isIP } from 'node:net';
import type { Outbound } from '../identity/provider/outbound.ts';
import { exchange } from './bounded-http.ts';

/** @param insecure whether plain http is spoken: the demonstration and the conformance profile */
export function outboundHttp(insecure: boolean): Outbound {
  return async (call) => {
    if (call.url.protocol !== 'https:' && !insecure) throw new Error('Only https is spoken.');
    const answer = await exchange({
      url: call.url,
      method: call.method,
      headers: call.headers,
      ...(call.body === null ? {} : { body: Buffer.from(call.body, 'utf8') }),
      limit: call.limit,
      timeout: call.timeout,
      publicOnly: true,
      permitted: networksOf(call.networks),
    });
    return { status: answer.status, type: answer.type, body: Buffer.from(answer.body).toString('utf8') };
  };
}

/** @returns the networks as one list; what is no network lets nothing through. */
function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix = ''] = text.split('/', 2);
    const family = isIP(address);
    const bits = prefix === '' ? (family === 6 ? 128 : 32) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 8 || bits > (family === 6 ? 128 : 32)) continue;
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
