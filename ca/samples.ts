// One of everything this authority makes, for whoever wants to lint it with tools of their own.
import { createHash } from 'node:crypto';
import { digest } from '../crypto/algorithms.ts';
import { generateKey } from '../crypto/key-engine.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import { encodeTimestampRequest } from '../formats/cms/timestamp.ts';
import { completeUscc } from '../formats/identifiers/uscc.ts';
import { encodeDigestAlgorithm } from '../formats/x509/algorithm.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { nameText } from '../formats/x509/name.ts';
import { encodeCertId, encodeOcspRequest } from '../formats/x509/ocsp.ts';
import { algorithmsOf, authorityKinds, hierarchyNames } from './authority-plan.ts';
import { CaError } from './errors.ts';
import type { CrlParts } from './crl-making.ts';
import { CrlPublisher } from './crl-publisher.ts';
import { establishHierarchy, type Hierarchy, type HierarchySettings } from './hierarchy.ts';
import { issueCertificate } from './issue.ts';
import type { IssuedCertificate } from './issue-request.ts';
import { OcspResponder } from './ocsp-responder.ts';
import { shardOf, type Authority, type CaParts } from './parts.ts';
import type { HierarchyName, Profile } from './profile.ts';
import { profiles } from './profiles/list.ts';
import { revokeCertificate } from './revoke.ts';
import type { CertificateSubject, Holder } from './subject.ts';
import { TimestampAuthority } from './timestamp-authority.ts';

/** One file's worth. */
export interface Sample {
  /** Below the folder of all samples, without an ending: `sm2/seal`. */
  readonly path: string;
  /** Of the DER file. */
  readonly ending: 'cer' | 'crl' | 'ocsp' | 'tsr';
  /** Of the PEM file. */
  readonly label: 'CERTIFICATE' | 'X509 CRL' | 'OCSP RESPONSE' | 'TIMESTAMP RESPONSE';
  readonly der: Uint8Array;
  /** For a certificate: those above it, the root last. */
  readonly chain: readonly Uint8Array[];
  /** One line of the index. */
  readonly about: string;
}

const SYSTEM = { id: 'system', department: null };
/** Nobody's: of the division 000000, which there is not. */
const CREDIT_CODE = completeUscc('91000000MA0000000');
const ORGANISATION = '样例单位';
const SEAL_CODE = '00000000000001';
const PERSON = '样例';

function subjectOf(profile: Profile): CertificateSubject {
  const rule = profile.subject.value;
  return {
    ...(rule.organization === 'required' ? { organization: ORGANISATION } : {}),
    ...(rule.creditCode === null ? {} : { creditCode: CREDIT_CODE }),
    ...(rule.hosts ? { dnsNames: ['sample.example', 'www.sample.example'] } : {}),
    ...(rule.commonName === 'host' ? {} : { commonName: commonNameOf(profile) }),
    ...(rule.nameParts ? { surname: '样', givenName: '例' } : {}),
  };
}

function commonNameOf({ name, subject }: Profile): string {
  if (subject.value.person) return PERSON;
  return name === 'seal' || name === 'enterprise-seal' ? SEAL_CODE : `样例 ${name}`;
}

function holderOf(profile: Profile): { readonly holder?: Holder } {
  if (!profile.subject.value.person) return {};
  const identity = { name: PERSON, documentType: 'sample', documentNumber: 'none' };
  return { holder: { subjectKey: null, identity } };
}

function certificateSample(
  hierarchy: HierarchyName,
  name: string,
  certificate: Certificate,
  chain: readonly Uint8Array[],
): Sample {
  return {
    path: `${hierarchy}/${name}`,
    ending: 'cer',
    label: 'CERTIFICATE',
    der: certificate.der,
    chain,
    about: nameText(certificate.subject),
  };
}

/** Certificates of the authorities themselves. */
function authoritySamples(hierarchy: Hierarchy, name: HierarchyName): readonly Sample[] {
  const root = hierarchy.issuer('root', name);
  return authorityKinds.map((kind) =>
    certificateSample(
      name,
      kind === 'root' ? 'root' : `issuing-ca-${kind}`,
      hierarchy.issuer(kind, name).certificate,
      kind === 'root' ? [] : [root.certificate.der],
    ),
  );
}

function endProfiles(hierarchy: HierarchyName): readonly Profile[] {
  return profiles.filter((profile) => profile.hierarchy === hierarchy && profile.basicConstraints === null);
}

async function issueSample(
  parts: CaParts,
  hierarchy: Hierarchy,
  profile: Profile,
  algorithm: SignatureAlgorithm,
): Promise<IssuedCertificate> {
  const [kind] = profile.authorities.filter((each) => each !== 'root');
  // The private half is let go at once: nobody signs with a sample.
  const { publicKey } = await generateKey(algorithm);
  return issueCertificate(parts, {
    profile: profile.name,
    authority: hierarchy.issuer(kind ?? 'services', profile.hierarchy),
    subject: subjectOf(profile),
    publicKey,
    actor: SYSTEM,
    ...holderOf(profile),
  });
}

function ocspRequestFor(issuer: Authority, certificate: Certificate): Uint8Array {
  const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  const id = encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm('sha256'),
    issuerNameHash: hash(issuer.certificate.subject.der),
    issuerKeyHash: hash(issuer.certificate.subjectPublicKeyInfo.publicKey),
    serialNumber: certificate.serialNumber,
  });
  return encodeOcspRequest([id], null);
}

/** Lists, answers and a token of one hierarchy; `revoked` stands in the first list. */
async function statusSamples(
  parts: CaParts & CrlParts,
  hierarchy: Hierarchy,
  name: HierarchyName,
  revoked: IssuedCertificate,
): Promise<readonly Sample[]> {
  const seals = hierarchy.issuer('department-seals', name);
  const shard = shardOf(revoked.certificate.serialNumber, seals.shards);
  const publisher = new CrlPublisher(parts, hierarchy);
  const responder = new OcspResponder(parts, hierarchy);
  const list = async (path: string, authority: Authority, of: number, about: string): Promise<Sample> => ({
    path: `${name}/${path}`,
    ending: 'crl',
    label: 'X509 CRL',
    der: await publisher.currentCrl(authority.name, of),
    chain: [],
    about,
  });
  const root = hierarchy.issuer('root', name);
  const samples = [
    await list('list-of-shard', seals, shard, `list ${shard} of ${seals.name}: names one seal`),
    await list('list-of-root', root, 0, `list of ${root.name}`),
    {
      path: `${name}/status`,
      ending: 'ocsp',
      label: 'OCSP RESPONSE',
      der: await responder.respond(seals.name, ocspRequestFor(seals, revoked.certificate)),
      chain: [],
      about: 'answer about the seal: revoked, superseded',
    },
  ] as const;
  const algorithm = name === 'sm2' ? 'sm3' : 'sha256';
  const request = encodeTimestampRequest({
    digestAlgorithm: algorithm,
    digest: digest(algorithm, new TextEncoder().encode('sample')),
    certificateRequested: true,
  });
  return [
    ...samples,
    {
      path: `${name}/time-stamp`,
      ending: 'tsr',
      label: 'TIMESTAMP RESPONSE',
      der: await new TimestampAuthority(parts, hierarchy).respond(request, { hierarchy: name }),
      chain: [],
      about: `token over the ${algorithm.toUpperCase()} of the six letters "sample"`,
    },
  ];
}

/**
 * Makes both hierarchies in an empty store, and one certificate of every profile in each, with a list, a status answer and
 * a time-stamp. Subjects say 演示; identifiers are nobody's.
 * @param parts - of a store made for this and thrown away after.
 */
export async function makeSamples(
  parts: CaParts & CrlParts,
  settings: Omit<HierarchySettings, 'demonstration'>,
): Promise<readonly Sample[]> {
  const hierarchy = await establishHierarchy(parts, { ...settings, demonstration: true });
  const samples: Sample[] = [];
  for (const name of hierarchyNames) {
    samples.push(...authoritySamples(hierarchy, name));
    const root = hierarchy.issuer('root', name).certificate.der;
    const { services } = algorithmsOf(name, settings.algorithms);
    let seal: IssuedCertificate | null = null;
    for (const profile of endProfiles(name)) {
      const issued = await issueSample(parts, hierarchy, profile, services);
      if (profile.name === 'seal') seal = issued;
      const above = [...issued.chain.slice(1), root];
      samples.push(certificateSample(name, profile.name, issued.certificate, above));
    }
    if (seal === null) throw new CaError('profile-violation', 'No profile makes a seal.');
    await revokeCertificate(parts, { serial: seal.serial, reason: 'superseded', actor: SYSTEM });
    samples.push(...(await statusSamples(parts, hierarchy, name, seal)));
  }
  return samples;
}
