// Which organisation a certificate names, and whether a listed authority may speak for it.
import { FormatError } from '../formats/errors.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { readExtension } from '../formats/x509/extensions.ts';
import { nameAttribute, stringOf } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import { speaksForRegion } from './recognised-lists.ts';
import type { TrustedService } from './trust-list-model.ts';

/** OrganizationCode of GB/T 20518 annex C, in the form of EN 319 412-1 section 5.1.4; null where it is absent or unreadable. */
function organizationCodeOf({ extensions }: Certificate): string | null {
  try {
    return readExtension(extensions, OID.organizationCode, 'certificate-malformed', (reader) => {
      const { tag, content } = reader.element();
      const code = stringOf(tag, content, reader);
      return code === null ? null : `NTRCN-${code}`;
    });
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** organizationIdentifier (EN 319 412-1 5.1.4) of the subject; null where it names none. */
export function organizationIdentifierOf(certificate: Certificate): string | null {
  return nameAttribute(certificate.subject, OID.organizationIdentifier) ?? organizationCodeOf(certificate);
}

/** The credit code in `NTRCN-<credit code>`; null for what else an identifier may be, which names no organ here. */
export function creditCodeIn(identifier: string | null): string | null {
  return /^NTRCN-([0-9A-Z]{18})$/.exec(identifier ?? '')?.[1] ?? null;
}

/**
 * Whether a listed service may vouch for a signer where its regions are bounded: by the division in the signer's credit code.
 * `unknown`: the certificate names no organisation that could be placed.
 */
export function regionOf(service: TrustedService, signer: Certificate): 'within' | 'outside' | 'unknown' {
  if (service.regions === null) return 'within';
  const code = creditCodeIn(organizationIdentifierOf(signer));
  if (code === null) return 'unknown';
  return speaksForRegion(service, code) ? 'within' : 'outside';
}

/** An authority for seals vouches for organisations of its regions alone; another one also for people, who have no division. */
export function vouchesFor(service: TrustedService, signer: Certificate): boolean {
  const region = regionOf(service, signer);
  return region === 'within' || (region === 'unknown' && service.type !== 'seal-ca');
}
