// Distinguished names compared as RFC 5280 section 7.1 says: case, spacing and string type apart, boundaries kept.
import { toHex } from '../formats/bytes.ts';
import { TAG, readDer } from '../formats/x509/der.ts';
import { sequence } from '../formats/x509/der-writer.ts';
import { readName } from '../formats/x509/name.ts';
import type { Name, NameAttribute } from '../formats/x509/name.ts';

const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

function attributeKey({ type, value, der }: NameAttribute): string {
  if (value === null) return `${type}=#${toHex(der)}`;
  // Most are ASCII with single spaces inside, which folding leaves as they are but for their case.
  const plain = PLAIN.test(value) ? value : value.normalize('NFKC').trim().replace(/\s+/g, ' ');
  const folded = plain.toLowerCase();
  return `${type}=${JSON.stringify(folded)}`;
}

/** RDNs of names looked at before. */
const rdns = new WeakMap<Name, readonly string[]>();

/** One text per RDN; attributes of a multi-valued RDN in a fixed order. */
export function rdnKeys(name: Name): readonly string[] {
  let known = rdns.get(name);
  if (known === undefined) {
    known = name.rdns.map((rdn) => rdn.map(attributeKey).sort().join('+'));
    rdns.set(name, known);
  }
  return known;
}

/** Keys made before: the names of certificates that come often are the same values each time. */
const keys = new WeakMap<Name, string>();

/** Equal for equal names. */
export function nameKey(name: Name): string {
  let key = keys.get(name);
  if (key === undefined) {
    key = rdnKeys(name).join('/');
    keys.set(name, key);
  }
  return key;
}

/**
 * Key of the name that `relative`, an RDN under an implicit tag, makes under `base` (nameRelativeToCRLIssuer).
 * @throws FormatError `certificate-malformed`
 */
export function relativeNameKey(base: Name, relative: Uint8Array): string {
  const rdn = new Uint8Array(relative);
  rdn[0] = TAG.set;
  const name = readDer(sequence(rdn), { maxBytes: 1 << 16, maxDepth: 8 }, 'certificate-malformed', readName);
  return [...rdnKeys(base), ...rdnKeys(name)].join('/');
}
