// A certification authority of a test that says of its keys: made in a device, never given out. No demonstration has one.
import { generateKey } from '../../crypto/key-engine.ts';
import { keyIdOf } from '../../crypto/algorithms.ts';
import { makePkcs12 } from '../../crypto/pkcs12.ts';
import type { SigningKey } from '../../crypto/signing-key.ts';
import { keyIdentifierOf, profileExtensions } from '../../ca/build-extensions.ts';
import { completeEnrolment, insertEnrolment } from '../../ca/enrolment-store.ts';
import type { Profile } from '../../ca/profile.ts';
import { issuingCa } from '../../ca/profiles/international/issuing-ca.ts';
import { residentAuthentication } from '../../ca/profiles/international/persons.ts';
import { completeIntention, insertAuthority, insertIntention } from '../../ca/store.ts';
import { prepareSubject, registeredText, type CertificateSubject, type Holder } from '../../ca/subject.ts';
import type { Services } from '../../api/services.ts';
import { toHex } from '../../formats/bytes.ts';
import { encodeSignatureAlgorithm, parseSubjectPublicKeyInfo } from '../../formats/x509/algorithm.ts';
import {
  encodeCertificate,
  encodeTbsCertificate,
  parseCertificate,
  type Certificate,
} from '../../formats/x509/certificate.ts';
import { PRIVATE_OID } from '../../formats/x509/private-oid.ts';

/** As it stands in the register of authorities; the lowest generation, so that nothing else is issued by it. */
const name = 'test-device-keys';
const dayMilliseconds = 86_400_000;

export interface DevicePerson {
  readonly name: string;
  readonly documentNumber: string;
}

export interface DeviceKeyAuthority {
  /**
   * A certificate to log in with, whose policies say that its key is in a device, and the key in a file: what a browser of
   * a test has for a device.
   */
  issue(
    person: DevicePerson,
    password: string,
  ): Promise<{ readonly serial: string; readonly der: Uint8Array; readonly pkcs12: Uint8Array }>;
}

/** As the product's profile, with the policy of device keys beside its own. */
function withDeviceKeys(profile: Profile): Profile {
  const { value, clause } = profile.policies!;
  return { ...profile, policies: { value: [...value, PRIVATE_OID.deviceKeyPolicy], clause } };
}

/** Makes the authority and puts it into the register of those that logins are accepted from. */
export async function establishDeviceKeyAuthority(services: Services): Promise<DeviceKeyAuthority> {
  const made = await services.keys.generate('issuing-ca', 'ES256');
  const key = await services.keys.open(made.id, 'issuing-ca', []);
  const own = await certify(services, key, null, withDeviceKeys(issuingCa('residents')), {
    publicKey: made.publicKey,
    subject: { organization: '测试用设备密钥机构', commonName: '测试设备密钥CA' },
    days: 3650,
  });
  await services.database.write(async (tx) => {
    await insertAuthority(tx, {
      name,
      keyId: made.id,
      serial: own.serial,
      hierarchy: 'international',
      kind: 'residents',
      generation: 0,
      shards: 1,
      at: services.clock(),
    });
  });
  await services.hierarchy.maintain();
  return {
    async issue(person, password) {
      const holderKey = await generateKey('ES256');
      const enrolment = `enr_device_${own.serial.slice(2, 12)}`;
      const leaf = await certify(services, key, own.certificate, withDeviceKeys(residentAuthentication), {
        publicKey: holderKey.publicKey,
        subject: { commonName: person.name, surname: person.name },
        holder: { subjectKey: null, identity: { documentType: 'resident-id', ...person } },
        days: 365,
        enrolment,
      });
      await services.database.write(async (tx) => {
        await insertEnrolment(tx, services.cipher, {
          id: enrolment,
          client: 'client:test-device-keys',
          idempotencyKey: enrolment,
          digest: 'sha256:none',
          department: null,
          kind: 'enrolment',
          profile: residentAuthentication.name,
          hierarchy: 'international',
          keySource: 'csr',
          evidence: { kind: 'window', reference: 'CK-1', level: 4, officer: 'officer:w07' },
          subject: {},
          holderIndex: null,
          replaces: null,
          supersedes: false,
          at: services.clock(),
        });
        await completeEnrolment(tx, enrolment, leaf.serial, services.clock());
      });
      const pkcs12 = await makePkcs12({
        privateKey: holderKey.pkcs8,
        chain: [leaf.certificate.der, own.certificate.der],
        friendlyName: 'device key',
        password,
        random: services.random,
        iterations: 10_000,
      });
      return { serial: leaf.serial, der: leaf.certificate.der, pkcs12 };
    },
  };
}

interface Wanted {
  readonly publicKey: Uint8Array;
  readonly subject: CertificateSubject;
  readonly holder?: Holder;
  readonly days: number;
  readonly enrolment?: string;
}

/** Signs one certificate and records it as the CA records its own. @param issuer - null for one that signs itself */
async function certify(
  services: Services,
  signer: SigningKey,
  issuer: Certificate | null,
  profile: Profile,
  wanted: Wanted,
): Promise<{ readonly serial: string; readonly certificate: Certificate }> {
  const serialNumber = new Uint8Array([1, ...services.random(16)]);
  const serial = toHex(serialNumber);
  const { subject, holder, enrolment = null } = wanted;
  const key = parseSubjectPublicKeyInfo(wanted.publicKey);
  const prepared = prepareSubject(
    services,
    { subject, authority: { demonstration: true }, ...(holder === undefined ? {} : { holder }) },
    profile,
    serial,
  );
  const at = services.clock();
  const notBefore = new Date(Math.floor(at.getTime() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + wanted.days * dayMilliseconds - 1000);
  const signatureAlgorithm = encodeSignatureAlgorithm('ES256');
  const tbs = encodeTbsCertificate({
    serialNumber,
    signatureAlgorithm,
    issuer: issuer?.subject.der ?? prepared.der,
    notBefore,
    notAfter,
    subject: prepared.der,
    subjectPublicKeyInfo: key.der,
    extensions: profileExtensions({
      profile,
      key,
      issuerKeyIdentifier: issuer?.subjectKeyIdentifier ?? keyIdentifierOf(key),
      issuer,
      authority: name,
      publicUrl: services.address,
      shard: 0,
      notBefore,
      hosts: prepared.hosts,
      organizationCode: prepared.organizationCode,
    }),
  });
  const certificate = parseCertificate(encodeCertificate(tbs, signatureAlgorithm, await signer.sign(tbs)));
  await services.database.write(async (tx) => {
    await insertIntention(tx, {
      serial,
      authority: name,
      profile: profile.name,
      subject: registeredText(certificate.subject, prepared.pseudonym !== null),
      keyId: keyIdOf(key.der, 'ES256'),
      shard: 0,
      subjectKey: prepared.subjectKey,
      pseudonym: prepared.pseudonym,
      identityCipher: prepared.identityCipher,
      replaces: null,
      enrolment,
      notBefore,
      notAfter,
      at,
    });
    await completeIntention(tx, serial, certificate.der, at);
  });
  return { serial, certificate };
}
