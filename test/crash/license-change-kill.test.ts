// kill -9 while licenses change: what was acknowledged stays, what was not is whole or not there, and a repetition ends it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { applyDue } from '../../licenses/due.ts';
import { openDatabase } from '../../storage/open.ts';
import { engines, type TestDatabase } from '../storage/engines.ts';
import { scale } from '../scale.ts';
import type { ChildOrder } from './license-change-child.ts';
import { perform } from './license-change-steps.ts';
import { assertChainWhole, assertOfOneMind, issueMany, partsOver } from './license-change-world.ts';

const child = fileURLToPath(new URL('./license-change-child.ts', import.meta.url));

/** Steps, what prepares each, and the day on which it is done. */
const steps: readonly {
  readonly name: string;
  readonly before: readonly string[];
  readonly day: number;
  /** Whether repeating it answers the same. */
  readonly again: boolean;
}[] = [
  { name: 'suspend', before: [], day: 0, again: true },
  { name: 'schedule', before: [], day: 0, again: true },
  { name: 'due', before: ['schedule'], day: 11, again: false },
  { name: 'countermand', before: ['schedule'], day: 0, again: true },
  { name: 'merge', before: [], day: 0, again: true },
  { name: 'inspect', before: [], day: 20, again: true },
  { name: 'overdue', before: [], day: 400, again: false },
  { name: 'expire', before: [], day: 2000, again: false },
  { name: 'ask', before: [], day: 0, again: true },
  { name: 'approve', before: ['ask'], day: 0, again: false },
];

for (const engine of engines) {
  describe(`changes of licenses, killed, on ${engine.name}`, function () {
    this.timeout(300_000);
    let test: TestDatabase;
    const master = randomBytes(32).toString('hex');
    let serial = 0;

    before(async function () {
      engine.require(this);
      test = await engine.open();
    });
    after(async () => {
      await (test as TestDatabase | undefined)?.cleanup();
    });

    const run = (
      order: Omit<ChildOrder, 'location' | 'master' | 'run'>,
      after?: number,
    ): Promise<string[]> => {
      serial += 1;
      const told: ChildOrder = { ...order, location: test.location, master, run: `run-${serial}` };
      return new Promise((resolve, reject) => {
        const started = spawn(process.execPath, ['--import=tsx', child, JSON.stringify(told)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let said = '';
        started.stdout.on('data', (part: Buffer) => {
          if (said === '' && after !== undefined) setTimeout(() => started.kill('SIGKILL'), after);
          said += part.toString();
        });
        started.on('exit', (code, signal) => {
          if (signal === 'SIGKILL') resolve(said.split('\n').filter((line) => line.startsWith('lic_')));
          else reject(new Error(`The child ended by itself with ${code}.`));
        });
      });
    };
    /** What one step leaves, as counts: the same after one repetition as after any. */
    const left = async (ids: readonly string[]): Promise<unknown> => {
      const db = test.database.reader;
      const events = await db.selectFrom('license_event').selectAll().where('license', 'in', ids).execute();
      const requests = await db
        .selectFrom('license_change_request')
        .selectAll()
        .where('license', 'in', ids)
        .execute();
      const told = await db.selectFrom('license_outbox').selectAll().where('root', 'in', ids).execute();
      return [
        events.map(({ kind }) => kind).sort(),
        requests.map(({ change, state }) => `${change} ${state}`).sort(),
        told.map(({ kind }) => kind).sort(),
      ];
    };

    // Each step is one write on either engine; on PostgreSQL those that read most before it.
    const here = steps.filter(
      ({ name }) => engine.name === 'sqlite' || ['suspend', 'due', 'merge', 'approve'].includes(name),
    );
    for (const { name, before, day, again } of here)
      it(`leaves nothing of ${name} before it is durable, all of it after, and ends it when it is asked again`, async () => {
        for (const kill of ['before', 'after'] as const) {
          // What the calendar has to do with licenses of other tests is done before.
          const calendar = ['overdue', 'expire'].includes(name);
          while (calendar && Number(await perform(partsOver(test.database, master, day), name, [])) > 0);
          const ids = [...(await issueMany(partsOver(test.database, master), calendar ? 1 : 2))];
          const request: string[] = [];
          for (const step of before) {
            const made = await perform(partsOver(test.database, master), step, ids);
            if (step === 'ask') request.push((made as { id: string }).id);
          }
          const untouched = await left(ids);
          await run({ kill, step: name, licenses: [...ids, ...request], day });
          // Another process opens what is left.
          const database = await openDatabase(test.location);
          const parts = partsOver(database, master, day);
          const found = await left(ids);
          if (kill === 'before') assert.deepEqual(found, untouched);
          else assert.notDeepEqual(found, untouched);
          for (const id of ids) await assertOfOneMind(parts, id, parts.clock());
          const repeated = await perform(parts, name, [...ids, ...request]).catch((error: unknown) => {
            assert.ok(!again && kill === 'after', String(error));
          });
          if (again && kill === 'after') assert.ok(repeated !== undefined);
          const ended = await left(ids);
          if (kill === 'after') assert.deepEqual(ended, found, 'a repetition does nothing twice');
          else assert.notDeepEqual(ended, untouched);
          for (const id of ids) await assertOfOneMind(parts, id, parts.clock());
          await database.close();
        }
        await assertChainWhole(test.database);
      });

    it('keeps everything acknowledged, and everything of one mind, when killed at any moment', async () => {
      const parts = partsOver(test.database, master);
      const licenses = await issueMany(parts, 12);
      const known = new Map<string, string>();
      for (let round = 0; round < scale(4); round += 1) {
        for (const line of await run(
          { kill: 'any', step: '', licenses, day: 0 },
          150 + Math.random() * 400,
        )) {
          const [license = '', sequence = '', key = ''] = line.split(' ');
          known.set(`${license} ${sequence}`, key);
        }
        for (const id of licenses) await assertOfOneMind(parts, id, new Date());
      }
      assert.ok(known.size > 5, `only ${known.size} were acknowledged`);
      for (const [place, key] of known) {
        const [license = '', sequence = ''] = place.split(' ');
        const row = await test.database.reader
          .selectFrom('license_event')
          .select('idempotency_key')
          .where('license', '=', license)
          .where('sequence', '=', Number(sequence))
          .executeTakeFirst();
        assert.equal(row?.idempotency_key, key, place);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      while ((await applyDue(parts)).applied > 0);
      for (const id of licenses) await assertOfOneMind(parts, id, new Date());
      await assertChainWhole(test.database);
    });
  });
}
