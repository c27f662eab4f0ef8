// Worker thread: parses the fonts once, then draws reports one at a time.
import { parentPort } from 'node:worker_threads';
import { loadPageFonts } from '../licenses/page-fonts.ts';
import type { Report } from '../verification/report.ts';
import { drawReport } from './report-page.ts';
import type { ReportReply } from './report-renderer.ts';

const fonts = loadPageFonts();

async function perform(report: Report): Promise<ReportReply> {
  try {
    return { kind: 'done', page: await drawReport(report, fonts) };
  } catch (error) {
    return {
      kind: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

parentPort?.on('message', (report: Report) => {
  void perform(report).then((reply) => parentPort?.postMessage(reply));
});
