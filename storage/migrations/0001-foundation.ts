// Tables of foundation.
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0001-foundation',
  up: () => Promise.resolve(),
};
