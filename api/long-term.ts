// What goes into documents so that they can be judged from themselves: our own authorities, and those we recognise.
import { sameBytes } from '../formats/bytes.ts';
import type { LongTermParts } from '../signing/long-term.ts';
import type { EvidenceSource } from '../verification/evidence.ts';
import { servicesOfType } from '../verification/trust-list.ts';
import { evidenceOverHttp } from './evidence-http.ts';
import type { RecognisedSource } from './recognised-source.ts';
import { statusForSigning, type FactSources } from './verification-facts.ts';

/** Milliseconds: all questions about one document, and one exchange with somebody else's service. */
const budgets = { document: 10_000, exchange: 5000 };

/**
 * Paths of our own certificates end at our roots, so that what is between is in the file; those of seals made elsewhere end
 * where the recognised lists say, and their status is asked of whom the certificates name.
 * @param publicOnly whether addresses of this machine and its networks are refused
 */
export function longTermParts(
  sources: Pick<FactSources, 'hierarchy' | 'crls' | 'ocsp'> & { readonly recognised: RecognisedSource },
  publicOnly: boolean,
): LongTermParts {
  const { hierarchy, recognised } = sources;
  return {
    async anchors() {
      const authorities = hierarchy.authorities();
      const own = (der: Uint8Array): boolean =>
        authorities.some(({ certificate }) => sameBytes(certificate.der, der));
      const { trustList, anchors } = await recognised.current();
      const listed = servicesOfType(trustList, ['ca', 'seal-ca', 'timestamp']).flatMap(
        ({ service }) => service.certificates,
      );
      return [
        ...authorities.flatMap(({ kind, certificate }) => (kind === 'root' ? [certificate.der] : [])),
        ...[...listed, ...anchors].filter((der) => !own(der)),
      ];
    },
    certificates: () => hierarchy.authorities().map(({ certificate }) => certificate.der),
    status: oneOf(
      (issuer) => hierarchy.authorities().some(({ certificate }) => sameBytes(certificate.der, issuer)),
      statusForSigning(sources),
      evidenceOverHttp(budgets.exchange, publicOnly),
    ),
    statusBudget: budgets.document,
  };
}

/** Asks ourselves about what our authorities made, and nobody else; others about the rest. */
function oneOf(
  isOurs: (issuer: Uint8Array) => boolean,
  ours: EvidenceSource,
  others: EvidenceSource,
): EvidenceSource {
  return {
    revocation: (question) => (isOurs(question.issuer) ? ours : others).revocation(question),
  };
}
