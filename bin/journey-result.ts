// What the demonstration's journey left, and whether it was finished.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the journey left; kept as journey.json, whose presence says that it is complete. */
export interface JourneyResult {
  readonly files: readonly string[];
  /** What the printed code of the enterprise's license says: open it in a browser. */
  readonly codeUrl: string;
  readonly conclusions: Readonly<Record<string, string>>;
}

const marker = 'journey.json';

/** @returns what an earlier start left, or null where the journey was never finished. */
export async function finishedJourney(folder: string): Promise<JourneyResult | null> {
  try {
    return JSON.parse(await readFile(join(folder, marker), 'utf8')) as JourneyResult;
  } catch {
    return null;
  }
}

/** Marks the journey as complete. */
export async function finishJourney(folder: string, result: JourneyResult): Promise<void> {
  await writeFile(join(folder, `${marker}.part`), `${JSON.stringify(result, null, 2)}\n`);
  await rename(join(folder, `${marker}.part`), join(folder, marker));
}
