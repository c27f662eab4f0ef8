// PDFs signed without a word on the page, for attacks that come in a later save; and what may become of them.
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { makePki } from './pki.ts';
import { append, baseObjects, signPdf, sizeOf, textOf } from './signed-pdf.ts';
import type { Objects, SigningOptions } from './signed-pdf.ts';

export const pki = makePki();

export async function passes(pdf: Uint8Array): Promise<void> {
  expectReport(await verifyBytes(pdf, depsFor(pki)), ['TOTAL-PASSED', null, null]);
}

export async function refused(pdf: Uint8Array): Promise<void> {
  expectReport(await verifyBytes(pdf, depsFor(pki)), ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.changes']);
}

export function stream(data: string, entries: string): string {
  return `<< ${entries} /Length ${data.length} >>\nstream\n${data}\nendstream`;
}

export const drawing = (word: string): string =>
  stream(`BT /F1 40 Tf 0 0 Td (${word}) Tj ET`, '/Type /XObject /Subtype /Form /BBox [0 0 500 100]');

/** A page whose resources have what is given besides its font, and which draws as given. */
export function pageWith(resources: string, content: string): Objects {
  return {
    ...baseObjects,
    3: (baseObjects[3] ?? '').replace('/Font << /F1 5 0 R >>', `/Font << /F1 5 0 R >> ${resources}`),
    4: stream(content, ''),
  };
}

/** Signed without a picture, so that the page stays as it is; then one save more. */
export function savedAfter(
  base: Uint8Array,
  options: SigningOptions,
  later: (field: number) => Objects,
): Uint8Array {
  const signed = signOnly(base, options);
  const objects = later(sizeOf(base));
  const size = Math.max(sizeOf(signed), ...Object.keys(objects).map((number) => Number(number) + 1));
  return append(signed, objects, size);
}

/** The page is left alone: the field is in the form only. */
export function signOnly(base: Uint8Array, options: SigningOptions): Uint8Array {
  const page = /3 0 obj\n([^\n]*)\n/.exec(textOf(base))?.[1] ?? '';
  const more = options.moreObjects;
  return signPdf(pki, base, { ...options, moreObjects: (field) => ({ 3: page, ...more?.(field) }) });
}

/** The catalogue as it was signed, with something changed. */
export function catalogueOf(pdf: Uint8Array, change: (text: string) => string): Objects {
  return { 1: change([...textOf(pdf).matchAll(/\n1 0 obj\n([^\n]*)\n/g)].at(-1)?.[1] ?? '') };
}
