// Keys of our own services and OCSP responders: found by their certificates, renewed before they run out.
import type { KeyPurpose, SigningKey } from '../crypto/signing-key.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { CaError } from './errors.ts';
import { issueCertificate } from './issue.ts';
import type { Authority, CaParts } from './parts.ts';
import { days, type AuthorityName, type ProfileName } from './profile.ts';
import { profiles } from './profiles/list.ts';
import { certificatesOf, type StoredCertificate } from './store.ts';

/** What a service's key is for. */
export type ServicePurpose = Extract<
  KeyPurpose,
  'timestamp' | 'license-code' | 'status-list' | 'trust-list' | 'receipt'
>;

interface Service {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly profile: ProfileName;
  readonly authority: AuthorityName;
  readonly commonName: string;
  /** Renewed when its use ends within so many days. */
  readonly renewWithin: number;
}

const responder = (authority: AuthorityName, commonName: string): Service => ({
  id: `ocsp ${authority}`,
  purpose: 'ocsp',
  profile: 'ocsp-responder',
  authority,
  commonName,
  renewWithin: 10,
});
const signer = (id: ServicePurpose, profile: ProfileName, commonName: string): Service => ({
  id,
  purpose: id,
  profile,
  authority: 'services',
  commonName,
  renewWithin: 30,
});

const SERVICES: readonly Service[] = [
  responder('department-seals', '部门电子印章证书状态服务'),
  responder('time-stamps', '时间戳证书状态服务'),
  responder('services', '服务证书状态服务'),
  { ...signer('timestamp', 'timestamp-unit', '时间戳服务单元'), authority: 'time-stamps' },
  signer('license-code', 'license-code-signer', '电子证照二维码签发'),
  signer('status-list', 'status-list-signer', '电子证照状态列表签发'),
  signer('trust-list', 'trust-list-signer', '信任列表签发'),
  signer('receipt', 'receipt-signer', '核验回执签发'),
];

interface InUse {
  readonly key: SigningKey;
  readonly serial: string;
}

export class ServiceKeys {
  readonly #parts: CaParts;
  readonly #authority: (name: AuthorityName) => Authority;
  readonly #organisation: string;
  readonly #inUse = new Map<string, InUse>();
  #maintaining: Promise<void> | null = null;

  constructor(parts: CaParts, authority: (name: AuthorityName) => Authority, organisation: string) {
    this.#parts = parts;
    this.#authority = authority;
    this.#organisation = organisation;
  }

  serviceKey(purpose: ServicePurpose): SigningKey {
    return this.#key(purpose);
  }

  /** @throws CaError `authority-not-found` where the authority has no responder (the root). */
  responderKey(authority: AuthorityName): SigningKey {
    return this.#key(`ocsp ${authority}`);
  }

  async certificates(purpose: ServicePurpose): Promise<readonly Uint8Array[]> {
    const service = SERVICES.find(({ id }) => id === purpose);
    if (service === undefined)
      throw new CaError('authority-not-found', 'There is no service of this purpose.');
    const stored = await certificatesOf(this.#parts.database.reader, service.profile, service.authority);
    return stored.map(({ der }) => der);
  }

  /** Renews what is due or revoked; two calls at once are one. */
  maintain(): Promise<void> {
    this.#maintaining ??= this.#maintain().finally(() => (this.#maintaining = null));
    return this.#maintaining;
  }

  #key(id: string): SigningKey {
    const found = this.#inUse.get(id);
    if (found === undefined) throw new CaError('authority-not-found', `There is no key for ${id}.`);
    return found.key;
  }

  async #maintain(): Promise<void> {
    for (const service of SERVICES) {
      const stored = await certificatesOf(this.#parts.database.reader, service.profile, service.authority);
      const [current] = stored.filter((each) => this.#usable(service, each));
      if (current === undefined) this.#inUse.set(service.id, await this.#renew(service));
      else if (this.#inUse.get(service.id)?.serial !== current.serial) {
        this.#inUse.set(service.id, await this.#open(service, current.keyId, parseCertificate(current.der)));
      }
    }
  }

  #usable(service: Service, stored: StoredCertificate): boolean {
    return (
      stored.state === 'issued' &&
      this.#dueAt(service, parseCertificate(stored.der)) > this.#parts.clock().getTime()
    );
  }

  /** When a successor is needed: the end of the key's use or of the certificate, less the service's margin. */
  #dueAt({ profile, renewWithin }: Service, { notBefore, notAfter }: Certificate): number {
    const use = profiles[profile].keyUseDays;
    const end = use === null ? notAfter.getTime() : notBefore.getTime() + days(use.value);
    return Math.min(end, notAfter.getTime()) - days(renewWithin);
  }

  async #renew(service: Service): Promise<InUse> {
    const generated = await this.#parts.keys.generate(service.purpose, 'ES256');
    const issued = await issueCertificate(this.#parts, {
      profile: service.profile,
      authority: this.#authority(service.authority),
      subject: { organization: this.#organisation, commonName: service.commonName },
      publicKey: generated.publicKey,
      actor: { id: 'system', department: null },
    });
    return this.#open(service, generated.id, issued.certificate);
  }

  async #open(service: Service, keyId: string, certificate: Certificate): Promise<InUse> {
    const chain = [certificate.der, ...this.#authority(service.authority).chain];
    const key = await this.#parts.keys.open(keyId, service.purpose, chain);
    return { key, serial: certificate.serialHex };
  }
}
