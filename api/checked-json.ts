// A form field that holds JSON.
import { z } from 'zod';

/** Text of JSON that fits `schema`; OpenAPI shows it as text. */
export function checkedJson<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'not well-formed JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
