// Everything handlers may call, put together in main.ts.
import type { StatusSource } from '../ca/foreign-credential.ts';
import type { Hierarchy } from '../ca/hierarchy.ts';
import type { CrlPublisher } from '../ca/crl-publisher.ts';
import type { OcspResponder } from '../ca/ocsp-responder.ts';
import type { TimestampAuthority } from '../ca/timestamp-authority.ts';
import type { SigningServer } from '../crypto/signing-server.ts';
import type { SampleAccounts } from '../identity/demonstration-sign-in.ts';
import type { AccountEvents } from '../identity/account-events.ts';
import type { InteractionPort } from '../identity/interaction-port.ts';
import type { ProviderParts } from '../identity/provider/parts.ts';
import type { OpenedProvider } from '../identity/provider/provider.ts';
import type { RegisterDependencies } from '../identity/registers.ts';
import type { LicenseParts } from '../licenses/parts.ts';
import type { ApplicationParts } from '../signing/seal-application-kinds.ts';
import type { SealStatusPublisher } from '../signing/seal-status-list.ts';
import type { BackgroundWork } from '../storage/batch-runner.ts';
import type { StampParts } from '../signing/stamp-order.ts';
import type { MasterKeyRotation } from '../storage/master-key-rotation.ts';
import type { ForeignStatusLists } from './status-lists-http.ts';
import type { Guard } from './guard.ts';
import type { Installation } from './installation.ts';
import type { LoginServices } from './login-services.ts';
import type { Metrics } from './metrics.ts';
import type { ProviderRates } from './shared-limits.ts';
import type { OpenedRegisters } from './people-services.ts';
import type { PageSignIn } from './page-sign-in.ts';
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
  readonly bulk: BackgroundWork;
  /** A department's signing server by its name. */
  readonly signingServer: (name: string) => SigningServer | null;
  readonly statusSource: StatusSource;
  readonly stamps: StampParts;
  readonly stampBatches: BackgroundWork;
  readonly seals: ApplicationParts;
  readonly sealStatus: SealStatusPublisher;
  readonly licenses: LicenseParts;
  /** Of the master key over personal data. */
  readonly rotation: MasterKeyRotation;
  readonly licenseBatches: BackgroundWork;
  /** The sample accounts of the demonstration. */
  readonly signIn: SampleAccounts;
  readonly guard: Guard;
  /** How our own pages sign in at the provider. */
  readonly pageSignIn: PageSignIn;
  /** The ways to log in. */
  readonly login: LoginServices;
  /** The OpenID Provider, and what it is made of. */
  readonly provider: OpenedProvider;
  readonly providerParts: ProviderParts;
  /** How often its endpoints may be called. */
  readonly providerRates: ProviderRates;
  /** What login and consent pages ask of the provider. */
  readonly interactions: InteractionPort;
  /** Everything about people: records, registers, what ends with what. */
  readonly people: RegisterDependencies;
  /** Demonstration only: a person's phone shows a 网证. */
  readonly showWangzheng: OpenedRegisters['showWangzheng'];
  /** What changes of people do to live sessions. */
  readonly events: AccountEvents;
  readonly metrics: Metrics;
  readonly verifications: VerificationPool;
  readonly reports: ReportRenderer;
  /** Names of the matters (事项) this installation knows, by 实施编码; pages show the code of others. */
  readonly matterNames: ReadonlyMap<string, Words>;
  /** Whether the database answers a trivial question now. */
  databaseAnswers(): Promise<boolean>;
}
