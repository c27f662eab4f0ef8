// The two hierarchies of a deployment and the keys they certify for its own services: made once, found ever after.
import type { SigningKey } from '../crypto/signing-key.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import type { Actor } from '../storage/actor.ts';
import { createAuthority, openAuthority } from './authorities.ts';
import { algorithmsOf, hierarchyNames, shardsOf, type HierarchyAlgorithms } from './authority-plan.ts';
import { CaError } from './errors.ts';
import type { Authority, CaParts } from './parts.ts';
import { issuingKinds, type AuthorityKind, type HierarchyName } from './profile.ts';
import { ServiceKeys, type ServicePurpose } from './service-keys.ts';
import { findAuthorities } from './store.ts';

export interface HierarchySettings {
  /** Organisation of every subject, e.g. 天津市河北区政务服务办公室; （演示） is added in a demonstration. */
  readonly organisation: string;
  /** Origin under which certificates, lists and OCSP are published: `http(s)://host[:port]`. */
  readonly publicUrl: string;
  readonly demonstration: boolean;
  /** What the international hierarchy signs with, for authorities and keys not yet made; P-384 and P-256 unless told. */
  readonly algorithms?: HierarchyAlgorithms;
  /** Over how many revocation lists a new authority of a kind spreads its certificates. */
  readonly shards?: Partial<Readonly<Record<AuthorityKind, number>>>;
}

export interface Hierarchy {
  /** The root of the suite's hierarchy. */
  readonly root: Certificate;
  /** The roots of both, the suite's first. */
  roots(): readonly Certificate[];
  /** Every authority ever made, whatever its state. */
  authorities(): readonly Authority[];
  /** By its name in addresses. @throws CaError `authority-not-found` for a name from outside that is none. */
  authority(name: string): Authority;
  /**
   * The authority that issues now; ask again for each use, since authorities are succeeded.
   * @param hierarchy - the suite's unless told. @throws CaError `authority-not-found` where the last one was revoked.
   */
  issuer(kind: AuthorityKind, hierarchy?: HierarchyName): Authority;
  /**
   * The key now in use for a service; ask again for each use, since keys are renewed.
   * @param hierarchy - the suite's unless told; `timestamp` exists in both, the others in the suite's alone.
   */
  serviceKey(purpose: ServicePurpose, hierarchy?: HierarchyName): SigningKey;
  /** The key that answers OCSP for an issuing authority. @throws CaError `authority-not-found`. */
  responderKey(name: string): SigningKey;
  /** Every certificate ever issued for a service, in both hierarchies, newest first, DER: what a trust list with history names. */
  serviceCertificates(purpose: ServicePurpose): Promise<readonly Uint8Array[]>;
  /** Takes in what other nodes changed, and renews service and responder keys that are due; run it at least daily. */
  maintain(): Promise<void>;
}

const SYSTEM: Pick<Actor, 'id' | 'department'> = { id: 'system', department: null };

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

/** The authorities as this node knows them. */
class KnownAuthorities {
  readonly #parts: CaParts;
  readonly #settings: HierarchySettings;
  #byName: ReadonlyMap<string, Authority> = new Map();

  constructor(parts: CaParts, settings: HierarchySettings) {
    this.#parts = parts;
    this.#settings = settings;
  }

  /** Opens those not known yet, and takes in the states of the others. */
  async load(): Promise<void> {
    const rows = await findAuthorities(this.#parts.database.reader);
    const opened = await Promise.all(
      rows.map(async (row): Promise<Authority> => {
        const known = this.#byName.get(row.name);
        if (known === undefined) return openAuthority(this.#parts, this.#settings, row);
        return known.state === row.state ? known : { ...known, state: row.state };
      }),
    );
    this.#byName = new Map(opened.map((authority) => [authority.name, authority]));
  }

  all(): readonly Authority[] {
    return [...this.#byName.values()];
  }

  named(name: string): Authority {
    const authority = this.#byName.get(name);
    if (authority === undefined)
      throw new CaError('authority-not-found', 'There is no authority of this name.');
    return authority;
  }

  issuer(kind: AuthorityKind, hierarchy: HierarchyName): Authority {
    const found = this.#newest(kind, hierarchy);
    if (found?.state !== 'active') {
      throw new CaError('authority-not-found', `No authority of kind ${kind} issues in ${hierarchy}.`);
    }
    return found;
  }

  #newest(kind: AuthorityKind, hierarchy: HierarchyName): Authority | undefined {
    return this.all()
      .filter((each) => each.kind === kind && each.hierarchy === hierarchy)
      .toSorted((a, b) => b.generation - a.generation)[0];
  }

  /** Makes the first generation of whatever a hierarchy lacks. @returns how many were made. */
  async complete(hierarchy: HierarchyName): Promise<number> {
    const { organisation, algorithms, shards } = this.#settings;
    const chosen = algorithmsOf(hierarchy, algorithms);
    const make = (kind: AuthorityKind, root: Authority | null): Promise<Authority> =>
      createAuthority(
        this.#parts,
        this.#settings,
        {
          hierarchy,
          kind,
          generation: 1,
          shards: shardsOf(kind, shards),
          algorithm: kind === 'root' ? chosen.root : chosen.issuing,
          organisation,
          actor: SYSTEM,
        },
        root,
      );
    const missing = issuingKinds.filter((kind) => this.#newest(kind, hierarchy) === undefined);
    const found = this.#newest('root', hierarchy);
    const root = found ?? (await make('root', null));
    await Promise.all(missing.map((kind) => make(kind, root)));
    return missing.length + (found === undefined ? 1 : 0);
  }
}

/**
 * Finds or makes both hierarchies, each with its root and its issuing authorities, and the keys of our own services. A
 * start that was interrupted is continued, and an older installation gains what it lacks: what is stored is kept, what is
 * missing is made.
 * @throws CaError `demonstration-mismatch`, `hierarchy-damaged`, `root-offline` (something is to be made, and the root
 *   keys are not at hand), `profile-violation` (an organisation name too long, a public URL that is no origin, an
 *   algorithm of another hierarchy); CryptoError, StorageError.
 */
export async function establishHierarchy(parts: CaParts, wanted: HierarchySettings): Promise<Hierarchy> {
  const settings = checkSettings(wanted);
  const known = new KnownAuthorities(parts, settings);
  await known.load();
  const made = await Promise.all(hierarchyNames.map((hierarchy) => known.complete(hierarchy)));
  const created = made.reduce((sum, count) => sum + count, 0);
  if (created > 0) await known.load();
  const services = new ServiceKeys(parts, known, settings);
  await services.maintain();
  const own = parts.suite.hierarchy;
  const other: HierarchyName = own === 'sm2' ? 'international' : 'sm2';
  const root = known.issuer('root', own);
  if (created > 0) {
    await parts.database.write((tx) =>
      parts.audit.append(tx, {
        at: parts.clock(),
        actor: SYSTEM,
        action: 'hierarchy.established',
        subject: root.certificate.serialHex,
        details: {
          rootKey: root.key.id,
          authorities: known
            .all()
            .map(({ name }) => name)
            .join(' '),
        },
      }),
    );
  }
  let maintaining: Promise<void> | null = null;
  const maintain = async (): Promise<void> => {
    await known.load();
    await services.maintain();
  };
  return {
    root: root.certificate,
    roots: () => [root.certificate, known.issuer('root', other).certificate],
    authorities: () => known.all(),
    authority: (name) => known.named(name),
    issuer: (kind, hierarchy = own) => known.issuer(kind, hierarchy),
    serviceKey: (purpose, hierarchy = own) => services.serviceKey(purpose, hierarchy),
    responderKey: (name) => services.responderKey(known.named(name).name),
    serviceCertificates: (purpose) => services.certificates(purpose),
    // Two calls at once are one.
    maintain: () => (maintaining ??= maintain().finally(() => (maintaining = null))),
  };
}
