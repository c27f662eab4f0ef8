// What an inventory of cryptography finds: key folders by what they say in clear, credentials of other CAs, the runtime.
import { join } from 'node:path';
import { keyFolderFacts, type KeyFolderFacts } from '../crypto/key-folder-facts.ts';
import { sm2Engine } from '../crypto/sm2.ts';
import { fromBase64 } from '../formats/bytes.ts';
import { signatureNameOf } from '../formats/x509/algorithm.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Reader } from '../storage/database.ts';
import type { Words } from '../verification/report.ts';
import type { Config } from './config.ts';

/** Keys of one purpose and algorithm at one place. */
export interface KeyCount {
  readonly place: Words;
  readonly purpose: string;
  readonly algorithm: string;
  readonly count: number;
}

export interface InventoryFacts {
  readonly keys: readonly KeyCount[];
  readonly keyPlace: Words;
  /** Null before there is a key folder. */
  readonly vaultCipher: string | null;
  readonly foreign: readonly {
    readonly name: string;
    readonly place: 'store' | 'server';
    readonly server: string | null;
    readonly algorithm: string | null;
    readonly count: number;
  }[];
  readonly runtime: { readonly node: string; readonly openssl: string; readonly sm2: string };
}

function counted(folder: KeyFolderFacts | null, place: Words): readonly KeyCount[] {
  const counts = new Map<string, KeyCount>();
  for (const { purpose, algorithm } of folder?.keys ?? []) {
    const name = `${purpose} ${algorithm}`;
    counts.set(name, { place, purpose, algorithm, count: (counts.get(name)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort(
    (a, b) => a.purpose.localeCompare(b.purpose) || a.algorithm.localeCompare(b.algorithm),
  );
}

async function foreignOf(reader: Reader): Promise<InventoryFacts['foreign']> {
  const rows = await reader
    .selectFrom('ca_foreign_credential')
    .select((e) => [
      'authority_name',
      'key_place',
      'server',
      'algorithm',
      e.fn.countAll<number | string>().as('count'),
    ])
    .where('state', 'in', ['requested', 'active'])
    .groupBy(['authority_name', 'key_place', 'server', 'algorithm'])
    .orderBy('authority_name')
    .execute();
  return rows.map((row) => ({
    name: row.authority_name,
    place: row.key_place,
    server: row.server,
    algorithm: row.algorithm,
    count: Number(row.count),
  }));
}

/** Roots by their certificates, where their keys are not at hand. */
async function rootsAway(reader: Reader): Promise<readonly KeyCount[]> {
  const rows = await reader
    .selectFrom('ca_authority')
    .innerJoin('ca_certificate', 'ca_certificate.serial', 'ca_authority.certificate')
    .select('ca_certificate.der')
    .where('ca_authority.kind', '=', 'root')
    .orderBy('ca_authority.name')
    .execute();
  return rows.flatMap(({ der }) => {
    if (der === null) return [];
    const { signatureAlgorithm } = parseCertificate(fromBase64(der));
    return [
      {
        place: { zh: '离线，不在本机', en: 'offline, not at hand' },
        purpose: 'root-ca',
        algorithm: signatureNameOf(signatureAlgorithm) ?? signatureAlgorithm.oid,
        count: 1,
      },
    ];
  });
}

/**
 * Gathers without opening a key: no passphrase is needed.
 * @param reader - null where there is no database yet
 * @param versions - of the runtime, e.g. `process.versions`
 */
export async function inventoryFacts(
  config: Pick<Config, 'dataFolder' | 'rootKeys'>,
  reader: Reader | null,
  versions: { readonly node: string; readonly openssl: string },
): Promise<InventoryFacts> {
  const folder = join(config.dataFolder, 'keys');
  const own = await keyFolderFacts(folder);
  const root = await keyFolderFacts(config.rootKeys.folder);
  const keyPlace = { zh: `文件夹 ${folder}`, en: `folder ${folder}` };
  const rootPlace = {
    zh: `离线根密钥文件夹 ${config.rootKeys.folder}`,
    en: `offline root folder ${config.rootKeys.folder}`,
  };
  const away = root === null && reader !== null ? await rootsAway(reader) : [];
  return {
    keys: [...counted(root, rootPlace), ...away, ...counted(own, keyPlace)],
    keyPlace,
    vaultCipher: own?.cipher ?? null,
    foreign: reader === null ? [] : await foreignOf(reader),
    runtime: { node: versions.node, openssl: versions.openssl, sm2: sm2Engine() },
  };
}
