// SQLite through node:sqlite as a Kysely dialect: what reading and writing have in common.
import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Dialect,
  type Driver,
  type Kysely,
  type SelectModifierNode,
} from 'kysely';

class YinxinSqliteAdapter extends SqliteAdapter {
  // Connections are handed out by our drivers, which know when sharing one is safe; Kysely's mutex would serialise reads.
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class YinxinSqliteCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    // The one writer of SQLite already holds what FOR UPDATE and FOR SHARE ask for.
    if (node.modifier === 'ForUpdate' || node.modifier === 'ForShare') return;
    super.visitSelectModifier(node);
  }
}

export function sqliteDialect(driver: Driver): Dialect {
  return {
    createDriver: () => driver,
    createAdapter: () => new YinxinSqliteAdapter(),
    createQueryCompiler: () => new YinxinSqliteCompiler(),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  };
}
