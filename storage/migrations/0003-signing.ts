// Tables of signing.
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0003-signing',
  up: () => Promise.resolve(),
};
