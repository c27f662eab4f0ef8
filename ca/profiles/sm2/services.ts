// Profiles: servers, time-stamping units, OCSP responders and our own services with SM2 keys.
import type { Profile } from '../../profile.ts';
import { ocspResponder as internationalResponder } from '../international/ocsp-responder.ts';
import { server as internationalServer } from '../international/server.ts';
import * as signers from '../international/service-signers.ts';
import { timestampUnit as internationalUnit } from '../international/timestamp-unit.ts';
import { inSm2 } from './parts.ts';

export const timestampUnit: Profile = inSm2(internationalUnit);
export const ocspResponder: Profile = inSm2(internationalResponder);
export const server: Profile = inSm2(internationalServer);
export const licenseCodeSigner: Profile = inSm2(signers.licenseCodeSigner);
export const statusListSigner: Profile = inSm2(signers.statusListSigner);
export const trustListSigner: Profile = inSm2(signers.trustListSigner);
export const receiptSigner: Profile = inSm2(signers.receiptSigner);
export const identityTokenSigner: Profile = inSm2(signers.identityTokenSigner);
export const auditLogSigner: Profile = inSm2(signers.auditLogSigner);
