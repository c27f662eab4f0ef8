// What the exploits are made of: a hierarchy, questions about a certificate, and OCSP answers that say what an attacker likes.
import { createHash } from 'node:crypto';
import {
  encodeDigestAlgorithm,
  encodeSignatureAlgorithm,
  parseSubjectPublicKeyInfo,
} from '../../formats/x509/algorithm.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import {
  encodeCertId,
  encodeOcspResponse,
  encodeTbsOcspResponse,
  type OcspCertStatus,
} from '../../formats/x509/ocsp.ts';
import type { ChainCase } from '../../verification/chain-case.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { verifyChain, type ChainAnswer } from '../../verification/verify-chain.ts';
import { daysFromNow, now, signWith, type Party, type TestKey } from '../verification/pki.ts';

export interface Question extends Partial<Omit<ChainCase, 'leaf' | 'parameters'>> {
  readonly parameters?: Partial<ChainCase['parameters']>;
}

/** Asks our path validation about `leaf`. */
export function ask(leaf: Party, root: Party, question: Question = {}): Promise<ChainAnswer> {
  return verifyChain(
    {
      id: null,
      leaf: leaf.certificate,
      anchors: [root.certificate],
      untrusted: [],
      crls: [],
      ocsps: [],
      at: now,
      ...question,
      parameters: { purpose: 'signature', revocation: 'ignored', ...question.parameters },
    },
    { verifier: nodeSignatureVerifier, now },
  );
}

export async function holds(leaf: Party, root: Party, question: Question = {}): Promise<boolean> {
  return (await ask(leaf, root, question)).conclusion === 'TOTAL-PASSED';
}

export interface OcspOptions {
  readonly about: Party;
  readonly issuer: Party;
  readonly status?: OcspCertStatus;
  /** Several about the same certificate, in this order. */
  readonly statuses?: readonly OcspCertStatus[];
  /** Whose key signs, and whose key hash is named; the issuer's unless told. */
  readonly key?: TestKey;
  readonly namedKey?: TestKey;
  readonly certificates?: readonly Uint8Array[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  /** Last word on the signature. */
  readonly signature?: (right: Uint8Array) => Uint8Array;
  /** Of another certificate than `about`. */
  readonly serialNumber?: Uint8Array;
}

/** An OCSP answer. */
export function makeOcsp(options: OcspOptions): Uint8Array {
  const sha1 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha1').update(bytes).digest());
  const keyHash = ({ spki }: TestKey): Uint8Array => sha1(parseSubjectPublicKeyInfo(spki).publicKey);
  const about = parseCertificate(options.about.certificate);
  const certId = encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm('sha1'),
    issuerNameHash: sha1(about.issuer.der),
    issuerKeyHash: keyHash(options.issuer.key),
    serialNumber: options.serialNumber ?? about.serialNumber,
  });
  const key = options.key ?? options.issuer.key;
  const thisUpdate = options.thisUpdate ?? daysFromNow(-0.1);
  const tbs = encodeTbsOcspResponse({
    responderKeyHash: keyHash(options.namedKey ?? key),
    producedAt: thisUpdate,
    responses: (options.statuses ?? [options.status ?? { kind: 'good' as const }]).map((status) => ({
      certId,
      status,
      thisUpdate,
      nextUpdate: options.nextUpdate ?? daysFromNow(1),
    })),
    nonce: null,
    extendedRevoke: false,
  });
  const signature = signWith(key, tbs);
  return encodeOcspResponse(
    tbs,
    encodeSignatureAlgorithm('ES256'),
    options.signature?.(signature) ?? signature,
    options.certificates ?? [],
  );
}
