// Pictures of pages for whoever looks at them: written only where a folder is named.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

export async function photograph(page: Page, name: string): Promise<void> {
  const folder = process.env['YINXIN_TEST_PHOTOS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
