// Brings stamps that were given out below their level up to it, once the services that were down answer again.
import { augment, digestsForAugmenting } from './augment.ts';
import { SigningError } from './errors.ts';
import { GrowingCopy } from './growing-copy.ts';
import type { StampLevel } from './stamp-level.ts';
import type { StampParts } from './stamp-order.ts';
import { openSource } from './stamp-source.ts';
import {
  claimUpgrade,
  completeUpgrade,
  dueUpgrades,
  postponeUpgrade,
  type QueuedUpgrade,
} from './upgrade-store.ts';

/** Stamps worked on in one run. */
const atOnce = 50;
/** Wait after the first failure, doubled each time, and at most, milliseconds. */
const wait = { first: 30_000, most: 3_600_000 };
/** What was not to be had for so long will not come: the record then says so. */
const patience = 30 * 24 * 3_600_000;

/** What a run did. */
export interface UpgradeRun {
  readonly completed: number;
  readonly postponed: number;
  readonly givenUp: number;
}

/** One run over what is due. A refusal of one stamp does not keep the others. */
export async function runUpgrades(parts: StampParts): Promise<UpgradeRun> {
  const run = { completed: 0, postponed: 0, givenUp: 0 };
  for (const id of await dueUpgrades(parts.database.reader, parts.clock(), atOnce)) {
    const claimed = await parts.database.write((tx) => claimUpgrade(tx, id, parts.clock()));
    if (claimed === null) continue;
    run[await upgrade(parts, claimed)] += 1;
  }
  return run;
}

async function upgrade(parts: StampParts, queued: QueuedUpgrade): Promise<keyof UpgradeRun> {
  try {
    await raise(parts, queued);
    return 'completed';
  } catch (error) {
    const now = parts.clock();
    const down =
      !(error instanceof SigningError) ||
      ['timestamp-unavailable', 'timestamp-invalid', 'status-unavailable'].includes(error.code);
    const late = now.getTime() - queued.stampedAt.getTime() > patience;
    const again = Math.min(wait.first * 2 ** (queued.tries - 1), wait.most);
    const next = down && !late ? new Date(now.getTime() + again) : null;
    const reason = error instanceof SigningError ? error.code : 'failed';
    await parts.database.write(async (tx) => {
      await postponeUpgrade(tx, queued.stampId, reason, next);
      if (next !== null) return;
      await parts.audit.append(tx, {
        at: now,
        actor: { id: queued.client, department: queued.department },
        action: 'stamp.upgrade-given-up',
        subject: queued.stampId,
        details: { wanted: queued.wanted, reason },
      });
    });
    return next === null ? 'givenUp' : 'postponed';
  }
}

/** The stored document, copied and augmented; what it was stays what it was. */
async function raise(parts: StampParts, queued: QueuedUpgrade): Promise<void> {
  const { longTerm } = parts;
  const wanted: StampLevel = queued.wanted;
  if (wanted === 'B-B') throw new SigningError('not-signed', 'There is no level below B-T to be added.');
  const augmenting = { ...parts, longTerm: longTerm ?? nobody };
  const source = await openSource(parts.documents, { stored: queued.digest });
  const writer = await parts.documents.create();
  try {
    const copy = await GrowingCopy.of(source, writer, [
      { algorithm: parts.documents.digest, by: writer },
      ...digestsForAugmenting(parts).map((algorithm) => ({ algorithm })),
    ]);
    await augment(copy, augmenting, { level: wanted, now: parts.clock() });
    const document = await writer.commit();
    await parts.database.write(async (tx) => {
      const at = parts.clock();
      const { digest, size } = document;
      if (!(await completeUpgrade(tx, queued.stampId, { digest, size, level: wanted, at }))) return;
      await parts.audit.append(tx, {
        at,
        actor: { id: queued.client, department: queued.department },
        action: 'stamp.upgraded',
        subject: queued.stampId,
        details: { level: wanted, before: queued.digest, result: digest },
      });
    });
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await source.close();
  }
}

/** Where nobody is there to ask for the status of certificates. */
const nobody = {
  anchors: (): readonly Uint8Array[] => [],
  status: { revocation: () => Promise.resolve({ crls: [], ocsps: [] }) },
  statusBudget: 1000,
};
