// A table of licenses: what its columns are called (our names, GB/T 36903 short names, Chinese names), and each row as an order.
import type { CsvRow } from '../formats/csv.ts';
import type { BatchRow } from './batch.ts';
import { LicenseError } from './errors.ts';
import type { HolderKind } from './holder-kind.ts';
import type { LicenseType } from './type.ts';

/** What a cell is; `face` is followed by the short name of a field. */
type Target =
  | 'reference'
  | 'number'
  | 'holder.kind'
  | 'holder.name'
  | 'holder.code'
  | 'validity.from'
  | 'validity.until'
  | 'matter'
  | 'case'
  | 'original.issuedOn'
  | 'original.comparedBy'
  | 'original.comparedOn'
  | 'original.document'
  | `face.${string}`;

const OWN: readonly Target[] = [
  'reference',
  'number',
  'holder.kind',
  'holder.name',
  'holder.code',
  'validity.from',
  'validity.until',
  'matter',
  'case',
  'original.issuedOn',
  'original.comparedBy',
  'original.comparedOn',
  'original.document',
];

/** GB/T 36903 short names and Chinese names of what every table may have. */
const NAMES: Readonly<Record<string, Target>> = {
  ZZBH: 'number',
  证照编号: 'number',
  CZZT: 'holder.name',
  持证主体: 'holder.name',
  CZZTDM: 'holder.code',
  持证主体代码: 'holder.code',
  CZZTDMLXDM: 'holder.kind',
  持证主体代码类型代码: 'holder.kind',
  ZZYXQQSRQ: 'validity.from',
  证照有效期起始日期: 'validity.from',
  ZZYXQJZRQ: 'validity.until',
  证照有效期截止日期: 'validity.until',
  序号: 'reference',
  事项实施编码: 'matter',
  办件编号: 'case',
  原证颁发日期: 'original.issuedOn',
  核对人: 'original.comparedBy',
  核对日期: 'original.comparedOn',
  原证文件: 'original.document',
};

/** Kinds of holder as a cell says them: ours, or the code type of GB/T 36903. */
const KINDS: Readonly<Record<string, HolderKind>> = {
  enterprise: 'enterprise',
  '001': 'enterprise',
  resident: 'resident',
  '111': 'resident',
};

/** Reads rows under one header. */
export type RowReader = (row: CsvRow) => BatchRow;

/**
 * @param header names of the columns; each once
 * @param kind `import` wants the day on the original
 * @throws LicenseError `batch-invalid` naming a column that is unknown, double or missing
 */
export function rowReader(type: LicenseType, kind: 'issue' | 'import', header: readonly string[]): RowReader {
  const targets = header.map((name, index) => targetOf(type, name.trim(), index));
  const seen = new Set(targets);
  if (seen.size !== targets.length) throw invalid('Two columns of the table mean the same.');
  const wanted: readonly Target[] = [
    'number',
    'holder.name',
    'holder.code',
    ...(kind === 'import' ? (['original.issuedOn'] as const) : []),
    ...(type.holderKinds.length > 1 ? (['holder.kind'] as const) : []),
  ];
  for (const target of wanted) if (!seen.has(target)) throw invalid(`The table has no column for ${target}.`);
  if (kind === 'issue' && targets.some((target) => target.startsWith('original.')))
    throw invalid('Licenses of before are taken over by a batch of imports.');
  return (row) => rowOf(type, kind, targets, row);
}

function targetOf(type: LicenseType, name: string, index: number): Target {
  const field = type.fields.find((each) => each.name === name || each.label === name);
  const target =
    OWN.find((each) => each === name) ??
    (Object.hasOwn(NAMES, name) ? NAMES[name] : undefined) ??
    (field === undefined ? undefined : (`face.${field.name}` as const));
  if (target === undefined)
    throw invalid(`Column ${index + 1} ("${name.slice(0, 40)}") is nothing that this type has.`);
  return target;
}

function rowOf(
  type: LicenseType,
  kind: 'issue' | 'import',
  targets: readonly Target[],
  { line, cells }: CsvRow,
): BatchRow {
  const values = new Map<Target, string>();
  targets.forEach((target, index) => {
    const value = cells[index] ?? '';
    if (value !== '') values.set(target, value);
  });
  const reference = values.get('reference')?.slice(0, 200) ?? null;
  const refused = (message: string): BatchRow => ({ reference, refused: { code: 'row-malformed', message } });
  if (cells.length !== targets.length)
    return refused(`Line ${line} has ${cells.length} cells where the header has ${targets.length}.`);
  const said = values.get('holder.kind');
  const holderKind = said === undefined ? type.holderKinds[0] : KINDS[said];
  if (holderKind === undefined)
    return refused(`Line ${line}: the kind of holder is enterprise (001) or resident (111).`);
  const [from, until, matter, caseNumber] = (
    ['validity.from', 'validity.until', 'matter', 'case'] as const
  ).map((target) => values.get(target));
  const [by, on, document] = (
    ['original.comparedBy', 'original.comparedOn', 'original.document'] as const
  ).map((target) => values.get(target));
  if ((by === undefined) !== (on === undefined))
    return refused(`Line ${line}: who compared and on which day belong together.`);
  return {
    reference,
    order: {
      type: type.typeCode,
      number: values.get('number') ?? '',
      holder: {
        kind: holderKind,
        name: values.get('holder.name') ?? '',
        code: values.get('holder.code') ?? '',
      },
      face: Object.fromEntries(
        [...values].flatMap(([target, value]) =>
          target.startsWith('face.') ? [[target.slice('face.'.length), value]] : [],
        ),
      ),
      validity: { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) },
      ...(matter === undefined ? {} : { matter }),
      ...(caseNumber === undefined ? {} : { caseNumber }),
      ...(kind === 'issue'
        ? {}
        : {
            original: {
              kind: 'paper' as const,
              issuedOn: values.get('original.issuedOn') ?? '',
              ...(by === undefined || on === undefined ? {} : { compared: { by, on } }),
              ...(document === undefined ? {} : { document }),
            },
          }),
    },
  };
}

function invalid(message: string): LicenseError {
  return new LicenseError('batch-invalid', message);
}
