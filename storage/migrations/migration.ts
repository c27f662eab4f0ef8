// The shape of one forward-only migration.
import type { Kysely } from 'kysely';

export interface Migration {
  /** `0001-foundation`: sorts in the order of application. */
  readonly name: string;
  /** Runs inside the migrator's transaction and lock. */
  up(db: Kysely<Record<string, never>>, engine: 'sqlite' | 'postgresql'): Promise<void>;
}
