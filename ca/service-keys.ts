// Keys of our own services and OCSP responders: found by their certificates, renewed before they run out.
import type { KeyPurpose, SignatureAlgorithm, SigningKey } from '../crypto/signing-key.ts';
import { CryptoError } from '../crypto/errors.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import {
  algorithmsOf,
  hierarchyNames,
  responderCommonName,
  type HierarchyAlgorithms,
} from './authority-plan.ts';
import { CaError } from './errors.ts';
import { issueCertificate } from './issue.ts';
import type { Authority, CaParts } from './parts.ts';
import { days, type HierarchyName, type IssuingKind, type ProfileName } from './profile.ts';
import { profileOf } from './profiles/list.ts';
import { certificatesInForce, certificatesOf } from './store.ts';

/** What a service's key is for. */
export type ServicePurpose = Extract<
  KeyPurpose,
  | 'timestamp'
  | 'license-code'
  | 'status-list'
  | 'trust-list'
  | 'receipt'
  | 'identity-token'
  | 'audit-log'
  | 'seal-making'
>;

interface ServiceKind {
  readonly profile: ProfileName;
  readonly kind: IssuingKind;
  readonly commonName: string;
  /** Which hierarchies have one: both, that of the suite, or SM2 whatever the suite. */
  readonly hierarchies: 'both' | 'suite' | 'sm2';
}

const kinds: Readonly<Record<ServicePurpose, ServiceKind>> = {
  timestamp: {
    profile: 'timestamp-unit',
    kind: 'time-stamps',
    commonName: '时间戳服务单元',
    hierarchies: 'both',
  },
  'license-code': {
    profile: 'license-code-signer',
    kind: 'services',
    commonName: '电子证照二维码签发',
    hierarchies: 'suite',
  },
  'status-list': {
    profile: 'status-list-signer',
    kind: 'services',
    commonName: '电子证照状态列表签发',
    hierarchies: 'suite',
  },
  'trust-list': {
    profile: 'trust-list-signer',
    kind: 'services',
    commonName: '信任列表签发',
    hierarchies: 'suite',
  },
  receipt: { profile: 'receipt-signer', kind: 'services', commonName: '核验回执签发', hierarchies: 'suite' },
  'identity-token': {
    profile: 'identity-token-signer',
    kind: 'services',
    commonName: '身份令牌签发',
    hierarchies: 'suite',
  },
  'audit-log': {
    profile: 'audit-log-signer',
    kind: 'services',
    commonName: '审计日志签发',
    hierarchies: 'suite',
  },
  // A seal is made with SM2 whatever the suite (GB/T 38540-2020), under the authority that certifies who may use it.
  'seal-making': {
    profile: 'seal-maker',
    kind: 'department-seals',
    commonName: '电子印章制作系统',
    hierarchies: 'sm2',
  },
};
const purposes = Object.keys(kinds) as readonly ServicePurpose[];

/** Responders renew with a third of their life left, services with a month. */
const RESPONDER_MARGIN = 10;
const SERVICE_MARGIN = 30;

interface Service {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly profile: ProfileName;
  readonly authority: Authority;
  readonly commonName: string;
  /** Renewed when its use ends within so many days. */
  readonly renewWithin: number;
}

interface InUse {
  readonly key: SigningKey;
  readonly serial: string;
}

/** What the keys hang from: the authorities as they are now. */
export interface ServiceAuthorities {
  /** All of them, whatever their state. */
  all(): readonly Authority[];
  /** The active one. @throws CaError `authority-not-found`. */
  issuer(kind: IssuingKind, hierarchy: HierarchyName): Authority;
}

export class ServiceKeys {
  readonly #parts: CaParts;
  readonly #authorities: ServiceAuthorities;
  readonly #organisation: string;
  readonly #algorithms: HierarchyAlgorithms | undefined;
  readonly #inUse = new Map<string, InUse>();

  constructor(
    parts: CaParts,
    authorities: ServiceAuthorities,
    settings: { readonly organisation: string; readonly algorithms?: HierarchyAlgorithms },
  ) {
    this.#parts = parts;
    this.#authorities = authorities;
    this.#organisation = settings.organisation;
    this.#algorithms = settings.algorithms;
  }

  /** @throws CaError `authority-not-found` for a service the hierarchy does not have. */
  serviceKey(purpose: ServicePurpose, hierarchy: HierarchyName): SigningKey {
    return this.#key(`${purpose} ${hierarchy}`);
  }

  /** @throws CaError `authority-not-found` where the authority has no responder (a root). */
  responderKey(authority: string): SigningKey {
    return this.#key(`ocsp ${authority}`);
  }

  async certificates(purpose: ServicePurpose): Promise<readonly Uint8Array[]> {
    const { profile, kind } = kinds[purpose];
    const names = this.#authorities.all().flatMap((each) => (each.kind === kind ? [each.name] : []));
    return (await certificatesOf(this.#parts.database.reader, profile, names)).map(({ der }) => der);
  }

  /** Renews what is due, revoked, or under a predecessor. One that fails does not keep the others from it. */
  async maintain(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#services().map((service) => this.#maintainOne(service)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  #services(): readonly Service[] {
    const responders = this.#authorities.all().flatMap((authority): Service[] =>
      authority.kind === 'root'
        ? []
        : [
            {
              id: `ocsp ${authority.name}`,
              purpose: 'ocsp',
              profile: 'ocsp-responder',
              authority,
              commonName: responderCommonName(authority.kind),
              renewWithin: RESPONDER_MARGIN,
            },
          ],
    );
    const signers = hierarchyNames.flatMap((hierarchy) =>
      purposes.flatMap((purpose): Service[] => {
        const { profile, kind, commonName, hierarchies } = kinds[purpose];
        const only = hierarchies === 'sm2' ? 'sm2' : this.#parts.suite.hierarchy;
        if (hierarchies !== 'both' && hierarchy !== only) return [];
        return [
          {
            id: `${purpose} ${hierarchy}`,
            purpose,
            profile,
            authority: this.#authorities.issuer(kind, hierarchy),
            commonName,
            renewWithin: SERVICE_MARGIN,
          },
        ];
      }),
    );
    return [...responders, ...signers];
  }

  #key(id: string): SigningKey {
    const found = this.#inUse.get(id);
    if (found === undefined) throw new CaError('authority-not-found', `There is no key for ${id}.`);
    return found.key;
  }

  async #maintainOne(service: Service): Promise<void> {
    const { reader } = this.#parts.database;
    const stored = await certificatesInForce(reader, service.profile, service.authority.name);
    const current = stored.find(({ der }) => this.#usable(service, parseCertificate(der)));
    if (current === undefined) await this.#renew(service);
    else if (this.#inUse.get(service.id)?.serial !== current.serial) {
      await this.#open(service, current.keyId, parseCertificate(current.der));
    }
  }

  /** Whether its use and its certificate last longer than the service's margin. */
  #usable({ profile, authority, renewWithin }: Service, { notBefore, notAfter }: Certificate): boolean {
    const use = profileOf(profile, authority.hierarchy).keyUseDays;
    const end = use === null ? notAfter.getTime() : notBefore.getTime() + days(use.value);
    const due = Math.min(end, notAfter.getTime()) - days(renewWithin);
    return due > this.#parts.clock().getTime();
  }

  async #renew(service: Service): Promise<void> {
    const { authority } = service;
    const algorithm: SignatureAlgorithm = algorithmsOf(authority.hierarchy, this.#algorithms).services;
    try {
      const generated = await this.#parts.keys.generate(service.purpose, algorithm);
      const issued = await issueCertificate(this.#parts, {
        profile: service.profile,
        authority,
        subject: { organization: this.#organisation, commonName: service.commonName },
        publicKey: generated.publicKey,
        actor: { id: 'system', department: null },
      });
      await this.#open(service, generated.id, issued.certificate);
    } catch (error) {
      // The key of an authority out of use may have been destroyed; its last responder then speaks while it lasts.
      const gone = error instanceof CryptoError && error.code === 'key-not-found';
      if (!gone || authority.state === 'active') throw error;
    }
  }

  async #open(service: Service, keyId: string, certificate: Certificate): Promise<void> {
    const chain = [certificate.der, ...service.authority.chain];
    const key = await this.#parts.keys.open(keyId, service.purpose, chain);
    this.#inUse.set(service.id, { key, serial: certificate.serialHex });
  }
}
