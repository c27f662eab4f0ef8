// The authorities of a deployment and the keys they certify for its own services: made once, found ever after.
import type { KeyPurpose, SigningKey } from '../crypto/signing-key.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { nameText } from '../formats/x509/name.ts';
import { CaError } from './errors.ts';
import { issueCertificate, type SelfSigned } from './issue.ts';
import type { Authority, CaParts } from './parts.ts';
import type { AuthorityName } from './profile.ts';
import { ServiceKeys, type ServicePurpose } from './service-keys.ts';
import { findAuthority, findCertificate, insertAuthority } from './store.ts';

export interface HierarchySettings {
  /** Organisation of every subject, e.g. 天津市河北区政务服务办公室; （演示） is added in a demonstration. */
  readonly organisation: string;
  /** Origin under which certificates, lists and OCSP are published: `http(s)://host[:port]`. */
  readonly publicUrl: string;
  readonly demonstration: boolean;
}

export interface Hierarchy {
  readonly root: Certificate;
  /** @throws CaError `authority-not-found` for a name from outside that is none. */
  authority(name: string): Authority;
  /** The key now in use for a service; ask again for each use, since keys are renewed. */
  serviceKey(purpose: ServicePurpose): SigningKey;
  /** The key that answers OCSP for an issuing authority. @throws CaError `authority-not-found`. */
  responderKey(name: string): SigningKey;
  /** Every certificate ever issued for a service, newest first, DER: what a trust list with history names. */
  serviceCertificates(purpose: ServicePurpose): Promise<readonly Uint8Array[]>;
  /** Renews service and responder keys that are due; run it at least daily. */
  maintain(): Promise<void>;
}

const SYSTEM = { id: 'system', department: null };

const AUTHORITIES: readonly {
  readonly name: AuthorityName;
  readonly purpose: KeyPurpose;
  readonly commonName: string;
}[] = [
  { name: 'root', purpose: 'root-ca', commonName: '印信根CA' },
  { name: 'department-seals', purpose: 'issuing-ca', commonName: '部门电子印章签发CA' },
  { name: 'time-stamps', purpose: 'issuing-ca', commonName: '时间戳签发CA' },
  { name: 'services', purpose: 'issuing-ca', commonName: '服务签发CA' },
];

function checkSettings(settings: HierarchySettings): HierarchySettings {
  const { publicUrl } = settings;
  if (!URL.canParse(publicUrl) || new URL(publicUrl).origin !== publicUrl) {
    throw new CaError(
      'profile-violation',
      'The public URL must be an origin: http(s)://host[:port], nothing after it.',
    );
  }
  return settings;
}

async function findExisting(
  parts: CaParts,
  settings: HierarchySettings,
  { name, purpose }: (typeof AUTHORITIES)[number],
): Promise<Authority | null> {
  const row = await findAuthority(parts.database.reader, name);
  if (row === null) return null;
  const stored = await findCertificate(parts.database.reader, row.serial);
  if (stored?.keyId !== row.keyId) {
    throw new CaError(
      'hierarchy-damaged',
      `The authority ${name} and its stored certificate contradict each other.`,
    );
  }
  const certificate = parseCertificate(stored.der);
  if (nameText(certificate.subject).includes('演示') !== settings.demonstration) {
    throw new CaError(
      'demonstration-mismatch',
      settings.demonstration
        ? 'This data folder holds production authorities: a demonstration needs a folder of its own.'
        : 'This data folder holds demonstration authorities: production needs a folder of its own.',
    );
  }
  const chain = name === 'root' ? [] : [stored.der];
  const key = await parts.keys.open(row.keyId, purpose, chain);
  return {
    name,
    certificate,
    key,
    chain,
    publicUrl: settings.publicUrl,
    demonstration: settings.demonstration,
  };
}

async function create(
  parts: CaParts,
  settings: HierarchySettings,
  { name, purpose, commonName }: (typeof AUTHORITIES)[number],
  root: Authority | undefined,
): Promise<Authority> {
  const { publicUrl, demonstration } = settings;
  const generated = await parts.keys.generate(purpose, name === 'root' ? 'ES384' : 'ES256');
  const signer = async (): Promise<Authority | SelfSigned> =>
    root ?? {
      name: 'root',
      certificate: null,
      key: await parts.keys.open(generated.id, purpose, []),
      publicUrl,
      demonstration,
    };
  const issued = await issueCertificate(parts, {
    profile: name === 'root' ? 'root' : 'issuing-ca',
    authority: await signer(),
    subject: { organization: settings.organisation, commonName },
    publicKey: generated.publicKey,
    actor: SYSTEM,
    alongside: (tx, { serial }) =>
      insertAuthority(tx, { name, keyId: generated.id, serial, at: parts.clock() }),
  });
  const key = await parts.keys.open(generated.id, purpose, issued.chain);
  return { name, certificate: issued.certificate, key, chain: issued.chain, publicUrl, demonstration };
}

/**
 * Finds or makes the root (ES384), the issuing authorities (ES256) and the keys of our own services. A start that was
 * interrupted is continued: what is stored is kept, what is missing is made.
 * @throws CaError `demonstration-mismatch`, `hierarchy-damaged`, `profile-violation` (an organisation name too long,
 *   a public URL that is no origin); CryptoError, StorageError.
 */
export async function establishHierarchy(parts: CaParts, wanted: HierarchySettings): Promise<Hierarchy> {
  const settings = checkSettings(wanted);
  const authorities = new Map<string, Authority>();
  let created = 0;
  for (const description of AUTHORITIES) {
    const existing = await findExisting(parts, settings, description);
    if (existing === null) created += 1;
    const authority = existing ?? (await create(parts, settings, description, authorities.get('root')));
    authorities.set(description.name, authority);
  }
  const find = (name: string): Authority => {
    const authority = authorities.get(name);
    if (authority === undefined)
      throw new CaError('authority-not-found', 'There is no authority of this name.');
    return authority;
  };
  const services = new ServiceKeys(parts, find, settings.organisation);
  await services.maintain();
  const root = find('root');
  if (created > 0) {
    await parts.database.write((tx) =>
      parts.audit.append(tx, {
        at: parts.clock(),
        actor: SYSTEM,
        action: 'hierarchy.established',
        subject: root.certificate.serialHex,
        details: { rootKey: root.key.id, authorities: [...authorities.keys()].join(' ') },
      }),
    );
  }
  return {
    root: root.certificate,
    authority: find,
    serviceKey: (purpose) => services.serviceKey(purpose),
    responderKey: (name) => services.responderKey(find(name).name),
    serviceCertificates: (purpose) => services.certificates(purpose),
    maintain: () => services.maintain(),
  };
}
