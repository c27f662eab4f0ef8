// Names as some issuers of seals' certificates write them: text of another type than the one named.
import assert from 'node:assert/strict';
import { TAG, readDer } from '../../../formats/x509/der.ts';
import { oid, sequence, setOf, tagged } from '../../../formats/x509/der-writer.ts';
import { nameText, readName } from '../../../formats/x509/name.ts';
import { OID } from '../../../formats/x509/oid.ts';

const chinese = new TextEncoder().encode('印章');

function nameWith(type: string, tag: number): Uint8Array {
  return sequence(setOf([sequence(oid(type), tagged(tag, chinese))]));
}

describe('Chinese in an ASCII type of a name', () => {
  for (const [type, tag] of [
    [OID.emailAddress, TAG.ia5String],
    [OID.organizationName, TAG.printableString],
  ] as const)
    it(`is a name without text: ${type}`, () => {
      const der = nameWith(type, tag);
      const name = readDer(der, { maxBytes: 1024, maxDepth: 8 }, 'certificate-malformed', readName);
      assert.deepEqual(name.der, der);
      assert.equal(name.rdns[0]?.[0]?.value, null);
      assert.match(nameText(name), /=#[0-9a-f]+$/);
    });
});
