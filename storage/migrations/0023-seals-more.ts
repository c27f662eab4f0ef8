// Finding by its digest whatever refers to a document, so that an upload nobody uses can be told from one that is needed.
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0023-seals-more',
  async up(db) {
    const indices = [
      ['stamp_original', 'stamp', 'original_digest'],
      ['stamp_batch_item_document', 'stamp_batch_item', 'document'],
      ['document_upload_digest', 'document_upload', 'digest'],
      ['document_upload_age', 'document_upload', 'uploaded_at'],
    ] as const;
    for (const [name, table, column] of indices)
      await db.schema.createIndex(name).on(table).column(column).execute();
  },
};
