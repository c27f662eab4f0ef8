// One signature in a PDF without a store, a database or a network: what our own code adds to the raw signature.
import type { Services } from '../api/services.ts';
import { licensingSeal } from '../fixtures/seals.ts';
import { signDigest, timestampDigest } from '../signing/pades-signature.ts';
import { sizeOf } from '../signing/seal-picture/description.ts';
import { sealAppearance } from '../signing/seal-picture/seal-appearance.ts';
import { sealWithCode } from '../signing/seal-register.ts';
import { signBytes } from '../signing/sign-bytes.ts';

/** @returns an operation that prepares, signs, checks and finishes one visible signature, with a time-stamp got before. */
export async function signer(services: Services, pdf: Uint8Array): Promise<() => Promise<Uint8Array>> {
  const seal = await sealWithCode(services.database.reader, licensingSeal.sealCode);
  const certificate = seal?.chain[0];
  if (seal === null || certificate === undefined) throw new Error('The demonstration has no licensing seal.');
  const key = await services.keys.open(seal.keyId, 'seal', seal.chain);
  const { width, height } = sizeOf(seal.picture);
  const first = await signDigest(key, new Uint8Array(32));
  const { timestamps } = services.stamps;
  // Got once: the rate of the authority is measured elsewhere.
  const timestamp = await timestamps.timestamp(timestampDigest(first, timestamps.digest), 10_000);
  const remembered = { ...timestamps, timestamp: () => Promise.resolve(timestamp) };
  const parts = { ...services.stamps, key, timestamps: remembered, longTerm: null };
  return async () => {
    const { document } = await signBytes(pdf, parts, {
      level: 'B-T',
      lower: false,
      options: {
        time: services.clock(),
        visible: {
          page: 1,
          placement: { centreX: 150, centreY: 235, width, height },
          appearance: sealAppearance(seal.picture),
        },
        name: seal.name,
      },
    });
    return document;
  };
}
