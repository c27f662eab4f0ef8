// The shape of a rule for the making of certificates.
import type { Certificate } from '../formats/x509/certificate.ts';
import type { Conformity } from './path-model.ts';

/** Where in its path a certificate stands. */
export type Position = 'leaf' | 'intermediate' | 'anchor';

export interface ConformityRule {
  readonly id: string;
  readonly citation: string;
  /** Under which rules it is asked; `strict` asks all that do not contradict RFC 5280. */
  readonly asked: readonly Conformity[];
  holds(certificate: Certificate, position: Position): boolean;
}
