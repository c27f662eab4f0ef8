// Resident numbers against GB 11643's own sample and made-up numbers.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FormatError } from '../../../formats/errors.ts';
import {
  completeResidentNumber,
  maskResidentNumber,
  parseResidentNumber,
} from '../../../formats/identifiers/resident-number.ts';
import { scale } from '../../scale.ts';

const TODAY = new Date('2026-11-22T04:00:00Z');

describe('resident number', () => {
  it("agrees with the standard's sample and the made-up number of the district", () => {
    assert.equal(completeResidentNumber('11010519491231002'), '11010519491231002X');
    assert.deepEqual(parseResidentNumber('120105199001010012', TODAY), {
      number: '120105199001010012',
      division: '120105',
      birthDate: '1990-01-01',
      sex: 'male',
    });
    assert.equal(parseResidentNumber(' 11010519491231002x', TODAY).sex, 'female');
  });

  it('refuses wrong check characters, impossible dates and the unborn, without repeating the number', () => {
    const impossible = completeResidentNumber('12010519900230001');
    const tomorrow = completeResidentNumber('12010520261123001');
    for (const wrong of ['120105199001010013', impossible, tomorrow, '12010519900101001', '', 'ab']) {
      assert.throws(
        () => parseResidentNumber(wrong, TODAY),
        (error) =>
          error instanceof FormatError &&
          error.code === 'identifier-malformed' &&
          (wrong === '' || !error.message.includes(wrong)),
      );
    }
  });

  it('counts the day in Beijing', () => {
    const born = completeResidentNumber('12010520261123001');
    assert.equal(parseResidentNumber(born, new Date('2026-11-22T16:00:00Z')).birthDate, '2026-11-23');
  });

  it('finds every single wrong digit', () => {
    fc.assert(
      fc.property(fc.nat(999), fc.nat(16), fc.nat(9), (sequence, at, digit) => {
        const number = completeResidentNumber(`12010519900101${String(sequence).padStart(3, '0')}`);
        if (number.charAt(at) === String(digit)) return;
        assert.throws(() =>
          parseResidentNumber(number.slice(0, at) + String(digit) + number.slice(at + 1), TODAY),
        );
      }),
      { numRuns: scale(300) },
    );
  });

  it('masks the middle', () => {
    assert.equal(maskResidentNumber('120105199001010012'), '1201**********0012');
    assert.equal(maskResidentNumber('123'), '***');
  });
});
