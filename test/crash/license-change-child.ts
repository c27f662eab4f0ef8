// Changes licenses until it is killed: at one place of one step, or at any moment while it goes on; says what was acknowledged.
import { writeSync } from 'node:fs';
import { changeStatus } from '../../licenses/change.ts';
import { applyDue } from '../../licenses/due.ts';
import { officeChanges } from '../../licenses/license.ts';
import type { LicenseParts } from '../../licenses/parts.ts';
import type { Database, Writer } from '../../storage/database.ts';
import { openDatabase, type DatabaseLocation } from '../../storage/open.ts';
import { officer, perform, words } from './license-change-steps.ts';
import { partsOver } from './license-change-world.ts';

/** What the child is told. */
export interface ChildOrder {
  readonly location: DatabaseLocation;
  readonly master: string;
  /** `before` its write is durable, `after` it is and before anybody hears of it, or at `any` moment. */
  readonly kill: 'before' | 'after' | 'any';
  readonly step: string;
  readonly licenses: readonly string[];
  /** Day on which the step is done. */
  readonly day: number;
  readonly run: string;
}

const order = JSON.parse(process.argv[2] ?? '') as ChildOrder;

async function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

/** The database, whose first write kills the process where it is told to. */
function deadly(database: Database): Database {
  if (order.kill === 'any') return database;
  return {
    ...database,
    engine: database.engine,
    file: database.file,
    reader: database.reader,
    statistics: database.statistics,
    write: async <T>(work: (tx: Writer) => Promise<T>): Promise<T> => {
      const result = await database.write(async (tx) => {
        const value = await work(tx);
        if (order.kill === 'before') await die();
        return value;
      });
      await die();
      return result;
    },
    close: () => database.close(),
  };
}

async function anything(parts: LicenseParts): Promise<never> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
  for (let count = 0; ; count += 1) {
    const licenseId = pick(order.licenses);
    const change = pick(officeChanges.filter((each) => each !== 'revoke'));
    const idempotencyKey = `${order.run}-${count}`;
    const soon = Math.random() < 0.4 ? { effectiveAt: new Date(Date.now() + Math.random() * 400) } : {};
    try {
      const event = await changeStatus(parts, {
        actor: officer,
        idempotencyKey,
        licenseId,
        change,
        ...words,
        ...soon,
      });
      writeSync(1, `${licenseId} ${event.sequence} ${idempotencyKey}\n`);
    } catch {
      // Most of what is drawn is not allowed: that is as it should be.
    }
    if (count % 7 === 0) await applyDue(parts);
  }
}

const database = await openDatabase(order.location);
const parts = partsOver(deadly(database), order.master, order.day);
writeSync(1, 'ready\n');
if (order.kill === 'any') await anything(parts);
await perform(parts, order.step, order.licenses);
