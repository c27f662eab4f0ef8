// Taking DER apart and putting it together otherwise, member by member.
import { readDer } from '../../../formats/x509/der.ts';
import { sequence } from '../../../formats/x509/der-writer.ts';

/** Members of a SEQUENCE, each as it stands. */
export function members(der: Uint8Array): Uint8Array[] {
  return readDer(der, { maxBytes: 1 << 20, maxDepth: 20 }, 'der-malformed', (top) =>
    top.sequence((inner) => inner.every((each) => each.element().bytes)),
  );
}

/** The value with the member at a path of indices replaced; left out where `by` is null. */
export function replaced(der: Uint8Array, path: readonly number[], by: Uint8Array | null): Uint8Array {
  const [at, ...rest] = path;
  return sequence(
    ...members(der).flatMap((member, index) => {
      if (index !== at) return [member];
      if (rest.length > 0) return [replaced(member, rest, by)];
      return by === null ? [] : [by];
    }),
  );
}
