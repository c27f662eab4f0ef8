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
import { interactionScanPhoneRoutes } from './interactions-scan-phone.ts';
import { interactionScanRoutes } from './interactions-scan.ts';
import { interactionUpstreamRoutes } from './interactions-upstream.ts';
import { interactionRoutes } from './interactions.ts';
import { licenseBatchRoutes } from './license-batches.ts';
import { licenseImportRoutes } from './license-imports.ts';
import { copyPageRoutes } from './copy-pages.ts';
import { licenseCopyRoutes } from './license-copies.ts';
import { licenseTypeRoutes } from './license-types.ts';
import { licenseDeskRoutes } from './license-desk-pages.ts';
import { licenseRequestPageRoutes } from './license-request-pages.ts';
import { licenseLifeRoutes } from './license-life.ts';
import { licenseRequestRoutes } from './license-requests.ts';
import { levelPageRoutes } from './level-pages.ts';
import { licenseRoutes } from './licenses.ts';
import { licenseRevealPageRoutes } from './license-reveal-pages.ts';
import { licenseRevealRoutes } from './license-reveal.ts';
import { mandatePageRoutes } from './mandate-pages.ts';
import { mandateRoutes } from './mandates.ts';
import { officerRoutes } from './officers.ts';
import { masterKeyRoutes } from './master-keys.ts';
import { oidcClientRoutes } from './oidc-clients.ts';
import { pageRoutes } from './pages.ts';
import { peoplePageRoutes } from './people-pages.ts';
import { peopleRoutes } from './people.ts';
import { presentationClaimRoutes } from './presentation-claims.ts';
import { presentationRoutes } from './presentations.ts';
import { proofingCaseRoutes } from './proofing-cases.ts';
import { protectionPageRoutes } from './protection-pages.ts';
import { purposeRoutes } from './purposes.ts';
import { recognitionRoutes } from './recognitions.ts';
import { retentionRoutes } from './retention.ts';
import { sealApplicationRoutes } from './seal-applications.ts';
import { sealPageActRoutes } from './seal-page-acts.ts';
import { sealArtworkPageRoutes } from './seal-artwork-pages.ts';
import { sealPageApplicationRoutes } from './seal-page-applications.ts';
import { sealPageRoutes } from './seal-pages.ts';
import { sealStatusRoutes } from './seal-status.ts';
import { sealRoutes } from './seals.ts';
import { preparedStampRoutes } from './prepared-stamps.ts';
import { stampBatchRoutes } from './stamp-batches.ts';
import { sessionPageRoutes } from './sessions-page.ts';
import { showingAlarmPageRoutes } from './showing-alarm-pages.ts';
import { showingPageRoutes } from './showing-pages.ts';
import { verifierPageRoutes } from './verifier-pages.ts';
import { stampRoutes } from './stamps.ts';
import { publicRoutes } from './status.ts';
import { typeDraftPageRoutes } from './type-draft-pages.ts';
import { typePageRoutes } from './type-pages.ts';
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
  // Before `/licenses/{id}`: their addresses would be taken for one.
  ...licenseBatchRoutes,
  ...licenseImportRoutes,
  ...licenseRevealRoutes,
  ...licenseRoutes,
  ...licenseLifeRoutes,
  ...licenseRequestRoutes,
  ...licenseTypeRoutes,
  ...typePageRoutes,
  ...typeDraftPageRoutes,
  ...caseRoutes,
  ...presentationRoutes,
  ...presentationClaimRoutes,
  ...licenseCopyRoutes,
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
  ...retentionRoutes,
  ...masterKeyRoutes,
  ...oidcClientRoutes,
  ...sessionPageRoutes,
  ...pageRoutes,
  ...accountPageRoutes,
  ...licenseRevealPageRoutes,
  ...showingPageRoutes,
  ...copyPageRoutes,
  ...verifierPageRoutes,
  ...showingAlarmPageRoutes,
  ...sealPageRoutes,
  ...sealPageApplicationRoutes,
  ...sealArtworkPageRoutes,
  ...sealPageActRoutes,
  ...peoplePageRoutes,
  ...levelPageRoutes,
  ...mandatePageRoutes,
  ...deskPageRoutes,
  ...licenseDeskRoutes,
  ...licenseRequestPageRoutes,
  ...administrationPageRoutes,
  ...protectionPageRoutes,
  ...interactionRoutes,
  ...interactionKeyRoutes,
  ...interactionScanRoutes,
  ...interactionScanPhoneRoutes,
  ...interactionUpstreamRoutes,
  ...developmentInboxRoutes,
  ...authenticatorRoutes,
];

export const routes: readonly Route[] = [...served, ...docsRoutes(served)];
