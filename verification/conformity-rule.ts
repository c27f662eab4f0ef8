// The shape of a rule for the making of certificates.
import type { Certificate } from '../formats/x509/certificate.ts';
import type { Conformity } from './path-model.ts';

/** Where in its path a certificate stands; `root`: an anchor that its own key signed. */
export type Position = 'leaf' | 'intermediate' | 'anchor' | 'root';

export function isAnchor(position: Position): boolean {
  return position === 'anchor' || position === 'root';
}

export interface ConformityRule {
  readonly id: string;
  readonly citation: string;
  /** Under which rules it is asked; `strict` asks all that do not contradict RFC 5280. */
  readonly asked: readonly Conformity[];
  /** Under `strict`, asked only below authorities that follow the rules for public ones themselves. */
  readonly ofPublicAuthorities?: true;
  holds(certificate: Certificate, position: Position): boolean;
}
