// What a license of a type will look like, before there is one: made-up words for every element, as long as the type allows.
import { encodePng, readPng } from '../formats/picture/png.ts';
import { wordsOf, type Fill } from './preview-words.ts';
import type { PageContent } from './page-layout.ts';
import type { PagePhoto } from './page-photo.ts';
import type { PageRenderer } from './page-renderer.ts';
import { HOLDERS_LIST } from './template.ts';
import type { FaceRow } from './face-rows.ts';
import type { FaceField, LicenseType } from './type.ts';

/** `typical` words, or the `longest` that the type lets in: what then does not fit is refused when it is issued. */
export type { Fill };

/** Stands in the place of `样章`, so that no picture of a preview passes for a license. */
const PREVIEW_MARK = '预览';

function valueOf(field: FaceField, fill: Fill): string {
  switch (field.kind) {
    case 'date':
      return '2026年11月22日';
    case 'integer':
      return fill === 'longest' ? '9'.repeat(Math.min(15, field.maxLength)) : '1';
    case 'choice':
      return (
        (field.choices ?? []).toSorted((a, b) => (fill === 'longest' ? b.length - a.length : 0))[0] ?? ''
      );
    default:
      return wordsOf(field.label, field.maxLength, fill);
  }
}

function rowsOf({ columns = [], maxLength }: FaceField, fill: Fill): readonly FaceRow[] {
  const row = Object.fromEntries(
    columns.map(({ name, label, maxLength: most }) => [name, wordsOf(label, most, fill)]),
  );
  return Array.from({ length: Math.min(maxLength, fill === 'longest' ? 40 : 6) }, () => row);
}

function holdersOf({ holders }: LicenseType, fill: Fill): readonly FaceRow[] {
  const roles = holders?.roles ?? [''];
  const count =
    fill === 'longest'
      ? (holders?.maximum ?? 1)
      : Math.max(holders?.minimum ?? 1, Math.min(2, holders?.maximum ?? 1));
  return Array.from({ length: count }, (_, index) => ({
    CZZT: wordsOf('持证主体', 12, fill),
    CZZTDM: '（代码）',
    JS: roles[Math.min(index, roles.length - 1)] ?? '',
    FE: holders?.shares === true ? '50%' : '',
  }));
}

function termOf({ validity }: LicenseType): Readonly<Record<string, string>> {
  const from = '2026年11月22日';
  if (validity.kind === 'endless') return { ZZYXQQSRQ: from, ZZYXQJZRQ: '', ZZYXQ: '长期' };
  const years = validity.kind === 'years' ? validity.years : validity.maximumYears;
  const until = `${2026 + years}年11月21日`;
  return { ZZYXQQSRQ: from, ZZYXQJZRQ: until, ZZYXQ: `${from}至${until}` };
}

/** @param host printed beside the code */
export function previewContent(type: LicenseType, fill: Fill, host: string): PageContent {
  const residents = type.holderKinds.includes('resident');
  const own = type.fields.flatMap((field) =>
    field.kind === 'list' ? [] : [[field.name, valueOf(field, fill)] as const],
  );
  const lists = type.fields.flatMap((field) =>
    field.kind === 'list' ? [[field.name, rowsOf(field, fill)] as const] : [],
  );
  return {
    template: type.template,
    values: {
      ZZMC: type.name,
      ZZLXDM: type.typeCode,
      ZZBH: wordsOf(type.number.label, 24, 'typical'),
      ZZBS: `1.2.156.3005.2.${type.typeCode}.${type.issuer.creditCode}.00000000000.001.0`,
      ZZBFJG: type.issuer.name,
      ZZBFJGDM: type.issuer.creditCode,
      ZZBFRQ: '2026年11月22日',
      CZZT: wordsOf('持证主体', residents ? 12 : 40, fill),
      CZZTDM: residents ? '（公民身份号码）' : '（统一社会信用代码）',
      CZZTDMLX: residents ? '公民身份号码' : '统一社会信用代码',
      CZZTDMLXDM: residents ? '111' : '001',
      GTCZZT: wordsOf('其他持证主体', 24, fill),
      JGBM: type.supervisor.name,
      ...termOf(type),
      ...Object.fromEntries(own),
    },
    lists: { ...Object.fromEntries(lists), [HOLDERS_LIST]: holdersOf(type, fill) },
    mark: PREVIEW_MARK,
    host,
  };
}

/** Digits that no license has: whoever scans a preview is told that the code is none. */
const NO_CODE = '0'.repeat(593);

/** A PDF of the preview, unsigned. @throws LicenseError `glyph-missing`, `text-overflow`, `page-failed` */
export function previewPdf(
  renderer: PageRenderer,
  type: LicenseType,
  fill: Fill,
  place: { readonly host: string; readonly prefix: string; readonly at: Date },
): Promise<Uint8Array> {
  return renderer.draw({
    ...previewContent(type, fill, place.host),
    ...(type.photo === undefined ? {} : { photo: greyPhoto() }),
    code: { prefix: place.prefix, digits: NO_CODE },
    record: new TextEncoder().encode('{}'),
    metadata: {
      title: `${type.name}（${PREVIEW_MARK}）`,
      author: type.issuer.name,
      subject: `${type.typeCode} ${type.edition}`,
      createdAt: place.at.getTime(),
    },
  });
}

/** A plain grey picture of 35 × 49. */
function greyPhoto(): PagePhoto {
  const size = { width: 35, height: 49, components: 1 } as const;
  const { packed } = readPng(encodePng(size, new Uint8Array(size.width * size.height).fill(0xcc)));
  return { width: size.width, height: size.height, colours: 'grey', coding: 'png', data: packed };
}
