// Constants of SM2: the recommended curve (GB/T 32918.5), the default identifier (GB/T 35276), the standard's example.
import { fromHex, joinBytes } from '../formats/bytes.ts';

/** The curve's parameters as hexadecimal numbers (GB/T 32918.5 clause 2). */
export const SM2_CURVE = {
  p: 'fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff',
  a: 'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc',
  b: '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93',
  n: 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123',
  gx: '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7',
  gy: 'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
} as const;

/** GB/T 35276-2017 clause 10: the identifier of a signer who has none of his own. */
const DEFAULT_ID = new TextEncoder().encode('1234567812345678');

/** ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG: what stands before the public key in Z_A (GB/T 32918.2 clause 5.5). */
export const ENTL_ID_AND_CURVE: Uint8Array = joinBytes([
  Uint8Array.of(0x00, DEFAULT_ID.length * 8),
  DEFAULT_ID,
  ...[SM2_CURVE.a, SM2_CURVE.b, SM2_CURVE.gx, SM2_CURVE.gy].map(fromHex),
]);

/** SubjectPublicKeyInfo up to the point's coordinates: id-ecPublicKey, the SM2 curve, uncompressed. */
const SPKI_HEAD = '3059301306072a8648ce3d020106082a811ccf5501822d03420004';
const EXAMPLE_POINT =
  '09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
  'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13';
const EXAMPLE_SCALAR = '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8';

/** The example of GB/T 32918.5 annex A.2: key, message, Z_A and a signature that must verify. */
export const sm2Example = {
  spki: fromHex(SPKI_HEAD + EXAMPLE_POINT),
  pkcs8: fromHex(
    `308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420${EXAMPLE_SCALAR}a14403420004${EXAMPLE_POINT}`,
  ),
  message: new TextEncoder().encode('message digest'),
  prefix: fromHex('b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3'),
  nonce: fromHex('59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21'),
  signature: fromHex(
    '3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3' +
      '022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
  ),
} as const;
