// What a signature permits to be changed after it (ISO 32000-2, 12.8.2 and 12.8.4): DocMDP, FieldMDP, field locks.
import type { PdfDocument } from './document.ts';
import type { PdfDictionary, PdfObject } from './objects.ts';
import { dictionaryOf, integerOf, nameOf } from './objects.ts';
import { textOf } from './text-string.ts';

/** 1: no change. 2: filling in and signing. 3: also annotations. */
export type ModificationLevel = 1 | 2 | 3;

export interface FieldLock {
  readonly action: 'All' | 'Include' | 'Exclude';
  /** Full field names; empty for `All`. */
  readonly fields: readonly string[];
}

export interface SignatureTransforms {
  /** Of a certification signature; null for others. An unknown number counts as 1, the narrowest. */
  readonly docMdp: ModificationLevel | null;
  readonly fieldMdp: readonly FieldLock[];
}

/** Reads /Reference of a signature dictionary. */
export async function readTransforms(
  document: PdfDocument,
  signature: PdfDictionary,
  asOfRevision?: number,
): Promise<SignatureTransforms> {
  let docMdp: ModificationLevel | null = null;
  const fieldMdp: FieldLock[] = [];
  const references = await document.get(signature, 'Reference', asOfRevision);
  for (const item of references.kind === 'array' ? references.items.slice(0, 100) : []) {
    const reference = dictionaryOf(await document.resolve(item, asOfRevision));
    if (reference === null) continue;
    const method = nameOf(await document.get(reference, 'TransformMethod', asOfRevision));
    const parameters = await document.getDictionary(reference, 'TransformParams', asOfRevision);
    if (method === 'DocMDP') docMdp = await readLevel(document, parameters, asOfRevision);
    if (method === 'FieldMDP' && parameters !== null) {
      const lock = await readLock(document, parameters, asOfRevision);
      if (lock !== null) fieldMdp.push(lock);
    }
  }
  return { docMdp, fieldMdp };
}

/** /P of transform parameters: absent means 2 (Table 257). */
async function readLevel(
  document: PdfDocument,
  parameters: PdfDictionary | null,
  asOfRevision: number | undefined,
): Promise<ModificationLevel> {
  if (parameters === null) return 2;
  return levelOf(await document.get(parameters, 'P', asOfRevision)) ?? 2;
}

function levelOf(object: PdfObject): ModificationLevel | null {
  if (object.kind === 'null') return null;
  const level = integerOf(object);
  return level === 2 || level === 3 ? level : 1;
}

async function readLock(
  document: PdfDocument,
  dictionary: PdfDictionary,
  asOfRevision: number | undefined,
): Promise<FieldLock | null> {
  const action = nameOf(await document.get(dictionary, 'Action', asOfRevision));
  if (action !== 'All' && action !== 'Include' && action !== 'Exclude') return null;
  const names = await document.get(dictionary, 'Fields', asOfRevision);
  const fields: string[] = [];
  for (const item of names.kind === 'array' ? names.items.slice(0, document.limits.fields) : []) {
    const name = textOf(await document.resolve(item, asOfRevision));
    if (name !== null) fields.push(name);
  }
  return { action, fields };
}

/** The /Lock of a signature field (Table 236): what signing it locks, whether the signature says so itself or not. */
export async function lockOfField(document: PdfDocument, field: PdfDictionary): Promise<FieldLock | null> {
  const lock = await document.getDictionary(field, 'Lock');
  return lock === null ? null : readLock(document, lock, undefined);
}

/**
 * The narrowest level any signature of the document has set: by certification (/Perms /DocMDP or its own /Reference)
 * or by a signed field's /Lock with /P (Table 236, PDF 2.0).
 * @returns null where nothing restricts changes.
 */
export async function strictestLevel(
  document: PdfDocument,
  signatures: readonly {
    readonly field: { readonly dictionary: PdfDictionary };
    readonly transforms: SignatureTransforms;
  }[],
): Promise<ModificationLevel | null> {
  const levels: ModificationLevel[] = [];
  const permissions = await document.getDictionary(await document.catalogue(), 'Perms');
  const certifying = permissions === null ? null : await document.getDictionary(permissions, 'DocMDP');
  if (certifying !== null) levels.push((await readTransforms(document, certifying)).docMdp ?? 2);
  for (const { field, transforms } of signatures) {
    if (transforms.docMdp !== null) levels.push(transforms.docMdp);
    const lock = await document.getDictionary(field.dictionary, 'Lock');
    const level = lock === null ? null : levelOf(await document.get(lock, 'P'));
    if (level !== null) levels.push(level);
  }
  return levels.length === 0 ? null : levels.reduce((a, b) => (a < b ? a : b));
}
