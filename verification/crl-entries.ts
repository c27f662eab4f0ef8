// Finding a certificate on a revocation list, whose entries may speak of several issuers (RFC 5280 section 5.3.3).
import type { CertificateList } from '../formats/x509/crl.ts';
import { readExtension } from '../formats/x509/extensions.ts';
import type { Extension } from '../formats/x509/extensions.ts';
import { readGeneralNames } from '../formats/x509/general-name.ts';
import { OID } from '../formats/x509/oid.ts';
import { nameKey } from './names.ts';

export type CrlEntry = CertificateList['revoked'][number];

/** A list made ready for being asked. */
export interface CrlIndex {
  /** True where some entry says something critical that is not understood: the list proves no absence (section 5.3). */
  readonly unread: boolean;
  find(issuerKey: string, serialHex: string): CrlEntry | undefined;
}

const understood: ReadonlySet<string> = new Set([OID.reasonCode, OID.invalidityDate, OID.certificateIssuer]);

/** Of two entries about one certificate the one that weighs more. */
function weight({ reason }: CrlEntry): number {
  return reason === 'removeFromCRL' ? 0 : reason === 'certificateHold' ? 1 : 2;
}

function issuerOf(extensions: ReadonlyMap<string, Extension>): string | null {
  const names = readExtension(extensions, OID.certificateIssuer, 'crl-malformed', readGeneralNames);
  const directory = names?.find((name) => name.kind === 'directory');
  return directory?.kind === 'directory' ? nameKey(directory.name) : null;
}

/** Entries of one list by serial number, and by issuer where an entry said one. */
function build(list: CertificateList): CrlIndex {
  const own = nameKey(list.issuer);
  const indirect = list.issuingDistributionPoint?.indirectCrl === true;
  const entries = new Map<string, CrlEntry>();
  let unread = false;
  let issuer = own;
  for (const entry of list.revoked) {
    if (entry.extensions.size > 0) {
      for (const { oid, critical } of entry.extensions.values())
        if (critical && !understood.has(oid)) unread = true;
      if (entry.extensions.has(OID.certificateIssuer)) {
        const named = issuerOf(entry.extensions);
        // Only an indirect list may speak of others; what names nobody cannot be told from anybody.
        if (named === null || (!indirect && named !== own)) unread = true;
        issuer = named ?? '';
      }
    }
    const key = issuer === own ? entry.serialHex : `${entry.serialHex}/${issuer}`;
    const earlier = entries.get(key);
    if (earlier === undefined || weight(entry) > weight(earlier)) entries.set(key, entry);
  }
  return {
    unread,
    find: (issuerKey, serialHex) => entries.get(issuerKey === own ? serialHex : `${serialHex}/${issuerKey}`),
  };
}

const indexes = new WeakMap<CertificateList, CrlIndex>();

/** The index of a list, built once. @throws FormatError where an entry's certificateIssuer cannot be read */
export function indexOf(list: CertificateList): CrlIndex {
  let index = indexes.get(list);
  if (index === undefined) {
    index = build(list);
    indexes.set(list, index);
  }
  return index;
}
