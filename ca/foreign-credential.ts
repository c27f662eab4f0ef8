// Certificates of licensed authorities: key here or at a department's signing server, request out, chain and status in.
import { signingServerKey, type SigningServer } from '../crypto/signing-server.ts';
import type { SignatureAlgorithm, SigningKey } from '../crypto/signing-key.ts';
import { toHex } from '../formats/bytes.ts';
import { isUscc } from '../formats/identifiers/uscc.ts';
import { encodeSignatureAlgorithm } from '../formats/x509/algorithm.ts';
import { encodeSigned, parseCertificate } from '../formats/x509/certificate.ts';
import { encodeCertificationRequestInfo } from '../formats/x509/csr.ts';
import { encodeName } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import { FormatError } from '../formats/errors.ts';
import type { Actor } from '../storage/actor.ts';
import { signChecked } from './checked-signing.ts';
import { CaError } from './errors.ts';
import { checkedChain } from './foreign-chain.ts';
import { checkedStatus, statusPlaces, statusQuestion } from './foreign-status.ts';
import {
  abandonForeign,
  completeForeign,
  foreignById,
  foreignByKey,
  insertForeign,
  insertStatus,
  keptStatuses,
  markRetired,
  writeChain,
  type ForeignCredential,
  type KeptStatus,
} from './foreign-store.ts';
import type { CaParts } from './parts.ts';

/** Port: fetches what authorities publish. Promises: a size and a time limit; throws where nothing good was answered. */
export interface StatusSource {
  list(address: string): Promise<Uint8Array>;
  answer(address: string, question: Uint8Array): Promise<Uint8Array>;
}

export interface ForeignParts extends CaParts {
  /** A department's signing server by its name. @returns null where none is set up under it. */
  readonly signingServer: (name: string) => SigningServer | null;
  readonly statusSource: StatusSource;
}

export interface ForeignRequest {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  /** Unified social credit code of the department whose certificate it will be. */
  readonly department: string;
  readonly organization: string;
  readonly commonName: string;
  /** The licensed authority (电子认证服务机构) that will issue it, in words. */
  readonly authorityName: string;
  readonly key:
    | { readonly place: 'store'; readonly algorithm: SignatureAlgorithm }
    | { readonly place: 'server'; readonly server: string; readonly name: string }
    /** Made elsewhere: PKCS#8 DER, kept in the store from now on. */
    | { readonly place: 'imported'; readonly algorithm: SignatureAlgorithm; readonly privateKey: Uint8Array };
}

/**
 * Makes or names a key and gives out the request for it.
 * @throws CaError `foreign-credential-invalid` (department, names, an unknown signing server), `idempotency-…`;
 *   CryptoError `signing-server-failed`.
 */
export async function requestForeign(
  parts: ForeignParts,
  request: ForeignRequest,
): Promise<ForeignCredential> {
  const { actor, idempotencyKey, key } = request;
  const subject = requestSubject(request);
  const { department, authorityName } = request;
  const named = key.place === 'imported' ? [key.place, toHex(key.privateKey)] : key;
  const facts = [department, authorityName, request.organization, request.commonName, named];
  const digest = parts.index.of('foreign.request', JSON.stringify(facts));
  const earlier = await earlierForeign(parts, request, digest);
  if (earlier !== null) return earlier;
  const server = key.place === 'server' ? requiredServer(parts, key.server) : null;
  const id = `fcr_${toHex(parts.random(16))}`;
  const intended = await parts.database.write((tx) =>
    insertForeign(tx, {
      id,
      client: actor.id,
      idempotency_key: idempotencyKey,
      request_digest: digest,
      department,
      authority_name: authorityName,
      key_place: key.place === 'server' ? 'server' : 'store',
      server: key.place === 'server' ? key.server : null,
      server_key: key.place === 'server' ? key.name : null,
      created_at: parts.clock().toISOString(),
      created_by: actor.id,
    }),
  );
  if (!intended) {
    const other = await earlierForeign(parts, request, digest);
    if (other !== null) return other;
  }
  try {
    const signing = await keyFor(parts, key, server);
    const info = encodeCertificationRequestInfo({
      subject,
      subjectPublicKeyInfo: signing.publicKey,
      extensions: [],
    });
    const csr = encodeSigned(
      info,
      encodeSignatureAlgorithm(signing.algorithm),
      await signChecked(signing, info),
    );
    await parts.database.write(async (tx) => {
      const { id: keyId, algorithm, publicKey } = signing;
      if (!(await completeForeign(tx, id, { keyId, algorithm, publicKey, csr }))) {
        throw new CaError('issuance-abandoned', 'The request was given up meanwhile.');
      }
      await parts.audit.append(tx, {
        at: parts.clock(),
        actor,
        action: 'foreign-credential.requested',
        subject: id,
        details: { department, key: keyId, place: key.place },
      });
    });
  } catch (error) {
    await parts.database.write((tx) => abandonForeign(tx, { id }));
    throw error;
  }
  return requiredForeign(parts, id);
}

function invalid(message: string, cause?: unknown): CaError {
  return new CaError('foreign-credential-invalid', message, { cause });
}

function requestSubject({ department, organization, commonName, authorityName }: ForeignRequest): Uint8Array {
  if (!isUscc(department))
    throw invalid('The department’s unified social credit code is not valid (GB 32100).');
  if (authorityName.trim().length < 2 || authorityName.length > 100) {
    throw invalid('The licensed authority needs a name of 2 to 100 characters.');
  }
  try {
    return encodeName([
      { type: OID.countryName, value: 'CN' },
      { type: OID.organizationName, value: organization },
      { type: OID.commonName, value: commonName },
    ]);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw invalid('Organisation or common name do not fit a certificate.', cause);
  }
}

function requiredServer(parts: ForeignParts, name: string): SigningServer {
  const server = parts.signingServer(name);
  if (server === null) throw invalid('No signing server is set up under this name.');
  return server;
}

async function keyFor(
  parts: ForeignParts,
  key: ForeignRequest['key'],
  server: SigningServer | null,
): Promise<SigningKey> {
  if (key.place !== 'server') {
    const { id } = await (key.place === 'store'
      ? parts.keys.generate('seal', key.algorithm)
      : parts.keys.import('seal', key.algorithm, key.privateKey));
    return parts.keys.open(id, 'seal', []);
  }
  if (server === null) throw invalid('No signing server is set up under this name.');
  const facts = await server.publicKey(key.name);
  return signingServerKey(server, { name: key.name, ...facts, chain: [] });
}

async function earlierForeign(
  parts: ForeignParts,
  { actor, idempotencyKey }: ForeignRequest,
  digest: string,
): Promise<ForeignCredential | null> {
  const row = await foreignByKey(parts.database.reader, actor.id, idempotencyKey);
  if (row === null) return null;
  if (row.request_digest !== digest) {
    throw new CaError('idempotency-mismatch', 'The Idempotency-Key was used for another request.');
  }
  if (row.state === 'intended') {
    throw new CaError('idempotency-in-progress', 'The same request is in progress.');
  }
  if (row.state === 'abandoned') {
    throw new CaError(
      'idempotency-abandoned',
      'The request under this Idempotency-Key came to nothing: use a new key.',
    );
  }
  return requiredForeign(parts, row.id);
}

/** @throws CaError `foreign-credential-not-found`. */
export async function requiredForeign(
  parts: Pick<ForeignParts, 'database'>,
  id: string,
): Promise<ForeignCredential> {
  const found = await foreignById(parts.database.reader, id);
  if (found === null)
    throw new CaError('foreign-credential-not-found', 'There is no such foreign credential.');
  return found;
}

/**
 * Takes in the certificate and its chain up to the authority's own root; a renewed certificate for the same key likewise.
 * @throws CaError `foreign-credential-not-found`, `foreign-chain-refused`, `transition-not-allowed` (retired); FormatError.
 */
export async function bringChain(
  parts: ForeignParts,
  actor: Actor,
  id: string,
  ders: readonly Uint8Array[],
): Promise<ForeignCredential> {
  const credential = await requiredForeign(parts, id);
  const at = parts.clock();
  const [own, ...above] = checkedChain(ders, credential.publicKey, at);
  const root = above.at(-1) ?? own;
  await parts.database.write(async (tx) => {
    const { serialHex: serial, notBefore, notAfter } = own;
    if (!(await writeChain(tx, id, { ders, serial, notBefore, notAfter, at }))) throw retired();
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'foreign-credential.activated',
      subject: id,
      details: { serial, root: root.serialHex, authority: credential.authorityName },
    });
  });
  return requiredForeign(parts, id);
}

function retired(): CaError {
  return new CaError('transition-not-allowed', 'The foreign credential is retired.');
}

/**
 * Keeps a list or an answer about the certificate as evidence.
 * @throws CaError `foreign-credential-not-found`, `transition-not-allowed` (no certificate yet, or retired),
 *   `foreign-status-refused`; FormatError.
 */
export async function keepStatus(
  parts: ForeignParts,
  actor: Actor,
  id: string,
  received: {
    readonly kind: 'crl' | 'ocsp';
    readonly der: Uint8Array;
    readonly source: 'imported' | 'fetched';
  },
): Promise<KeptStatus> {
  const credential = await requiredForeign(parts, id);
  const chain = activeChain(credential);
  const at = parts.clock();
  const status = checkedStatus(received.kind, received.der, chain, at);
  const kept = `fst_${toHex(parts.random(16))}`;
  const serial = chain[0].serialHex;
  await parts.database.write(async (tx) => {
    await insertStatus(tx, { id: kept, credential: id, serial, source: received.source, status, at });
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'foreign-credential.status-kept',
      subject: id,
      details: { serial, kind: status.kind, status: status.status, source: received.source },
    });
  });
  const { kind, reason, revokedAt, thisUpdate, nextUpdate } = status;
  return {
    id: kept,
    source: received.source,
    receivedAt: at,
    kind,
    status: status.status,
    reason,
    revokedAt,
    thisUpdate,
    nextUpdate,
  };
}

/**
 * Fetches the status from where the certificate says it is found, OCSP first, and keeps it.
 * @throws as `keepStatus`; CaError `foreign-status-refused` where no place gave anything that holds.
 */
export async function fetchStatus(parts: ForeignParts, actor: Actor, id: string): Promise<KeptStatus> {
  const [own, issuer] = activeChain(await requiredForeign(parts, id));
  const places = statusPlaces(own);
  const attempts: (() => Promise<{ readonly kind: 'crl' | 'ocsp'; readonly der: Uint8Array }>)[] = [
    ...places.ocsp.map((address) => async () => ({
      kind: 'ocsp' as const,
      der: await parts.statusSource.answer(address, statusQuestion(own, issuer)),
    })),
    ...places.crl.map((address) => async () => ({
      kind: 'crl' as const,
      der: await parts.statusSource.list(address),
    })),
  ];
  let cause: unknown;
  for (const attempt of attempts) {
    try {
      return await keepStatus(parts, actor, id, { ...(await attempt()), source: 'fetched' });
    } catch (error) {
      cause = error;
    }
  }
  throw new CaError(
    'foreign-status-refused',
    attempts.length === 0
      ? 'The certificate does not say where its status is found: import it.'
      : 'No place that the certificate names gave a status that holds.',
    { cause },
  );
}

function activeChain(credential: ForeignCredential): ReturnType<typeof checkedChain> {
  if (credential.state === 'retired') throw retired();
  const [own, issuer, ...above] = credential.chain.map((der) => parseCertificate(der));
  if (own === undefined || issuer === undefined) {
    throw new CaError('transition-not-allowed', 'The certificate was not brought yet.');
  }
  return [own, issuer, ...above];
}

/** Ends the use of a credential; its evidence stays. @throws CaError `foreign-credential-not-found`, `transition-not-allowed`. */
export async function retireForeign(
  parts: ForeignParts,
  actor: Actor,
  id: string,
): Promise<ForeignCredential> {
  await requiredForeign(parts, id);
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    if (!(await markRetired(tx, id, at))) throw retired();
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'foreign-credential.retired',
      subject: id,
      details: {},
    });
  });
  return requiredForeign(parts, id);
}

/** Gives up requests that a crash cut short. @returns how many. */
export function settleForeign(parts: Pick<ForeignParts, 'database'>, before: Date): Promise<number> {
  return parts.database.write((tx) => abandonForeign(tx, { before }));
}

/**
 * Port for sealing: the key with its chain, up to but not including the root.
 * @throws CaError `foreign-credential-not-found`, `transition-not-allowed` (no certificate, retired, not valid now, or its
 *   authority says it is revoked); CryptoError.
 */
export async function openForeignKey(parts: ForeignParts, id: string): Promise<SigningKey> {
  const credential = await requiredForeign(parts, id);
  const [own] = activeChain(credential);
  const now = parts.clock();
  if (now < own.notBefore || now > own.notAfter) {
    throw new CaError('transition-not-allowed', 'The certificate is not valid now.');
  }
  const [latest] = await keptStatuses(parts.database.reader, id, own.serialHex);
  if (latest?.status === 'revoked') {
    throw new CaError('transition-not-allowed', 'The authority says that the certificate is revoked.');
  }
  const chain = credential.chain.slice(0, -1);
  if (credential.keyPlace === 'store') return parts.keys.open(credential.keyId, 'seal', chain);
  const server = requiredServer(parts, credential.server ?? '');
  const { algorithm, publicKey } = credential;
  return signingServerKey(server, { name: credential.serverKey ?? '', algorithm, publicKey, chain });
}
