// Everything handlers may call, put together in main.ts.
import type { BulkRunner } from '../ca/bulk-runner.ts';
import type { StatusSource } from '../ca/foreign-credential.ts';
import type { Hierarchy } from '../ca/hierarchy.ts';
import type { CrlPublisher } from '../ca/crl-publisher.ts';
import type { OcspResponder } from '../ca/ocsp-responder.ts';
import type { TimestampAuthority } from '../ca/timestamp-authority.ts';
import type { SigningServer } from '../crypto/signing-server.ts';
import type { SignInDependencies } from '../identity/demonstration-sign-in.ts';
import type { LicenseParts } from '../licenses/parts.ts';
import type { ApplicationParts } from '../signing/seal-application-kinds.ts';
import type { SealStatusPublisher } from '../signing/seal-status-list.ts';
import type { StampBatchRunner } from '../signing/stamp-batch-runner.ts';
import type { StampParts } from '../signing/stamp-order.ts';
import type { ForeignStatusLists } from './status-lists-http.ts';
import type { Guard } from './guard.ts';
import type { Installation } from './installation.ts';
import type { Metrics } from './metrics.ts';
import type { OwnCalls } from './own-calls.ts';
import type { RecognisedSource } from './recognised-source.ts';
import type { ReportRenderer } from './report-renderer.ts';
import type { Settings } from './settings.ts';
import type { TrustListPublisher } from './trust-list.ts';
import type { VerificationPool } from './verification-pool.ts';
import type { Words } from '../verification/report.ts';

export interface Services extends Installation {
  readonly settings: Settings;
  /** Where people and programs reach this service, without trailing slash. */
  readonly address: string;
  readonly hierarchy: Hierarchy;
  readonly trustList: TrustListPublisher;
  /** Our own list with those of others that are recognised here. */
  readonly recognised: RecognisedSource;
  readonly foreignStatusLists: ForeignStatusLists;
  readonly timestampAuthority: TimestampAuthority;
  readonly ocsp: OcspResponder;
  readonly crls: CrlPublisher;
  readonly bulk: BulkRunner;
  /** A department's signing server by its name. */
  readonly signingServer: (name: string) => SigningServer | null;
  readonly statusSource: StatusSource;
  readonly stamps: StampParts;
  readonly stampBatches: StampBatchRunner;
  readonly seals: ApplicationParts;
  readonly sealStatus: SealStatusPublisher;
  readonly licenses: LicenseParts;
  readonly signIn: SignInDependencies;
  readonly guard: Guard;
  readonly metrics: Metrics;
  readonly ownCalls: OwnCalls;
  readonly verifications: VerificationPool;
  readonly reports: ReportRenderer;
  /** Names of the matters (事项) this installation knows, by 实施编码; pages show the code of others. */
  readonly matterNames: ReadonlyMap<string, Words>;
  /** Whether the database answers a trivial question now. */
  databaseAnswers(): Promise<boolean>;
}
