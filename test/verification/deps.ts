// Verification with the test PKI's root as anchor and its lists as evidence.
import { bytesSource } from '../../formats/pdf/source.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import type { Report } from '../../verification/report.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../../verification/signature-verifier-node.ts';
import { verify } from '../../verification/verify.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { now } from './pki.ts';
import type { TestPki } from './pki.ts';

export function depsFor(
  pki: TestPki,
  changes: Partial<VerificationDependencies> = {},
): VerificationDependencies {
  return {
    verifier: nodeSignatureVerifier,
    startDigest: nodeStartDigest,
    inflate: inflateWeb,
    time: new Date(now.getTime() + 60_000),
    anchors: [pki.root.certificate],
    crls: pki.crls,
    ...changes,
  };
}

export function verifyBytes(pdf: Uint8Array, dependencies: VerificationDependencies): Promise<Report> {
  return verify(bytesSource(pdf), dependencies);
}
