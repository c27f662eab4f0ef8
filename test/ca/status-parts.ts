// What tests of certificate status share: certificates to revoke, requests, publishers with a document folder.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CrlPublisher } from '../../ca/crl-publisher.ts';
import { issueCertificate, type IssuedCertificate } from '../../ca/issue.ts';
import { generateKey } from '../../crypto/key-engine.ts';
import { encodeDigestAlgorithm } from '../../formats/x509/algorithm.ts';
import type { Certificate } from '../../formats/x509/certificate.ts';
import { parseCrl, type CertificateList } from '../../formats/x509/crl.ts';
import { encodeCertId } from '../../formats/x509/ocsp.ts';
import { openDocumentFiles, type DocumentFiles } from '../../storage/documents-files.ts';
import { CREDIT_CODE, looseKey, SYSTEM, type District } from './district.ts';

/** A department's seal certificate. @param authority - `department-seals` or its SM2 sister. */
export async function issueSeal(
  district: District,
  authority = 'department-seals',
): Promise<IssuedCertificate> {
  const sm2 = authority.startsWith('sm2-');
  return issueCertificate(district.parts, {
    profile: 'seal',
    authority: district.hierarchy.authority(authority),
    subject: { organization: '天津市河北区民政局', creditCode: CREDIT_CODE, commonName: '12010500000001' },
    publicKey: sm2 ? (await generateKey('SM2SM3')).publicKey : looseKey().spki,
    actor: SYSTEM,
  });
}

export function certId(
  issuer: Certificate,
  serialNumber: Uint8Array,
  algorithm: 'sha1' | 'sha256' | 'sha384' = 'sha1',
): Uint8Array {
  const hash = (bytes: Uint8Array): Uint8Array => createHash(algorithm).update(bytes).digest();
  return encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm(algorithm),
    issuerNameHash: hash(issuer.subject.der),
    issuerKeyHash: hash(issuer.subjectPublicKeyInfo.publicKey),
    serialNumber,
  });
}

export async function openPublisher(
  district: District,
): Promise<{ readonly publisher: CrlPublisher; readonly documents: DocumentFiles }> {
  const documents = await openDocumentFiles(join(district.folder, 'documents'));
  return { publisher: new CrlPublisher({ ...district.parts, documents }, district.hierarchy), documents };
}

/** The shard whose list speaks for the certificate, as its distribution point says. */
export function shardOf({ crlDistributionPoints }: Certificate): number {
  const [point] = crlDistributionPoints ?? [];
  const [name] = point?.fullName ?? [];
  const match = name?.kind === 'uri' ? /\/(\d+)\.crl$/.exec(name.value) : null;
  if (match === null) throw new Error('The certificate names no shard.');
  return Number(match[1]);
}

export async function bytesOf(published: ReturnType<CrlPublisher['full']>): Promise<Uint8Array> {
  const opened = await (await published).open();
  if (opened instanceof Uint8Array) return opened;
  try {
    return await opened.read(0, opened.size);
  } finally {
    await opened.close();
  }
}

export async function listOf(published: ReturnType<CrlPublisher['full']>): Promise<CertificateList> {
  return parseCrl(await bytesOf(published));
}

export function numberOf(content: Uint8Array | null): number {
  return content === null ? -1 : Number(`0x${Buffer.from(content).toString('hex')}`);
}
