// The record of a copy for a purpose: the granted fields with a salt of their own, residents' numbers masked, the grant named.
import type { RandomBytes } from '../crypto/clock.ts';
import { toHex } from '../formats/bytes.ts';
import { maskedCode, maskedName, type Holder } from './face.ts';
import type { LicenseRecord } from './record.ts';
import { holderFields, linesOf, type ShownLine } from './shown-fields.ts';
import type { StoredLicense } from './store.ts';
import type { LicenseType } from './type.ts';

/** What a copy is made for, in codes and in words. */
export interface CopyPurpose {
  /** Credit code and name of the department. */
  readonly department: string;
  readonly departmentName: string;
  /** 实施编码, and the matter's name. */
  readonly matter: string;
  readonly matterName: string;
  /** Last day, `YYYY-MM-DD` in China Standard Time. */
  readonly until: string;
}

export interface CopyRecordParts {
  readonly type: LicenseType;
  readonly license: StoredLicense;
  readonly purpose: CopyPurpose;
  readonly grantNumber: string;
  readonly fields: readonly string[];
  readonly madeOn: string;
  /** 16 bytes. */
  readonly codeId: Uint8Array;
  readonly random: RandomBytes;
}

/** What the copy shows: of residents never the whole number, whatever was granted. */
export function copyLines(
  type: LicenseType,
  record: LicenseRecord,
  fields: readonly string[],
): readonly ShownLine[] {
  const kind = record['CZZTDMLXDM'] === '111' ? 'resident' : 'enterprise';
  return linesOf(holderFields(type), record, fields).map((line) =>
    line.name === 'CZZTDM' ? { ...line, value: maskedCode(kind, line.value) } : line,
  );
}

/** The holder as the copy tells of them: by the name, or by what a code tells of it where that was not granted. */
export function copyHolder(
  license: Pick<StoredLicense, 'record' | 'holderKind'>,
  fields: readonly string[],
): Holder {
  const kind = license.holderKind;
  const [name, code] = [license.record['CZZT'] ?? '', license.record['CZZTDM'] ?? ''];
  return {
    kind,
    name: fields.includes('CZZT') ? name : maskedName(kind, name),
    code: maskedCode(kind, code),
    ...(kind === 'resident'
      ? ({ codeType: '111', codeTypeName: '公民身份号码' } as const)
      : ({ codeType: '001', codeTypeName: '统一社会信用代码' } as const)),
  };
}

/** Fixes the record. Nothing of the license's own record is in it but what was granted: no salt, no identifier, no number. */
export function makeCopyRecord(parts: CopyRecordParts): LicenseRecord {
  const { type, license, purpose } = parts;
  const holder = copyHolder(license, parts.fields);
  const granted = Object.fromEntries(
    copyLines(type, license.record, parts.fields).map(({ name, value }) =>
      // The copy has an end of its own, under the same name.
      name === 'ZZYXQJZRQ' ? ['originalUntil', value] : [name, value],
    ),
  );
  return {
    format: 'yinxin-license-record/1',
    ZZLXMC: type.name,
    ZZLXDM: type.typeCode,
    ZZMC: `${type.name}（加注件）`,
    ZZBFJG: type.issuer.name,
    ZZBFJGDM: type.issuer.creditCode,
    ...granted,
    CZZT: holder.name,
    CZZTDM: holder.code,
    CZZTDMLX: holder.codeTypeName,
    CZZTDMLXDM: holder.codeType,
    ZZYXQJZRQ: purpose.until,
    copiedOn: parts.madeOn,
    edition: String(type.edition),
    version: String(license.version),
    grant: parts.grantNumber,
    grantOffice: purpose.department,
    grantMatter: purpose.matter,
    grantWords: `${purpose.departmentName}办理“${purpose.matterName}”`,
    codeId: toHex(parts.codeId),
    ...(type.mark === null ? {} : { mark: type.mark }),
    ...(license.record['trust'] === undefined ? {} : { trust: license.record['trust'] }),
    salt: toHex(parts.random(32)),
  };
}
