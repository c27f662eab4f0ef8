// Issues a certificate: validate, build, lint, intend, sign, compare, complete.
import { labelledDigest } from '../crypto/algorithms.ts';
import { isUniqueViolation } from '../storage/errors.ts';
import { CaError } from './errors.ts';
import type { IssuedCertificate, IssueRequest } from './issue-request.ts';
import { requireFreshKey } from './key-reuse.ts';
import type { CaParts } from './parts.ts';
import {
  prepareCertificate,
  requireActive,
  signPrepared,
  type PreparedCertificate,
} from './prepare-certificate.ts';
import { completeIntention, findAuthority, insertIntention } from './store.ts';

/** Makes the intention durable. A serial taken already, which chance alone will not bring about, is drawn once more. */
async function intend(parts: CaParts, request: IssueRequest): Promise<PreparedCertificate> {
  for (let left = 1; ; left -= 1) {
    const prepared = prepareCertificate(parts, request);
    const { intention, profile } = prepared;
    try {
      await parts.database.write(async (tx) => {
        // Another node may have made a successor that this one has not heard of.
        const recorded = await findAuthority(tx, intention.authority);
        if (recorded !== null) requireActive(recorded.state, profile, intention.authority);
        await requireFreshKey(tx, parts.database.engine, intention, profile);
        await insertIntention(tx, intention);
      });
      return prepared;
    } catch (error) {
      if (left === 0 || !isUniqueViolation(error, 'ca_certificate')) throw error;
    }
  }
}

/**
 * Issues one certificate. The intention with its serial is durable before the key is used; the certificate leaves only
 * after it was read back, compared, verified with the issuer's public key and stored with its audit row.
 * @throws CaError `profile-violation`, `authority-retired`, `key-weak`, `key-reused`, `key-compromised`, `lint-failed`,
 *   `root-offline`, `self-check-failed`, `issuance-abandoned`; FormatError for what is no public key; StorageError.
 */
export async function issueCertificate(parts: CaParts, request: IssueRequest): Promise<IssuedCertificate> {
  const { authority } = request;
  const prepared = await intend(parts, request);
  const { profile, intention } = prepared;
  const { serial } = intention;
  const { der, certificate } = await signPrepared(prepared, authority);
  const above = authority.certificate === null ? [] : authority.chain;
  const issued = { serial, der, certificate, chain: profile.name === 'root' ? [] : [der, ...above] };
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    if (!(await completeIntention(tx, serial, der, at))) {
      throw new CaError(
        'issuance-abandoned',
        'The intention was settled as abandoned; the certificate is withheld.',
      );
    }
    await request.alongside?.(tx, issued);
    await parts.audit.append(tx, {
      at,
      actor: request.actor,
      action: 'certificate.issued',
      subject: serial,
      details: {
        authority: authority.name,
        profile: profile.name,
        certificate: labelledDigest(parts.suite.digest, der),
      },
    });
  });
  return issued;
}
