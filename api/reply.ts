// What a handler answers, as a value; and how it is put on the wire.
import type { ServerResponse } from 'node:http';
import { once } from 'node:events';

/** Headers of an answer; several of one name (cookies) as a list. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Random access to bytes to be sent; closed after sending, whatever happened. */
export interface ReplyDocument {
  readonly size: number;
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes that are made while they are sent. Where making them fails the connection is cut, so that nobody takes a part for the whole. */
export interface ReplyStream {
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: ReplyHeaders;
  readonly contentType: string;
  readonly content: Uint8Array | string | ReplyDocument | ReplyStream;
}

const chunkSize = 256 * 1024;

export function json(status: number, value: unknown, headers: ReplyHeaders = {}): Reply {
  return { status, headers, contentType: 'application/json; charset=utf-8', content: JSON.stringify(value) };
}

export function html(status: number, text: string, headers: ReplyHeaders = {}): Reply {
  return { status, headers, contentType: 'text/html; charset=utf-8', content: text };
}

export function bytes(contentType: string, content: Uint8Array | string, headers: ReplyHeaders = {}): Reply {
  return { status: 200, headers, contentType, content };
}

/** A stored PDF, shown in place by a browser and saved under `name`.pdf. */
export function pdf(status: number, content: ReplyDocument, name: string, headers: ReplyHeaders = {}): Reply {
  return {
    status,
    contentType: 'application/pdf',
    content,
    headers: {
      ...headers,
      'Content-Disposition': `inline; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}.pdf"`,
    },
  };
}

/** See other (RFC 9110 15.4.4): after a form was accepted. */
export function seeOther(location: string, headers: ReplyHeaders = {}): Reply {
  return { status: 303, headers: { ...headers, Location: location }, contentType: 'text/plain', content: '' };
}

/**
 * The answer to a caller that may hold this one already: 304 where its `If-None-Match` names our ETag (RFC 9110 section
 * 13.1.2), which is compared weakly, as for a read.
 */
export async function unlessHeld(reply: Reply, ifNoneMatch: string | undefined): Promise<Reply> {
  const tag = reply.headers?.['ETag'];
  if (reply.status !== 200 || typeof tag !== 'string' || ifNoneMatch === undefined) return reply;
  const named = ifNoneMatch.split(',').map((each) => each.trim().replace(/^W\//, ''));
  if (!named.includes(tag) && !named.includes('*')) return reply;
  if (typeof reply.content !== 'string' && 'close' in reply.content) await reply.content.close();
  return { ...reply, status: 304, content: '' };
}

/** Sends `reply`. Answers are private unless the handler says otherwise, so nothing on the way keeps them. */
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  response.statusCode = reply.status;
  response.setHeader('Content-Type', reply.contentType);
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  const { content } = reply;
  // Not modified: no content, nor words about one (RFC 9110 section 15.4.5).
  if (reply.status === 304) {
    response.removeHeader('Content-Type');
    response.end();
    return;
  }
  if (typeof content === 'string' || content instanceof Uint8Array) {
    response.setHeader(
      'Content-Length',
      typeof content === 'string' ? Buffer.byteLength(content) : content.length,
    );
    response.end(content);
    return;
  }
  if ('chunks' in content) {
    await sendStream(response, content.chunks);
    return;
  }
  try {
    response.setHeader('Content-Length', content.size);
    for (let position = 0; position < content.size && !response.destroyed; position += chunkSize) {
      if (!response.write(await content.read(position, chunkSize))) {
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
    }
    response.end();
  } finally {
    await content.close();
  }
}

async function sendStream(response: ServerResponse, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (response.destroyed) return;
      if (!response.write(chunk)) {
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
    }
    response.end();
  } catch (error) {
    // The status is on its way already: what is left to say is that this is not all.
    response.destroy();
    throw error;
  }
}
