// What an administrator's certificate signs to agree to a restore: one text that no login and no document can be taken for.
import { FormatError } from '../errors.ts';

/** Everything an agreement is bound to. */
export interface RestoreAgreement {
  /** `<digest>:<hex>` of the backup's manifest. */
  readonly backup: string;
  /** Not good after: ISO 8601, UTC. */
  readonly until: string;
  /** SHA-256 of the certificate, lower-case hexadecimal. */
  readonly certificate: string;
}

const HEAD = 'yinxin restore approval v1: this agrees to a restore, it is no login and no document';

const patterns: Readonly<Record<keyof RestoreAgreement, RegExp>> = {
  backup: /^(?:sha256|sm3):[0-9a-f]{64}$/,
  until: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/,
  certificate: /^[0-9a-f]{64}$/,
};

/**
 * The bytes that are signed: UTF-8, one line a fact, in this order, a line feed after each.
 * @throws FormatError `value-out-of-range` for a fact that does not belong there.
 */
export function restoreAgreementBytes(agreement: RestoreAgreement): Uint8Array {
  const names = ['backup', 'until', 'certificate'] as const;
  const lines = names.map((name) => {
    const value = agreement[name];
    if (!patterns[name].test(value))
      throw new FormatError('value-out-of-range', `The ${name} of an agreement to a restore does not hold.`);
    return `${name}: ${value}\n`;
  });
  return new TextEncoder().encode(`${HEAD}\n${lines.join('')}`);
}
