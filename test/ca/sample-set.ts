// Samples as `yinxin ca samples` makes them, in a district of their own, written where other people's programs read them.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeSamples, type Sample } from '../../ca/samples.ts';
import type { HierarchyAlgorithms } from '../../ca/authority-plan.ts';
import { openDocumentFiles } from '../../storage/documents-files.ts';
import { documentKeys } from '../storage/document-keys.ts';
import { openDistrict, pem, SETTINGS } from './district.ts';

export interface SampleSet {
  readonly folder: string;
  readonly samples: readonly Sample[];
  /** Certificates with one above them, of one hierarchy. */
  chained(hierarchy: 'international' | 'sm2'): readonly Sample[];
  /** Path of a sample's PEM file, `chain` for the file with all above it. */
  file(sample: Sample, chain?: 'chain'): string;
  remove(): Promise<void>;
}

export async function openSamples(algorithms?: HierarchyAlgorithms): Promise<SampleSet> {
  const chosen = algorithms === undefined ? {} : { algorithms };
  const district = await openDistrict({ realClock: true, ...chosen });
  const parts = {
    ...district.parts,
    documents: await openDocumentFiles(join(district.folder, 'documents'), documentKeys()),
  };
  const { organisation, publicUrl } = SETTINGS;
  const samples = await makeSamples(parts, { organisation, publicUrl, ...chosen });
  const file = ({ path }: Sample, chain?: 'chain'): string =>
    join(district.folder, 'samples', `${path}${chain === undefined ? '' : '.chain'}.pem`);
  for (const sample of samples) {
    await mkdir(dirname(file(sample)), { recursive: true });
    await writeFile(file(sample), pem(sample.label, sample.der));
    const all = [sample.der, ...sample.chain].map((der) => pem(sample.label, der)).join('');
    await writeFile(file(sample, 'chain'), all);
  }
  return {
    folder: district.folder,
    samples,
    chained: (hierarchy) =>
      samples.filter(({ path, chain }) => chain.length > 0 && path.startsWith(`${hierarchy}/`)),
    file,
    remove: () => district.remove(),
  };
}
