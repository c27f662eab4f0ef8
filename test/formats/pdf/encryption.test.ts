// RC4 by its published vectors, and the choices a stream makes for itself.
import assert from 'node:assert/strict';
import { toHex } from '../../../formats/bytes.ts';
import { rc4 } from '../../../formats/pdf/ciphers.ts';
import { Decryption } from '../../../formats/pdf/encryption.ts';
import type { EncryptionParameters } from '../../../formats/pdf/encryption-parameters.ts';
import { entry, pdfArray, pdfDictionary, pdfName } from '../../../formats/pdf/objects.ts';
import { nodePdfCiphers } from '../../../verification/pdf-ciphers-node.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const none = new Uint8Array();
const parameters: EncryptionParameters = {
  version: 4,
  revision: 4,
  keyLength: 16,
  owner: none,
  user: none,
  ownerKey: none,
  userKey: none,
  sealedPermissions: none,
  permissions: -1,
  encryptsMetadata: true,
  streams: 'aes-128',
  strings: 'aes-128',
  embeddedFiles: 'none',
  filters: new Map([
    ['Identity', 'none'],
    ['Old', 'rc4'],
  ]),
};

describe('decryption of PDFs', () => {
  const owner = { number: 7, generation: 0 };
  const key = { key: new Uint8Array(16), role: 'user' } as const;
  const decryption = new Decryption(parameters, key, new Set([900]), nodePdfCiphers);

  it('RC4 agrees with RFC 6229 and the vectors of its time', () => {
    assert.equal(toHex(rc4(text('Key'), text('Plaintext'))), 'bbf316e8d940af0ad3');
    assert.equal(toHex(rc4(text('Wiki'), text('pedia'))), '1021bf0420');
    const vector = rc4(Uint8Array.of(1, 2, 3, 4, 5), new Uint8Array(256));
    assert.equal(toHex(vector.subarray(0, 16)), 'b2396305f03dc027ccc3524a0a1118a8');
    assert.equal(toHex(vector.subarray(240, 256)), '28cb1132c96ce286421dcaadb8b69eae');
  });

  it('a stream may name its own crypt filter, which is undone before the others', () => {
    const named = (name: string | null) =>
      pdfDictionary({
        Filter: pdfArray([pdfName('Crypt'), pdfName('FlateDecode')]),
        ...(name === null ? {} : { DecodeParms: pdfArray([pdfDictionary({ Name: pdfName(name) })]) }),
      });
    const raw = text('sixteen bytes ok');
    for (const name of [null, 'Identity']) {
      const { data, dictionary } = decryption.data(named(name), raw, owner);
      assert.deepEqual(data, raw);
      assert.deepEqual(entry(dictionary, 'Filter'), pdfArray([pdfName('FlateDecode')]));
    }
    const old = decryption.data(named('Old'), raw, owner).data;
    assert.notDeepEqual(old, raw);
    assert.deepEqual(decryption.data(named('Old'), old, owner).data, raw);
    assert.throws(() => decryption.data(named('Unknown'), raw, owner), { code: 'pdf-malformed' });
    assert.deepEqual(
      decryption.data(pdfDictionary({ Type: pdfName('EmbeddedFile') }), raw, owner).data,
      raw,
      'files attached have a filter of their own',
    );
  });

  it('what is no cipher text is refused, and what is never encrypted is left alone', () => {
    const string = { kind: 'string', bytes: text('open'), hex: true } as const;
    assert.throws(() => decryption.object(string, owner, 100), { code: 'pdf-malformed' });
    const blocks = { ...string, bytes: new Uint8Array(48) };
    assert.throws(() => decryption.object(blocks, owner, 100), { code: 'pdf-malformed' });
    const empty = { ...string, bytes: none };
    assert.deepEqual(decryption.object(empty, owner, 100), empty);
    assert.equal(decryption.object(string, owner, 900), string);
    const table = {
      kind: 'stream',
      dictionary: pdfDictionary({ Type: pdfName('XRef'), ID: string }),
      start: 0,
    } as const;
    assert.equal(decryption.object(table, owner, 100), table);
    const signature = pdfDictionary({ ByteRange: pdfArray([]), Contents: string });
    assert.deepEqual(decryption.object(signature, owner, 100), signature);
    const literal = pdfDictionary({ Type: pdfName('Sig'), Contents: { ...string, hex: false } });
    assert.throws(() => decryption.object(literal, owner, 100), { code: 'pdf-malformed' });
  });
});
