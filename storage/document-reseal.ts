// Documents that are not under the newest master key: found by their headers, wrapped anew page by page, and counted.
import type { DocumentFiles } from './documents-files.ts';
import { StorageError } from './errors.ts';

/** Headers looked at, and documents sealed anew, before the place is kept and whoever wants to stop may. */
const LOOKED_AT = 512;
const SEALED = 64;
/** At once: waiting for the disk is most of it. */
const READING = 16;
const WRITING = 4;

/** A part of the store that was gone through. */
export interface ResealedDocuments {
  /** The last document; null where the end was reached. */
  readonly after: string | null;
  readonly resealed: number;
  /** Documents whose key does not open, or which lie in clear and are damaged: left as they are. */
  readonly unopened: number;
}

/** @param key - of a document, as its file says: `clear`, `damaged` or the id of a master key */
type IsForeign = (key: string) => boolean;

async function atOnce<T>(
  items: readonly T[],
  count: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
}

/** Which of the documents are foreign. One that is removed meanwhile is not. */
async function foreignOf(
  documents: DocumentFiles,
  digests: readonly string[],
  isForeign: IsForeign,
): Promise<readonly { readonly digest: string; readonly key: string }[]> {
  const found: { digest: string; key: string }[] = [];
  await atOnce(digests, READING, async (digest) => {
    const key = await documents.masterKeyOf(digest);
    if (key !== null && isForeign(key)) found.push({ digest, key });
  });
  return found;
}

/**
 * Goes through one part of the store, and seals anew what is foreign.
 * @param after - the last document of the part before; null at the beginning
 */
export async function resealDocuments(
  documents: DocumentFiles,
  isForeign: IsForeign,
  after: string | null,
): Promise<ResealedDocuments> {
  const due: string[] = [];
  let group: string[] = [];
  let last: string | null = null;
  let looked = 0;
  const look = async (): Promise<void> => {
    for (const { digest } of await foreignOf(documents, group, isForeign)) due.push(digest);
    group = [];
  };
  let full = false;
  for await (const digest of documents.list(after ?? '')) {
    group.push(digest);
    last = digest;
    looked += 1;
    if (group.length === READING) await look();
    full = looked >= LOOKED_AT || due.length >= SEALED;
    if (full) break;
  }
  await look();
  let [resealed, unopened] = [0, 0];
  await atOnce(due, WRITING, async (digest) => {
    try {
      if (await documents.reseal(digest)) resealed += 1;
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'document-damaged') throw error;
      unopened += 1;
    }
  });
  return { after: full ? last : null, resealed, unopened };
}

/** How many documents lie in clear, and how many are under another master key than the current. Reads every header. */
export async function foreignDocuments(
  documents: DocumentFiles,
  current: string,
): Promise<{ readonly clear: number; readonly foreign: number }> {
  const counts = { clear: 0, foreign: 0 };
  let group: string[] = [];
  const count = async (): Promise<void> => {
    for (const { key } of await foreignOf(documents, group, (each) => each !== current))
      counts[key === 'clear' ? 'clear' : 'foreign'] += 1;
    group = [];
  };
  for await (const digest of documents.list()) {
    group.push(digest);
    if (group.length >= LOOKED_AT) await count();
  }
  await count();
  return counts;
}
