// What Database promises, on both engines.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { isUniqueViolation, StorageError } from '../../storage/errors.ts';
import { installFact, recordInstallFact } from '../../storage/install-facts.ts';
import { openDatabase } from '../../storage/open.ts';
import { openSqlite } from '../../storage/sqlite.ts';
import { openPostgres } from '../../storage/postgres.ts';
import type { Database, Writer } from '../../storage/database.ts';
import { scale } from '../scale.ts';
import { engines, type TestDatabase } from './engines.ts';

function insert(tx: Writer, name: string, value = 'x'): Promise<unknown> {
  return tx.insertInto('install_fact').values({ name, value }).execute();
}

async function names(database: Database): Promise<string[]> {
  const rows = await database.reader.selectFrom('install_fact').select('name').orderBy('name').execute();
  return rows.map((row) => row.name);
}

function refusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof StorageError && error.code === code;
}

for (const engine of engines) {
  describe(`database on ${engine.name}`, () => {
    let opened: TestDatabase;
    let database: Database;

    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      opened = await engine.open();
      database = opened.database;
    });
    afterEach(async () => {
      await opened.cleanup();
    });

    it('answers what the write answers, and reads it at once and after reopening', async () => {
      assert.equal(
        await database.write(async (tx) => {
          await insert(tx, 'a', '印信 𬭸');
          return 42;
        }),
        42,
      );
      assert.equal(await installFact(database.reader, 'a'), '印信 𬭸');
      const again = await openDatabase(opened.location);
      assert.equal(await installFact(again.reader, 'a'), '印信 𬭸');
      await again.close();
    });

    it('leaves nothing of a write that throws, and passes its error through', async () => {
      const mine = new Error('mine');
      await assert.rejects(
        database.write(async (tx) => {
          await insert(tx, 'a');
          throw mine;
        }),
        (error) => error === mine,
      );
      assert.deepEqual(await names(database), []);
    });

    it('isolates a failing write among concurrent ones', async () => {
      const count = 60;
      const outcomes = await Promise.allSettled(
        Array.from({ length: count }, (_, index) =>
          database.write(async (tx) => {
            await insert(tx, `n${String(index).padStart(3, '0')}`);
            if (index % 3 === 0) await insert(tx, `n${String(index).padStart(3, '0')}`);
            if (index % 3 === 1) throw new Error('refused after writing');
          }),
        ),
      );
      const expected = outcomes.flatMap((_, index) =>
        index % 3 === 2 ? [`n${String(index).padStart(3, '0')}`] : [],
      );
      assert.deepEqual(await names(database), expected);
      outcomes.forEach((outcome, index) => {
        assert.equal(outcome.status, index % 3 === 2 ? 'fulfilled' : 'rejected');
      });
    });

    it('names the unique rule that refused a row, without its values in the error', async () => {
      await database.write((tx) => insert(tx, 'secret-value'));
      const error: unknown = await database
        .write((tx) => insert(tx, 'secret-value'))
        .catch((cause: unknown) => cause);
      assert.ok(error instanceof StorageError);
      assert.ok(isUniqueViolation(error));
      assert.ok(isUniqueViolation(error, 'install_fact', ['name']));
      assert.ok(!isUniqueViolation(error, 'install_fact', ['value']));
      assert.ok(!isUniqueViolation(error, 'audit_log'));
      const told = JSON.stringify([error.message, error.violation, { ...(error.cause as object) }]);
      assert.ok(!told.includes('secret-value'), told);
    });

    it('serialises a conditional update: one of many wins', async () => {
      await database.write((tx) => insert(tx, 'state', 'free'));
      const won = await Promise.all(
        Array.from({ length: 20 }, () =>
          database.write(async (tx) => {
            const { numUpdatedRows } = await tx
              .updateTable('install_fact')
              .set({ value: 'taken' })
              .where('name', '=', 'state')
              .where('value', '=', 'free')
              .executeTakeFirstOrThrow();
            return Number(numUpdatedRows);
          }),
        ),
      );
      assert.equal(
        won.reduce((sum, one) => sum + one, 0),
        1,
      );
    });

    it('accepts FOR UPDATE, and loses no increment under it', async () => {
      await database.write((tx) => insert(tx, 'counter', '0'));
      const rounds = scale(50);
      await Promise.all(
        Array.from({ length: rounds }, () =>
          database.write(async (tx) => {
            const row = await tx
              .selectFrom('install_fact')
              .select('value')
              .where('name', '=', 'counter')
              .forUpdate()
              .executeTakeFirstOrThrow();
            await tx
              .updateTable('install_fact')
              .set({ value: String(Number(row.value) + 1) })
              .where('name', '=', 'counter')
              .execute();
          }),
        ),
      );
      assert.equal(await installFact(database.reader, 'counter'), String(rounds));
    });

    it('refuses writing through the reader', async () => {
      await assert.rejects(
        database.reader.insertInto('install_fact').values({ name: 'a', value: 'b' }).execute(),
        StorageError,
      );
      assert.deepEqual(await names(database), []);
    });

    it('gives plain rows with whole numbers as numbers', async () => {
      await database.write((tx) => insert(tx, 'a'));
      const row = await database.reader
        .selectFrom('install_fact')
        .select((e) => [
          'name',
          e.fn.countAll<number>().as('count'),
          sql<number>`9007199254740991`.as('most'),
        ])
        .groupBy('name')
        .executeTakeFirstOrThrow();
      assert.deepEqual(row, { name: 'a', count: 1, most: Number.MAX_SAFE_INTEGER });
    });

    it('keeps a snapshot over several reads, and shows it the past only', async () => {
      await database.write((tx) => insert(tx, 'a'));
      await database.reader
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (snapshot) => {
          assert.equal((await snapshot.selectFrom('install_fact').selectAll().execute()).length, 1);
          await database.write((tx) => insert(tx, 'b'));
          assert.equal((await snapshot.selectFrom('install_fact').selectAll().execute()).length, 1);
          assert.deepEqual(await names(database), ['a', 'b']);
        });
    });

    it('never shows the reader a write that is not committed', async () => {
      let seen: string[] = ['never read'];
      await database
        .write(async (tx) => {
          await insert(tx, 'a');
          seen = await names(database);
          throw new Error('undo');
        })
        .catch(() => undefined);
      assert.deepEqual(seen, []);
    });

    it('refuses queries on a writer whose write has ended', async () => {
      let kept: Writer | null = null;
      await database.write((tx) => {
        kept = tx;
        return Promise.resolve();
      });
      await assert.rejects(async () => kept !== null && (await insert(kept, 'late')));
      assert.deepEqual(await names(database), []);
    });

    it('keeps the first of two recorded facts', async () => {
      assert.equal(
        await database.write((tx) => recordInstallFact(tx, 'suite', 'international')),
        'international',
      );
      assert.equal(await database.write((tx) => recordInstallFact(tx, 'suite', 'gm')), 'international');
      assert.equal(await installFact(database.reader, 'absent'), null);
    });

    it('answers pending writes before it closes, and refuses later ones', async () => {
      const pending = Array.from({ length: 10 }, (_, index) =>
        database.write((tx) => insert(tx, `n${index}`)),
      );
      const closed = database.close();
      await assert.rejects(
        database.write((tx) => insert(tx, 'late')),
        refusal('unavailable'),
      );
      await Promise.all(pending);
      await closed;
      await database.close();
      const again = await openDatabase(opened.location);
      assert.equal((await names(again)).length, 10);
      await again.close();
    });

    it('does not let a write that hangs stop the others', async () => {
      const impatient =
        'file' in opened.location
          ? await openSqlite(opened.location.file, { itemTimeout: 200, lockTimeout: 5_000 })
          : await openPostgres(opened.location.url, { connections: 5, writeTimeout: 200 });
      let late: Promise<unknown> = Promise.resolve();
      const hanging = impatient.write(async (tx) => {
        await insert(tx, 'half');
        await pause(600);
        late = insert(tx, 'late');
        await late;
      });
      const good = impatient.write((tx) => insert(tx, 'good'));
      await assert.rejects(hanging, refusal('write-timeout'));
      await good;
      await pause(700);
      await assert.rejects(late);
      await impatient.write((tx) => insert(tx, 'later'));
      assert.deepEqual(await names(impatient), ['good', 'later']);
      await impatient.close();
    });

    it('shares one database between two openings', async () => {
      const other = await openDatabase(opened.location);
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 === 0 ? database : other).write((tx) =>
            insert(tx, `n${String(index).padStart(2, '0')}`),
          ),
        ),
      );
      assert.equal((await names(database)).length, 40);
      assert.deepEqual(await names(database), await names(other));
      await other.close();
    });
  });
}

describe('group commit on SQLite', () => {
  let opened: TestDatabase;
  beforeEach(async () => {
    opened = await engines[0]!.open();
  });
  afterEach(async () => {
    await opened.cleanup();
  });

  it('shares few commits among 200 concurrent writes', async () => {
    const { database } = opened;
    const before = { ...database.statistics };
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => database.write((tx) => insert(tx, `n${index}`))),
    );
    assert.equal(database.statistics.writes - before.writes, 200);
    assert.ok(database.statistics.commits - before.commits <= 4, `${database.statistics.commits} commits`);
  });

  it('runs writes in the order in which they were asked for', async () => {
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        opened.database.write(async (tx) => {
          await insert(tx, `n${index}`);
          order.push(index);
        }),
      ),
    );
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  });

  it('fails every write of a turn whose commit fails', async () => {
    const { database } = opened;
    await database.write(async (tx) => {
      await sql`CREATE TABLE parent (id TEXT PRIMARY KEY)`.execute(tx);
      await sql`CREATE TABLE child (parent TEXT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)`.execute(
        tx,
      );
    });
    // A deferred foreign key is judged at the shared COMMIT: the one engine-made failure there that a test can plant.
    const outcomes = await Promise.allSettled([
      database.write((tx) => insert(tx, 'innocent')),
      database.write((tx) => sql`INSERT INTO child VALUES ('nobody')`.execute(tx)),
      database.write((tx) => insert(tx, 'innocent too')),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['rejected', 'rejected', 'rejected'],
    );
    assert.deepEqual(await names(database), []);
    await database.write((tx) => insert(tx, 'after'));
    assert.deepEqual(await names(database), ['after']);
  });

  it('gives everybody else turns of the event loop while a crowd of writes is under way, and after it', async () => {
    const busy = (): void => {
      const until = performance.now() + 2;
      while (performance.now() < until);
    };
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns += 1;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    const answered: number[] = [];
    const started = turns;
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await opened.database.write(async (tx) => {
          await insert(tx, `n${index}`);
          busy();
        });
        answered.push(turns);
        busy();
      }),
    );
    running = false;
    const [first = 0, last = 0] = [answered[0], answered.at(-1)];
    assert.ok(first - started >= 20, `${first - started} turns before the first answer`);
    assert.ok(last - first >= 90, `${last - first} turns from the first answer to the last`);
  });

  it('syncs every commit, in WAL mode with foreign keys on', async () => {
    const { database } = opened;
    const [mode, synchronous, keys] = await database.write(
      async (tx) =>
        [
          await sql<{ journal_mode: string }>`PRAGMA journal_mode`.execute(tx),
          await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(tx),
          await sql<{ foreign_keys: number }>`PRAGMA foreign_keys`.execute(tx),
        ] as const,
    );
    assert.equal(mode.rows[0]?.journal_mode, 'wal');
    assert.equal(synchronous.rows[0]?.synchronous, 2);
    assert.equal(keys.rows[0]?.foreign_keys, 1);
  });

  it('streams without hiding later writes from other reads', async () => {
    const { database } = opened;
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => database.write((tx) => insert(tx, `n${index}`))),
    );
    let seen = 0;
    for await (const row of database.reader.selectFrom('install_fact').selectAll().stream(10)) {
      if (seen === 0) {
        await database.write((tx) => insert(tx, 'during'));
        assert.equal(await installFact(database.reader, 'during'), 'x');
      }
      assert.notEqual(row.name, 'during');
      seen += 1;
    }
    assert.equal(seen, 50);
  });

  it('says plainly that a file is no database', async () => {
    await assert.rejects(openSqlite(import.meta.filename), refusal('unavailable'));
    await assert.rejects(openSqlite(`${import.meta.filename}/below/a.db`), refusal('unavailable'));
  });
});

describe('PostgreSQL that is not there', () => {
  it('is unavailable, not a crash', async () => {
    await assert.rejects(
      openDatabase({ url: 'postgresql://nobody@127.0.0.1:1/none' }),
      refusal('unavailable'),
    );
  });
});
