// Levels of stamps, what their documents were found to hide, and the queue of those that are to be brought to a higher one.
import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0014-upgrades',
  async up(db) {
    for (const name of [
      'wanted_level',
      'level',
      'upgrade_reason',
      'upgrade_next_at',
      'upgraded_digest',
      'findings',
      'upgraded_at',
    ]) {
      await db.schema.alterTable('stamp').addColumn(name, 'text').execute();
    }
    await db.schema.alterTable('stamp').addColumn('upgraded_size', 'bigint').execute();
    await db.schema
      .alterTable('stamp')
      .addColumn('upgrade_tries', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema
      .alterTable('stamp')
      .addColumn('upgrade', 'text', (c) =>
        c
          .notNull()
          .defaultTo('none')
          .check(sql`upgrade in ('none', 'queued', 'completed', 'given-up')`),
      )
      .execute();
    // Few stamps wait at any time: only they are in the index.
    await db.schema
      .createIndex('stamp_upgrade_queue')
      .on('stamp')
      .column('upgrade_next_at')
      .where(sql<boolean>`upgrade = 'queued'`)
      .execute();
    await db.schema.createIndex('stamp_upgraded').on('stamp').column('upgraded_digest').execute();
  },
};
