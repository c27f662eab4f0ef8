// Every route, one table.
import { accountPageRoutes } from './account-pages.ts';
import { caAuthorityRoutes } from './ca-authorities.ts';
import { caBatchRoutes } from './ca-batches.ts';
import { caCertificateRoutes } from './ca-certificates.ts';
import { caEnrolmentRoutes } from './ca-enrolments.ts';
import { caForeignRoutes } from './ca-foreign.ts';
import { caRequestRoutes } from './ca-requests.ts';
import { caseRoutes } from './cases.ts';
import { docsRoutes } from './docs.ts';
import { licenseRoutes } from './licenses.ts';
import { pageRoutes } from './pages.ts';
import { recognitionRoutes } from './recognitions.ts';
import { sealApplicationRoutes } from './seal-applications.ts';
import { sealPageRoutes } from './seal-pages.ts';
import { sealStatusRoutes } from './seal-status.ts';
import { sealRoutes } from './seals.ts';
import { preparedStampRoutes } from './prepared-stamps.ts';
import { stampBatchRoutes } from './stamp-batches.ts';
import { stampRoutes } from './stamps.ts';
import { publicRoutes } from './status.ts';
import { timestampRoutes } from './timestamps.ts';
import { uploadedDocumentRoutes } from './uploaded-documents.ts';
import { verificationReportRoutes } from './verification-reports.ts';
import { verificationRoutes } from './verifications.ts';
import type { Route } from './route.ts';

const served: readonly Route[] = [
  ...stampRoutes,
  ...uploadedDocumentRoutes,
  ...stampBatchRoutes,
  ...preparedStampRoutes,
  ...sealRoutes,
  ...sealApplicationRoutes,
  ...sealStatusRoutes,
  ...licenseRoutes,
  ...caseRoutes,
  ...verificationRoutes,
  ...verificationReportRoutes,
  ...recognitionRoutes,
  ...caEnrolmentRoutes,
  ...caCertificateRoutes,
  ...caBatchRoutes,
  ...caRequestRoutes,
  ...caForeignRoutes,
  ...caAuthorityRoutes,
  ...publicRoutes,
  ...timestampRoutes,
  ...pageRoutes,
  ...accountPageRoutes,
  ...sealPageRoutes,
];

export const routes: readonly Route[] = [...served, ...docsRoutes(served)];
