// Metadata of GB/T 36903 in the PDF, as another program's XML reader sees it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { issueLicense } from '../../licenses/issue.ts';
import type { LicenseRecord } from '../../licenses/record.ts';
import { XMP_NAMESPACE, xmpDescriptions } from '../../licenses/xmp.ts';
import { requirePython, run } from '../programs.ts';
import { scale } from '../scale.ts';
import { openLicenseOffice, type LicenseOffice } from './license-office.ts';

/** Reads the properties of our namespace, and the names that the extension schema explains: Python's expat knows nothing of us. */
const READER = `
import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
own = '{${XMP_NAMESPACE}}'
values = {each.tag[len(own):]: each.text or '' for each in root.iter() if each.tag.startswith(own)}
names = [each.text for each in root.iter('{http://www.aiim.org/pdfa/ns/property#}name')]
print(json.dumps([values, names]))
`;

type Metadata = readonly [Readonly<Record<string, string>>, readonly string[]];

describe('metadata of a license', () => {
  let office: LicenseOffice;
  let python: string;

  before(async function () {
    python = requirePython(this, 'xml');
    office = await openLicenseOffice();
  });
  after(() => office.close());

  async function read(packet: string): Promise<Metadata> {
    const file = await office.office.district.file('packet.xml', new TextEncoder().encode(packet));
    const script = file.replace(/packet\.xml$/, 'read.py');
    writeFileSync(script, READER);
    return JSON.parse(run(python, [script, file])) as Metadata;
  }

  it('stands in the sealed PDF as XMP, says what the record says, and every property is explained', async function () {
    const license = await issueLicense(office.parts, office.food1());
    const pdf = Buffer.from(await office.office.load(license.document.digest)).toString('utf8');
    const packet = /<x:xmpmeta[\s\S]*<\/x:xmpmeta>/.exec(pdf)?.[0];
    assert.ok(packet, 'readable without inflating anything');
    const [values, names] = await read(packet);
    for (const name of ['ZZMC', 'ZZLXMC', 'ZZLXDM', 'ZZBH', 'ZZBS', 'ZZBFJG', 'ZZBFJGDM', 'ZZBFRQ', 'CZZT'])
      assert.equal(values[name], license.record[name], name);
    for (const name of ['CZZTDM', 'CZZTDMLX', 'CZZTDMLXDM', 'ZZYXQQSRQ', 'ZZYXQJZRQ', 'KZ_JYCS', 'KZ_JYXM'])
      assert.equal(values[name], license.record[name], name);
    assert.deepEqual(
      new Set(names),
      new Set(Object.keys(values)),
      'PDF/A allows no property that no schema explains',
    );
    for (const secret of ['salt', 'codeId'])
      assert.equal(packet.includes(license.record[secret] ?? ''), false, secret);
  });

  it('is well formed XML whatever the values are, and says them as they are', async () => {
    const value = fc.string({
      unit: fc.constantFrom('<', '>', '&', '"', "'", ']]>', '\n', ' ', '证', '𬭸', 'a'),
      maxLength: 30,
    });
    const records = fc.sample(fc.record({ ZZBH: value, CZZT: value, KZ_JYXM: value }), scale(8));
    for (const record of records as LicenseRecord[]) {
      const packet = `<r xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${xmpDescriptions(record).join('')}</r>`;
      const [values] = await read(packet);
      assert.deepEqual(values, { ...record });
    }
    // What XML cannot say is said as such, and does not break it.
    const [values] = await read(
      `<r xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${xmpDescriptions({ ZZBH: 'a\u{0}b\u{d800}c' }).join('')}</r>`,
    );
    assert.equal(values['ZZBH'], 'a\u{fffd}b\u{fffd}c');
  });
});
