// Keeping the pages themselves: registers the service worker and says how far it is.
import type { Kept } from './kit-words.ts';

export interface OfflinePages {
  /** Called whenever something changed. */
  readonly changed: (kept: Kept, newer: boolean) => void;
}

/** Asks the browser to keep the reader; without a secure context it cannot. */
export async function keepPages({ changed }: OfflinePages): Promise<void> {
  if (!isSecureContext || !('serviceWorker' in navigator)) {
    changed('insecure', false);
    return;
  }
  try {
    const registration = await navigator.serviceWorker.register('/assets/offline-worker.js', {
      scope: '/',
      updateViaCache: 'none',
    });
    const tell = (): void =>
      changed(
        registration.active === null ? 'preparing' : 'kept',
        registration.active !== null && registration.waiting !== null,
      );
    const watch = (worker: ServiceWorker | null): void =>
      worker?.addEventListener('statechange', () => {
        if (worker.state === 'redundant' && registration.active === null) changed('failed', false);
        else tell();
      });
    watch(registration.installing);
    registration.addEventListener('updatefound', () => watch(registration.installing));
    tell();
    // What a reader relies on should outlive a full disk.
    await navigator.storage.persist();
  } catch {
    changed('failed', false);
  }
}

/** Lets the newer build take over, then opens the page anew. */
export async function takeOver(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration('/');
  if (registration?.waiting === null || registration === undefined) return;
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  registration.waiting.postMessage('take-over');
}
