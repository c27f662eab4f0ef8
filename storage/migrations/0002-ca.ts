// Tables of ca.
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0002-ca',
  up: () => Promise.resolve(),
};
