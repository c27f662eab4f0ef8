// Licenses end to end beside raw signatures and disk syncs of the same run: page, code, stamp at B-T, record; and what bounds them.
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Services } from '../api/services.ts';
import { approvalOffice } from '../fixtures/departments.ts';
import { enterprises } from '../fixtures/enterprises.ts';
import { foodBusinessLicense, type DemonstrationLicense } from '../fixtures/licenses.ts';
import { departmentScopes } from '../identity/principal.ts';
import {
  MOST_ROWS,
  readLicenseBatch,
  stopLicenseBatch,
  submitLicenseBatch,
  type BatchRow,
} from '../licenses/batch.ts';
import { issueLicense } from '../licenses/issue.ts';
import { loadPageFonts } from '../licenses/page-fonts.ts';
import { drawPage, type PageOrder } from '../licenses/page.ts';
import type { Actor } from '../storage/actor.ts';
import type { Limits } from './limits.ts';
import { measureHolderLists } from './holder-lists.ts';
import { measure, rate, watchingEventLoop, type Measure } from './measure.ts';
import { startBenchService } from './service.ts';

const parallel = 16;
/** Licenses a second on two cores. */
const demanded = 60;
/** A seal's signature, a time-stamp's and a code's. */
const signaturesALicense = 3;
/** Rows of the batch that is worked through, for each second of the bench. */
const rowsASecond = 60;

const system: Actor = {
  id: 'client:bench',
  kind: 'client',
  department: approvalOffice.creditCode,
  scopes: departmentScopes,
};

let serial = 0;

function next(enterprise = enterprises[(serial + 1) % enterprises.length]): DemonstrationLicense {
  serial += 1;
  if (enterprise === undefined) throw new Error('The demonstration has no enterprises.');
  return foodBusinessLicense(enterprise, serial);
}

function issue(services: Services, order = next()): Promise<unknown> {
  const { type, matter, holder, face, number } = order;
  return issueLicense(services.licenses, {
    actor: system,
    idempotencyKey: `bench-license-${number}`,
    type: type.key,
    number,
    holder,
    face,
    matter: matter.code,
    caseNumber: null,
  });
}

/** A service whose renderer hands its first orders to the bench, so that drawing alone is measured on the very pages. */
async function ordersOf(services: Services): Promise<readonly PageOrder[]> {
  const orders: PageOrder[] = [];
  const { renderer } = services.licenses;
  const listening = {
    ...services.licenses,
    renderer: {
      examine: renderer.examine.bind(renderer),
      pictures: renderer.pictures.bind(renderer),
      close: renderer.close.bind(renderer),
      draw: (order: PageOrder) => {
        orders.push(order);
        return renderer.draw(order);
      },
    },
  };
  for (let count = 0; count < parallel; count++) {
    const { type, matter, holder, face, number } = next();
    await issueLicense(listening, {
      actor: system,
      idempotencyKey: `bench-order-${number}`,
      type: type.key,
      number,
      holder,
      face,
      matter: matter.code,
      caseNumber: null,
    });
  }
  return orders;
}

async function* measureIssue(seconds: number, services: Services, limits: Limits): AsyncGenerator<Measure> {
  const name = `licenses, one page, B-T, ${parallel} callers`;
  let count = 0;
  const one = async (): Promise<void> => {
    await issue(services);
    count += 1;
  };
  await rate(seconds / 4, one, parallel);
  count = 0;
  const { statistics } = services.database;
  const [cpu, main, commits] = [process.cpuUsage(), process.threadCpuUsage(), statistics.commits];
  const taken = await watchingEventLoop(name, () => rate(seconds, one, parallel));
  const all = process.cpuUsage(cpu);
  const mainThread = process.threadCpuUsage(main);
  const spent = (all.user + all.system) / 1000 / count;
  const onMain = (mainThread.user + mainThread.system) / 1000 / count;
  yield measure(name, taken.result, 'licenses/s', 'demanded', demanded);
  const raw = limits.sign / signaturesALicense;
  yield measure(name, taken.result, 'licenses/s', 'three raw P-256 signatures each', raw);
  yield measure(name, taken.result, 'licenses/s', 'disk sync', limits.sync);
  yield taken.standstill;
  yield taken.turn;
  const cores = availableParallelism();
  // On a machine that is busy otherwise the clock says little: what a license costs of the processors says the rest.
  yield measure(
    `${name}, by processor time of ${cores}`,
    (cores * 1000) / spent,
    'licenses/s',
    'demanded',
    demanded,
  );
  yield measure(
    'processor time of a license',
    spent,
    'ms',
    `permitted for ${demanded}/s`,
    (cores * 1000) / demanded,
  );
  yield measure(
    'processor time of a license, main thread',
    onMain,
    'ms',
    'processor time of a license',
    spent,
  );
  const grouped = (statistics.commits - commits) / count;
  yield measure(
    'commits of a license',
    grouped,
    'commits',
    'writes that must be durable one after the other',
    3,
  );
}

/** One holder with two hundred licenses, in a repository of what was issued before. */
async function* measureLists(seconds: number, services: Services): AsyncGenerator<Measure> {
  const [enterprise] = enterprises;
  if (enterprise === undefined) throw new Error('The demonstration has no enterprises.');
  for (let count = 0; count < (seconds < 1 ? 10 : 200); count += parallel)
    await Promise.all(Array.from({ length: parallel }, () => issue(services, next(enterprise))));
  yield* measureHolderLists(seconds, services, system, enterprise.creditCode);
}

async function* measureDrawing(seconds: number, services: Services, whole: number): AsyncGenerator<Measure> {
  const orders = await ordersOf(services);
  const fonts = loadPageFonts();
  let at = 0;
  const draw = async (): Promise<void> => {
    const order = orders[at % orders.length];
    at += 1;
    if (order !== undefined) await drawPage(order, fonts);
  };
  await rate(seconds / 4, draw);
  const before = process.threadCpuUsage();
  at = 0;
  await rate(seconds, draw);
  const used = process.threadCpuUsage(before);
  const each = (used.user + used.system) / 1000 / at;
  yield measure('processor time of drawing a page', each, 'ms', 'permitted for 60/s', whole);
}

function rowsOf(count: number): readonly BatchRow[] {
  return Array.from({ length: count }, (): BatchRow => {
    const { type, holder, face, number } = next();
    return { reference: null, order: { type: type.key, number, holder, face } };
  });
}

/** A whole batch written down, and stopped: others wait no longer than for any other write. */
async function* measureTaking(seconds: number, services: Services, limits: Limits): AsyncGenerator<Measure> {
  const rows = rowsOf(seconds < 1 ? 500 : MOST_ROWS);
  const { matter } = next();
  const name = `taking a batch of ${rows.length} rows`;
  const started = performance.now();
  const taken = await watchingEventLoop(name, () =>
    submitLicenseBatch(services.licenses, {
      actor: system,
      idempotencyKey: 'bench-taking',
      kind: 'issue',
      matter: matter.code,
      rows,
    }),
  );
  const rate = rows.length / ((performance.now() - started) / 1000);
  await stopLicenseBatch(services, system, taken.result.id);
  yield measure(name, rate, 'rows/s', 'disk sync', limits.sync);
  yield taken.standstill;
  yield taken.turn;
}

/** A batch from its submission to its end. */
async function* measureBatch(seconds: number, services: Services): AsyncGenerator<Measure> {
  const rows = rowsOf(Math.max(10, Math.round(seconds * rowsASecond)));
  const { matter } = next();
  const started = performance.now();
  const { id } = await submitLicenseBatch(services.licenses, {
    actor: system,
    idempotencyKey: 'bench-batch',
    kind: 'issue',
    matter: matter.code,
    rows,
  });
  services.licenseBatches.wake();
  for (;;) {
    const batch = await readLicenseBatch(services.database.reader, system, id);
    if (batch.state === 'completed') {
      if (batch.done !== rows.length) throw new Error(`${batch.refused} rows of the batch were refused.`);
      break;
    }
    await pause(20);
  }
  const each = rows.length / ((performance.now() - started) / 1000);
  yield measure(`batch of ${rows.length} licenses, taken and done`, each, 'licenses/s', 'demanded', demanded);
}

/** Yields each measure as it is taken. */
export async function* measureLicenses(
  seconds: number,
  folder: string,
  limits: Limits,
): AsyncGenerator<Measure> {
  const service = await startBenchService(folder);
  try {
    yield* measureIssue(seconds, service.services, limits);
    yield* measureLists(seconds, service.services);
    yield* measureDrawing(seconds, service.services, (availableParallelism() * 1000) / demanded);
    yield* measureTaking(seconds, service.services, limits);
    yield* measureBatch(seconds, service.services);
  } finally {
    await service.stop();
  }
}
