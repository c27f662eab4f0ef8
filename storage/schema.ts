// The whole schema as types: one file per room that owns tables.
import type { CaTables } from './schema/ca.ts';
import type { CaEnrolmentTables } from './schema/ca-enrolment.ts';
import type { FoundationTables } from './schema/foundation.ts';
import type { IdentityTables } from './schema/identity.ts';
import type { LicenseBatchTables } from './schema/license-batches.ts';
import type { LicenseTables } from './schema/licenses.ts';
import type { LicenseLifeTables } from './schema/license-life.ts';
import type { LicenseTypeTables } from './schema/license-types.ts';
import type { LoginTables } from './schema/login.ts';
import type { PersonalDataTables } from './schema/personal-data.ts';
import type { PeopleTables } from './schema/people.ts';
import type { PresentationTables } from './schema/presentations.ts';
import type { ProviderTables } from './schema/provider.ts';
import type { SigningTables } from './schema/signing.ts';
import type { StampBatchTables } from './schema/stamp-batches.ts';
import type { TrustListTables } from './schema/trust-list.ts';

/** Every table of Yinxin. Times are ISO 8601 UTC text, JSON is text, booleans are 0/1 integers, on both engines. */
export type Schema = FoundationTables &
  CaTables &
  CaEnrolmentTables &
  SigningTables &
  StampBatchTables &
  LicenseTables &
  LicenseBatchTables &
  LicenseLifeTables &
  LicenseTypeTables &
  IdentityTables &
  PeopleTables &
  PersonalDataTables &
  LoginTables &
  PresentationTables &
  TrustListTables &
  ProviderTables;
