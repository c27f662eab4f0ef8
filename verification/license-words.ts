// A license's face and status in words, from the dictionaries of the trust list.
import { toHex } from '../formats/bytes.ts';
import type { CborValue } from '../formats/cose/cbor.ts';
import { FACE, STATUS } from '../formats/qr/labels.ts';
import { words } from './check.ts';
import type { LicenseField, Words } from './report.ts';
import type { FaceDictionary, FaceField } from './trust-list-model.ts';

const statusWords = new Map<number, Words>([
  [STATUS.valid, words('有效', 'Valid')],
  [
    STATUS.outOfForce,
    words('已失效（撤回、撤销、吊销或注销）', 'Out of force (withdrawn, annulled, revoked or cancelled)'),
  ],
  [STATUS.suspended, words('已暂停使用', 'Suspended')],
  [STATUS.superseded, words('已被新版本替代', 'Superseded by a newer version')],
  [STATUS.cancelledAtHoldersWish, words('已依持证人申请注销', "Cancelled at the holder's wish")],
  [STATUS.inspectionOverdue, words('有效，但年检（报告）逾期', 'Valid, but an inspection is overdue')],
]);

/** The word for a status value; an unknown value says so. */
export function wordsOfStatus(value: number): Words {
  return statusWords.get(value) ?? words(`未知状态（${value}）`, `Unknown status (${value})`);
}

/** Fields every type's face shares; a type's own labels come from its dictionary. */
const sharedFields = new Map<number, { readonly name: string; readonly label: Words }>([
  [FACE.typeCode, { name: 'typeCode', label: words('证照类型代码', 'License type code') }],
  [FACE.licenseNumber, { name: 'licenseNumber', label: words('证照编号', 'License number') }],
  [FACE.holder, { name: 'holder', label: words('持证主体', 'Holder') }],
  [FACE.holderCommitment, { name: 'holderCommitment', label: words('持证人承诺值', 'Holder commitment') }],
  [FACE.mark, { name: 'mark', label: words('标记', 'Mark') }],
  [FACE.copyGrant, { name: 'copyGrant', label: words('授权编号', 'Number of the grant') }],
  [FACE.copyOffice, { name: 'copyOffice', label: words('用证部门代码', 'Department it was made for') }],
  [FACE.copyMatter, { name: 'copyMatter', label: words('用证事项', 'Matter it was made for') }],
  [FACE.copyWords, { name: 'copyWords', label: words('加注', 'Made for') }],
  [FACE.trust, { name: 'trust', label: words('可信等级', 'Level of trust') }],
]);

function textOf(value: CborValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) return toHex(value);
  return JSON.stringify(value instanceof Map ? [...value] : value);
}

const byKey = new WeakMap<FaceDictionary, ReadonlyMap<number, FaceField>>();

/** A dictionary's fields by their keys, the first one where a key comes twice. */
function fieldsByKey(dictionary: FaceDictionary): ReadonlyMap<number, FaceField> {
  const known = byKey.get(dictionary);
  if (known !== undefined) return known;
  const fields = new Map(dictionary.fields.toReversed().map((field) => [field.key, field]));
  byKey.set(dictionary, fields);
  return fields;
}

/** What dictionaries name, put together once for each. */
const printedOnly = new WeakMap<FaceDictionary, readonly LicenseField[]>();

/** Printed fields that the code does not carry: their names, without values. */
function printedOnlyFields(dictionary: FaceDictionary | null): readonly LicenseField[] {
  if (dictionary === null) return [];
  const known = printedOnly.get(dictionary);
  if (known !== undefined) return known;
  const fields = dictionary.printedOnly.map((label) => ({
    name: `printed-only-${label.en}`,
    label,
    value: '',
    covered: false,
  }));
  printedOnly.set(dictionary, fields);
  return fields;
}

function fieldOf(key: number, value: CborValue, listed: FaceField | undefined): LicenseField {
  const known = listed ?? sharedFields.get(key);
  return {
    name: known?.name ?? `key-${key}`,
    label: known?.label ?? words(`未登记字段 ${key}`, `Unlisted field ${key}`),
    value: textOf(value),
    covered: true,
  };
}

/** Every entry of the face with its label, in the order of the code, and behind them what is printed and not covered. */
export function fieldsOfLicense(
  face: ReadonlyMap<number, CborValue>,
  dictionary: FaceDictionary | null,
): readonly LicenseField[] {
  const listed = dictionary === null ? null : fieldsByKey(dictionary);
  const fields: LicenseField[] = [];
  for (const [key, value] of face) fields.push(fieldOf(key, value, listed?.get(key)));
  for (const field of printedOnlyFields(dictionary)) fields.push(field);
  return fields;
}

/** Keys of the face that neither the shared labels nor the type's dictionary explain. */
export function unexplainedKeys(
  face: ReadonlyMap<number, CborValue>,
  dictionary: FaceDictionary | null,
): readonly number[] {
  const fields = dictionary === null ? null : fieldsByKey(dictionary);
  const unknown: number[] = [];
  for (const key of face.keys()) if (!sharedFields.has(key) && fields?.has(key) !== true) unknown.push(key);
  return unknown;
}
