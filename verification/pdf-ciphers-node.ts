// The ciphers of encrypted PDFs on node:crypto. Only to read what others encrypted; see formats/pdf/ciphers.ts.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { joinBytes } from '../formats/bytes.ts';
import type { PdfCiphers } from '../formats/pdf/ciphers.ts';

function cbc(key: Uint8Array): 'aes-128-cbc' | 'aes-256-cbc' {
  return key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc';
}

/** Ciphers and digests by node:crypto. */
export const nodePdfCiphers: PdfCiphers = {
  md5: (bytes) => new Uint8Array(createHash('md5').update(bytes).digest()),
  sha2: (bits, bytes) => new Uint8Array(createHash(`sha${bits}`).update(bytes).digest()),
  encryptCbc(key, iv, blocks) {
    const cipher = createCipheriv(cbc(key), key, iv).setAutoPadding(false);
    return joinBytes([cipher.update(blocks), cipher.final()]);
  },
  decryptCbc(key, iv, blocks) {
    const cipher = createDecipheriv(cbc(key), key, iv).setAutoPadding(false);
    return joinBytes([cipher.update(blocks), cipher.final()]);
  },
};
