// COSE_Sign1, claims and compact JWS: signed by node:crypto, read back, damaged.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { Decoder } from 'cbor-x';
import fc from 'fast-check';
import { CompactSign, compactVerify } from 'jose';
import { decodeBase64url, encodeBase64url } from '../../../formats/cose/base64url.ts';
import { encodeCbor, type CborValue } from '../../../formats/cose/cbor.ts';
import { decodeClaims, encodeClaims, type LicenseClaims } from '../../../formats/cose/cwt.ts';
import { encodeJws, jwsSigningInput, parseJws } from '../../../formats/cose/jws.ts';
import {
  decodeSign1,
  encodeProtectedHeader,
  encodeSign1,
  keyIdOf,
  sign1Input,
} from '../../../formats/cose/sign1.ts';
import { FormatError } from '../../../formats/errors.ts';
import { CLAIM, FACE } from '../../../formats/qr/labels.ts';
import { scale } from '../../scale.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyId = keyIdOf(
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest(),
);

const CLAIMS: LicenseClaims = {
  issuer: '11120105000123457H',
  issuedAt: new Date('2026-11-22T05:06:07Z'),
  expires: new Date('2031-11-21T16:00:00Z'),
  id: new Uint8Array(16).fill(7),
  version: 1,
  status: { list: 0, index: 130_000 },
  recordHash: new Uint8Array(16).fill(9),
  face: new Map<number, CborValue>([
    [FACE.typeCode, '11100000000013338W011'],
    [FACE.holder, '天津市样章餐饮有限公司'],
  ]),
};

function signed(payload: Uint8Array): Uint8Array {
  const protectedHeader = encodeProtectedHeader('ES256', keyId);
  const signature = sign('sha256', sign1Input(protectedHeader, payload), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return encodeSign1({ protectedHeader, payload, signature });
}

describe('COSE_Sign1', () => {
  it('signs, reads back and verifies', () => {
    const message = decodeSign1(signed(encodeClaims(CLAIMS)));
    assert.equal(message.algorithm, 'ES256');
    assert.deepEqual(message.keyId, keyId);
    const input = sign1Input(message.protectedHeader, message.payload);
    assert.ok(verify('sha256', input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, message.signature));
    assert.deepEqual(decodeClaims(message.payload), CLAIMS);
  });

  it('has the header of the design: 18 bytes around claims and signature', () => {
    const payload = encodeClaims(CLAIMS);
    // array head, two string heads of one to three bytes, empty map and the protected header {1: -7, 4: h'8 bytes'}
    assert.equal(
      Buffer.from(encodeProtectedHeader('ES256', keyId)).toString('hex'),
      `a2012604 48${Buffer.from(keyId).toString('hex')}`.replace(' ', ''),
    );
    assert.equal(signed(payload).length - payload.length - 64, 20);
    const foreign = new Decoder({ mapsAsObjects: false, useRecords: false }).decode(
      Buffer.from(payload),
    ) as Map<number, unknown>;
    assert.equal(foreign.get(CLAIM.version), 1);
    assert.equal(foreign.get(CLAIM.issuer), '11120105000123457H');
  });

  it('refuses other headers, other shapes and other algorithms', () => {
    const protectedHeader = encodeProtectedHeader('ES256', keyId);
    const empty = new Map<number, CborValue>();
    const good: readonly CborValue[] = [protectedHeader, empty, new Uint8Array(3), new Uint8Array(64)];
    decodeSign1(encodeCbor(good));
    const headers: readonly CborValue[] = [
      new Map<number, CborValue>([[1, -7]]),
      new Map<number, CborValue>([
        [1, -7],
        [4, keyId],
        [5, 1],
      ]),
      new Map<number, CborValue>([
        [1, -8],
        [4, keyId],
      ]),
      new Map<number, CborValue>([
        [1, -7],
        [4, keyId.slice(1)],
      ]),
      [1],
    ];
    const wrong: CborValue[] = [
      7,
      [],
      good.slice(0, 3),
      [...good, 0],
      [protectedHeader, new Map([[1, 1]]), new Uint8Array(3), new Uint8Array(64)],
      [protectedHeader, empty, 'text', new Uint8Array(64)],
      [protectedHeader, empty, new Uint8Array(3), new Uint8Array(63)],
      ...headers.map((header) => [encodeCbor(header), empty, new Uint8Array(3), new Uint8Array(64)]),
    ];
    for (const value of wrong) assert.throws(() => decodeSign1(encodeCbor(value)), FormatError);
    assert.throws(
      () => encodeSign1({ protectedHeader, payload: new Uint8Array(), signature: new Uint8Array(70) }),
      FormatError,
    );
    assert.throws(() => encodeProtectedHeader('ES256', new Uint8Array(4)), FormatError);
  });

  it('notices every changed bit', () => {
    const message = signed(encodeClaims(CLAIMS));
    for (let bit = 0; bit < message.length * 8; bit++) {
      const changed = message.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let accepted = false;
      try {
        const read = decodeSign1(changed);
        // A changed kid names another key, which is not in any list.
        accepted =
          Buffer.from(read.keyId).equals(Buffer.from(keyId)) &&
          verify(
            'sha256',
            sign1Input(read.protectedHeader, read.payload),
            { key: publicKey, dsaEncoding: 'ieee-p1363' },
            read.signature,
          );
      } catch (error) {
        assert.ok(error instanceof FormatError);
      }
      assert.equal(accepted, false, `bit ${bit}`);
    }
  });
});

describe('claims of a license code', () => {
  it('leaves out what a license does not have', () => {
    const endless = { ...CLAIMS, expires: null, status: null };
    assert.deepEqual(decodeClaims(encodeClaims(endless)), endless);
  });

  it('refuses missing, unknown and ill-typed claims', () => {
    const base = new Map<number, CborValue>([
      [CLAIM.issuer, 'x'],
      [CLAIM.issuedAt, 1],
      [CLAIM.id, new Uint8Array(16)],
      [CLAIM.version, 1],
      [CLAIM.recordHash, new Uint8Array(32)],
      [CLAIM.face, new Map()],
    ]);
    decodeClaims(encodeCbor(base));
    for (const label of base.keys()) {
      const without = new Map(base);
      without.delete(label);
      assert.throws(() => decodeClaims(encodeCbor(without)), FormatError);
      assert.throws(() => decodeClaims(encodeCbor(new Map(base).set(label, [1]))), FormatError);
    }
    for (const [label, value] of [
      [2, 'x'],
      [CLAIM.status, [1]],
      [CLAIM.status, [1, -1]],
      [CLAIM.expires, -1],
      [CLAIM.version, 0],
    ] as const) {
      assert.throws(
        () => decodeClaims(encodeCbor(new Map<number, CborValue>(base).set(label, value))),
        FormatError,
      );
    }
    assert.throws(() => decodeClaims(encodeCbor([1])), FormatError);
  });
});

describe('compact JWS', () => {
  const header = { alg: 'ES256', typ: 'statuslist+jwt' };

  it('is accepted by jose, and jose is accepted', async () => {
    const input = jwsSigningInput(header, { sub: '天津市河北区' });
    const token = encodeJws(
      input,
      sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    );
    const checked = await compactVerify(token, publicKey);
    assert.deepEqual(JSON.parse(Buffer.from(checked.payload).toString()), { sub: '天津市河北区' });
    const foreign = await new CompactSign(Buffer.from('{"a":1}')).setProtectedHeader(header).sign(privateKey);
    const read = parseJws(foreign, 10_000);
    assert.deepEqual([read.header, read.payload], [header, { a: 1 }]);
    assert.ok(
      verify('sha256', read.signingInput, { key: publicKey, dsaEncoding: 'ieee-p1363' }, read.signature),
    );
  });

  it('refuses other shapes', () => {
    const part = (text: string): string => encodeBase64url(new TextEncoder().encode(text));
    const token = `${part('{}')}.${part('{}')}.AAAA`;
    parseJws(token, 100);
    for (const wrong of [
      '',
      'a.b',
      `${token}.A`,
      `${part('[]')}.${part('{}')}.AA`,
      `${part('{"crit":[]}')}.${part('{}')}.AA`,
      `${part('{')}.e30.AA`,
    ]) {
      assert.throws(() => parseJws(wrong, 1000), FormatError);
    }
    assert.throws(() => parseJws(token, 10), FormatError);
  });

  it('spells base64url one way only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = encodeBase64url(bytes);
        assert.equal(text, Buffer.from(bytes).toString('base64url'));
        assert.deepEqual(decodeBase64url(text), bytes);
      }),
      { numRuns: scale(200) },
    );
    for (const wrong of ['A', 'AA==', 'AB', 'A+', 'AA\n', 'AAAAA'])
      assert.throws(() => decodeBase64url(wrong), FormatError);
  });
});
