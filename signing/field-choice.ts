// Which field gets the signature: a new one under a free name, or a prepared empty one; and what earlier signatures forbid.
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { FormField } from '../formats/pdf/form.ts';
import type { PdfSignature } from '../formats/pdf/signatures.ts';
import {
  lockOfField,
  strictestLevel,
  type FieldLock,
  type ModificationLevel,
} from '../formats/pdf/transforms.ts';
import { isLocked } from '../verification/change-rules.ts';
import { SigningError } from './errors.ts';

/** A prepared field, or the name of a new one. */
export type ChosenField =
  | { readonly prepared: FormField; readonly name: string }
  | { readonly prepared: null; readonly name: string };

/**
 * @param wanted full name; of a new field, one without dots. Absent: the first free of Signature1, Signature2, …
 * @throws SigningError `field-already-signed`, `field-not-found` (it is no signature field), `placement-invalid`
 */
export function chooseField(fields: readonly FormField[], wanted: string | undefined): ChosenField {
  const roots = new Set(fields.map((field) => field.fullName.split('.', 1)[0]));
  if (wanted === undefined) {
    for (let number = 1; ; number++) {
      if (!roots.has(`Signature${number}`)) return { prepared: null, name: `Signature${number}` };
    }
  }
  const there = fields.filter((field) => field.fullName === wanted);
  const [field] = there;
  if (field !== undefined) {
    if (there.length > 1)
      throw new SigningError('field-not-found', 'Several fields have the name that was asked for.');
    if (field.type !== 'Sig')
      throw new SigningError('field-not-found', 'The field of this name is no signature field.');
    if (field.value.kind !== 'null')
      throw new SigningError('field-already-signed', 'The field of this name is signed already.');
    return { prepared: field, name: wanted };
  }
  if (wanted === '' || wanted.includes('.')) {
    throw new SigningError('placement-invalid', 'The name of a new field is not empty and has no dot.');
  }
  if (roots.has(wanted)) {
    throw new SigningError('field-already-signed', 'The document already has a field of this name.');
  }
  return { prepared: null, name: wanted };
}

/**
 * ISO 32000-2, 12.8.2.2 and 12.8.2.4: the first signature may certify, and what an earlier one forbids is not signed over.
 * @throws SigningError `signing-forbidden`, with the reason
 */
export async function refuseForbidden(
  document: PdfDocument,
  earlier: readonly PdfSignature[],
  field: ChosenField,
  docMdp: ModificationLevel | undefined,
): Promise<void> {
  if ((await strictestLevel(document, earlier)) === 1) {
    throw new SigningError(
      'signing-forbidden',
      'An earlier signature of the document permits no further change.',
    );
  }
  const approvals = earlier.filter(({ type }) => type !== 'DocTimeStamp');
  if (docMdp !== undefined && approvals.length > 0) {
    throw new SigningError('signing-forbidden', 'Only the first signature of a document can certify it.');
  }
  for (const { field: signed, transforms } of earlier) {
    const own = await lockOfField(document, signed.dictionary);
    const locks: readonly FieldLock[] = [...transforms.fieldMdp, ...(own === null ? [] : [own])];
    if (!isLocked(field.name, locks)) continue;
    throw new SigningError(
      'signing-forbidden',
      field.prepared === null
        ? `The signature in field "${signed.fullName}" locks all fields that could be added.`
        : `The signature in field "${signed.fullName}" locks the field to be signed.`,
    );
  }
}
