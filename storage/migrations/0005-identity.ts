// Tables of identity.
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0005-identity',
  up: () => Promise.resolve(),
};
