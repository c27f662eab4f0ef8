// Exports of licenses as bytes: an archive with files for a holder, JSON Lines for a bulk export; made while they are sent.
import { createHash } from 'node:crypto';
import { labelledDigest } from '../crypto/algorithms.ts';
import { zipArchive, type ZipEntry } from '../formats/zip/archive.ts';
import type { ExportedLicense } from '../licenses/export.ts';
import type { Services } from './services.ts';

/** A sealed page; one beyond it is named in the manifest and left out. */
const documentLimit = 64 * 1024 * 1024;

const readme = `本压缩包是您名下电子证照的完整副本：
licenses/<标识>.json  证照记录、版本、变更记录
licenses/<标识>.pdf   已盖章的证照文件
manifest.json        文件清单与摘要
This archive holds all of your licenses: the record, versions and changes of each as JSON, its sealed PDF, and a
manifest with a digest of every file.
`;

/** The archive of a holder: no more than one file stands in memory at a time. */
export function ownArchive(
  services: Services,
  licenses: AsyncIterable<ExportedLicense>,
): AsyncIterable<Uint8Array> {
  const at = services.clock();
  return zipArchive(entriesOf(services, licenses, at), at);
}

async function* entriesOf(
  services: Services,
  licenses: AsyncIterable<ExportedLicense>,
  at: Date,
): AsyncGenerator<ZipEntry> {
  const encode = (value: unknown): Uint8Array =>
    new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  const digestOf = (bytes: Uint8Array): string => labelledDigest(services.suite.digest, bytes);
  const files: { name: string; digest: string; size: number }[] = [];
  const absent: string[] = [];
  yield { name: 'README.txt', bytes: new TextEncoder().encode(readme), compress: true };
  for await (const license of licenses) {
    const base = `licenses/${license.identifier.replace(/[^A-Za-z0-9.-]/g, '_')}`;
    const record = encode(license);
    files.push({ name: `${base}.json`, digest: digestOf(record), size: record.length });
    yield { name: `${base}.json`, bytes: record, compress: true };
    const { digest, size } = license.document;
    const pdf = size > documentLimit ? null : await services.documents.readAll(digest, documentLimit);
    if (pdf === null) absent.push(`${base}.pdf`);
    else {
      files.push({ name: `${base}.pdf`, digest, size });
      yield { name: `${base}.pdf`, bytes: pdf, compress: false };
    }
  }
  const manifest = { format: 'yinxin-license-export/1', exportedAt: at.toISOString(), files, absent };
  yield { name: 'manifest.json', bytes: encode(manifest), compress: true };
}

/**
 * A line for each license, and a last one with their number and a digest over the lines before it: an export that was cut
 * has none.
 */
export async function* jsonLines(
  services: Services,
  licenses: AsyncIterable<ExportedLicense>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(services.suite.digest);
  let count = 0;
  for await (const license of licenses) {
    const line = Buffer.from(`${JSON.stringify(license)}\n`, 'utf8');
    hash.update(line);
    count += 1;
    yield line;
  }
  const end = { end: true, count, digest: `${services.suite.digest}:${hash.digest('hex')}` };
  yield Buffer.from(`${JSON.stringify(end)}\n`, 'utf8');
}
