// What `yinxin stamp` signs with: key, chain, time-stamps, status, what shows and where.
import { X509Certificate, createPrivateKey, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { evidenceOverHttp } from '../api/evidence-http.ts';
import { timestampService } from '../api/timestamp-http.ts';
import { keyIdOf } from '../crypto/algorithms.ts';
import { localSigningKey } from '../crypto/key-engine.ts';
import { openPkcs12 } from '../crypto/pkcs12.ts';
import { readPassphraseFile } from '../crypto/passphrase.ts';
import type { SignatureAlgorithm, SigningKey } from '../crypto/signing-key.ts';
import { sameBytes } from '../formats/bytes.ts';
import { parseSignedData } from '../formats/cms/signed-data.ts';
import { parseSeal } from '../formats/eseal/seal.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { nameAttribute, nameText } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import type { LongTermParts } from '../signing/long-term.ts';
import { timestampClient, type TimestampClient } from '../signing/timestamp-client.ts';
import { UsageError } from './command.ts';

/** Milliseconds for one time-stamp, and for all questions about the certificates of one document. */
const budgets = { timestamp: 10_000, status: 20_000, exchange: 5000 };

const algorithmOf: Readonly<Record<string, SignatureAlgorithm>> = {
  p256: 'ES256',
  p384: 'ES384',
  rsa: 'RS256',
  ed25519: 'Ed25519',
  sm2: 'SM2SM3',
};

/** A key from a PKCS#12 file with its chain, the root left out. */
export interface FileKey {
  readonly key: SigningKey;
  /** Root of the chain where the file holds it. */
  readonly root: Uint8Array | null;
  /** Common name of the certificate, or all of its name. */
  readonly holder: string;
}

/** @throws CryptoError `pkcs12-…`, `passphrase-invalid`; UsageError where the file cannot be read */
export async function openFileKey(p12: string, passphraseFile: string): Promise<FileKey> {
  const passphrase = await readPassphraseFile(passphraseFile);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(p12);
  } catch (cause) {
    throw new UsageError(`The key file ${p12} cannot be read.`, { cause });
  }
  const content = await openPkcs12(bytes, passphrase);
  const certificates = content.chain.map((der) => parseCertificate(der));
  const [own] = certificates;
  if (own === undefined) throw new UsageError(`The key file ${p12} holds no certificate.`);
  const algorithm = algorithmOf[own.subjectPublicKeyInfo.keyType ?? ''];
  if (algorithm === undefined)
    throw new UsageError('The key is of a kind that does not sign documents here.');
  const root = certificates.find(isSelfIssued) ?? null;
  const chain = certificates.filter((each) => each === own || !isSelfIssued(each)).map(({ der }) => der);
  const privateKey = createPrivateKey({
    key: Buffer.from(content.privateKey),
    format: 'der',
    type: 'pkcs8',
  });
  const key = localSigningKey(
    { id: keyIdOf(content.publicKey, algorithm), purpose: 'seal', chain },
    {
      algorithm,
      privateKey,
      publicKey: content.publicKey,
      random: (length) => new Uint8Array(randomBytes(length)),
    },
  );
  const holder = nameAttribute(own.subject, OID.commonName) ?? nameText(own.subject);
  return { key, root: root?.der ?? null, holder };
}

function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return sameBytes(subject.der, issuer.der);
}

/** Certificates of a PEM or DER file. @throws UsageError */
export async function readCertificates(path: string): Promise<readonly Uint8Array[]> {
  try {
    const bytes = await readFile(path);
    const text = bytes.toString('latin1');
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [bytes];
    return blocks.map((block) => new Uint8Array(new X509Certificate(block).raw));
  } catch (cause) {
    throw new UsageError(`The certificates in ${path} cannot be read.`, { cause });
  }
}

/** Time-stamps of an authority somewhere, and the certificates its tokens carried. */
export interface ForeignTimestamps {
  readonly client: TimestampClient;
  readonly seen: () => readonly Uint8Array[];
}

export function foreignTimestamps(url: string, digest: 'sha256' | 'sm3', now: () => Date): ForeignTimestamps {
  const client = timestampClient({
    service: timestampService(url),
    random: (length) => new Uint8Array(randomBytes(length)),
    clock: now,
    digest,
    issuers: () => null,
  });
  const seen: Uint8Array[] = [];
  return {
    seen: () => seen,
    client: {
      digest: client.digest,
      tokenSize: () => client.tokenSize(),
      async timestamp(digestValue, budget) {
        const timestamp = await client.timestamp(digestValue, budget);
        for (const der of parseSignedData(timestamp.token).certificates)
          if (!seen.some((each) => sameBytes(each, der))) seen.push(der);
        return timestamp;
      },
    },
  };
}

/**
 * Paths end at the roots given, else at the topmost certificate at hand: what a file must hold is known without knowing whom
 * its readers trust.
 * @param given.roots where paths end; none: at the topmost at hand
 * @param given.helping certificates that stand between
 * @param given.maker certificate of the maker of the seal that is used; null where none is
 */
export function longTermOf(
  { key, root }: FileKey,
  timestamps: ForeignTimestamps,
  given: {
    readonly roots: readonly Uint8Array[];
    readonly helping: readonly Uint8Array[];
    readonly maker: Uint8Array | null;
  },
): LongTermParts {
  const { roots, helping, maker } = given;
  return {
    anchors: () => {
      if (roots.length > 0) return roots;
      const topmost = root ?? key.chain.at(-1);
      const at = [...key.chain, ...timestamps.seen(), ...helping, ...(root === null ? [] : [root])];
      const others = [...timestamps.seen(), ...helping, ...(maker === null ? [] : [maker])];
      return [...(topmost === undefined ? [] : [topmost]), ...others.filter((der) => isTop(der, at))];
    },
    certificates: () => [...key.chain, ...timestamps.seen(), ...helping],
    status: evidenceOverHttp(budgets.exchange, false),
    statusBudget: budgets.status,
  };
}

/** Certificate of a seal's maker. @param eseal SESeal that was read before; null where no seal is used */
export function makerOf(eseal: Uint8Array | null): Uint8Array | null {
  return eseal === null ? null : parseSeal(eseal).makerCertificate;
}

/** Whether the issuer of a certificate is not among those at hand. */
function isTop(der: Uint8Array, all: readonly Uint8Array[]): boolean {
  const { issuer, subject } = parseCertificate(der);
  if (sameBytes(issuer.der, subject.der)) return true;
  return !all.some((each) => sameBytes(parseCertificate(each).subject.der, issuer.der));
}

export const timestampBudget = budgets.timestamp;
