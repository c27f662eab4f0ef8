// PKITS and x509-limbo asked of our path validation, of pkijs and of node-forge in one run: `node --import=tsx bench/path-suites.ts`.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { limboCases, pkitsCases, vectors } from '../test/verification/chain-lines.ts';
import type { SuiteCase } from '../test/verification/chain-lines.ts';
import type { Validator } from './path-suites-worker.ts';

/** Who has not answered by then never will. */
const limitMilliseconds = 5000;

interface Score {
  right: number;
  wronglyAccepted: number;
  wronglyRefused: number;
  unanswered: number;
  slowest: number;
}

/** Asks one validator, starting it anew where it had to be ended. */
class Asked {
  readonly #validator: Validator;
  #worker: Worker | null = null;

  constructor(validator: Validator) {
    this.#validator = validator;
  }

  async ask(line: SuiteCase['line']): Promise<boolean | null> {
    this.#worker ??= new Worker(new URL('./path-suites-worker.ts', import.meta.url), {
      workerData: { validator: this.#validator },
      execArgv: ['--import=tsx'],
    });
    const signal = AbortSignal.timeout(limitMilliseconds);
    this.#worker.postMessage(line);
    try {
      const [answer] = (await once(this.#worker, 'message', { signal })) as [boolean];
      return answer;
    } catch (error) {
      if (!signal.aborted) throw error;
      await this.end();
      return null;
    }
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = null;
  }
}

async function scoreOf(validator: Validator, cases: readonly SuiteCase[]): Promise<Score> {
  const score: Score = { right: 0, wronglyAccepted: 0, wronglyRefused: 0, unanswered: 0, slowest: 0 };
  const asked = new Asked(validator);
  const [first] = cases;
  // The first answer takes the start of the thread.
  if (first !== undefined) await asked.ask(first.line);
  for (const each of cases) {
    const started = performance.now();
    const accepted = await asked.ask(each.line);
    score.slowest = Math.max(score.slowest, performance.now() - started);
    if (accepted === null) score.unanswered += 1;
    else if (accepted === each.valid) score.right += 1;
    else if (accepted) score.wronglyAccepted += 1;
    else score.wronglyRefused += 1;
  }
  await asked.end();
  return score;
}

/** The suite's own word: what is asked of the web is asked under a profile of its own. */
function underItsProfile(each: SuiteCase): SuiteCase {
  return each.group === 'webpki' ? { ...each, line: { ...each.line, profile: 'webpki' } } : each;
}

const suites: readonly (readonly [string, readonly SuiteCase[]])[] = [
  ['NIST PKITS 1.0.1', vectors('pkits')],
  ['x509-limbo core', vectors('x509-limbo')],
].flatMap(([name, folder], at) =>
  folder === null || name === null || folder === undefined || name === undefined
    ? []
    : [[name, at === 0 ? pkitsCases(folder) : limboCases(folder).map(underItsProfile)] as const],
);

console.log(
  '| Suite | Validator | As the suite says | Wrongly accepted | Wrongly refused | No answer in 5 s | Slowest |',
);
console.log('|---|---|--:|--:|--:|--:|--:|');
for (const [name, cases] of suites) {
  for (const validator of ['yinxin', 'pkijs', 'node-forge'] as const) {
    const score = await scoreOf(validator, cases);
    const cells = [score.wronglyAccepted, score.wronglyRefused, score.unanswered].join(' | ');
    const slowest = score.unanswered > 0 ? '–' : `${score.slowest.toFixed(0)} ms`;
    console.log(`| ${name} | ${validator} | ${score.right} of ${cases.length} | ${cells} | ${slowest} |`);
  }
}
