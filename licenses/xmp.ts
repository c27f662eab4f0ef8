// Metadata of GB/T 36903 in the PDF: one XMP description under a namespace of our own, with the PDF/A schema that explains it.
import type { LicenseRecord } from './record.ts';

/** The standard names its elements and no namespace for XMP: this one is ours. */
export const XMP_NAMESPACE = 'urn:yinxin:gbt36903:1#';
const PREFIX = 'zz';

/** Elements of GB/T 36903-2018 with their Chinese names, in the standard's order. */
const ELEMENTS: Readonly<Record<string, string>> = {
  ZZMC: '证照名称',
  ZZLXMC: '证照类型名称',
  ZZLXDM: '证照类型代码',
  ZZBH: '证照编号',
  ZZBS: '证照标识',
  ZZBFJG: '证照颁发机构',
  ZZBFJGDM: '证照颁发机构代码',
  ZZBFRQ: '证照颁发日期',
  CZZT: '持证主体',
  CZZTDM: '持证主体代码',
  CZZTDMLX: '持证主体代码类型',
  CZZTDMLXDM: '持证主体代码类型代码',
  ZZYXQQSRQ: '证照有效期起始日期',
  ZZYXQJZRQ: '证照有效期截止日期',
  /** Ours: absent where the license was issued here (A). */
  KXDJ: '可信等级',
};

/** A character XML 1.0 cannot say. */
const NO_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function escaped(text: string): string {
  return text
    .replace(NO_XML, '\u{fffd}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

/** What of a record is metadata: the standard's elements and the face's, by short name. Salt and code id stay in the record. */
function propertiesOf(record: LicenseRecord): readonly (readonly [string, string])[] {
  const shared = Object.keys(ELEMENTS).flatMap((name): [string, string][] => {
    const value = name === 'KXDJ' ? record['trust'] : record[name];
    return value === undefined ? [] : [[name, value]];
  });
  const own = Object.entries(record)
    .filter(([name]) => /^KZ_[A-Z0-9]{1,20}$/.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [...shared, ...own];
}

/**
 * Two `rdf:Description` elements for the document's XMP packet: the values, and the extension schema without which PDF/A
 * (ISO 19005-3 §6.6.2.3.3) allows no property of one's own.
 * @param labels Chinese names of the type's own fields, by short name
 */
export function xmpDescriptions(
  record: LicenseRecord,
  labels: Readonly<Record<string, string>> = {},
): readonly string[] {
  const properties = propertiesOf(record);
  const values = properties.map(
    ([name, value]) => `<${PREFIX}:${name}>${escaped(value)}</${PREFIX}:${name}>`,
  );
  const schema = properties.map(([name]) =>
    [
      '<rdf:li rdf:parseType="Resource">',
      `<pdfaProperty:name>${name}</pdfaProperty:name>`,
      '<pdfaProperty:valueType>Text</pdfaProperty:valueType>',
      '<pdfaProperty:category>external</pdfaProperty:category>',
      `<pdfaProperty:description>${escaped(ELEMENTS[name] ?? labels[name] ?? '照面业务信息')}</pdfaProperty:description>`,
      '</rdf:li>',
    ].join(''),
  );
  return [
    `<rdf:Description rdf:about="" xmlns:${PREFIX}="${XMP_NAMESPACE}">${values.join('')}</rdf:Description>`,
    [
      '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"',
      ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"',
      ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">',
      '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">',
      '<pdfaSchema:schema>GB/T 36903-2018 电子证照 元数据规范</pdfaSchema:schema>',
      `<pdfaSchema:namespaceURI>${XMP_NAMESPACE}</pdfaSchema:namespaceURI>`,
      `<pdfaSchema:prefix>${PREFIX}</pdfaSchema:prefix>`,
      `<pdfaSchema:property><rdf:Seq>${schema.join('')}</rdf:Seq></pdfaSchema:property>`,
      '</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>',
    ].join(''),
  ];
}
