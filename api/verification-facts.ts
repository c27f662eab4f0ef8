// What verification is given on the server: trust lists, revocation lists and status lists, our own fresh from the source.
import { createHash } from 'node:crypto';
import { sameBytes } from '../formats/bytes.ts';
import { encodeDigestAlgorithm } from '../formats/x509/algorithm.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { encodeCertId, encodeOcspRequest } from '../formats/x509/ocsp.ts';
import type { ServiceKeySource } from '../licenses/parts.ts';
import { statusListToken } from '../licenses/status-edition.ts';
import { LicenseError } from '../licenses/errors.ts';
import type { Hierarchy } from '../ca/hierarchy.ts';
import type { CrlPublisher } from '../ca/crl-publisher.ts';
import { CaError } from '../ca/errors.ts';
import type { OcspResponder } from '../ca/ocsp-responder.ts';
import type { Authority } from '../ca/parts.ts';
import { WHOLE } from '../ca/revocation-store.ts';
import { labelledDigest } from '../crypto/algorithms.ts';
import type { Clock } from '../crypto/clock.ts';
import type { Suite } from '../crypto/suite.ts';
import type { Database } from '../storage/database.ts';
import { statusOfObject, type SealStatusPublisher } from '../signing/seal-status-list.ts';
import type { EvidenceSource } from '../verification/evidence.ts';
import { inflateWeb } from '../verification/inflate-web.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../verification/signature-verifier-node.ts';
import type { VerificationDependencies } from '../verification/verify.ts';
import type { RecognisedSource } from './recognised-source.ts';
import type { ForeignStatusLists } from './status-lists-http.ts';

export interface FactSources {
  readonly database: Database;
  readonly clock: Clock;
  readonly hierarchy: Hierarchy & ServiceKeySource;
  readonly crls: CrlPublisher;
  readonly ocsp: OcspResponder;
  readonly recognised: RecognisedSource;
  readonly foreignStatusLists: ForeignStatusLists;
  readonly address: string;
  readonly suite: Suite;
  readonly sealStatus: SealStatusPublisher;
}

/** A longer list is not read for one certificate: OCSP tells of it. */
const listLimit = 512 * 1024;

/** The list that speaks for a certificate of ours, as its distribution point names it; older ones name the whole authority's. */
function listOf(crlUrls: readonly string[]): number {
  const shard = crlUrls.map((url) => /\/(\d{1,4})\.crl$/.exec(url)?.[1]).find((found) => found !== undefined);
  return shard === undefined ? WHOLE : Number(shard);
}

async function ocspOf(
  { ocsp }: Pick<FactSources, 'ocsp'>,
  { name, certificate: issuer }: Authority,
  certificate: Uint8Array,
): Promise<Uint8Array> {
  const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  const asked = encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm('sha256'),
    issuerNameHash: hash(issuer.subject.der),
    issuerKeyHash: hash(issuer.subjectPublicKeyInfo.publicKey),
    serialNumber: parseCertificate(certificate).serialNumber,
  });
  return ocsp.respond(name, encodeOcspRequest([asked], null));
}

/** Status of certificates of our own authorities; for foreign issuers there is nothing here. */
function ownEvidence(sources: FactSources): EvidenceSource {
  return {
    async revocation({ certificate, issuer, crlUrls }) {
      const found = sources.hierarchy
        .authorities()
        .find((authority) => sameBytes(authority.certificate.der, issuer));
      if (found === undefined) return { crls: [], ocsps: [] };
      try {
        const list = await sources.crls.full(found.name, listOf(crlUrls));
        if (list.size > listLimit && found.kind !== 'root')
          return { crls: [], ocsps: [await ocspOf(sources, found, certificate)] };
        return { crls: [await sources.crls.currentCrl(found.name, listOf(crlUrls))], ocsps: [] };
      } catch (error) {
        // Whether it is revoked is then unknown, and the report says so.
        const unknown = ['root-offline', 'authority-not-found'];
        if (error instanceof CaError && unknown.includes(error.code)) return { crls: [], ocsps: [] };
        throw error;
      }
    },
  };
}

/**
 * Status that goes into a document: an answer about one certificate is smaller than a list and of this very minute; about a
 * CA there is only the root's list.
 */
export function statusForSigning(sources: Pick<FactSources, 'hierarchy' | 'crls' | 'ocsp'>): EvidenceSource {
  return {
    async revocation({ certificate, issuer, crlUrls }) {
      const found = sources.hierarchy
        .authorities()
        .find((authority) => sameBytes(authority.certificate.der, issuer));
      if (found === undefined) return { crls: [], ocsps: [] };
      try {
        if (found.kind !== 'root') return { crls: [], ocsps: [await ocspOf(sources, found, certificate)] };
        return { crls: [await sources.crls.currentCrl(found.name, listOf(crlUrls))], ocsps: [] };
      } catch (error) {
        // Nobody says then, and the stamp does not get its level.
        if (error instanceof CaError) return { crls: [], ocsps: [] };
        throw error;
      }
    },
  };
}

/** Facts for one verification at this instant. */
export async function verificationFacts(sources: FactSources): Promise<VerificationDependencies> {
  const { trustList, anchors } = await sources.recognised.current();
  return {
    verifier: nodeSignatureVerifier,
    startDigest: nodeStartDigest,
    documentDigest: sources.suite.digest,
    inflate: inflateWeb,
    time: sources.clock(),
    trustList,
    anchors,
    evidence: ownEvidence(sources),
    sealStatus: {
      async sealStatus({ sealId, seal }) {
        const list = await sources.sealStatus.current();
        const digest = labelledDigest('sm3', seal);
        // Of other registers nothing is known here.
        return statusOfObject(list, sealId, digest, sources.clock()) ?? 'not-asked';
      },
    },
    statusLists: {
      async statusList(list, supplyPoint) {
        if (supplyPoint !== null) return sources.foreignStatusLists.token(`${supplyPoint}${list}`);
        try {
          return await statusListToken(
            { ...sources, serviceKeys: sources.hierarchy, publicUrl: sources.address },
            list,
          );
        } catch (error) {
          if (error instanceof LicenseError && error.code === 'status-list-not-found') return null;
          throw error;
        }
      },
    },
  };
}
