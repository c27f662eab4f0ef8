// Every profile by name.
import { checkProfile, type Profile, type ProfileName } from '../profile.ts';
import { issuingCa } from './issuing-ca.ts';
import { ocspResponder } from './ocsp-responder.ts';
import { root } from './root.ts';
import { seal } from './seal.ts';
import { licenseCodeSigner, receiptSigner, statusListSigner, trustListSigner } from './service-signers.ts';
import { timestampUnit } from './timestamp-unit.ts';

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  root: checkProfile(root),
  'issuing-ca': checkProfile(issuingCa),
  seal: checkProfile(seal),
  'timestamp-unit': checkProfile(timestampUnit),
  'ocsp-responder': checkProfile(ocspResponder),
  'license-code-signer': checkProfile(licenseCodeSigner),
  'status-list-signer': checkProfile(statusListSigner),
  'trust-list-signer': checkProfile(trustListSigner),
  'receipt-signer': checkProfile(receiptSigner),
};
