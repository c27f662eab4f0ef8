// What the pages of a license show, from its type and its record.
import { rowsOfText, type FaceRow } from './face-rows.ts';
import { holdersOfRecord } from './holders.ts';
import { noticeOf } from './original.ts';
import type { PageContent } from './page-layout.ts';
import { printedValues, type LicenseRecord } from './record.ts';
import { HOLDERS_LIST } from './template.ts';
import type { LicenseType } from './type.ts';

/** @param host printed beside the code */
export function pageContentOf(type: LicenseType, record: LicenseRecord, host: string): PageContent {
  const holders = holdersOfRecord(record);
  const lists: Record<string, readonly FaceRow[]> = {
    [HOLDERS_LIST]: holders.map(({ name, code, role, share }) => ({
      CZZT: name,
      CZZTDM: code,
      ...(role === undefined ? {} : { JS: role }),
      ...(share === undefined ? {} : { FE: share }),
    })),
  };
  for (const field of type.fields)
    if (field.kind === 'list') lists[field.name] = rowsOfText(record[field.name] ?? '[]') ?? [];
  return {
    template: type.template,
    values: {
      ...printedValues(type, record),
      GTCZZT: holders
        .slice(1)
        .map(({ name }) => name)
        .join('、'),
    },
    lists,
    mark: type.mark,
    notice: noticeOf(record),
    host,
  };
}
