// Random access to the bytes of a document: a file handle, a stored document or bytes in memory.

/** A document's bytes, read where they are needed. `DocumentHandle` of storage satisfies it. */
export interface ByteSource {
  /** Whole size in bytes; does not change while it is read. */
  readonly size: number;
  /** Reads exactly min(length, size − position) bytes; the caller must not write into the answer. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/** A source over bytes in memory; answers are views, nothing is copied. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
  };
}

const blockSize = 64 * 1024;
const blocksKept = 16;
const wholeBelow = 256 * 1024;

/**
 * A source that answers many small reads with few large ones: a small document is read whole once, of a larger one the
 * last sixteen 64 KiB blocks are kept, so memory does not depend on the file's size.
 * @param shift bytes left out at the start; positions of the answer count from there.
 */
export async function bufferedSource(source: ByteSource, shift: number): Promise<ByteSource> {
  const size = source.size - shift;
  if (size <= wholeBelow) return bytesSource(await source.read(shift, size));
  const blocks = new Map<number, Uint8Array>();
  const blockAt = async (index: number): Promise<Uint8Array> => {
    const kept = blocks.get(index);
    if (kept !== undefined) return kept;
    const block = await source.read(shift + index * blockSize, Math.min(blockSize, size - index * blockSize));
    for (const oldest of blocks.keys()) {
      if (blocks.size < blocksKept) break;
      blocks.delete(oldest);
    }
    blocks.set(index, block);
    return block;
  };
  const read = async (position: number, wanted: number): Promise<Uint8Array> => {
    const length = Math.max(0, Math.min(wanted, size - position));
    if (length > blockSize) return source.read(shift + position, length);
    const first = Math.floor(position / blockSize);
    const from = position - first * blockSize;
    const block = await blockAt(first);
    if (from + length <= block.length) return block.subarray(from, from + length);
    const head = block.subarray(from);
    const tail = (await blockAt(first + 1)).subarray(0, length - head.length);
    const joined = new Uint8Array(head.length + tail.length);
    joined.set(head);
    joined.set(tail, head.length);
    return joined;
  };
  return { size, read };
}
