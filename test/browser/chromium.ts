// One Chromium for browser tests: headless, without any of its own network traffic.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { chromium, type Browser, type Page } from 'playwright-core';
import { requireProgram } from '../programs.ts';

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A phone held upright, and a desk. CSS pixels. */
export const phone = { width: 390, height: 844 } as const;
export const desk = { width: 1280, height: 900 } as const;

/** Starts Chromium, or skips visibly where there is none. @param extra further switches. */
export async function launchChromium(
  context: Mocha.Context,
  extra: readonly string[] = [],
): Promise<Browser> {
  const executablePath = requireProgram(context, 'chromium');
  return chromium.launch({ executablePath, args: [...quiet, ...extra], headless: true });
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Runs axe-core on the page as it stands; fails with every violation named. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axeSource);
  const violations = await page.evaluate<readonly AxeViolation[]>(
    'axe.run(document, { resultTypes: ["violations"] }).then((result) => result.violations)',
  );
  const told = violations.map(
    (violation) =>
      `${violation.id}: ${violation.help}\n${violation.nodes.map((node) => `  ${node.html} ${node.failureSummary ?? ''}`).join('\n')}`,
  );
  assert.deepEqual(told, [], `axe-core on ${what}`);
}

/** True where the page is wider than its window. */
export async function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(
    'document.documentElement.scrollWidth > document.documentElement.clientWidth',
  );
}

/**
 * Fails where the page scrolls sideways at 200 %: window zoom halves the CSS pixels, text zoom doubles the letters.
 * Leaves the page at `size`.
 */
export async function assertZoomable(
  page: Page,
  size: { width: number; height: number },
  what: string,
): Promise<void> {
  await page.setViewportSize({ width: Math.max(320, Math.round(size.width / 2)), height: size.height });
  assert.equal(await scrollsSideways(page), false, `${what} scrolls sideways at 200 % window zoom`);
  await page.setViewportSize(size);
  await page.evaluate('document.documentElement.style.fontSize = "200%"');
  assert.equal(await scrollsSideways(page), false, `${what} scrolls sideways at 200 % text size`);
  await page.evaluate('document.documentElement.style.fontSize = ""');
}
