// What the gallery shows: a seal of every kind, names of every length, and a place of every kind.
import { toBase64 } from '../formats/bytes.ts';
import { writePng } from '../signing/seal-picture/png-writer.ts';
import { a4, gb1Font, pdfOf, utf16Hex } from '../test/signing/placing-documents.ts';

const long = '天津市河北区人民政府政务服务办公室行政审批局社会事务综合管理';
const first = (count) => Array.from(long).slice(0, count).join('');
const base = { purpose: null, code: '12010500000001', centre: null, demonstration: true, name: first(10) };
const company = '天津演示建设发展有限公司';

/** A ring with a bar, half transparent at its edge, as a scanned impression is. */
function filedPng() {
  const side = 420;
  const [colours, opacity] = [new Uint8Array(side * side * 3), new Uint8Array(side * side)];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const radius = Math.hypot(x - side / 2 + 0.5, y - side / 2 + 0.5);
      const ring = Math.min(1, Math.max(0, 208 - radius)) * Math.min(1, Math.max(0, radius - 190));
      const bar = Math.abs(y - side / 2) < 22 && Math.abs(x - side / 2) < 120 ? 0.85 : 0;
      colours.set([205, 20, 30], (y * side + x) * 3);
      opacity[y * side + x] = Math.round(255 * Math.max(ring, bar));
    }
  }
  return { format: 'png', data: toBase64(writePng({ width: side, height: side, colours, opacity })) };
}

const filedSvg = {
  format: 'svg',
  data:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><g fill="none" stroke="#cc1420" stroke-width="3">' +
    '<circle cx="50" cy="50" r="48"/><path d="M20 60a30 30 0 0 1 60 0" transform="rotate(8 50 50)"/></g>' +
    '<path fill="#cc1420" fill-rule="evenodd" d="M50 20 60 45 85 45 65 60 72 85 50 70 28 85 35 60 15 45 40 45Z M50 40 45 55 55 55Z"/></svg>',
};
const emblem = {
  format: 'svg',
  data:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60"><circle cx="30" cy="30" r="26" fill="none" stroke="#d7000f" stroke-width="3"/>' +
    '<path fill="#d7000f" d="M30 12 34 24 46 24 36 31 40 43 30 36 20 43 24 31 14 24 26 24Z"/></svg>',
};
const signature = {
  format: 'svg',
  data:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 120"><path d="M20 80C40 10 70 10 60 60S90 100 110 40s30 60 50 20 20-40 40 10 40 20 70-30" ' +
    'fill="none" stroke="#101040" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"/></svg>',
};

/** Name of the file, title, description. */
export const gallerySeals = [
  ...[4, 10, 16, 22, 30].map((count) => [
    `official-${count}`,
    `法定名称章, ${count} characters`,
    { ...base, kind: 'official', name: first(count), demonstration: false },
  ]),
  ['official-specimen', '法定名称章, specimen', { ...base, kind: 'official' }],
  ['government-empty', '区政府, place for the emblem', { ...base, kind: 'government' }],
  [
    'government',
    '区政府, emblem supplied',
    { ...base, kind: 'government', artwork: emblem, demonstration: false },
  ],
  ['special', '专用章', { ...base, kind: 'special-purpose', purpose: '行政许可专用章' }],
  [
    'special-star',
    '专用章 with a star',
    { ...base, kind: 'special-purpose', purpose: '行政许可专用章', centre: 'star' },
  ],
  ['finance', '财务专用章', { ...base, kind: 'finance', name: company }],
  ['contract', '合同专用章', { ...base, kind: 'contract', name: company }],
  ...[4, 12, 22, 30].map((count) => [
    `invoice-${count}`,
    `发票专用章, ${count} characters`,
    {
      ...base,
      kind: 'invoice',
      name: first(count),
      taxNumber: '91120105MA05R3TX8F',
      demonstration: count === 12,
    },
  ]),
  ...['李强', '张国华', '欧阳建国', '买买提·阿布都拉'].map((name, index) => [
    `personal-${index + 1}`,
    `法定代表人名章, ${Array.from(name).length} characters`,
    { ...base, kind: 'personal', name, demonstration: index === 1 },
  ]),
  [
    'handwritten',
    '手写签名',
    {
      ...base,
      kind: 'handwritten',
      name: '样本',
      artwork: signature,
      size: { width: 45, height: 18 },
      demonstration: false,
    },
  ],
  [
    'filed-png',
    '备案印模 PNG',
    { ...base, kind: 'filed', artwork: filedPng(), size: { width: 42, height: 42 } },
  ],
  [
    'filed-svg',
    '备案印模 SVG',
    { ...base, kind: 'filed', artwork: filedSvg, size: { width: 42, height: 42 }, demonstration: false },
  ],
];

const seal = { ...base, kind: 'official' };
const font = gb1Font('UniGB-UCS2-H');
const text = (x, y, words, size = 16) => `BT /F0 ${size} Tf 1 0 0 1 ${x} ${y} Tm ${utf16Hex(words)} Tj ET\n`;
const frame = ({ width, height }) => `0.6 G 20 20 ${width - 40} ${height - 40} re S\n`;
const page = (more = {}, extra = '') => {
  const size = { width: more.width ?? a4.width, height: more.height ?? a4.height };
  const content =
    frame(size) +
    text(60, size.height - 90, '准予行政许可决定书', 22) +
    text(60, size.height - 140, '审批机关（盖章）：') +
    extra;
  return { ...more, content };
};
const a3 = { width: 1190.55, height: 841.89 };
const mixed = [
  page(),
  page(a3),
  page({ rotate: 90 }),
  page({ rotate: 180 }),
  page({ ...a3, rotate: 270 }),
  page({ cropBox: [50, 100, 500, 700] }),
  page({ userUnit: 2, width: 420, height: 500 }),
];
const document = (pages, fields = []) => pdfOf({ pages, fonts: [font], fields });
const field = '<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/Rect[330 120 560 260]/F 4/P {page0}>>';
const small = '<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/Rect[330 120 400 170]/F 4/P {page0}>>';
const turns = [0, 90, 180, 270];

/** Name, title, document, pages, seal, placing, and how many pages are shown. */
export const galleryPlaces = [
  [
    'page',
    'Page and millimetres',
    document([page()]),
    1,
    seal,
    { place: { page: 1, centreX: 150, centreY: 235 } },
  ],
  ...turns.map((rotate) => [
    `turned-${rotate}`,
    `Page turned ${rotate}°, 40 mm from left and top`,
    document([page({ rotate })]),
    1,
    seal,
    { place: { page: 1, centreX: 40, centreY: 40 } },
  ]),
  [
    'crop',
    'Crop box',
    document([page({ cropBox: [100, 200, 500, 700] })]),
    1,
    seal,
    { place: { page: 1, centreX: 21, centreY: 21 } },
  ],
  [
    'unit',
    'UserUnit 2',
    document([page({ userUnit: 2, width: 300, height: 420 })]),
    1,
    seal,
    { place: { page: 1, centreX: 150, centreY: 235 } },
  ],
  [
    'anchor',
    '关键字 审批机关(盖章)',
    document([page()]),
    1,
    seal,
    { place: { anchor: { text: '审批机关(盖章)', offsetX: 10 } } },
  ],
  ...turns.map((rotate) => [
    `anchor-${rotate}`,
    `关键字 on a page turned ${rotate}°`,
    document([page({ rotate }, text(280, 420, '盖章处'))]),
    1,
    seal,
    { place: { anchor: { text: '盖章处' } } },
  ]),
  [
    'anchor-all',
    '关键字, every match',
    document([page({}, text(300, 420, '审批机关')), page()]),
    2,
    seal,
    { place: { anchor: { text: '审批机关', occurrence: 'all', offsetX: 12, offsetY: 6 } } },
  ],
  ['field', 'Prepared field', document([page()], [field]), 1, seal, { place: { field: 'seal' } }],
  [
    'field-small',
    'Prepared field smaller than the seal',
    document([page()], [small]),
    1,
    seal,
    { place: { field: 'seal' } },
  ],
  [
    'pages',
    'Same place on several pages',
    document(mixed),
    7,
    seal,
    { place: { pages: 'all', centreX: 60, centreY: 60 } },
  ],
  ...['right', 'left', 'top', 'bottom'].map((edge) => [
    `riding-${edge}`,
    `骑缝章, ${edge} edge, mixed pages`,
    document(mixed),
    7,
    seal,
    { place: { riding: { edge } } },
  ]),
  ['riding-one', '骑缝章, one page', document([page()]), 1, seal, { place: { riding: {} } }],
  [
    'riding-two',
    '骑缝章, two pages, double-sided',
    document([page(), page()]),
    2,
    seal,
    { place: { riding: { alternate: true } } },
  ],
  [
    'riding-300',
    '骑缝章, 300 pages, 20 to a seal',
    document(Array.from({ length: 300 }, () => page())),
    300,
    seal,
    { place: { riding: { pagesPerSeal: 20 } } },
    6,
  ],
  [
    'riding-besides',
    'A seal at a text and a riding seal, one signature',
    document([page(), page(), page()]),
    3,
    seal,
    { place: { anchor: { text: '审批机关', occurrence: -1, offsetX: 60, offsetY: 20 } }, riding: {} },
  ],
];
