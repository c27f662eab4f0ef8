// What tests of certificate status share: certificates to revoke, requests, publishers with a document folder.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CrlPublisher } from '../../ca/crl-publisher.ts';
import { issueCertificate } from '../../ca/issue.ts';
import type { IssuedCertificate } from '../../ca/issue-request.ts';
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
  const masterKeys = await district.parts.keys.masterKeys();
  const { random } = district.parts;
  const documents = await openDocumentFiles(join(district.folder, 'documents'), { masterKeys, random });
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

/** Revoked certificates in their hundreds, written past the flows: only their numbers and dates matter. */
export async function loadRevoked(
  district: Pick<District, 'database'>,
  authority: string,
  count: number,
): Promise<void> {
  const at = '2026-10-01T00:00:00.000Z';
  for (let start = 1; start <= count; start += 500) {
    const serials = Array.from({ length: Math.min(500, count - start + 1) }, (_, index) => ({
      serial: `01${(start + index).toString(16).padStart(32, '0')}`,
      change: start + index,
    }));
    await district.database.write(async (tx) => {
      await tx
        .insertInto('ca_certificate')
        .values(
          serials.map(({ serial }) => ({
            ...{ serial, authority, profile: 'seal', subject: 'O=x', key_id: 'sha256:0', der: 'MAA=' },
            ...{ state: 'issued' as const, reason: null, not_before: at, not_after: at, intended_at: at },
            ...{ issued_at: at, revoked_at: null, shard: 0, subject_key: null, pseudonym: null },
            ...{ identity_cipher: null, replaces: null, enrolment: null },
          })),
        )
        .execute();
      await tx
        .insertInto('ca_revocation')
        .values(
          serials.map(({ serial, change }) => ({
            ...{ serial, authority, shard: 0, state: 'revoked' as const, reason: 'superseded' },
            ...{ revoked_at: at, invalidity_date: null, change },
          })),
        )
        .execute();
      await tx
        .updateTable('ca_authority')
        .set({ changes: start + serials.length - 1 })
        .where('name', '=', authority)
        .execute();
    });
  }
}
