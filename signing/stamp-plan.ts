// What may be signed, and everything of it but the signature value: no key is used and nothing is written here.
import { openSource, digestOfSource } from './stamp-source.ts';
import { placeholderCapacity } from './finish.ts';
import { newIdentifier } from './identifiers.ts';
import { prepareSignature, type SignatureOptions } from './prepare.ts';
import { sizeOf } from './seal-picture/description.ts';
import { sealAppearance } from './seal-picture/seal-appearance.ts';
import { recordedPlacing, sealPlacing } from './seal-placing.ts';
import { departmentOf, usableSeal } from './seal-use.ts';
import { planTwoRevisions, sm2ChoiceFor } from './stamp-sm2.ts';
import { ownTurn } from './turns.ts';
import { rightToUse } from './use-rights.ts';
import type { Seal } from './seal.ts';
import {
  digestOfOrder,
  type SignatureTerms,
  type StampOrder,
  type StampParts,
  type StampPlan,
} from './stamp-order.ts';
import type { IntendedStamp } from './stamp-store.ts';

/**
 * Step 1 and 2: the right to use the seal, and everything of the signature but its value. Writes nothing.
 * @param idempotencyKey null where a larger act holds the key
 * @throws SigningError of `usableSeal`, `rightToUse`, `planTwoRevisions` and `prepareSignature`, `document-not-found`
 */
export async function planStamp(
  parts: StampParts,
  order: StampOrder,
  idempotencyKey: string | null,
): Promise<StampPlan> {
  const now = parts.clock();
  const { reader } = parts.database;
  const seal = await usableSeal(reader, order.actor, order.sealId, now);
  const right = await rightToUse(reader, {
    actor: order.actor,
    seal,
    matter: order.matter,
    digest: digestOfSource(order.source, parts.suite.digest),
    terms: order,
    now,
  });
  // Reading, looking and drawing cost milliseconds.
  await ownTurn();
  const placing = sealPlacing(
    { appearance: sealAppearance(seal.picture), size: shrunkSize(sizeOf(seal.picture), order.shrunk) },
    order,
  );
  const source = await openSource(parts.documents, order.source);
  try {
    const terms = termsOf(order);
    const asked: SignatureOptions = {
      time: now,
      contentsCapacity: placeholderCapacity({
        chain: seal.chain,
        timestampSize: order.level === 'B-B' ? 0 : parts.timestamps.tokenSize(),
      }),
      place: placing.place,
      name: seal.name,
      application: 'Yinxin',
      ...(order.reason === null ? {} : { reason: order.reason }),
      ...optionsOf(terms, seal.chain),
    };
    const choice = sm2ChoiceFor(order.sm2, parts);
    const { sm2, base, options } = await planTwoRevisions({ ...parts, reader }, choice, seal, source, asked);
    if (sm2 !== null) await ownTurn();
    const prepared = await prepareSignature(base, options);
    return {
      record: {
        ...intentionOf(parts, order, seal, idempotencyKey, now),
        placement: recordedPlacing(order, placing.showings()),
        // Of the document as it came: the second revision would find the first.
        findings: (sm2?.prepared ?? prepared).findings,
      },
      actor: { id: order.actor.id, department: order.actor.department },
      seal,
      source: order.source,
      prepared,
      options,
      terms,
      right,
      sm2,
    };
  } finally {
    await source.close();
  }
}

/** Millimetres at which the seal stands. */
function shrunkSize(
  { width, height }: { readonly width: number; readonly height: number },
  share = 1,
): { readonly width: number; readonly height: number } {
  const bounded = Math.min(1, Math.max(0.3, share));
  return { width: width * bounded, height: height * bounded };
}

/** Terms of an order without the order. */
function termsOf({
  level,
  whenDown,
  docMdp,
  fieldLock,
  password,
  algorithm,
}: SignatureTerms): SignatureTerms {
  return {
    ...(level === undefined ? {} : { level }),
    ...(whenDown === undefined ? {} : { whenDown }),
    ...(docMdp === undefined ? {} : { docMdp }),
    ...(fieldLock === undefined ? {} : { fieldLock }),
    ...(password === undefined ? {} : { password }),
    ...(algorithm === undefined ? {} : { algorithm }),
  };
}

/** What preparing is told of them, and of who signs. */
function optionsOf(
  { level, docMdp, fieldLock, password }: SignatureTerms,
  chain: readonly Uint8Array[],
): Partial<SignatureOptions> {
  return {
    signer: { chain },
    ...(level === undefined ? {} : { level }),
    ...(docMdp === undefined ? {} : { docMdp }),
    ...(fieldLock === undefined ? {} : { fieldLock }),
    ...(password === undefined ? {} : { password }),
  };
}

function intentionOf(
  parts: Pick<StampParts, 'random' | 'suite'>,
  order: StampOrder,
  seal: Seal,
  idempotencyKey: string | null,
  now: Date,
): IntendedStamp {
  return {
    id: newIdentifier('stp', parts.random),
    client: order.actor.id,
    idempotencyKey,
    requestDigest: digestOfOrder(order, parts.suite),
    department: departmentOf(order.actor),
    sealId: seal.id,
    sealCode: seal.code,
    certificateSerial: seal.certificateSerial,
    matter: order.matter,
    caseNumber: order.caseNumber,
    originalDigest: digestOfSource(order.source, parts.suite.digest),
    placement: null,
    level: order.level ?? 'B-T',
    findings: [],
    intendedAt: now,
  };
}
