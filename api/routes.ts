// Every route, one table.
import { accountPageRoutes } from './account-pages.ts';
import { authenticatorRoutes } from './authenticators.ts';
import { administrationPageRoutes } from './administration-pages.ts';
import { caAuthorityRoutes } from './ca-authorities.ts';
import { caBatchRoutes } from './ca-batches.ts';
import { caCertificateRoutes } from './ca-certificates.ts';
import { caEnrolmentRoutes } from './ca-enrolments.ts';
import { caForeignRoutes } from './ca-foreign.ts';
import { caRequestRoutes } from './ca-requests.ts';
import { caseRoutes } from './cases.ts';
import { deskPageRoutes } from './desk-pages.ts';
import { docsRoutes } from './docs.ts';
import { developmentInboxRoutes } from './development-inbox-page.ts';
import { interactionKeyRoutes } from './interactions-keys.ts';
import { interactionScanRoutes } from './interactions-scan.ts';
import { interactionUpstreamRoutes } from './interactions-upstream.ts';
import { interactionRoutes } from './interactions.ts';
import { licenseRoutes } from './licenses.ts';
import { mandatePageRoutes } from './mandate-pages.ts';
import { mandateRoutes } from './mandates.ts';
import { officerRoutes } from './officers.ts';
import { oidcClientRoutes } from './oidc-clients.ts';
import { pageRoutes } from './pages.ts';
import { peoplePageRoutes } from './people-pages.ts';
import { peopleRoutes } from './people.ts';
import { proofingCaseRoutes } from './proofing-cases.ts';
import { purposeRoutes } from './purposes.ts';
import { recognitionRoutes } from './recognitions.ts';
import { sealApplicationRoutes } from './seal-applications.ts';
import { sealPageActRoutes } from './seal-page-acts.ts';
import { sealPageApplicationRoutes } from './seal-page-applications.ts';
import { sealPageRoutes } from './seal-pages.ts';
import { sealStatusRoutes } from './seal-status.ts';
import { sealRoutes } from './seals.ts';
import { preparedStampRoutes } from './prepared-stamps.ts';
import { stampBatchRoutes } from './stamp-batches.ts';
import { sessionPageRoutes } from './sessions-page.ts';
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
  ...peopleRoutes,
  ...mandateRoutes,
  ...proofingCaseRoutes,
  ...officerRoutes,
  ...purposeRoutes,
  ...oidcClientRoutes,
  ...sessionPageRoutes,
  ...pageRoutes,
  ...accountPageRoutes,
  ...sealPageRoutes,
  ...sealPageApplicationRoutes,
  ...sealPageActRoutes,
  ...peoplePageRoutes,
  ...mandatePageRoutes,
  ...deskPageRoutes,
  ...administrationPageRoutes,
  ...interactionRoutes,
  ...interactionKeyRoutes,
  ...interactionScanRoutes,
  ...interactionUpstreamRoutes,
  ...developmentInboxRoutes,
  ...authenticatorRoutes,
];

export const routes: readonly Route[] = [...served, ...docsRoutes(served)];
