// What reading a certificate loses, and lints ask for.
import type { Certificate } from '../../formats/x509/certificate.ts';
import { DerReader, TAG } from '../../formats/x509/der.ts';

export interface RawFields {
  /** Tags of notBefore and notAfter: which of two forms a time has. */
  readonly times: readonly number[];
  /** Tags after the public key: `[3]` alone where all is well; others are members that nobody reads. */
  readonly rest: readonly number[];
}

/** @param certificate - read before, so its bytes are sound. */
export function rawFields({ tbs }: Certificate): RawFields {
  return new DerReader(tbs, 'certificate-malformed').sequence((fields) => {
    while (fields.peek() !== TAG.integer) fields.element();
    for (let skipped = 0; skipped < 3; skipped += 1) fields.element();
    const times = fields.sequence((validity) => validity.every((time) => time.element().tag));
    for (let skipped = 0; skipped < 2; skipped += 1) fields.element();
    return { times, rest: fields.every((member) => member.element().tag) };
  });
}
