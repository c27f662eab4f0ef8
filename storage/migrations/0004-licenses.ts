// Tables of licenses.
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0004-licenses',
  up: () => Promise.resolve(),
};
