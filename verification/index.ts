// The public entrance of the verification library on a server, and the only one; pages enter by index-web.ts.
export { bytesSource } from '../formats/pdf/source.ts';
export type { ByteSource } from '../formats/pdf/source.ts';
export { CaseError, readChainCase } from './chain-case.ts';
export type { ChainCase } from './chain-case.ts';
export { verifyCode } from './code.ts';
export type { CodeDependencies } from './code.ts';
export type { StatusListSource } from './facts-status.ts';
export type { DetachedContent } from './detached-content.ts';
export { VerificationError } from './errors.ts';
export type { VerificationErrorCode } from './errors.ts';
export type { EvidenceSource } from './evidence.ts';
export { dsaAt } from './historical-dsa.ts';
export type { PdfCiphers } from '../formats/pdf/ciphers.ts';
export type { PdfPassword } from '../formats/pdf/encryption.ts';
export { inflateWeb } from './inflate-web.ts';
export { nodePdfCiphers } from './pdf-ciphers-node.ts';
export { emptyOfflineKit, readOfflineKit, writeOfflineKit } from './offline-kit.ts';
export type { KeptStatusList, OfflineKit } from './offline-kit.ts';
export { offlineDependencies, openOfflineKit } from './offline-reader.ts';
export type { OfflineReader, OfflineReaderOptions } from './offline-reader.ts';
export { refreshOfflineKit } from './offline-refresh.ts';
export type { OfflineRefresh, OfflineSource, RefreshedKit } from './offline-refresh.ts';
export { offlineSourceAt } from './offline-source.ts';
export { policyData, policyNamed, policyOf, portalPolicy } from './policy.ts';
export type { VerificationPolicy } from './policy.ts';
export type { PolicyData, Weight } from './policy-data.ts';
export { detailedReport } from './report-detailed.ts';
export type { DetailedReport } from './report-detailed.ts';
export { simpleLines, simpleReport } from './report-simple.ts';
export type { SimpleReport } from './report-simple.ts';
export type {
  Change,
  Conclusion,
  Evidence,
  InputKind,
  LicenseReport,
  Outcome,
  Report,
  Row,
  SignatureLevel,
  SignatureReport,
  SubIndication,
  Words,
} from './report.ts';
export type { SealStatus, SealStatusSource } from './seal-status.ts';
export type {
  DigestAlgorithm,
  RunningDigest,
  SignatureVerifier,
  StartDigest,
  VerifiableAlgorithm,
} from './signature-verifier.ts';
export { nodeSignatureVerifier, nodeStartDigest } from './signature-verifier-node.ts';
export { verifyTrustList } from './trust-list.ts';
export type { TrustList } from './trust-list.ts';
export { verifyChain } from './verify-chain.ts';
export type { ChainAnswer, ChainDependencies } from './verify-chain.ts';
export { verify } from './verify.ts';
export type { VerificationDependencies } from './verify.ts';
