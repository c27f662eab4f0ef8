// License type 证照类型: versioned data that says what a license of this type holds, shows and allows.
import { FACE } from '../formats/qr/labels.ts';
import { isTypeCode } from '../formats/identifiers/license-identifier.ts';
import { isUscc } from '../formats/identifiers/uscc.ts';
import type { AcceptanceRule } from '../verification/acceptance.ts';
import type { FaceDictionary } from '../verification/trust-list.ts';
import { LicenseError } from './errors.ts';
import { checkTemplate, SHARED_SOURCES, type PageTemplate } from './template.ts';

/** Who can hold a license, with its code type (GB/T 36903 CZZTDMLXDM): 001 credit code, 111 resident number. */
export type HolderKind = 'enterprise' | 'resident';

/** A department as a license names it. */
interface DepartmentName {
  readonly creditCode: string;
  readonly name: string;
}

/** One field of the face 照面业务信息. */
export interface FaceField {
  /** GB/T 36903 short name, `KZ_` and capitals: `KZ_JYCS`. */
  readonly name: string;
  /** 中文名: `经营场所`. */
  readonly label: string;
  readonly englishLabel: string;
  readonly kind: 'text' | 'date' | 'choice' | 'integer';
  readonly required: boolean;
  /** Characters (code points) at most; 1–500. */
  readonly maxLength: number;
  /** Whole-value regular expression for `text`. */
  readonly pattern?: string;
  /** Allowed values for `choice`. */
  readonly choices?: readonly string[];
  /** Whether a verifying department sees it online. The holder sees everything. */
  readonly verifier: boolean;
  /**
   * Key inside the printed code, from 16 up, unique for ever within the type; null keeps the field out of the code.
   * What is in the code is public: every scanning app reads it.
   */
  readonly codeKey: number | null;
}

/** How long a license of the type lives. */
type ValidityRule =
  | { readonly kind: 'endless' }
  /** Whole years, the last day inclusive. */
  | { readonly kind: 'years'; readonly years: number }
  /** The issuing system says the last day, at most so many years ahead. */
  | { readonly kind: 'given'; readonly maximumYears: number };

export interface LicenseType {
  /** 证照类型代码: credit code of the defining authority and three digits. */
  readonly typeCode: string;
  /** Edition of this definition, from 1. A license keeps the edition it was issued under. */
  readonly edition: number;
  /** ASCII slug for addresses and logs: `food-business`. */
  readonly key: string;
  /** 证照类型名称. */
  readonly name: string;
  readonly englishName: string;
  /** Words printed and signed into everything of this type: `样章` for a demonstration, null for real ones. */
  readonly mark: string | null;
  /** 颁证机关. Only its clients issue and change. */
  readonly issuer: DepartmentName;
  /** 监管部门. It may read, not issue. */
  readonly supervisor: DepartmentName;
  /** 实施编码 of the matters whose cases may issue it. */
  readonly matters: readonly string[];
  readonly holderKinds: readonly HolderKind[];
  /** What the printed number is called: `许可证编号`; and its whole-value pattern. */
  readonly number: { readonly label: string; readonly pattern: string };
  readonly fields: readonly FaceField[];
  readonly validity: ValidityRule;
  /** 14-digit codes of the seals that may stamp it. */
  readonly seals: readonly string[];
  /** False for types that reveal need or health: no entry in the public status lists. */
  readonly publicStatus: boolean;
  /** 采信规则 of the departments here for licenses of this type; absent where no more is asked than the default rule does. */
  readonly acceptance?: readonly AcceptanceRule[];
  readonly template: PageTemplate;
}

function refuse(message: string): never {
  throw new LicenseError('type-invalid', message);
}

function checkPattern(pattern: string): void {
  try {
    new RegExp(`^(?:${pattern})$`, 'u');
  } catch (cause) {
    throw new LicenseError('type-invalid', 'A pattern of the type is not a regular expression.', { cause });
  }
}

function checkField(field: FaceField): void {
  if (!/^KZ_[A-Z0-9]{1,20}$/.test(field.name))
    refuse('A field name is KZ_ and capital letters (GB/T 36903).');
  if (!Number.isInteger(field.maxLength) || field.maxLength < 1 || field.maxLength > 500)
    refuse(`${field.name}: the length limit is 1 to 500.`);
  if (field.kind === 'choice' && (field.choices ?? []).length === 0)
    refuse(`${field.name}: a choice needs its values.`);
  if (field.pattern !== undefined) checkPattern(field.pattern);
  if (
    field.codeKey !== null &&
    (!Number.isInteger(field.codeKey) || field.codeKey < FACE.firstOwn || field.codeKey > 255)
  ) {
    refuse(`${field.name}: keys in the code are 16 to 255.`);
  }
}

function checkAcceptance({ id, version, matters, statusAgeSeconds }: AcceptanceRule): void {
  if (!/^[\x21-\x7e]{1,200}$/.test(id) || !/^[\x21-\x7e]{1,20}$/.test(version))
    refuse('An acceptance rule has an identifier and a version without spaces.');
  if (matters.length === 0 || !matters.every((matter) => /^[0-9A-Z]{0,40}\*?$/.test(matter) && matter !== ''))
    refuse('An acceptance rule names matters, whole or by their beginning and *.');
  if (!Number.isInteger(statusAgeSeconds) || statusAgeSeconds < 1)
    refuse('An acceptance rule bounds the age of the status in whole seconds.');
}

/**
 * Checks a definition once, so that everything after can rely on it.
 * @returns the same definition
 * @throws LicenseError `type-invalid`, `template-invalid`
 */
export function checkLicenseType(type: LicenseType): LicenseType {
  if (!isTypeCode(type.typeCode))
    refuse('A type code is the credit code of the defining authority and three digits.');
  if (!Number.isInteger(type.edition) || type.edition < 1) refuse('Editions count from 1.');
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(type.key)) refuse('The key is a lower-case slug.');
  if (!isUscc(type.issuer.creditCode) || !isUscc(type.supervisor.creditCode)) {
    refuse('Issuing authority and supervising department are named by credit codes.');
  }
  if (type.holderKinds.length === 0) refuse('A type names who can hold it.');
  // Every scanning app reads a code: of a resident it says a masked name and a commitment, nothing else.
  if (type.holderKinds.includes('resident') && type.fields.some((field) => field.codeKey !== null)) {
    refuse('A type for residents puts none of its own fields into the code.');
  }
  if (type.seals.length === 0) refuse('A type names the seals that may stamp it.');
  checkPattern(type.number.pattern);
  type.fields.forEach(checkField);
  type.acceptance?.forEach(checkAcceptance);
  const names = type.fields.map((field) => field.name);
  const keys = type.fields.flatMap((field) => (field.codeKey === null ? [] : [field.codeKey]));
  if (new Set(names).size !== names.length || new Set(keys).size !== keys.length)
    refuse('Field names and code keys are unique.');
  checkTemplate(type.template, new Set([...SHARED_SOURCES, ...names]));
  return type;
}

/** Shared elements that may be printed and that no code tells; of residents' licenses the number is one of them. */
const neverInCode = {
  CZZTDM: { zh: '持证主体代码', en: "Holder's code" },
  ZZBS: { zh: '电子证照标识', en: 'License identifier' },
  JGBM: { zh: '监管部门', en: 'Supervising department' },
} as const;
const numberWords = { zh: '证照编号', en: 'License number' } as const;

/** Short names that the page prints. */
function printedSources({ elements }: PageTemplate): ReadonlySet<string> {
  return new Set(
    elements.flatMap((element) => {
      if (element.kind === 'field') return [element.source];
      return element.kind === 'table'
        ? element.rows.flatMap(({ cells }) => cells.map(({ source }) => source))
        : [];
    }),
  );
}

/** What the page prints and the code leaves out, by name: a reader must not take it for vouched for. */
function printedOnly(type: LicenseType): FaceDictionary['printedOnly'] {
  const printed = printedSources(type.template);
  const left = type.holderKinds.includes('resident') ? { ...neverInCode, ZZBH: numberWords } : neverInCode;
  return [
    ...type.fields
      .filter((field) => field.codeKey === null)
      .map((field) => ({ zh: field.label, en: field.englishLabel })),
    ...Object.entries(left).flatMap(([source, words]) => (printed.has(source) ? [words] : [])),
  ];
}

/** What offline readers need to know of a type; goes into the trust list. The shared keys they know themselves. */
export function faceDictionary(type: LicenseType): FaceDictionary {
  return {
    typeCode: type.typeCode,
    name: { zh: type.name, en: type.englishName },
    fields: type.fields.flatMap((field) =>
      field.codeKey === null
        ? []
        : [{ key: field.codeKey, name: field.name, label: { zh: field.label, en: field.englishLabel } }],
    ),
    printedOnly: printedOnly(type),
    publicStatus: type.publicStatus,
    ...(type.acceptance === undefined ? {} : { acceptance: type.acceptance }),
  };
}
