// Worker thread: parses the fonts once, then examines and draws pages one at a time.
import { parentPort } from 'node:worker_threads';
import { LicenseError } from './errors.ts';
import { loadPageFonts } from './page-fonts.ts';
import { layoutPages } from './page-layout.ts';
import { pagePictures } from './page-picture.ts';
import type { PageReply, PageTask } from './page-renderer.ts';
import { drawPage } from './page.ts';

const fonts = loadPageFonts();

async function perform(task: PageTask): Promise<PageReply> {
  try {
    if (task.kind === 'draw') return { kind: 'done', page: await drawPage(task.order, fonts) };
    if (task.kind === 'pictures') {
      const pictures = JSON.stringify(pagePictures(task.content, fonts));
      return { kind: 'done', page: new TextEncoder().encode(pictures) };
    }
    layoutPages(task.content, fonts);
    return { kind: 'done', page: null };
  } catch (error) {
    if (error instanceof LicenseError) {
      return { kind: 'refused', code: error.code, message: error.message, complaints: error.complaints };
    }
    return {
      kind: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

/** What is handed over instead of copied: a page that has its memory to itself. */
function handedOver(reply: PageReply): readonly ArrayBuffer[] {
  const page = reply.kind === 'done' ? reply.page : null;
  return page?.buffer instanceof ArrayBuffer && page.byteLength === page.buffer.byteLength
    ? [page.buffer]
    : [];
}

parentPort?.on('message', (task: PageTask) => {
  void perform(task).then((reply) => parentPort?.postMessage(reply, handedOver(reply)));
});
