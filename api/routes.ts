// Every route, one table.
import { caseRoutes } from './cases.ts';
import { licenseRoutes } from './licenses.ts';
import { sealRoutes } from './seals.ts';
import { stampRoutes } from './stamps.ts';
import { publicRoutes } from './status.ts';
import { verificationRoutes } from './verifications.ts';
import type { Route } from './route.ts';

export const routes: readonly Route[] = [
  ...stampRoutes,
  ...sealRoutes,
  ...licenseRoutes,
  ...caseRoutes,
  ...verificationRoutes,
  ...publicRoutes,
];
