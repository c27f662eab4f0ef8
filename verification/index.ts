// The public entrance of the verification library, and the only one.
export { verifyCode } from './code.ts';
export type { CodeDependencies, StatusListSource } from './code.ts';
export { VerificationError } from './errors.ts';
export type { VerificationErrorCode } from './errors.ts';
export type { EvidenceSource } from './evidence.ts';
export { inflateWeb } from './inflate-web.ts';
export { policyNamed, portalPolicy } from './policy.ts';
export type { VerificationPolicy } from './policy.ts';
export type { Report, Row, SignatureReport } from './report.ts';
export type { SignatureVerifier, StartDigest } from './signature-verifier.ts';
export { nodeSignatureVerifier, nodeStartDigest } from './signature-verifier-node.ts';
export { verifyTrustList } from './trust-list.ts';
export type { TrustList } from './trust-list.ts';
export { verify } from './verify.ts';
export type { VerificationDependencies } from './verify.ts';
