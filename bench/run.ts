// `npm run bench`: rates of the main job as ratios to physical limits of the same run. `--json`: a line per measure; `--only NAME`: one part.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCertification } from './certification.ts';
import { measureDocuments } from './documents.ts';
import { measureIdentityLogin } from './identity-login.ts';
import { measureIdentityProvider } from './identity-provider.ts';
import { measureLicenses } from './licenses.ts';
import { measureLimits } from './limits.ts';
import type { Measure } from './measure.ts';
import { measureMainJob } from './main-job.ts';
import { measureOfflineCodes } from './offline-codes.ts';
import { measureStamps } from './stamps.ts';
import { measureVerification } from './verification.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const parts = {
  main: measureMainJob,
  licenses: measureLicenses,
  stamps: measureStamps,
  documents: measureDocuments,
  verification: measureVerification,
  offline: measureOfflineCodes,
  certification: measureCertification,
  identity: measureIdentityProvider,
  login: measureIdentityLogin,
};
const seconds = Number(process.env['YINXIN_BENCH_SECONDS'] ?? '5');
const folder = mkdtempSync(join(tmpdir(), 'yinxin-bench-'));

function line(entry: Measure): string {
  if (values.json) {
    // One measure stands beside several limits: its name says which, so that names are unique.
    const { name, limitName, value, unit, limit, ratio } = entry;
    return JSON.stringify({ name: `${name}; limit: ${limitName}`, value, unit, limit, ratio });
  }
  return [
    entry.name.padEnd(52),
    `${entry.value.toFixed(0).padStart(8)} ${entry.unit}`,
    `${entry.ratio.toFixed(3).padStart(8)} of ${entry.limitName} (${entry.limit.toFixed(0)}${['ms', 'us'].includes(entry.unit) ? ` ${entry.unit}` : '/s'})`,
  ].join('  ');
}

try {
  const limits = await measureLimits(Math.min(seconds, 2), folder);
  for (const [name, part] of Object.entries(parts)) {
    if (values.only !== undefined && values.only !== name) continue;
    const own = mkdtempSync(join(folder, 'part-'));
    for await (const entry of part(seconds, own, limits)) process.stdout.write(`${line(entry)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
