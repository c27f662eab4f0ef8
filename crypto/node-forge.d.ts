// The few functions of node-forge that are used here: two ciphers that nothing else has any more, and a byte buffer.
declare module 'node-forge' {
  interface ByteBuffer {
    getBytes(): string;
  }
  interface Cipher {
    start(options: { readonly iv: string } | string): void;
    update(input?: ByteBuffer): boolean;
    finish(): boolean;
    readonly output: ByteBuffer;
  }
  const forge: {
    readonly util: { createBuffer(bytes: string): ByteBuffer };
    readonly rc2: { createDecryptionCipher(key: string, bits: number): Cipher };
    readonly cipher: { createDecipher(algorithm: '3DES-CBC', key: string): Cipher };
  };
  export default forge;
}
