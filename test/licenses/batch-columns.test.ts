// Tables of licenses as rows of a batch: columns by any of their names, refusals of a table and of a row.
import assert from 'node:assert/strict';
import { readCsv } from '../../formats/csv.ts';
import { rowReader } from '../../licenses/batch-columns.ts';
import type { BatchRow } from '../../licenses/batch.ts';
import { LicenseError } from '../../licenses/errors.ts';
import { openLicenseOffice, type LicenseOffice } from './license-office.ts';

describe('a table of licenses', () => {
  let office: LicenseOffice;
  before(async () => {
    office = await openLicenseOffice();
  });
  after(() => office.close());

  const rowsOf = (text: string, kind: 'issue' | 'import' = 'issue'): readonly BatchRow[] => {
    const [header, ...rows] = [...readCsv(text, { rows: 100, columns: 50, cell: 1000 })];
    assert.ok(header);
    return rows.map(rowReader(office.food, kind, header.cells));
  };

  it('has columns by our names, by GB/T 36903 short names, or by Chinese names', () => {
    const label = office.food.fields[0]?.label ?? '';
    const name = office.food.fields[0]?.name ?? '';
    const chinese = rowsOf(`序号,证照编号,持证主体,持证主体代码,${label}\n1,JY1,甲,91,乙\n`);
    const short = rowsOf(`reference,ZZBH,CZZT,CZZTDM,${name}\n1,JY1,甲,91,乙\n`);
    assert.deepEqual(chinese, short);
    assert.deepEqual(chinese, [
      {
        reference: '1',
        order: {
          type: office.food.typeCode,
          number: 'JY1',
          holder: { kind: 'enterprise', name: '甲', code: '91' },
          face: { [name]: '乙' },
          validity: {},
        },
      },
    ]);
  });

  it('is refused for a column that nothing is called, that comes twice, or that is missing', () => {
    const invalid = (text: string, words: RegExp, kind: 'issue' | 'import' = 'issue'): void =>
      assert.throws(
        () => rowsOf(text, kind),
        (error) =>
          error instanceof LicenseError && error.code === 'batch-invalid' && words.test(error.message),
      );
    invalid('证照编号,持证主体,持证主体代码,颜色\n', /Column 4/);
    invalid('证照编号,ZZBH,持证主体,持证主体代码\n', /mean the same/);
    invalid('证照编号,持证主体\n', /holder.code/);
    invalid('证照编号,持证主体,持证主体代码\n', /original.issuedOn/, 'import');
    invalid('证照编号,持证主体,持证主体代码,原证颁发日期\n', /batch of imports/);
  });

  it('has rows that are refused by themselves', () => {
    const [short, kind] = rowsOf('序号,证照编号,持证主体,持证主体代码,holder.kind\n7,JY1\n8,JY1,甲,91,dog\n');
    assert.deepEqual(short, {
      reference: '7',
      refused: { code: 'row-malformed', message: 'Line 2 has 2 cells where the header has 5.' },
    });
    assert.ok(kind !== undefined && 'refused' in kind && kind.reference === '8');
  });
});
