// Receipts 核验回执 signed by this installation, for the departments it serves.
import { toHex } from '../formats/bytes.ts';
import type { Principal } from '../identity/principal.ts';
import { commitToHolder } from '../verification/holder.ts';
import { jwsAlgorithm } from '../verification/jws.ts';
import type { ReceiptClaims, ReceiptHolder } from '../verification/receipt-claims.ts';
import { signReceipt } from '../verification/receipt.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import { ApiError } from './errors.ts';
import type { Services } from './services.ts';

/** Seconds for which another department may rely on a receipt. */
export const receiptLifetime = 30 * 86_400;

/** The department that verifies. @throws ApiError `unauthenticated`, `scope-missing`. */
export function verifyingDepartment(
  principal: Principal | null,
): Principal & { readonly department: string } {
  if (principal === null || principal.department === null)
    throw new ApiError('unauthenticated', 'This is for departments: an API key with verifications:write.');
  if (!principal.scopes.includes('verifications:write'))
    throw new ApiError('scope-missing', 'This needs the scope verifications:write.');
  return { ...principal, department: principal.department };
}

export function newReceiptId(services: Pick<Services, 'random'>): string {
  return `rcp_${toHex(services.random(16))}`;
}

/** A commitment of its own for each receipt and audience; null where nobody was named. */
export async function holderFor(
  services: Pick<Services, 'random' | 'suite'>,
  audience: string,
  holder: string | null,
): Promise<ReceiptHolder | null> {
  if (holder === null) return null;
  const commitment = await commitToHolder(
    nodeSignatureVerifier,
    audience,
    holder,
    services.random(16),
    services.suite.digest,
  );
  return { commitment, binding: 'record' };
}

/** @returns the compact JWS. */
export async function signedReceipt(
  services: Pick<Services, 'hierarchy'>,
  claims: ReceiptClaims,
): Promise<string> {
  const key = services.hierarchy.serviceKey('receipt');
  const [certificate] = key.chain;
  const algorithm = jwsAlgorithm(key.algorithm);
  if (algorithm === null || certificate === undefined) throw new ApiError('internal', 'No receipt key.');
  return signReceipt(claims, {
    algorithm,
    keyId: key.id,
    certificate,
    sign: (message) => key.sign(message),
  });
}
