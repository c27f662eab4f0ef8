// The trust list of an installation: what it recognises, signed anew when that changes or the edition grows old.
import { labelledDigest } from '../crypto/algorithms.ts';
import { CryptoError } from '../crypto/errors.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import type { Hierarchy } from '../ca/hierarchy.ts';
import { fromBase64 } from '../formats/bytes.ts';
import { parseJws } from '../formats/cose/jws.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { allDepartments } from '../identity/departments.ts';
import type { Writer } from '../storage/database.ts';
import { isUniqueViolation } from '../storage/errors.ts';
import { jwsAlgorithm, type JwsSigner } from '../verification/jws.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import type { Words } from '../verification/report.ts';
import {
  buildTrustList,
  verifyTrustList,
  type FaceDictionary,
  type NextEditions,
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
  /** What leads a reader with any earlier key to the edition in force: a compact JWS a line, oldest first. */
  succession(): Promise<string>;
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
    async succession() {
      const { jws } = await this.current();
      const handedOver = await installation.database.reader
        .selectFrom('trust_list_edition')
        .select('jws')
        .where('hands_over', '=', 1)
        .orderBy('sequence')
        .execute();
      return [...handedOver.map((edition) => edition.jws), jws].join('\n');
    },
  };
}

/** What the list says now, as edition 0 of the beginning of time: sequence and dates are no content. */
async function contentOf(sources: TrustListSources, earlierHosts: readonly string[]): Promise<TrustList> {
  const { installation, settings, hierarchy, publicUrl } = sources;
  const services: TrustedService[] = [
    ...(await authorityServices(installation.database.reader)),
    await signers(hierarchy, 'license-code', words('电子证照二维码签发', 'Signer of license codes')),
    {
      ...(await signers(
        hierarchy,
        'status-list',
        words('电子证照状态列表签发', 'Signer of license status lists'),
      )),
      supplyPoint: `${publicUrl}/api/v1/status-lists/`,
    },
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
    next: nextEditions(publicUrl, hierarchy.serviceKey('trust-list')),
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

function nextEditions(publicUrl: string, key: SigningKey): NextEditions {
  return { location: `${publicUrl}/api/v1/trust-list`, certificates: key.chain.slice(0, 1) };
}

function signerWith(key: SigningKey): JwsSigner {
  const [certificate] = key.chain;
  const algorithm = jwsAlgorithm(key.algorithm);
  if (algorithm === null || certificate === undefined) {
    throw new ApiError('internal', 'The trust-list key has no certificate or a foreign algorithm.');
  }
  return { algorithm, keyId: key.id, certificate, sign: (message) => key.sign(message) };
}

/**
 * Signs the content with the key now in use. Where the last edition was signed with an earlier key, that key first signs
 * an edition that hands over to the new one, so that whoever pinned the earlier key can follow.
 */
async function publish(
  sources: TrustListSources,
  content: TrustList,
  digest: string,
  now: Date,
): Promise<string> {
  const { installation, hierarchy } = sources;
  const key = hierarchy.serviceKey('trust-list');
  for (let attempt = 1; ; attempt += 1) {
    const last = await lastEdition(installation);
    const earlier = last === undefined ? null : await keyOfEdition(installation, last);
    const handsOver = earlier !== null && earlier.id !== key.id && last?.hands_over === 0;
    try {
      const jws = await writeEdition(sources, {
        // An edition that hands over is in force for a moment only: what it says is what the next one says.
        signer: signerWith(handsOver ? earlier : key),
        content: { ...content, sequence: (last?.sequence ?? 0) + 1 },
        digest: handsOver ? labelledDigest(installation.suite.digest, `${digest} hands over`) : digest,
        handsOver,
        now,
      });
      if (!handsOver) return jws;
    } catch (error) {
      // Another node took the number; what lies there now is what counts.
      if (attempt >= 5 || !isUniqueViolation(error, 'trust_list_edition')) throw error;
      const taken = await lastEdition(installation);
      if (taken?.content_digest === digest) return taken.jws;
    }
  }
}

/**
 * The key that signed an edition, where it may still hand over: it is at hand and its certificate is not revoked. From a
 * key that was lost nobody is led on; readers then pin the new one by hand.
 */
async function keyOfEdition(
  { database, keys }: Installation,
  { jws }: { readonly jws: string },
): Promise<SigningKey | null> {
  const { header } = parseJws(jws, jws.length);
  const { kid, x5c } = header;
  const certificate = Array.isArray(x5c) && typeof x5c[0] === 'string' ? fromBase64(x5c[0]) : null;
  if (typeof kid !== 'string' || certificate === null) return null;
  const revoked = await database.reader
    .selectFrom('ca_revocation')
    .select('serial')
    .where('serial', '=', parseCertificate(certificate).serialHex)
    .executeTakeFirst();
  if (revoked !== undefined) return null;
  try {
    return await keys.open(kid, 'trust-list', [certificate]);
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'key-not-found') return null;
    throw error;
  }
}

async function writeEdition(
  { installation }: TrustListSources,
  edition: {
    readonly signer: JwsSigner;
    readonly content: TrustList;
    readonly digest: string;
    readonly handsOver: boolean;
    readonly now: Date;
  },
): Promise<string> {
  const issued = new Date(Math.floor(edition.now.getTime() / 1000) * 1000);
  const nextUpdate = new Date(issued.getTime() + life);
  const list = { ...edition.content, issued, nextUpdate };
  const jws = await buildTrustList(list, edition.signer);
  const { digest, handsOver } = edition;
  await installation.database.write((tx) =>
    insertEdition(tx, { sequence: list.sequence, digest, jws, issued, nextUpdate, handsOver }),
  );
  return jws;
}

async function insertEdition(
  tx: Writer,
  edition: {
    sequence: number;
    digest: string;
    jws: string;
    issued: Date;
    nextUpdate: Date;
    handsOver: boolean;
  },
): Promise<void> {
  await tx
    .insertInto('trust_list_edition')
    .values({
      sequence: edition.sequence,
      content_digest: edition.digest,
      jws: edition.jws,
      issued_at: edition.issued.toISOString(),
      next_update: edition.nextUpdate.toISOString(),
      hands_over: edition.handsOver ? 1 : 0,
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
