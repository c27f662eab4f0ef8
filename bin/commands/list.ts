// Every command, in the order of `--help`. A command's code is loaded when it is meant: help and errors stay quick.
import type { CommandEntry } from '../command.ts';

export const commands: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'the demonstration district: seals, licenses and their verification, then serve (npm start)',
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'init',
    summary: 'make an empty production installation: settings, database, keys, certificate hierarchy',
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'department add',
    summary: 'register a department that will own seals and API keys',
    load: async () => (await import('./department-add.ts')).departmentAdd,
  },
  {
    name: 'administrators appoint',
    summary: 'appoint the first system, security and audit administrators (三员)',
    load: async () => (await import('./administrators-appoint.ts')).administratorsAppoint,
  },
  {
    name: 'seal create',
    summary: 'make a seal for a department: picture, key and certificate',
    load: async () => (await import('./seal-create.ts')).sealCreate,
  },
  {
    name: 'seal authorise',
    summary: "let a department's systems use a seal with no keeper at hand (用印授权书)",
    load: async () => (await import('./seal-authorise.ts')).sealAuthorise,
  },
  {
    name: 'api-key create',
    summary: "make an API key for a department's system; it is shown once",
    load: async () => (await import('./api-key-create.ts')).apiKeyCreate,
  },
  {
    name: 'client',
    summary: 'clients of single sign-on: add, list, rotate, disable, enable',
    load: async () => (await import('./client.ts')).client,
  },
  {
    name: 'signer',
    summary: "sign certificate logins on one's own computer, for allowed websites",
    load: async () => (await import('./signer.ts')).signer,
  },
  { name: 'serve', summary: 'run the service', load: async () => (await import('./serve.ts')).serve },
  {
    name: 'stamp',
    summary: 'sign PDF files with a key of your own, without a server; exit code 0 only if all were stamped',
    load: async () => (await import('./stamp.ts')).stampCommand,
  },
  {
    name: 'verify',
    summary: 'verify PDFs, certificates and license codes; exit code 0, 1 or 2',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  {
    name: 'verify-chain',
    summary: 'judge certificates and their paths, a JSON line each, from standard input to standard output',
    load: async () => (await import('./verify-chain.ts')).verifyChainCommand,
  },
  {
    name: 'offline-kit',
    summary: 'keep trust list and status lists in a file, for verify --offline-kit where there is no network',
    load: async () => (await import('./offline-kit.ts')).offlineKitCommand,
  },
  {
    name: 'trust',
    summary: 'rely on trust lists of other operators, and on certificates, beside the own list',
    load: async () => (await import('./trust.ts')).trustCommand,
  },
  {
    name: 'ca samples',
    summary: 'one certificate of every profile, lists, a status answer, a time-stamp: for other linters',
    load: async () => (await import('./ca-samples.ts')).caSamples,
  },
  {
    name: 'crypto inventory',
    summary: 'the table of cryptography that an evaluation asks for (密评, GB/T 39786), with its gaps',
    load: async () => (await import('./crypto-inventory.ts')).cryptoInventoryCommand,
  },
  {
    name: 'master-key',
    summary: 'rotate the master key of personal data, also while it serves; or say how the keys stand',
    load: async () => (await import('./master-key.ts')).masterKeyCommand,
  },
  {
    name: 'migrate',
    summary: 'bring the database schema up to date (starts do it by themselves)',
    load: async () => (await import('./migrate.ts')).migrateCommand,
  },
  {
    name: 'backup',
    summary: 'copy an installation (database, documents, encrypted keys), also while it serves',
    load: async () => (await import('./backup.ts')).backupCommand,
  },
  {
    name: 'restore approve',
    summary: 'an administrator agrees to a restore, with a certificate or beforehand on the page',
    load: async () => (await import('./restore-approve.ts')).restoreApproveCommand,
  },
  {
    name: 'restore',
    summary: 'put a backup into an empty folder, every file checked first',
    load: async () => (await import('./restore.ts')).restoreCommand,
  },
];
