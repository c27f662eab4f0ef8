// License type 证照类型: versioned data that says what a license of this type holds, shows and allows. Checked in type-check.ts.
import type { AcceptanceRule } from '../verification/acceptance.ts';
import type { FaceDictionary } from '../verification/trust-list.ts';
import type { HolderKind } from './holder-kind.ts';
import { HOLDERS_LIST, type PageTemplate } from './template.ts';
import type { TypeRules } from './type-rules.ts';

export type { HolderKind };

/** A department as a license names it. */
export interface DepartmentName {
  readonly creditCode: string;
  readonly name: string;
}

/** One column of a list. */
export interface ListColumn {
  /** Short name within the field, capitals: `KMMC`. */
  readonly name: string;
  /** 中文名. */
  readonly label: string;
  readonly englishLabel: string;
  readonly required: boolean;
  /** Characters at most; 1–200. */
  readonly maxLength: number;
}

/** One field of the face 照面业务信息. */
export interface FaceField {
  /** GB/T 36903 short name, `KZ_` and capitals: `KZ_JYCS`. */
  readonly name: string;
  /** 中文名: `经营场所`. */
  readonly label: string;
  readonly englishLabel: string;
  /** A `list` holds rows of columns, for annexes; its value in a record is the JSON of its rows. */
  readonly kind: 'text' | 'date' | 'choice' | 'integer' | 'list';
  readonly required: boolean;
  /** Characters (code points) at most; 1–500. Of a `list` rows at most. */
  readonly maxLength: number;
  /** Of a `list`. */
  readonly columns?: readonly ListColumn[];
  /** Whole-value regular expression for `text`. */
  readonly pattern?: string;
  /** Allowed values for `choice`. */
  readonly choices?: readonly string[];
  /** Whether a verifying department sees it online. The holder sees everything: the record travels in the own PDF. */
  readonly verifier: boolean;
  /** Whether it tells of a person: masked for departments until it is revealed. Default: yes in types for residents, else no. */
  readonly personal?: boolean;
  /**
   * Key inside the printed code, from 16 up, unique for ever within the type; null keeps the field out of the code.
   * What is in the code is public: every scanning app reads it.
   */
  readonly codeKey: number | null;
}

/** How long a license of the type lives. */
export type ValidityRule =
  | { readonly kind: 'endless' }
  /** Whole years, the last day inclusive. */
  | { readonly kind: 'years'; readonly years: number }
  /** The issuing system says the last day, at most so many years ahead. */
  | { readonly kind: 'given'; readonly maximumYears: number };

export interface LicenseType extends TypeRules {
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
  /** 定义机关, whose credit code begins the type code; absent where it is the issuing authority. */
  readonly definer?: DepartmentName;
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

/** Shared elements that may be printed and that no code tells; of residents' licenses the number is one of them. */
const PHOTO = 'photo';
const neverInCode = {
  CZZTDM: { zh: '持证主体代码', en: "Holder's code" },
  ZZBS: { zh: '电子证照标识', en: 'License identifier' },
  JGBM: { zh: '监管部门', en: 'Supervising department' },
  GTCZZT: { zh: '其他持证主体', en: 'Other holders' },
  [HOLDERS_LIST]: { zh: '全部持证主体', en: 'All holders' },
  [PHOTO]: { zh: '照片', en: 'Photo' },
} as const;
const numberWords = { zh: '证照编号', en: 'License number' } as const;

/** Short names that the pages print. */
function printedSources({ pages }: PageTemplate): ReadonlySet<string> {
  return new Set(
    pages
      .flatMap(({ elements }) => elements)
      .flatMap((element) => {
        if (element.kind === 'field' || element.kind === 'list') return [element.source];
        if (element.kind === 'photo') return [PHOTO];
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
