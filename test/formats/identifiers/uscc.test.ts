// Credit codes against the worked examples of GB 32100.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FormatError } from '../../../formats/errors.ts';
import { completeUscc, divisionOfUscc, isUscc, parseUscc } from '../../../formats/identifiers/uscc.ts';
import { scale } from '../../scale.ts';

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

describe('unified social credit code', () => {
  for (const code of [
    '91350100M000100Y43',
    '11100000000013338W',
    '91110000802100433B',
    '11120105000123457H',
    '11120105MB0000019A',
    '91120105MA0000015K',
  ]) {
    it(`accepts ${code}`, () => {
      assert.equal(completeUscc(code.slice(0, 17)), code);
      assert.equal(isUscc(code), true);
    });
  }

  it('reads what people type and tells the division', () => {
    assert.equal(parseUscc(' 11120105mb0000019a '), '11120105MB0000019A');
    assert.equal(divisionOfUscc('11120105MB0000019A'), '120105');
  });

  it('refuses letters outside the alphabet, wrong lengths and wrong check characters', () => {
    for (const wrong of [
      '',
      '11120105MB0000019B',
      '11120105MB000001',
      '11120105IO0000019A',
      '11120105MB0000019AA',
    ]) {
      assert.throws(
        () => parseUscc(wrong),
        new FormatError(
          'identifier-malformed',
          'Not a unified social credit code, or its check character is wrong.',
        ),
      );
    }
    assert.throws(() => completeUscc('short'), FormatError);
  });

  it('finds every single wrong character', () => {
    const character = fc.constantFrom(...Array.from(ALPHABET));
    fc.assert(
      fc.property(
        fc.array(character, { minLength: 9, maxLength: 9 }),
        fc.nat(16),
        character,
        (body, at, other) => {
          const code = completeUscc(`11120105${body.join('')}`);
          if (code.charAt(at) === other) return;
          assert.equal(isUscc(code.slice(0, at) + other + code.slice(at + 1)), false);
        },
      ),
      { numRuns: scale(300) },
    );
  });
});
