// Every command, in the order of `--help`.
import type { Command } from '../command.ts';
import { apiKeyCreate } from './api-key-create.ts';
import { backupCommand } from './backup.ts';
import { demo } from './demo.ts';
import { departmentAdd } from './department-add.ts';
import { init } from './init.ts';
import { migrateCommand } from './migrate.ts';
import { restoreCommand } from './restore.ts';
import { sealCreate } from './seal-create.ts';
import { serve } from './serve.ts';
import { verifyCommand } from './verify.ts';

export const commands: readonly Command[] = [
  demo,
  init,
  departmentAdd,
  sealCreate,
  apiKeyCreate,
  serve,
  verifyCommand,
  migrateCommand,
  backupCommand,
  restoreCommand,
];
