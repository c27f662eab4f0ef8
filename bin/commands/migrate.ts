// `yinxin migrate`: brings the schema of an installation up to date.
import { exitCodes, parseFlags, type Command } from '../command.ts';
import { openDatabaseOf } from '../../api/installation.ts';
import { migrate } from '../../storage/migrate.ts';
import { configOfInstallation, dataFlag, dataHelp } from '../installation.ts';

export const migrateCommand: Command = {
  help: `Usage: yinxin migrate [--data DIR]

${dataHelp}

Applies every missing migration, all or none, under a lock; prints the names of those applied.
Make a backup first: migrations only go forward.

Exit codes: 0 up to date, 69 the database is not reachable or being migrated, 78 it belongs to a newer Yinxin`,
  async run(args, terminal) {
    const { values } = parseFlags(args, dataFlag);
    const database = await openDatabaseOf(configOfInstallation(terminal, { data: values.data }));
    try {
      const applied = await migrate(database);
      for (const name of applied) terminal.print(name);
      if (applied.length === 0) terminal.tell('The schema is up to date.');
      return exitCodes.done;
    } finally {
      await database.close();
    }
  },
};
