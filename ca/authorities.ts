// Authorities of a deployment: found and opened, or made. Their keys: the root's offline, the others in the key store.
import type { SigningKey } from '../crypto/signing-key.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { nameAttribute, nameText } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { isUniqueViolation } from '../storage/errors.ts';
import { authorityCommonName, authorityName } from './authority-plan.ts';
import { CaError } from './errors.ts';
import { issueCertificate } from './issue.ts';
import type { SelfSigned } from './issue-request.ts';
import { offlineRootKey, requireRootStore } from './offline-key.ts';
import type { Authority, CaParts } from './parts.ts';
import type { AuthorityKind, HierarchyName } from './profile.ts';
import { findAuthority, findCertificate, insertAuthority, type StoredAuthority } from './store.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';

/** Where authorities are published, and whether they are a demonstration's. */
export interface AuthoritySettings {
  readonly publicUrl: string;
  readonly demonstration: boolean;
}

/**
 * Opens a recorded authority.
 * @throws CaError `hierarchy-damaged`, `demonstration-mismatch`; CryptoError where its key cannot be opened.
 */
export async function openAuthority(
  parts: CaParts,
  settings: AuthoritySettings,
  row: StoredAuthority,
): Promise<Authority> {
  const stored = await findCertificate(parts.database.reader, row.serial);
  if (stored?.keyId !== row.keyId) {
    throw new CaError(
      'hierarchy-damaged',
      `The authority ${row.name} and its stored certificate contradict each other.`,
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
  return atWork(settings, row, certificate, await keyOf(parts, row, certificate));
}

function keyOf(parts: CaParts, row: StoredAuthority, certificate: Certificate): Promise<SigningKey> {
  return row.kind === 'root'
    ? Promise.resolve(offlineRootKey(parts, row.keyId, certificate))
    : parts.keys.open(row.keyId, 'issuing-ca', [certificate.der]);
}

function atWork(
  settings: AuthoritySettings,
  row: Omit<StoredAuthority, 'keyId' | 'serial'>,
  certificate: Certificate,
  key: SigningKey,
): Authority {
  return {
    name: row.name,
    kind: row.kind,
    hierarchy: row.hierarchy,
    generation: row.generation,
    shards: row.shards,
    state: row.state,
    certificate,
    key,
    chain: key.chain,
    publicUrl: settings.publicUrl,
    demonstration: settings.demonstration,
  };
}

/** What a new authority is to be. */
export interface NewAuthority {
  readonly hierarchy: HierarchyName;
  readonly kind: AuthorityKind;
  readonly generation: number;
  readonly shards: number;
  readonly algorithm: SignatureAlgorithm;
  readonly organisation: string;
  readonly actor: Pick<Actor, 'id' | 'department'>;
  /** Further rows of the write that completes it. */
  readonly alongside?: (tx: Writer) => Promise<void>;
}

/**
 * Makes an authority: key, certificate by its root (a root signs itself), record. Where another node makes the same one
 * at the same time, the one recorded first is answered.
 * @param root - of the same hierarchy; null where the root itself is to be made.
 * @throws CaError `root-offline`, and as `issueCertificate`.
 */
export async function createAuthority(
  parts: CaParts,
  settings: AuthoritySettings,
  wanted: NewAuthority,
  root: Authority | null,
): Promise<Authority> {
  const { hierarchy, kind, generation, shards, algorithm } = wanted;
  const name = authorityName(hierarchy, kind, generation);
  const store = kind === 'root' ? await requireRootStore(parts) : parts.keys;
  const generated = await store.generate(kind === 'root' ? 'root-ca' : 'issuing-ca', algorithm);
  const selfSigned = async (): Promise<SelfSigned> => ({
    ...settings,
    name,
    kind: 'root',
    hierarchy,
    shards,
    state: 'active',
    certificate: null,
    key: await store.open(generated.id, 'root-ca', []),
  });
  const row = { name, keyId: generated.id, hierarchy, kind, generation, shards };
  try {
    const issued = await issueCertificate(parts, {
      profile: kind === 'root' ? 'root' : 'issuing-ca',
      ...(kind === 'root' ? {} : { certifies: kind }),
      authority: root ?? (await selfSigned()),
      subject: {
        organization: wanted.organisation,
        commonName: authorityCommonName(hierarchy, kind, generation),
      },
      publicKey: generated.publicKey,
      actor: wanted.actor,
      alongside: async (tx, { serial }) => {
        await insertAuthority(tx, { ...row, serial, at: parts.clock() });
        await wanted.alongside?.(tx);
      },
    });
    const key = await keyOf(parts, { ...row, serial: issued.serial, state: 'active' }, issued.certificate);
    return atWork(settings, { ...row, state: 'active' }, issued.certificate, key);
  } catch (error) {
    const first = isUniqueViolation(error, 'ca_authority')
      ? await findAuthority(parts.database.reader, name)
      : null;
    if (first === null) throw error;
    return openAuthority(parts, settings, first);
  }
}

/** Organisation of an authority as its certificate says it. */
export function organisationOf({ certificate }: Authority): string {
  return nameAttribute(certificate.subject, OID.organizationName) ?? '';
}
