// Signatures kept for thirty years: what the tests of archive time-stamps share.
import assert from 'node:assert/strict';
import { bytesSource } from '../../formats/pdf/source.ts';
import { octetString } from '../../formats/x509/der-writer.ts';
import type { Report, Row, SignatureReport } from '../../verification/report.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { archived, assemble, attributeOf, partsOf } from './archive-cms.ts';
import type { ArchiveOptions, CmsParts } from './archive-cms.ts';
import { depsFor } from './deps.ts';
import { daysFromNow, makePki, now, sha256 } from './pki.ts';
import type { TestPki } from './pki.ts';
import { latin1, makeCms } from './signed-pdf.ts';
import type { SigningOptions } from './signed-pdf.ts';

export const content = latin1('The decision, kept for thirty years.');
export const pki = makePki();
const beside = { content: { kind: 'bytes', source: bytesSource(content) } } as const;

/** Verification with nothing from outside but the root and the content. */
export function alone(
  trusted: TestPki,
  changes: Partial<VerificationDependencies> = {},
): VerificationDependencies {
  return depsFor(trusted, { crls: [], time: daysFromNow(0.2), ...beside, ...changes });
}

export function signed(world: TestPki = pki, options: SigningOptions = {}): Uint8Array {
  return makeCms(world, sha256(content), { signingTime: now, ...options });
}

export function changed(cms: Uint8Array, change: (parts: CmsParts) => Partial<CmsParts>): Uint8Array {
  const parts = partsOf(cms);
  return assemble({ ...parts, ...change(parts) });
}

/** A signature with its time-stamp and all status data: B-LT. */
export function longTerm(
  world: TestPki = pki,
  crls: readonly Uint8Array[] = world.crls,
  options: SigningOptions = {},
): Uint8Array {
  return changed(signed(world, options), () => ({ revocation: crls }));
}

export const soon = daysFromNow(0.1);

export function kept(options: ArchiveOptions = {}, cms: Uint8Array = longTerm()): Uint8Array {
  return archived(pki, cms, content, { genTime: soon, ...options });
}

export const note = attributeOf('1.2.3.4.5', octetString(content));
export const another = attributeOf('1.2.3.4.6', octetString(content));
export const stranger = makePki({ root: { commonName: '别处根' } });

export function only({ signatures }: Report): SignatureReport {
  const [signature, ...more] = signatures;
  assert.ok(signature !== undefined && more.length === 0);
  return signature;
}

export function rowOf(report: Report, id: string): Row {
  const row = only(report).rows.find((each) => each.id === id);
  assert.ok(row !== undefined);
  return row;
}
