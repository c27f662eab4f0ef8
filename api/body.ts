// Request bodies, read with limits: JSON (1 MB), raw bytes, and multipart with one streamed file.
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import busboy from 'busboy';
import { ApiError } from './errors.ts';
import { UploadSink, type Upload, type UploadPlace } from './upload.ts';

/** JSON bodies. */
const jsonLimit = 1024 * 1024;
/** Uploaded documents. */
export const documentLimit = 200 * 1024 * 1024;
const maximumFields = 40;
const maximumFieldBytes = 64 * 1024;

/** The media type of a request, lower case, without parameters; '' when absent. */
function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** @throws ApiError `content-type-unsupported` unless the request's media type is one of `accepted`. */
export function requireMediaType(request: IncomingMessage, ...accepted: readonly string[]): string {
  const type = mediaType(request);
  if (!accepted.includes(type)) {
    throw new ApiError('content-type-unsupported', `Content-Type must be ${accepted.join(' or ')}.`);
  }
  return type;
}

/** @throws ApiError `body-too-large` already from the announced length, before a byte is read. */
function refuseAnnounced(request: IncomingMessage, limit: number): void {
  const announced = Number(request.headers['content-length'] ?? '0');
  if (announced > limit) throw new ApiError('body-too-large', `The body is larger than ${limit} bytes.`);
}

/**
 * The whole body, for small bodies.
 * @throws ApiError `body-too-large`, `upload-aborted`.
 */
export async function readBytes(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  refuseAnnounced(request, limit);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of chunksOf(request)) {
      size += chunk.length;
      if (size > limit) throw new ApiError('body-too-large', `The body is larger than ${limit} bytes.`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof ApiError ? error : aborted(error);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/**
 * A JSON body of at most 1 MB.
 * @throws ApiError `content-type-unsupported`, `body-too-large`, `json-malformed`.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  requireMediaType(request, 'application/json');
  const bytes = await readBytes(request, jsonLimit);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new ApiError('json-malformed', 'The body is not well-formed JSON in UTF-8.', { cause: error });
  }
}

/**
 * An HTML form (`application/x-www-form-urlencoded`, at most 64 kB) as a record; a name given twice is refused.
 * @throws ApiError `content-type-unsupported`, `body-too-large`, `request-invalid`.
 */
export async function readForm(request: IncomingMessage): Promise<Record<string, string>> {
  requireMediaType(request, 'application/x-www-form-urlencoded');
  const text = new TextDecoder().decode(await readBytes(request, maximumFieldBytes));
  const fields: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(text)) setOnce(fields, name, value);
  return fields;
}

/** A parsed multipart form: text fields and at most one file. The caller disposes of the file. */
export interface MultipartForm {
  readonly fields: Readonly<Record<string, string>>;
  readonly file: Upload | null;
}

/**
 * Reads `multipart/form-data`, streaming the part called `fileField` to `folder` (or memory when small).
 * Nothing stays behind when it is refused.
 * @throws ApiError `content-type-unsupported`, `multipart-malformed`, `request-invalid` (unknown or second file,
 * a field given twice), `body-too-large`, `upload-aborted`.
 */
export async function readMultipart(
  request: IncomingMessage,
  options: UploadPlace & { readonly fileField: string; readonly limit: number },
): Promise<MultipartForm> {
  requireMediaType(request, 'multipart/form-data');
  refuseAnnounced(request, options.limit + jsonLimit);
  const fields: Record<string, string> = {};
  const sinks: UploadSink[] = [];
  const streams: Readable[] = [];
  const receiving: Promise<void>[] = [];
  let parser: busboy.Busboy;
  try {
    parser = busboy({
      headers: request.headers,
      limits: {
        fields: maximumFields,
        fieldSize: maximumFieldBytes,
        files: 2,
        parts: maximumFields + 2,
        headerPairs: 50,
      },
    });
  } catch (error) {
    throw new ApiError('multipart-malformed', 'The multipart header names no boundary.', { cause: error });
  }
  const refuse = (error: Error): void => void parser.destroy(error);
  parser.on('field', (name, value, info) => {
    if (info.valueTruncated || info.nameTruncated) {
      refuse(new ApiError('body-too-large', `The field ${JSON.stringify(name.slice(0, 40))} is too long.`));
    } else {
      try {
        setOnce(fields, name, value);
      } catch (error) {
        refuse(error as ApiError);
      }
    }
  });
  // A destroyed parser destroys the file it is in the middle of: the refusal is told once, by the parser.
  const ignore = (): void => undefined;
  parser.on('error', ignore);
  parser.on('file', (name, stream) => {
    stream.on('error', ignore);
    streams.push(stream);
    if (name !== options.fileField || sinks.length > 0) {
      stream.resume();
      refuse(new ApiError('request-invalid', `One file is expected, in the field "${options.fileField}".`));
      return;
    }
    const sink = new UploadSink(options, options.limit);
    sinks.push(sink);
    const received = receive(stream, sink);
    // Refusing at once stops reading a body that is already known to be too large.
    received.catch((error: unknown) => refuse(error instanceof Error ? error : aborted(error)));
    receiving.push(received);
  });
  for (const event of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
    parser.on(event, () => refuse(new ApiError('request-invalid', 'The form has too many parts.')));
  }
  const parsed = finished(parser);
  parsed.catch(ignore);
  try {
    for await (const chunk of chunksOf(request)) {
      // A refusal destroys the parser, which then answers no write any more: `parsed` rejects with the reason.
      await Promise.race([written(parser, chunk), parsed]);
    }
    parser.end();
    await parsed;
    await Promise.all(receiving);
    return { fields, file: (await sinks[0]?.finish()) ?? null };
  } catch (error) {
    parser.destroy();
    await parsed.catch(ignore);
    // The rest of a chunk is still parsed after a refusal: a file that begins there would never end.
    for (const stream of streams) stream.destroy();
    await Promise.allSettled(receiving);
    await Promise.all(sinks.map((sink) => sink.abort()));
    if (error instanceof ApiError) throw error;
    if (request.destroyed && !request.complete) throw aborted(error);
    throw new ApiError('multipart-malformed', 'The multipart body is malformed.', { cause: error });
  }
}

/**
 * A raw body as an upload.
 * @throws ApiError `body-too-large`, `upload-aborted`.
 */
export async function readUpload(
  request: IncomingMessage,
  options: UploadPlace & { readonly limit: number },
): Promise<Upload> {
  refuseAnnounced(request, options.limit);
  const sink = new UploadSink(options, options.limit);
  try {
    await receive(request, sink);
    return await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error instanceof ApiError ? error : aborted(error);
  }
}

async function receive(stream: Readable, sink: UploadSink): Promise<void> {
  for await (const chunk of chunksOf(stream)) await sink.write(new Uint8Array(chunk));
}

/** The chunks of a stream, which stays open when reading stops early: a refused request still gets its answer. */
function chunksOf(stream: Readable): AsyncIterable<Buffer> {
  return stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}

/** Writes with back pressure. */
function written(parser: busboy.Busboy, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    parser.write(chunk, () => resolve());
  });
}

function setOnce(fields: Record<string, string>, name: string, value: string): void {
  if (Object.hasOwn(fields, name) || name === '__proto__') {
    throw new ApiError('request-invalid', `The field ${JSON.stringify(name.slice(0, 40))} is given twice.`);
  }
  fields[name] = value;
}

function aborted(cause: unknown): ApiError {
  return new ApiError('upload-aborted', 'The connection ended before the body did.', { cause });
}
