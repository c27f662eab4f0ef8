// One route as data: what it takes, who may call it, what it answers, and the handler behind it.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Principal, Scope } from '../identity/principal.ts';
import {
  documentLimit,
  readBytes,
  readForm,
  readJson,
  readMultipart,
  readUpload,
  requireMediaType,
} from './body.ts';
import { ApiError } from './errors.ts';
import type { Reply } from './reply.ts';
import type { Services } from './services.ts';
import type { Upload, UploadPlace } from './upload.ts';

/** Who may call: everyone (under which rate), a principal with one of some scopes, or whoever is signed in on the pages. */
export type Access =
  | { readonly kind: 'public'; readonly rate: 'reading' | 'verifying' }
  | { readonly kind: 'scope'; readonly scopes: readonly Scope[] }
  | { readonly kind: 'page'; readonly rate?: 'verifying' };

/** How a body is described (OpenAPI) and read. */
export interface Body<B> {
  readonly content: Readonly<Record<string, z.ZodType | 'binary'>>;
  read(
    request: IncomingMessage,
    place: UploadPlace,
  ): Promise<{ readonly value: B; dispose(): Promise<void> }>;
}

export interface ReplyShape {
  readonly status: number;
  readonly description: string;
  /** Media types with their schema, or 'binary' for bytes and text that JSON Schema does not describe. */
  readonly content: Readonly<Record<string, z.ZodType | 'binary'>>;
}

/** One call as its handler sees it: parsed and permitted. */
export interface Call<P, Q, B> {
  /** For what headers and cookies alone tell; its body was read. */
  readonly request: IncomingMessage;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly principal: Principal | null;
  /** Media types of Accept, lower case, in order; [] when absent. */
  readonly accept: readonly string[];
  /** Present on routes that require it. */
  readonly idempotencyKey: string | null;
  readonly language: 'zh' | 'en';
  readonly cookie: string | undefined;
}

export interface RawCall {
  readonly request: IncomingMessage;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly principal: Principal | null;
}

export interface Route {
  readonly method: 'get' | 'post';
  /** OpenAPI template: `/api/v1/stamps/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly idempotent: boolean;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: Body<unknown> | null;
  readonly replies: readonly ReplyShape[];
  run(services: Services, call: RawCall): Promise<Reply>;
}

export interface RouteDefinition<P extends z.ZodObject, Q extends z.ZodObject, B> {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  /** Requires an Idempotency-Key (everything that signs). */
  readonly idempotent?: boolean;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: Body<B>;
  readonly replies: readonly ReplyShape[];
  handle(services: Services, call: Call<z.output<P>, z.output<Q>, B>): Promise<Reply>;
}

/** Access by any of the scopes. */
export function withScope(...scopes: readonly Scope[]): Access {
  return { kind: 'scope', scopes };
}

const nothing = z.object({});

/** Makes a route of a definition: parse, then call. Guarding happened before (api/server.ts). */
export function route<
  P extends z.ZodObject = typeof nothing,
  Q extends z.ZodObject = typeof nothing,
  B = null,
>(definition: RouteDefinition<P, Q, B>): Route {
  const { method, path, tag, summary, access, replies } = definition;
  return {
    method,
    path,
    tag,
    summary,
    access,
    replies,
    idempotent: definition.idempotent ?? false,
    params: definition.params ?? nothing,
    query: definition.query ?? nothing,
    body: definition.body ?? null,
    async run(services, call) {
      const params = parsed<P>(definition.params, call.params, 'path');
      const query = parsed<Q>(definition.query, call.query, 'query');
      const idempotencyKey = definition.idempotent === true ? requiredKey(call.request) : null;
      const body = await definition.body?.read(call.request, {
        folder: services.uploadFolder,
        digest: services.suite.digest,
        cipher: services.suite.cipher,
      });
      try {
        return await definition.handle(services, {
          request: call.request,
          params,
          query,
          // Without a body shape B is null.
          body: (body?.value ?? null) as B,
          principal: call.principal,
          accept: acceptOf(call.request),
          idempotencyKey,
          language: languageOf(call.request),
          cookie: call.request.headers.cookie,
        });
      } finally {
        await body?.dispose();
      }
    },
  };
}

function parsed<S extends z.ZodObject>(schema: S | undefined, value: unknown, where: string): z.output<S> {
  return checked((schema ?? nothing) as S, value, where);
}

/** @throws ApiError `request-invalid` naming the first few places that do not hold, never the values. */
export function checked<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const places = result.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || where}: ${safeMessage(issue)}`);
  throw new ApiError('request-invalid', `The ${where} does not hold: ${places.join('; ')}.`);
}

/** Zod's words for an issue; unrecognised names come from the caller and are shortened. */
function safeMessage(issue: z.core.$ZodIssue): string {
  return issue.message.slice(0, 200);
}

function requiredKey(request: IncomingMessage): string {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new ApiError(
      'idempotency-key-missing',
      'An Idempotency-Key header of 1 to 200 visible ASCII characters is required.',
    );
  }
  return key;
}

function acceptOf(request: IncomingMessage): string[] {
  return (request.headers.accept ?? '')
    .split(',')
    .map((part) => part.split(';', 1)[0]?.trim().toLowerCase() ?? '')
    .filter((type) => type !== '');
}

/** zh unless the caller prefers English. */
export function languageOf(request: IncomingMessage): 'zh' | 'en' {
  const first = /^\s*([a-z]{2})/i.exec(request.headers['accept-language'] ?? '')?.[1];
  return first?.toLowerCase() === 'en' ? 'en' : 'zh';
}

const nothingToDispose = (): Promise<void> => Promise.resolve();

/** A JSON body of at most 1 MB. */
export function jsonBody<S extends z.ZodType>(schema: S): Body<z.output<S>> {
  return {
    content: { 'application/json': schema },
    async read(request) {
      return { value: checked(schema, await readJson(request), 'body'), dispose: nothingToDispose };
    },
  };
}

/** An HTML form. */
export function formBody<S extends z.ZodObject>(schema: S): Body<z.output<S>> {
  return {
    content: { 'application/x-www-form-urlencoded': schema },
    async read(request) {
      return { value: checked(schema, await readForm(request), 'form'), dispose: nothingToDispose };
    },
  };
}

/** Raw bytes of one of `types`, at most `limit`. */
export function bytesBody(types: readonly string[], limit: number): Body<Uint8Array> {
  return {
    content: Object.fromEntries(types.map((type) => [type, 'binary' as const])),
    async read(request) {
      requireMediaType(request, ...types);
      return { value: await readBytes(request, limit), dispose: nothingToDispose };
    },
  };
}

export interface DocumentForm<F> {
  readonly fields: F;
  readonly document: Upload;
}

/**
 * A multipart form with one file in the field `document` (200 MB, streamed), and text fields.
 * With `bare` types, the file may also be the whole body, without fields.
 */
export function documentBody<S extends z.ZodObject>(
  fields: S,
  bare: readonly string[] = [],
): Body<DocumentForm<z.output<S>>> {
  return {
    content: {
      'multipart/form-data': fields.extend({ document: z.string().meta({ format: 'binary' }) }),
      ...Object.fromEntries(bare.map((type) => [type, 'binary' as const])),
    },
    async read(request, place) {
      const type = requireMediaType(request, 'multipart/form-data', ...bare);
      if (type !== 'multipart/form-data') {
        const values = checked(fields, {}, 'form');
        return disposable({
          fields: values,
          document: await readUpload(request, { ...place, limit: documentLimit }),
        });
      }
      const form = await readMultipart(request, { ...place, fileField: 'document', limit: documentLimit });
      if (form.file === null) throw new ApiError('file-missing', 'The file field "document" is missing.');
      try {
        return disposable({ fields: checked(fields, form.fields, 'form'), document: form.file });
      } catch (error) {
        await form.file.dispose();
        throw error;
      }
    },
  };
}

function disposable<F>(form: DocumentForm<F>): { value: DocumentForm<F>; dispose(): Promise<void> } {
  return { value: form, dispose: () => form.document.dispose() };
}
