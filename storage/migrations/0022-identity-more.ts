// Identity, further: back-channel grants that end with their session, the level a scan must reach, joined documents, rates of all nodes together.
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0022-identity-more',
  async up(db) {
    // Null in rows of before: what those granted has expired, or ends with the account.
    await db.schema.alterTable('ciba_request').addColumn('session_mac', 'text').execute();
    await db.schema.alterTable('ciba_request').addColumn('grant_mac', 'text').execute();
    await db.schema
      .alterTable('ciba_request')
      .addColumn('offline', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema.createIndex('ciba_request_session').on('ciba_request').column('session_mac').execute();

    await db.schema.alterTable('scan_transaction').addColumn('floor', 'integer').execute();

    // Documents of persons who were joined to another one: they lead to whoever goes on, and stay in the history.
    await db.schema
      .createTable('person_document')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('person', 'text', (column) => column.notNull().references('person.id'))
      .addColumn('former_person', 'text', (column) => column.notNull())
      .addColumn('document_type', 'text', (column) => column.notNull())
      .addColumn('name_cipher', 'text', (column) => column.notNull())
      .addColumn('number_cipher', 'text', (column) => column.notNull())
      .addColumn('number_index', 'text', (column) => column.notNull().unique())
      .addColumn('joined_at', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('person_document_person').on('person_document').column('person').execute();

    await db.schema
      .createTable('rate_window')
      .addColumn('scope', 'text', (column) => column.notNull())
      // Minutes since 1970.
      .addColumn('minute', 'integer', (column) => column.notNull())
      .addColumn('calls', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('rate_window_key', ['scope', 'minute'])
      .execute();
    await db.schema.createIndex('rate_window_minute').on('rate_window').column('minute').execute();
  },
};
