// The offline kit on this device: one text in the browser's own cache, replaced whole.
import { VerificationError } from '../../../verification/errors.ts';
import { readOfflineKit, writeOfflineKit, type OfflineKit } from '../../../verification/offline-kit.ts';

const cacheName = 'yinxin-offline-kit';
const address = '/reader/kit';

/** @returns null where none is kept, or the browser keeps nothing (an insecure or a private window) */
export async function loadKit(): Promise<OfflineKit | null> {
  try {
    const kept = await (await caches.open(cacheName)).match(address);
    return kept === undefined ? null : readOfflineKit(await kept.text());
  } catch (error) {
    // What another program wrote there is no kit of ours.
    if (
      error instanceof VerificationError ||
      error instanceof DOMException ||
      error instanceof ReferenceError
    )
      return null;
    throw error;
  }
}

/** @returns whether the browser kept it */
export async function saveKit(kit: OfflineKit): Promise<boolean> {
  try {
    await (await caches.open(cacheName)).put(address, new Response(writeOfflineKit(kit)));
    return true;
  } catch {
    return false;
  }
}
