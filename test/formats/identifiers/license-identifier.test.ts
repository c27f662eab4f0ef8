// License identifiers and seal codes against identifiers met in the wild and made-up ones of the district.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FormatError } from '../../../formats/errors.ts';
import {
  formatLicenseIdentifier,
  isTypeCode,
  mod3736,
  parseLicenseIdentifier,
} from '../../../formats/identifiers/license-identifier.ts';
import { formatSealCode, parseSealCode } from '../../../formats/identifiers/seal-code.ts';
import { scale } from '../../scale.ts';

const PARTS = {
  typeCode: '11100000000013338W011',
  issuerCode: '11120105000123457H',
  serial: '20260000001',
  version: '001',
};

describe('license identifier', () => {
  it('makes the worked check characters', () => {
    assert.equal(mod3736('ABC1'), 'V');
    assert.equal(
      formatLicenseIdentifier(PARTS),
      '1.2.156.3005.2.11100000000013338W011.11120105000123457H.20260000001.001.E',
    );
    assert.equal(
      formatLicenseIdentifier({ ...PARTS, version: '002' }),
      '1.2.156.3005.2.11100000000013338W011.11120105000123457H.20260000001.002.C',
    );
  });

  it('reads identifiers in circulation, the one with a division code too', () => {
    for (const real of [
      '1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U',
      '1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F',
      '1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9',
      '1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0',
    ]) {
      assert.equal(parseLicenseIdentifier(real).checkMatches, true, real);
    }
  });

  it('tells a wrong check character and refuses wrong segments', () => {
    const wrong = '1.2.156.3005.2.11100000000013338W011.11120105000123457H.20260000001.001.D';
    assert.equal(parseLicenseIdentifier(wrong).checkMatches, false);
    for (const bad of ['', '1.2.156.3005.2.1.2.3.4.5', wrong.toLowerCase(), `${wrong}.X`]) {
      assert.throws(() => parseLicenseIdentifier(bad), FormatError);
    }
    for (const bad of [
      { serial: '' },
      { serial: 'A-1' },
      { version: '000' },
      { version: '1' },
      { typeCode: 'X' },
      { issuerCode: '120105' },
    ]) {
      assert.throws(() => formatLicenseIdentifier({ ...PARTS, ...bad }), FormatError);
    }
    assert.equal(isTypeCode('11100000000013338W011'), true);
    assert.equal(isTypeCode('11100000000013338X011'), false);
  });

  it('reads back what it writes and notices every changed character of the serial', () => {
    const character = fc.constantFrom(...Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'));
    fc.assert(
      fc.property(
        fc.array(character, { minLength: 1, maxLength: 40 }),
        fc.nat(39),
        character,
        (serial, at, other) => {
          const text = formatLicenseIdentifier({ ...PARTS, serial: serial.join('') });
          assert.deepEqual(parseLicenseIdentifier(text), {
            ...PARTS,
            serial: serial.join(''),
            checkMatches: true,
          });
          if (at >= serial.length || serial[at] === other) return;
          // By its place: a serial of one digit stands in the root as well.
          const changed = text.split('.').with(7, serial.with(at, other).join(''));
          assert.equal(parseLicenseIdentifier(changed.join('.')).checkMatches, false);
        },
      ),
      { numRuns: scale(300) },
    );
  });
});

describe('seal code', () => {
  it('is division and serial', () => {
    assert.equal(formatSealCode({ division: '120105', serial: 1 }), '12010500000001');
    assert.deepEqual(parseSealCode('12010500000399'), { division: '120105', serial: 399 });
    assert.throws(() => parseSealCode('1201050000001'), FormatError);
    assert.throws(() => parseSealCode('02010500000001'), FormatError);
    assert.throws(() => formatSealCode({ division: '120105', serial: 100_000_000 }), FormatError);
    assert.throws(() => formatSealCode({ division: '12', serial: 1 }), FormatError);
  });
});
