// The questions asked of one signature in a PDF.
import { formatChecks } from './signature-format.ts';
import { integrityChecks } from './signature-integrity.ts';
import type { SignatureCheck } from './signature-kinds.ts';
import { trustChecks } from './signature-trust.ts';

/** In the order of EN 319 102-1 5.2: format, integrity, then time and trust. */
export const signatureChecks: readonly SignatureCheck[] = [
  ...formatChecks,
  ...integrityChecks,
  ...trustChecks,
];
