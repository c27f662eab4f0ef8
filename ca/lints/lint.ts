// The shape of one lint.
import type { Certificate } from '../../formats/x509/certificate.ts';
import type { Profile } from '../profile.ts';

/** What a lint looks at. */
export interface LintSubject {
  readonly certificate: Certificate;
  readonly profile: Profile;
  /** The signer's certificate; the certificate itself for a root. */
  readonly issuer: Certificate;
  /** Of the signer: its name, lists and addresses stand in what it signs. */
  readonly authority: { readonly name: string; readonly shards: number; readonly publicUrl: string };
}

export interface Lint {
  readonly id: string;
  readonly citation: string;
  readonly applies: (subject: LintSubject) => boolean;
  /** True where the certificate is as it must be. */
  readonly check: (subject: LintSubject) => boolean;
}
