// What verification is given on the server: our own trust list, revocation lists and status lists, fresh from the source.
import { sameBytes } from '../formats/bytes.ts';
import type { ServiceKeySource } from '../licenses/parts.ts';
import { statusListToken } from '../licenses/status.ts';
import { LicenseError } from '../licenses/errors.ts';
import type { Hierarchy } from '../ca/hierarchy.ts';
import type { CrlPublisher } from '../ca/crl-publisher.ts';
import type { Clock } from '../crypto/clock.ts';
import type { Suite } from '../crypto/suite.ts';
import type { Database } from '../storage/database.ts';
import type { EvidenceSource } from '../verification/evidence.ts';
import { inflateWeb } from '../verification/inflate-web.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../verification/signature-verifier-node.ts';
import type { VerificationDependencies } from '../verification/verify.ts';
import type { TrustListPublisher } from './trust-list.ts';

export interface FactSources {
  readonly database: Database;
  readonly clock: Clock;
  readonly hierarchy: Hierarchy & ServiceKeySource;
  readonly crls: CrlPublisher;
  readonly trustList: TrustListPublisher;
  readonly address: string;
  readonly suite: Suite;
}

/** Revocation lists of our own authorities; for foreign issuers there is nothing here. */
function ownEvidence(sources: FactSources): EvidenceSource {
  return {
    async revocation({ issuer }) {
      const found = sources.hierarchy
        .authorities()
        .find(({ certificate }) => sameBytes(certificate.der, issuer));
      return { crls: found === undefined ? [] : [await sources.crls.currentCrl(found.name)], ocsps: [] };
    },
  };
}

/** Facts for one verification at this instant. */
export async function verificationFacts(sources: FactSources): Promise<VerificationDependencies> {
  return {
    verifier: nodeSignatureVerifier,
    startDigest: nodeStartDigest,
    documentDigest: sources.suite.digest,
    inflate: inflateWeb,
    time: sources.clock(),
    trustList: (await sources.trustList.current()).list,
    evidence: ownEvidence(sources),
    statusLists: {
      async statusList(list) {
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
