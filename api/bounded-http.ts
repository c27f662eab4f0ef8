// One HTTP exchange with somebody else's server: bounded in time and size, no redirects, and to public addresses alone where told.
import { lookup as resolve } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

export interface BoundedRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Bytes of the answer. */
  readonly limit: number;
  /** Milliseconds for everything. */
  readonly timeout: number;
  /** PEM of the only roots that count for this server. */
  readonly ca?: string;
  /** Refuses addresses of this machine and of private networks: for addresses that others chose. */
  readonly publicOnly?: boolean;
  /** With `publicOnly`: networks inside that are let through all the same. */
  readonly permitted?: BlockList;
}

export interface BoundedAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

const inside = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16],
  ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['224.0.0.0', 3],
] as const) inside.addSubnet(net, bits, 'ipv4'); // prettier-ignore
for (const [net, bits] of [
  ['::', 127],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  // prettier-ignore
  inside.addSubnet(net, bits, 'ipv6');

function isInside(address: string, permitted: BlockList | undefined): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return inside.check(address, family) && permitted?.check(address, family) !== true;
}

/** The address is judged as it is connected to, so a name cannot answer twice differently. */
function publicLookup(permitted: BlockList | undefined): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const good = error === null ? addresses.filter(({ address }) => !isInside(address, permitted)) : [];
      const [first] = good;
      if (first === undefined) callback(error ?? new Error('No public address.'), '', 4);
      else if (options.all === true) callback(null, good);
      else callback(null, first.address, first.family);
    });
  };
}

/** @throws Error for whatever is not one whole answer within the bounds. */
export function exchange(bounded: BoundedRequest): Promise<BoundedAnswer> {
  const { url, body, limit } = bounded;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return Promise.reject(new Error('Only http and https are spoken.'));
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (bounded.publicOnly === true && isIP(host) !== 0 && isInside(host, bounded.permitted)) {
    return Promise.reject(new Error('No public address.'));
  }
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((answer, reject) => {
    const sending = start(url, {
      method: bounded.method,
      agent: false,
      signal: AbortSignal.timeout(bounded.timeout),
      headers: { ...bounded.headers, ...(body === undefined ? {} : { 'Content-Length': body.length }) },
      ...(bounded.publicOnly === true ? { lookup: publicLookup(bounded.permitted) } : {}),
      ...(bounded.ca === undefined ? {} : { ca: bounded.ca }),
    });
    sending.on('error', reject);
    sending.on('response', (response) => {
      answerOf(response, limit).then(answer, reject);
    });
    sending.end(body);
  });
}

async function answerOf(response: IncomingMessage, limit: number): Promise<BoundedAnswer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) {
      response.destroy();
      throw new Error(`The answer is larger than ${limit} bytes.`);
    }
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    type: response.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '',
    body: new Uint8Array(Buffer.concat(chunks)),
  };
}
