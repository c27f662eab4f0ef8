// Seals and their uses as bytes: what is read as it stands, what is tolerated, what is refused and for which part.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { FormatError } from '../../../formats/errors.ts';
import { SealFormatError, type SealPart } from '../../../formats/eseal/parts.ts';
import { recogniseSeal } from '../../../formats/eseal/recognise.ts';
import { parseSeal } from '../../../formats/eseal/seal.ts';
import { encodeSealInformation } from '../../../formats/eseal/seal-information.ts';
import { parseSealSignature } from '../../../formats/eseal/signature.ts';
import { TAG } from '../../../formats/x509/der.ts';
import {
  bitString,
  explicit,
  ia5String,
  integer,
  octetString,
  oid,
  sequence,
  tagged,
  utf8String,
} from '../../../formats/x509/der-writer.ts';
import { scale } from '../../scale.ts';
import { vectors } from '../../verification/chain-lines.ts';
import { informationOf, makeSeal, makeSealWorld, useSeal } from '../../verification/seal-world.ts';
import { members, replaced } from './members.ts';

const world = makeSealWorld();

function partOf(read: () => unknown): SealPart | null {
  try {
    read();
    return null;
  } catch (error) {
    assert.ok(error instanceof SealFormatError && error.code === 'seal-malformed', String(error));
    return error.part;
  }
}

const seal = makeSeal(world, 4);
const use = useSeal(world, 4);
const extension = sequence(oid('1.2.156.10197.6.7.2.2.1'), octetString(Uint8Array.of(0x32)));
/** DER forbids to write a default; some makers do. */
const writtenDefault = sequence(
  oid('1.2.156.10197.6.7.2.2.1'),
  tagged(TAG.boolean, Uint8Array.of(0)),
  octetString(Uint8Array.of(0x32)),
);

describe('a seal as bytes', () => {
  for (const version of [1, 4, 5] as const)
    it(`of version ${version} is read with the bytes that its maker signed`, () => {
      const made = makeSeal(world, version);
      const read = parseSeal(made);
      assert.equal(read.version, version);
      assert.deepEqual(read.der, made);
      const [information = new Uint8Array()] = members(made);
      if (version !== 1) assert.deepEqual(read.signed, information);
      else assert.deepEqual(members(read.signed)[0], information);
      assert.equal(read.information.id, '12010500000001');
      assert.equal(recogniseSeal(made), 'seal');
      assert.equal(recogniseSeal(made.subarray(0, 100)), 'seal');
    });

  it('is written as it was read', () => {
    for (const version of [4, 5] as const) {
      const input = informationOf(world, version, {
        information: { extensions: [{ oid: '1.2.3', critical: true, value: Uint8Array.of(1) }] },
      });
      const written = encodeSealInformation(input);
      const made = sequence(written, ...members(makeSeal(world, version)).slice(1));
      const { header, ...rest } = parseSeal(made).information;
      assert.deepEqual(encodeSealInformation({ ...rest, vendor: header.vendor, version }), written);
    }
  });

  for (const [name, list] of [
    ['untagged', sequence(extension)],
    ['under [0]', explicit(0, sequence(extension))],
    ['with a default written out', sequence(writtenDefault)],
  ] as const)
    it(`may have extension data ${name}`, () => {
      const [information = new Uint8Array(), ...rest] = members(seal);
      const read = parseSeal(sequence(sequence(...members(information), list), ...rest));
      assert.equal(read.information.extensions.length, 1);
      assert.equal(read.information.extensions[0]?.critical, false);
      // The bytes signed are those that stood there, not the ones that we would write.
      assert.deepEqual(read.signed, sequence(...members(information), list));
    });

  for (const [name, path, by, part] of [
    ['no information', [0], null, 'structure'],
    ['an information that is no sequence', [0], octetString(Uint8Array.of(1)), 'seal-information'],
    ['no header', [0, 0], null, 'header'],
    ['a header of something else', [0, 0, 0], ia5String('XX'), 'header'],
    ['a version that there is not', [0, 0, 1], integer(3), 'version'],
    ['no identifier', [0, 1], null, 'identifier'],
    ['no property', [0, 2], null, 'property'],
    ['a name of another type', [0, 2, 1], ia5String('name'), 'property'],
    ['no list type', [0, 2, 2], null, 'certificate-list-type'],
    ['a list type that there is not', [0, 2, 2], integer(3), 'certificate-list-type'],
    ['digests where certificates are said', [0, 2, 2], integer(2), 'certificate-list'],
    ['no list', [0, 2, 3], null, 'certificate-list'],
    ['an empty list', [0, 2, 3], sequence(), 'certificate-list'],
    ['no end', [0, 2, 6], null, 'period'],
    ['no dates', [0, 2, 4], utf8String('x'), 'period'],
    ['no picture', [0, 3], null, 'picture'],
    ['an empty picture', [0, 3, 1], octetString(new Uint8Array()), 'picture'],
    ['no maker certificate', [1], null, 'structure'],
    ['an empty maker certificate', [1], octetString(new Uint8Array()), 'maker-certificate'],
    ['an algorithm that is none', [2], integer(1), 'seal-algorithm'],
    ['a value that is none', [3], octetString(Uint8Array.of(1)), 'seal-signature'],
    ['an empty value', [3], bitString(new Uint8Array()), 'seal-signature'],
    ['unused bits in the value', [3], tagged(TAG.bitString, Uint8Array.of(1, 2)), 'seal-signature'],
  ] as const)
    it(`with ${name} is refused for its ${part}`, () => {
      const spoilt = replaced(seal, path, by);
      // Three members are those of no version: what is missing is told by what stands in its place.
      const found = partOf(() => parseSeal(spoilt));
      if (part === 'structure') assert.ok(found !== null, name);
      else assert.equal(found, part);
    });

  it('of version 1 may say 11, as the example of its standard does', () => {
    const read = parseSeal(replaced(makeSeal(world, 1), [0, 0, 1], integer(11)));
    assert.deepEqual([read.version, read.information.header.version], [1, 11]);
  });

  it('is refused where a version 4 seal carries a time-stamp, or a version 1 form calls itself another', () => {
    const stamp = explicit(0, bitString(Uint8Array.of(1)));
    assert.equal(
      partOf(() => parseSeal(sequence(...members(seal), stamp))),
      'version',
    );
    assert.equal(
      partOf(() => parseSeal(replaced(makeSeal(world, 1), [0, 0, 1], integer(4)))),
      'version',
    );
  });

  it('is refused with something after it, in BER, or too large', () => {
    assert.equal(
      partOf(() => parseSeal(Uint8Array.of(...seal, 0))),
      'structure',
    );
    assert.equal(
      partOf(() => parseSeal(Uint8Array.of(0x30, 0x80, ...seal.subarray(4), 0, 0))),
      'structure',
    );
    assert.equal(
      partOf(() => parseSeal(new Uint8Array((8 << 20) + 1))),
      'structure',
    );
  });

  it('is refused with more signers or extensions than anybody lists', () => {
    const many = sequence(...Array.from({ length: 101 }, () => octetString(Uint8Array.of(1))));
    assert.equal(
      partOf(() => parseSeal(replaced(seal, [0, 2, 3], many))),
      'certificate-list',
    );
    const [information = new Uint8Array(), ...rest] = members(seal);
    const list = sequence(...Array.from({ length: 65 }, () => extension));
    assert.equal(
      partOf(() => parseSeal(sequence(sequence(...members(information), list), ...rest))),
      'extensions',
    );
  });
});

describe('a use of a seal as bytes', () => {
  for (const version of [1, 4, 5] as const)
    it(`of version ${version} is read with the bytes that its signer signed`, () => {
      const made = useSeal(world, version);
      const read = parseSealSignature(made);
      assert.equal(read.version, version);
      assert.deepEqual(read.signed, members(made)[0]);
      assert.deepEqual(read.signerCertificate, world.signer.certificate);
      assert.equal(read.signingTime.kind, 'time');
      assert.equal(recogniseSeal(made), 'seal-signature');
      assert.equal(recogniseSeal(made.subarray(0, 100)), 'seal-signature');
    });

  for (const [name, path, by, part] of [
    ['no signed part', [0], octetString(Uint8Array.of(1)), 'signed-part'],
    ['no version', [0, 0], null, 'version'],
    ['the version of another seal', [0, 0], integer(5), 'version'],
    ['no seal', [0, 1], null, 'seal'],
    ['a seal without property', [0, 1, 0, 2], null, 'property'],
    ['no time', [0, 2], null, 'signing-time'],
    [
      'a time of version 1',
      [0, 2],
      tagged(TAG.utcTime, new TextEncoder().encode('261120000000Z')),
      'signing-time',
    ],
    ['no digest', [0, 3], null, 'data-hash'],
    ['a digest of no known length', [0, 3], bitString(new Uint8Array(31)), 'data-hash'],
    ['no name of the original', [0, 4], null, 'property-information'],
    ['an empty signer certificate', [1], octetString(new Uint8Array()), 'signer-certificate'],
    ['an algorithm that is none', [2], integer(1), 'signature-algorithm'],
    ['a value that is none', [3], octetString(Uint8Array.of(1)), 'signature'],
  ] as const)
    it(`with ${name} is refused for its ${part}`, () => {
      assert.equal(
        partOf(() => parseSealSignature(replaced(use, path, by))),
        part,
      );
    });

  it('is refused with a time-stamp in another place, or twice', () => {
    const stamp = explicit(0, bitString(Uint8Array.of(1)));
    assert.equal(parseSealSignature(sequence(...members(use), stamp)).timestamp?.length, 1);
    assert.equal(
      partOf(() => parseSealSignature(sequence(...members(use), stamp, stamp))),
      'structure',
    );
    assert.equal(
      partOf(() => parseSealSignature(sequence(...members(use), bitString(Uint8Array.of(1))))),
      'time-stamp',
    );
  });

  it('is recognised without its seal, and a certificate is not', () => {
    assert.equal(recogniseSeal(replaced(use, [0, 1], null)), 'seal-signature');
    assert.equal(recogniseSeal(world.signer.certificate), null);
    assert.equal(recogniseSeal(Uint8Array.of(0x30)), null);
  });
});

describe('mutated seals as bytes', () => {
  for (const version of [1, 4, 5] as const)
    it(`of version ${version} are read or refused by name`, () => {
      const made = useSeal(world, version);
      fc.assert(
        fc.property(
          fc.array(fc.record({ at: fc.nat(made.length - 1), by: fc.integer({ min: 1, max: 255 }) }), {
            minLength: 1,
            maxLength: 4,
          }),
          fc.nat(made.length),
          (changes, end) => {
            const mutated = made.slice();
            for (const { at, by } of changes) mutated[at] = (mutated[at] ?? 0) ^ by;
            for (const bytes of [mutated, mutated.subarray(0, end)])
              for (const read of [parseSeal, parseSealSignature, recogniseSeal])
                try {
                  read(bytes);
                } catch (error) {
                  assert.ok(error instanceof FormatError && error.code === 'seal-malformed', String(error));
                }
          },
        ),
        { numRuns: scale(1500) },
      );
    });
});

describe('foreign seals as bytes', () => {
  const folder = vectors('eseal');
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder ?? '', name)));

  before(function () {
    if (folder === null) this.skip();
  });

  it('are read to the end', () => {
    const four = parseSeal(read('UserV4.esl'));
    assert.deepEqual(
      [four.version, four.information.picture.type, four.information.picture.width],
      [4, 'PNG', 40],
    );
    assert.equal(parseSeal(read('UserV1.esl')).version, 1);
    const signature = parseSealSignature(read('SignedValueV4.dat'));
    assert.deepEqual(signature.seal.der, read('UserV4.esl').slice(0, signature.seal.der.length));
    assert.equal(signature.propertyInformation, '/Doc_0/Signs/Sign_0/Signature.xml');
    assert.ok(signature.dataHash.every((octet) => octet === 0));
  });
});
