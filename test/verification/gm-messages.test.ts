// Messages of GB/T 35275: both profiles that documents use, mixtures of the two families of identifiers, both forms of value.
import assert from 'node:assert/strict';
import { joinBytes, toBase64 } from '../../formats/bytes.ts';
import { encodeSignedAttributes } from '../../formats/cms/attributes.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { issuerAndSerialOf } from '../../formats/x509/certificate.ts';
import { TAG, readDer } from '../../formats/x509/der.ts';
import { derToRaw } from '../../formats/x509/ecdsa-signature.ts';
import {
  explicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  tagged,
} from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { verifyBytes } from './deps.ts';
import { expectReport, type Expected } from './expect.ts';
import { signWith } from './pki.ts';
import { makeSealWorld, original, sealDeps, sm3 } from './seal-world.ts';
import { latin1 } from './signed-pdf.ts';

const world = makeSealWorld();

interface MessageOptions {
  readonly outer?: string;
  readonly inner?: string;
  /** Octets inside; detached where left out. */
  readonly content?: Uint8Array;
  /** Over what the attributes are; none where left out, and the signature is over the content. */
  readonly attributesOver?: Uint8Array;
  readonly attributeType?: string;
  /** The attributes as they come, not in the order of DER. */
  readonly unsorted?: boolean;
  readonly algorithm?: Uint8Array;
  readonly value?: (made: Uint8Array) => Uint8Array;
}

/** The members of a SET the other way round. */
function reversed(set: Uint8Array): Uint8Array {
  const limits = { maxBytes: 1 << 16, maxDepth: 20 };
  const members = readDer(set, limits, 'der-malformed', (top) =>
    top.inside(TAG.set, (inner) => inner.every((each) => each.element().bytes)),
  );
  return tagged(TAG.set, joinBytes(members.toReversed()));
}

/** A message with one signer, in SM2. */
function makeMessage(options: MessageOptions): Uint8Array {
  const { signer } = world;
  const digest = sequence(oid(OID.sm3), nullValue());
  const attributes =
    options.attributesOver === undefined
      ? null
      : encodeSignedAttributes({
          contentType: options.attributeType ?? options.inner ?? OID.gmData,
          messageDigest: sm3(options.attributesOver),
          signingCertificate: { digestAlgorithm: 'sm3', certificateDigest: sm3(signer.certificate) },
        });
  const ordered = options.unsorted === true && attributes !== null ? reversed(attributes) : attributes;
  const made = signWith(signer.key, ordered ?? options.content ?? original);
  const { content } = options;
  const signerInfo = sequence(
    integer(1),
    issuerAndSerialOf(signer.certificate),
    digest,
    ...(ordered === null ? [] : [Uint8Array.of(0xa0, ...ordered.subarray(1))]),
    options.algorithm ?? sequence(oid(OID.sm2WithSm3)),
    octetString(options.value?.(made) ?? made),
  );
  const inner = sequence(
    oid(options.inner ?? OID.gmData),
    ...(content === undefined ? [] : [explicit(0, octetString(content))]),
  );
  return sequence(
    oid(options.outer ?? OID.gmSignedData),
    explicit(
      0,
      sequence(integer(1), setOf([digest]), inner, tagged(0xa0, signer.certificate), setOf([signerInfo])),
    ),
  );
}

const raw = (made: Uint8Array): Uint8Array => derToRaw(made, 32);
const passes: Expected = ['TOTAL-PASSED', null, null];
const otherOriginal = { content: { kind: 'bytes', source: bytesSource(latin1('another')) } } as const;

describe('messages of GB/T 35275', () => {
  for (const [name, options, expected] of [
    ['without attributes, around the digest', { content: sm3(original) }, passes],
    ['without attributes, value as r‖s', { content: sm3(original), value: raw }, passes],
    [
      'without attributes, the algorithm by that of the curve',
      { content: sm3(original), algorithm: sequence(oid(OID.sm2Signature)) },
      passes,
    ],
    [
      'without attributes, around the base64 of the digest',
      { content: latin1(toBase64(sm3(original))) },
      passes,
    ],
    ['without attributes, around the original', { content: original }, passes],
    ['without attributes, beside the original', {}, passes],
    ['with attributes, detached', { attributesOver: original }, passes],
    ['with attributes, value as r‖s', { attributesOver: original, value: raw }, passes],
    ['with attributes, the inner type of PKCS #7', { attributesOver: original, inner: OID.data }, passes],
    [
      'with attributes, their type of the other family',
      { attributesOver: original, inner: OID.data, attributeType: OID.gmData },
      passes,
    ],
    ['with attributes, the outer type of CMS', { attributesOver: original, outer: OID.signedData }, passes],
    ['with attributes in any order', { attributesOver: original, unsorted: true }, passes],
    [
      'in CMS with attributes in any order, which is told there',
      { attributesOver: original, unsorted: true, outer: OID.signedData },
      passes,
    ],
    [
      'around the digest of something else',
      { content: sm3(latin1('another')) },
      ['TOTAL-FAILED', 'HASH_FAILURE', 'cms.content'],
    ],
    [
      'in CMS around the digest, which is no content there',
      { content: sm3(original), outer: OID.signedData, inner: OID.data },
      ['TOTAL-FAILED', 'HASH_FAILURE', 'cms.content'],
    ],
    [
      'with attributes over something else',
      { attributesOver: latin1('another') },
      ['TOTAL-FAILED', 'HASH_FAILURE', 'signature.content'],
    ],
    [
      'with a value that was changed',
      {
        attributesOver: original,
        value: (made: Uint8Array) => raw(made).map((octet, at) => (at === 5 ? octet ^ 1 : octet)),
      },
      ['TOTAL-FAILED', 'SIG_CRYPTO_FAILURE', 'signature.value'],
    ],
    [
      'with a type of something else in its attributes',
      { attributesOver: original, attributeType: OID.tstInfo },
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.content-type'],
    ],
  ] as readonly (readonly [string, MessageOptions, Expected])[])
    it(`${name}: ${expected.join(', ')}`, async () => {
      const report = await verifyBytes(makeMessage(options), sealDeps(world));
      assert.equal(report.kind, 'cms');
      expectReport(report, expected);
    });

  it('do not pass for another original', async () => {
    for (const options of [{ content: sm3(original) }, { attributesOver: original }, {}]) {
      const report = await verifyBytes(makeMessage(options), sealDeps(world, otherOriginal));
      assert.equal(report.conclusion, 'TOTAL-FAILED');
    }
  });

  it('say by whose identifier they are SignedData', () => {
    assert.equal(parseSignedData(makeMessage({})).syntax, 'gm');
    assert.equal(parseSignedData(makeMessage({ outer: OID.signedData })).syntax, 'cms');
  });
});
