// Gathering about one RFC 3161 token: what it is over, when, and by whom. Never judges.
import { sameBytes } from '../formats/bytes.ts';
import { parseTstInfo } from '../formats/cms/timestamp.ts';
import type { TstInfo } from '../formats/cms/timestamp.ts';
import { FormatError } from '../formats/errors.ts';
import { digestOf } from '../formats/x509/algorithm.ts';
import { OID } from '../formats/x509/oid.ts';
import type { CertificateGraph } from './certificate-graph.ts';
import { acceptedDigest, gatherCms, readSignedData } from './facts-cms.ts';
import type { Agreement, CmsFacts } from './facts-cms.ts';
import type { DigestAlgorithm, SignatureVerifier } from './signature-verifier.ts';

export interface TimestampFacts {
  readonly cms: CmsFacts;
  /** Null where the token holds no TSTInfo. */
  readonly info: TstInfo | null;
  /** Whether the token is over the bytes it stands beside. */
  readonly imprint: Agreement;
}

/** Reads the TSTInfo of a token; null where there is none. */
export function tstInfoOf(cms: Pick<CmsFacts, 'signedData'>): TstInfo | null {
  const { signedData } = cms;
  if (signedData?.eContentType !== OID.tstInfo || signedData.eContent === null) return null;
  try {
    return parseTstInfo(signedData.eContent);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/**
 * @param token ContentInfo DER
 * @param stamped digest of what the token must be over, by the algorithm it names; null where that is not known
 * @param beside certificates that stand around the token, where it carries none of its own
 */
export async function gatherTimestamp(
  token: Uint8Array,
  stamped: (algorithm: DigestAlgorithm) => Promise<Uint8Array | null>,
  graph: CertificateGraph,
  verifier: SignatureVerifier,
  beside: readonly Uint8Array[] = [],
): Promise<TimestampFacts> {
  const { signedData, ...rest } = readSignedData(token);
  const read = {
    ...rest,
    signedData:
      signedData === null ? null : { ...signedData, certificates: [...signedData.certificates, ...beside] },
  };
  const content = {
    contentType: OID.tstInfo,
    digest: async (algorithm: DigestAlgorithm): Promise<Uint8Array | null> => {
      const bytes = read.signedData?.eContent ?? null;
      return bytes === null ? null : verifier.digest(algorithm, bytes);
    },
  };
  const cms = await gatherCms(read, content, graph, verifier);
  const info = tstInfoOf(cms);
  if (info === null) return { cms, info, imprint: 'unchecked' };
  const algorithm = acceptedDigest(digestOf(info.messageImprint.algorithm)?.name);
  const digest = algorithm === null ? null : await stamped(algorithm);
  const imprint: Agreement =
    digest === null
      ? 'unchecked'
      : sameBytes(digest, info.messageImprint.hashedMessage)
        ? 'agrees'
        : 'differs';
  return { cms, info, imprint };
}
