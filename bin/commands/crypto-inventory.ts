// `yinxin crypto inventory`: what protects what, with which algorithm, where its keys lie, and what no certified product does.
import { readConfig, type Config } from '../../api/config.ts';
import { cryptoInventory } from '../../api/crypto-inventory.ts';
import type { Inventory, InventoryRow } from '../../api/crypto-inventory-model.ts';
import { inventoryFacts, type InventoryFacts } from '../../api/crypto-inventory-facts.ts';
import { openDatabaseOf } from '../../api/installation.ts';
import { ApiError } from '../../api/errors.ts';
import { suiteNamed } from '../../crypto/suite.ts';
import { StorageError } from '../../storage/errors.ts';
import type { Words } from '../../verification/report.ts';
import { exitCodes, parseFlags, UsageError, type Command, type Terminal } from '../command.ts';
import { dataFlag, dataHelp } from '../installation.ts';

export const cryptoInventoryCommand: Command = {
  help: `Usage: yinxin crypto inventory [--json] [--lang zh|en] [--data DIR]

  --json            for machines: one JSON document
  --lang zh|en      language of the table (default zh)
${dataHelp}

Prints a table (Markdown) of every asset that cryptography protects: layer of GB/T 39786, purpose, algorithm with the
number of its standard, where the key lies, the certified product, and where there is none the gap and what closes it.
It is made from the configuration and from what exists; no key is opened and no passphrase is needed. Without an
installation it tells what one would use.

Exit codes: 0 printed, 64 usage, 69 the database is not reachable, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      json: { type: 'boolean' },
      lang: { type: 'string', default: 'zh' },
    });
    const { lang } = values;
    if (lang !== 'zh' && lang !== 'en') throw new UsageError('--lang is zh or en.');
    const config = readConfig(terminal.environment, { data: values.data, keyless: true });
    const inventory = cryptoInventory(suiteNamed(config.suite), config.mode, await factsOf(config));
    if (values.json === true) terminal.print(JSON.stringify(inventory, null, 2));
    else printTable(terminal, inventory, lang);
    return exitCodes.done;
  },
};

async function factsOf(config: Config): Promise<InventoryFacts> {
  if (config.settings === null) return inventoryFacts(config, null, process.versions);
  const database = await openDatabaseOf(config);
  try {
    return await inventoryFacts(config, database.reader, process.versions);
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'query-failed') throw error;
    throw new ApiError('configuration-refused', 'The database has the schema of an older version.', {
      cause: error,
      hint: 'bring it up to date with `yinxin migrate`',
    });
  } finally {
    await database.close();
  }
}

const headings: readonly Words[] = [
  { zh: '层面', en: 'Layer' },
  { zh: '资产', en: 'Asset' },
  { zh: '用途', en: 'Purpose' },
  { zh: '算法', en: 'Algorithm' },
  { zh: '标准', en: 'Standard' },
  { zh: '密钥数', en: 'Keys' },
  { zh: '密钥位置', en: 'Key place' },
  { zh: '认证产品', en: 'Certified product' },
  { zh: '差距', en: 'Gap' },
  { zh: '整改', en: 'What closes it' },
];

function cellsOf(row: InventoryRow, lang: keyof Words): readonly string[] {
  const all = (texts: readonly Words[]): string => texts.map((text) => text[lang]).join('；') || '—';
  return [
    row.layer[lang],
    row.asset[lang],
    row.purpose[lang],
    row.algorithm,
    row.standard,
    row.keys === null ? '—' : String(row.keys),
    row.keyPlace[lang],
    row.certifiedProduct ?? { zh: '无', en: 'none' }[lang],
    all(row.gaps.map(({ finding }) => finding)),
    all(row.gaps.map(({ remedy }) => remedy)),
  ];
}

function printTable(terminal: Terminal, inventory: Inventory, lang: keyof Words): void {
  const line = (cells: readonly string[]): void =>
    terminal.print(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  line(headings.map((heading) => heading[lang]));
  line(headings.map(() => '---'));
  for (const row of inventory.rows) line(cellsOf(row, lang));
  const { suite, rows, gaps } = inventory;
  terminal.tell(
    {
      zh: `套件 ${suite}：${rows.length} 项，其中 ${gaps} 项有差距。`,
      en: `Suite ${suite}: ${rows.length} rows, ${gaps} of them with gaps.`,
    }[lang],
  );
}
