// Organization codes against the worked examples of GB 11714 and the credit codes that hold them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FormatError } from '../../../formats/errors.ts';
import {
  completeOrganizationCode,
  holdsOrganizationCode,
} from '../../../formats/identifiers/organization-code.ts';
import { scale } from '../../scale.ts';

describe('organization code', () => {
  it('makes the worked check characters', () => {
    assert.equal(completeOrganizationCode('D2143569'), 'D2143569X');
    assert.equal(completeOrganizationCode('80210043'), '802100433');
  });

  it('is found inside credit codes, and missed where it is none', () => {
    assert.equal(holdsOrganizationCode('91110000802100433B'), true);
    assert.equal(
      holdsOrganizationCode('91350100M000100Y43'),
      completeOrganizationCode('M000100Y') === 'M000100Y4',
    );
    assert.equal(holdsOrganizationCode('91110000802100434B'), false);
    assert.equal(holdsOrganizationCode('911100008'), false);
  });

  it('refuses other characters and lengths', () => {
    for (const wrong of ['', '1234567', '123456789', '1234567a', '1234 678', '１２３４５６７８'])
      assert.throws(() => completeOrganizationCode(wrong), FormatError, wrong);
  });

  it('notices every changed digit', () => {
    const digit = fc.nat(9).map(String);
    fc.assert(
      fc.property(fc.array(digit, { minLength: 8, maxLength: 8 }), fc.nat(7), digit, (body, at, other) => {
        if (body[at] === other) return;
        const changed = body.with(at, other);
        assert.notEqual(
          completeOrganizationCode(body.join('')).at(-1),
          completeOrganizationCode(changed.join('')).at(-1),
        );
      }),
      { numRuns: scale(500) },
    );
  });
});
