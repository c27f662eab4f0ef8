// Every migration, in order.
import { migration as foundation } from './0001-foundation.ts';
import { migration as ca } from './0002-ca.ts';
import { migration as signing } from './0003-signing.ts';
import { migration as licenses } from './0004-licenses.ts';
import { migration as identity } from './0005-identity.ts';
import { migration as trustList } from './0006-trust-list.ts';
import { migration as caHierarchies } from './0007-ca-hierarchies.ts';
import { migration as caEnrolment } from './0008-ca-enrolment.ts';
import { migration as verification } from './0009-verification.ts';
import { migration as people } from './0010-people.ts';
import { migration as provider } from './0011-provider.ts';
import { migration as login } from './0012-login.ts';
import { migration as seals } from './0013-seals.ts';
import { migration as upgrades } from './0014-upgrades.ts';
import { migration as stampBatches } from './0015-stamp-batches.ts';
import { migration as licenseVersions } from './0016-license-versions.ts';
import { migration as licenseLife } from './0017-license-life.ts';
import { migration as licenseTypes } from './0018-license-types.ts';
import { migration as presentations } from './0019-presentations.ts';
import { migration as licenseBatches } from './0020-license-batches.ts';
import { migration as personalData } from './0021-personal-data.ts';
import { migration as identityMore } from './0022-identity-more.ts';
import { migration as sealsMore } from './0023-seals-more.ts';
import type { Migration } from './migration.ts';

export const migrations: readonly Migration[] = [
  foundation,
  ca,
  signing,
  licenses,
  identity,
  trustList,
  caHierarchies,
  caEnrolment,
  verification,
  people,
  provider,
  login,
  seals,
  upgrades,
  stampBatches,
  licenseVersions,
  licenseLife,
  licenseTypes,
  presentations,
  licenseBatches,
  personalData,
  identityMore,
  sealsMore,
];
