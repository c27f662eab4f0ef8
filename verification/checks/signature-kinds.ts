// What a signature is, so that a check knows whether it applies.
import type { Check } from '../check.ts';
import type { JudgedSignature } from '../judged-signature.ts';

export type SignatureCheck = Check<JudgedSignature>;

export const isPades = ({ facts }: JudgedSignature): boolean =>
  facts.signature.subFilter === 'ETSI.CAdES.detached';
export const parsed = ({ facts }: JudgedSignature): boolean => facts.cms.signedData !== null;
export const oneSigner = ({ facts }: JudgedSignature): boolean => facts.cms.signer !== null;
export const hasAttributes = ({ facts }: JudgedSignature): boolean =>
  (facts.cms.signer?.signedAttributes ?? null) !== null;
export const isSignature = ({ facts }: JudgedSignature): boolean => facts.type === 'signature';
export const isTimestamp = ({ facts }: JudgedSignature): boolean => facts.type === 'document-time-stamp';
