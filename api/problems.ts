// The one total map from every refusal code of every room to an RFC 9457 problem.
import { CryptoError } from '../crypto/errors.ts';
import { IdentityError } from '../identity/errors.ts';
import { LicenseError } from '../licenses/errors.ts';
import { ApiError } from './errors.ts';
import { problemTable, type ErrorCode } from './problem-table.ts';

/** RFC 9457 problem details, with our code and, on faults, an incident to quote. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: ErrorCode;
  /** Every field that does not hold, where the room names them; a reason never repeats the value. */
  readonly errors?: readonly { readonly field: string; readonly reason: string }[];
  readonly requestId: string;
  /** Only on 5xx: what the log calls this fault. */
  readonly incident?: string;
}

/** The code of a refusal of any room; `internal` for everything that is not one. */
function codeOf(error: unknown): ErrorCode {
  if (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    isErrorCode(error.code)
  ) {
    // A system error (ENOENT …) or a foreign library's code is in no union and stays internal.
    return error.code;
  }
  return 'internal';
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(problemTable, code);
}

/**
 * The problem of an error, in the caller's language.
 * A refusal (4xx) tells the room's own message, which holds no personal value; a fault (5xx) tells an incident only.
 */
export function problemOf(error: unknown, language: 'zh' | 'en', requestId: string): Problem {
  const code = codeOf(error);
  const [status, zh, en] = problemTable[code];
  const head = { type: `urn:yinxin:problem:${code}`, title: language === 'en' ? en : zh, status };
  if (status >= 500) return { ...head, code, requestId, incident: requestId };
  const errors = error instanceof LicenseError || error instanceof ApiError ? error.complaints : [];
  return {
    ...head,
    detail: error instanceof Error ? error.message : en,
    code,
    ...(errors.length === 0 ? {} : { errors }),
    requestId,
  };
}

/** Seconds for Retry-After, where the refusal knows them. */
export function retryAfterOf(error: unknown): number | null {
  if (error instanceof ApiError || error instanceof IdentityError) return error.retryAfter ?? null;
  // A place among the passwords being checked is free within a second.
  return error instanceof CryptoError && error.code === 'password-busy' ? 1 : null;
}
