// Seals a drawn report with the service's receipt key: a PAdES signature with a time-stamp, over the whole file.
import { createHash } from 'node:crypto';
import { signBytes } from '../signing/sign-bytes.ts';
import type { Actor } from '../storage/actor.ts';
import type { Services } from './services.ts';

/**
 * Signs, checks what it made, and enters it into the audit log before it is given out.
 * @param asked the department it is sealed for
 * @throws SigningError `timestamp-unavailable`, `timestamp-invalid`, `self-check-failed`; CryptoError
 */
export async function sealReport(
  services: Pick<Services, 'hierarchy' | 'stamps' | 'clock' | 'database' | 'audit'>,
  report: Uint8Array,
  asked: Actor,
): Promise<Uint8Array> {
  const { hierarchy, stamps, clock, database, audit } = services;
  const key = hierarchy.serviceKey('receipt');
  const { document: sealed } = await signBytes(
    report,
    { ...stamps, key, longTerm: stamps.longTerm ?? null },
    {
      level: 'B-T',
      lower: false,
      options: {
        time: clock(),
        reason: '核验报告 Verification report',
        application: 'Yinxin',
        // ISO 32000-2 12.8.2.2, level 1: a report is final.
        docMdp: 1,
        inspect: false,
      },
    },
  );
  const digest = `sha256:${createHash('sha256').update(sealed).digest('hex')}`;
  await database.write((tx) =>
    audit.append(tx, {
      at: clock(),
      actor: asked,
      action: 'report.sealed',
      subject: digest,
      details: { key: key.id },
    }),
  );
  return sealed;
}
