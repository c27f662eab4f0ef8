// What the tests of personal data ask of the license office: other times, ends, and every text of the database.
import { sql } from 'kysely';
import { changeStatus } from '../../licenses/change.ts';
import { retainedLicenses } from '../../licenses/retention.ts';
import type { StoredLicense } from '../../licenses/store.ts';
import { destroyEnded, type DestructionParts } from '../../storage/destruction.ts';
import { approval, type LicenseOffice } from './license-office.ts';

export const years = 365.25 * 86_400_000;

export interface Keeping {
  /** The office as it is so many years from now. */
  later(by: number): DestructionParts;
  /** A round of destruction so many years from now. */
  destroy(by: number): ReturnType<typeof destroyEnded>;
  revoke(license: StoredLicense): Promise<unknown>;
  /** Every text that the database holds, of every table. */
  everything(): Promise<string>;
}

export function keepingOf(office: LicenseOffice): Keeping {
  const { parts } = office;
  const later = (by: number): DestructionParts => ({
    ...parts,
    digest: parts.suite.digest,
    clock: () => new Date(parts.clock().getTime() + by * years),
  });
  return {
    later,
    destroy: (by) => destroyEnded(later(by), retainedLicenses(parts.suite.digest)),
    revoke: (license) =>
      changeStatus(parts, {
        actor: approval,
        idempotencyKey: `revoke-${license.id}`,
        licenseId: license.id,
        change: 'revoke',
        reason: '样本处罚理由',
        legalBasis: '行政处罚法第九条',
      }),
    everything: async () => {
      const { reader, engine } = { reader: parts.database.reader, engine: parts.database.engine };
      const { rows: tables } = await (
        engine === 'sqlite'
          ? sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type = 'table'`
          : sql<{
              name: string;
            }>`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()`
      ).execute(reader);
      const texts: string[] = [];
      for (const { name } of tables)
        texts.push(JSON.stringify((await sql`SELECT * FROM ${sql.table(name)}`.execute(reader)).rows));
      return texts.join('\n');
    },
  };
}
