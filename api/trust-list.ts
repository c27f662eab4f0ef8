// The trust list of an installation: what it recognises, signed anew when that changes or the edition grows old.
import { labelledDigest } from '../crypto/algorithms.ts';
import type { Hierarchy } from '../ca/hierarchy.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { allDepartments } from '../identity/departments.ts';
import type { Writer } from '../storage/database.ts';
import { isUniqueViolation } from '../storage/errors.ts';
import { jwsAlgorithm } from '../verification/jws.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import type { Words } from '../verification/report.ts';
import {
  buildTrustList,
  verifyTrustList,
  type FaceDictionary,
  type ServiceType,
  type TrustedEntity,
  type TrustedService,
  type TrustList,
} from '../verification/trust-list.ts';
import { trustListFromJson, trustListToJson } from '../verification/trust-list-json.ts';
import { authorityServices } from './trust-list-authorities.ts';
import { ApiError } from './errors.ts';
import type { Installation } from './installation.ts';
import type { Settings } from './settings.ts';

/** An edition, signed and read back. */
export interface Edition {
  readonly jws: string;
  readonly list: TrustList;
}

export interface TrustListPublisher {
  /** The edition in force: a new one where something changed since, or the last has little time left. */
  current(): Promise<Edition>;
  /** SubjectPublicKeyInfo DER of every key that signs or signed editions. */
  operatorKeys(): Promise<readonly Uint8Array[]>;
}

export interface TrustListSources {
  readonly installation: Installation;
  readonly settings: Settings;
  readonly hierarchy: Hierarchy;
  readonly publicUrl: string;
  readonly licenseTypes: () => Promise<readonly FaceDictionary[]>;
}

const day = 86_400_000;
const life = 30 * day;
/** An edition is replaced when less than this is left of it. */
const margin = 20 * day;
/** How long what was read from the database is taken for current; changes by other processes show after it. */
const freshness = 2000;

export function trustListPublisher(sources: TrustListSources): TrustListPublisher {
  const { installation, hierarchy } = sources;
  let cached: { readonly edition: Edition; readonly until: number } | null = null;
  let running: Promise<Edition> | null = null;

  const operatorKeys = async (): Promise<readonly Uint8Array[]> =>
    (await hierarchy.serviceCertificates('trust-list')).map(publicKeyOf);

  const refresh = async (): Promise<Edition> => {
    const now = installation.clock();
    const content = await contentOf(sources, await lastHosts(installation));
    const digest = labelledDigest(installation.suite.digest, JSON.stringify(trustListToJson(content)));
    const last = await lastEdition(installation);
    const current =
      last?.content_digest === digest && Date.parse(last.next_update) - now.getTime() > margin
        ? last.jws
        : await publish(sources, content, digest, now);
    const list = await verifyTrustList(current, {
      verifier: nodeSignatureVerifier,
      operatorKeys: await operatorKeys(),
      time: now,
    });
    const edition = { jws: current, list };
    cached = { edition, until: now.getTime() + freshness };
    return edition;
  };

  return {
    operatorKeys,
    async current() {
      if (cached !== null && installation.clock().getTime() < cached.until) return cached.edition;
      running ??= refresh().finally(() => (running = null));
      return running;
    },
  };
}

/** What the list says now, as edition 0 of the beginning of time: sequence and dates are no content. */
async function contentOf(sources: TrustListSources, earlierHosts: readonly string[]): Promise<TrustList> {
  const { installation, settings, hierarchy, publicUrl } = sources;
  const services: TrustedService[] = [
    ...(await authorityServices(installation.database.reader)),
    await signers(hierarchy, 'license-code', words('电子证照二维码签发', 'Signer of license codes')),
    await signers(hierarchy, 'status-list', words('电子证照状态列表签发', 'Signer of license status lists')),
    await signers(hierarchy, 'receipt', words('核验回执签发', 'Signer of receipts')),
  ];
  const operator: TrustedEntity = {
    name: words(settings.organisation, settings.organisation),
    identifier: settings.creditCode,
    qualification: 'internal',
    services,
  };
  const departments = (await allDepartments(installation.database))
    .filter((department) => department.creditCode !== settings.creditCode)
    .map((department): TrustedEntity => ({
      name: words(department.name, department.name),
      identifier: department.creditCode,
      qualification: 'internal',
      services: [],
    }));
  return {
    sequence: 0,
    issued: new Date(0),
    nextUpdate: new Date(0),
    operator: operator.name,
    territory: settings.division,
    entities: [operator, ...departments],
    licenseTypes: await sources.licenseTypes(),
    // Printed codes keep the address they were printed with.
    verifyHosts: [...new Set([new URL(publicUrl).host, ...earlierHosts])].sort().slice(0, 100),
  };
}

async function signers(
  hierarchy: Hierarchy,
  purpose: 'license-code' | 'status-list' | 'receipt',
  label: Words,
): Promise<TrustedService> {
  const certificates = await hierarchy.serviceCertificates(purpose);
  const oldest = certificates.map((der) => parseCertificate(der).notBefore.getTime());
  return service(purpose, label, certificates, new Date(Math.min(...oldest)));
}

function service(
  type: ServiceType,
  name: Words,
  certificates: readonly Uint8Array[],
  since: Date,
): TrustedService {
  return {
    name,
    type,
    certificates,
    state: { status: 'granted', since },
    history: [],
    licenseTypes: null,
    regions: null,
  };
}

async function publish(
  sources: TrustListSources,
  content: TrustList,
  digest: string,
  now: Date,
): Promise<string> {
  const { installation, hierarchy } = sources;
  const key = hierarchy.serviceKey('trust-list');
  const [certificate] = key.chain;
  const algorithm = jwsAlgorithm(key.algorithm);
  if (algorithm === null || certificate === undefined) {
    throw new ApiError('internal', 'The trust-list key has no certificate or a foreign algorithm.');
  }
  const issued = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const nextUpdate = new Date(issued.getTime() + life);
  for (let attempt = 1; ; attempt += 1) {
    const sequence = ((await lastEdition(installation))?.sequence ?? 0) + 1;
    const signer = {
      algorithm,
      keyId: key.id,
      certificate,
      sign: (message: Uint8Array) => key.sign(message),
    };
    const jws = await buildTrustList({ ...content, sequence, issued, nextUpdate }, signer);
    try {
      await installation.database.write(async (tx) =>
        insertEdition(tx, { sequence, digest, jws, issued, nextUpdate }),
      );
      return jws;
    } catch (error) {
      // Another node took the number; what lies there now is what counts.
      if (attempt >= 5 || !isUniqueViolation(error, 'trust_list_edition')) throw error;
      const last = await lastEdition(installation);
      if (last?.content_digest === digest) return last.jws;
    }
  }
}

async function insertEdition(
  tx: Writer,
  edition: { sequence: number; digest: string; jws: string; issued: Date; nextUpdate: Date },
): Promise<void> {
  await tx
    .insertInto('trust_list_edition')
    .values({
      sequence: edition.sequence,
      content_digest: edition.digest,
      jws: edition.jws,
      issued_at: edition.issued.toISOString(),
      next_update: edition.nextUpdate.toISOString(),
    })
    .execute();
}

function lastEdition(installation: Installation) {
  return installation.database.reader
    .selectFrom('trust_list_edition')
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Hosts of the last edition, so that none is ever dropped. */
async function lastHosts(installation: Installation): Promise<readonly string[]> {
  const last = await lastEdition(installation);
  if (last === undefined) return [];
  const payload = JSON.parse(
    Buffer.from(last.jws.split('.')[1] ?? '', 'base64url').toString('utf8'),
  ) as unknown;
  return trustListFromJson(payload).verifyHosts;
}

function publicKeyOf(certificate: Uint8Array): Uint8Array {
  return parseCertificate(certificate).subjectPublicKeyInfo.der;
}

function words(zh: string, en: string): Words {
  return { zh, en };
}
