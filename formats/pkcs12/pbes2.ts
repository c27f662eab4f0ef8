// PBES2 parameters (RFC 8018 appendix A) in full: what whoever decrypts by himself must know.
import { readAlgorithm, type AlgorithmIdentifier } from '../x509/algorithm.ts';
import { TAG, readDer } from '../x509/der.ts';

export interface Pbes2 {
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** OID of the pseudo-random function; null for HMAC-SHA-1, the default. */
  readonly prf: string | null;
  /** OID of the cipher. */
  readonly cipher: string;
  readonly iv: Uint8Array;
}

const OIDS = { pbes2: '1.2.840.113549.1.5.13', pbkdf2: '1.2.840.113549.1.5.12' } as const;
const LIMITS = { maxBytes: 4096, maxDepth: 10 } as const;
const CODE = 'pkcs12-malformed';

/** @returns null for another scheme. @throws FormatError `pkcs12-malformed` and the reader's codes. */
export function pbes2Of({ oid, parameters }: AlgorithmIdentifier): Pbes2 | null {
  if (oid !== OIDS.pbes2 || parameters === null) return null;
  const { derivation, encryption } = readDer(parameters, LIMITS, CODE, (top) =>
    top.sequence((fields) => ({ derivation: readAlgorithm(fields), encryption: readAlgorithm(fields) })),
  );
  if (derivation.oid !== OIDS.pbkdf2 || derivation.parameters === null || encryption.parameters === null) {
    return null;
  }
  const iv = readDer(encryption.parameters, LIMITS, CODE, (top) => top.octetString());
  return readDer(derivation.parameters, LIMITS, CODE, (top) =>
    top.sequence((fields): Pbes2 => {
      const salt = fields.octetString();
      const iterations = fields.smallInteger();
      if (iterations < 1) throw fields.refusal('An iteration count is not positive.');
      // keyLength says again what the cipher's name says.
      if (fields.peek() === TAG.integer) fields.smallInteger();
      const prf = fields.peek() === null ? null : readAlgorithm(fields).oid;
      return { salt, iterations, prf, cipher: encryption.oid, iv };
    }),
  );
}
