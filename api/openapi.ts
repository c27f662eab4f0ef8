// OpenAPI 3.1 made from the very schemas that validate.
import { z } from 'zod';
import { problemTable } from './problem-table.ts';
import type { ReplyShape, Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

/** The problem of RFC 9457 as a schema. */
const problemSchema = z.object({
  type: z.string().describe('urn:yinxin:problem:<code>'),
  title: z.string().describe('In the language asked for (Accept-Language zh or en).'),
  status: z.int(),
  detail: z
    .string()
    .optional()
    .describe('English; names what is wrong, holds no personal value. Absent on 5xx.'),
  code: z.string().describe('Stable name of the refusal.'),
  errors: z
    .array(z.object({ field: z.string(), reason: z.string() }))
    .optional()
    .describe('Every field that does not hold, where a license or its holder is refused.'),
  requestId: z.string(),
  incident: z.string().optional().describe('Only on 5xx: quote it to the operator.'),
});

/** JSON Schema (2020-12) of one schema, as a caller sends it or as it is answered. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const made = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' });
  // The dialect is OpenAPI 3.1's own and is not repeated in every schema.
  return Object.fromEntries(Object.entries(made).filter(([name]) => name !== '$schema'));
}

function contentOf(content: ReplyShape['content'], io: 'input' | 'output'): Json {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [
      type,
      { schema: schema === 'binary' ? { type: 'string', format: 'binary' } : schemaOf(schema, io) },
    ]),
  );
}

function parametersOf(route: Route): readonly Json[] {
  const from = (schema: z.ZodObject, place: 'path' | 'query'): Json[] =>
    Object.entries(schema.shape).map(([name, field]) => ({
      name,
      in: place,
      required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
      schema: schemaOf(field as z.ZodType, 'input'),
    }));
  const key: Json[] = route.idempotent
    ? [
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: true,
          description:
            'Repeating a request with the same key answers the stored result; another request under it is refused.',
          schema: { type: 'string', minLength: 1, maxLength: 200 },
        },
      ]
    : [];
  return [...from(route.params, 'path'), ...from(route.query, 'query'), ...key];
}

function operationOf(route: Route): Json {
  const { access } = route;
  const answers = Object.fromEntries(
    route.replies.map((reply) => [
      String(reply.status),
      { description: reply.description, content: contentOf(reply.content, 'output') },
    ]),
  );
  return {
    operationId: `${route.method}${route.path.replaceAll(/[^A-Za-z0-9]+(.)?/g, (_all, next?: string) => next?.toUpperCase() ?? '')}`,
    tags: [route.tag],
    summary: route.summary,
    ...(access.kind === 'scope'
      ? { security: access.scopes.map((scope) => ({ apiKey: [scope] })) }
      : { security: [] }),
    parameters: parametersOf(route),
    ...(route.body === null
      ? {}
      : { requestBody: { required: true, content: contentOf(route.body.content, 'input') } }),
    responses: {
      ...answers,
      default: {
        description: 'A refusal (RFC 9457).',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** The description of all routes but the pages. @param address the server's public address. */
export function openApi(routes: readonly Route[], address: string, version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    if (route.access.kind === 'page') continue;
    (paths[route.path] ??= {})[route.method] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: '印信 Yinxin',
      version,
      description:
        'E-certificates, e-seals, e-licenses and their verification. Refusals are RFC 9457 problems; their codes: ' +
        `${Object.keys(problemTable).sort().join(', ')}.`,
    },
    servers: [{ url: address }],
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'API key of a department (yx_…), with its scopes.',
        },
      },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
    },
  };
}
