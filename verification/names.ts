// Distinguished names compared as RFC 5280 section 7.1 says: case, spacing and string type apart, boundaries kept.
import { toHex } from '../formats/bytes.ts';
import type { Name, NameAttribute } from '../formats/x509/name.ts';

function attributeKey({ type, value, der }: NameAttribute): string {
  if (value === null) return `${type}=#${toHex(der)}`;
  const folded = value.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');
  return `${type}=${JSON.stringify(folded)}`;
}

/** One text per RDN; attributes of a multi-valued RDN in a fixed order. */
export function rdnKeys(name: Name): readonly string[] {
  return name.rdns.map((rdn) => rdn.map(attributeKey).sort().join('+'));
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
