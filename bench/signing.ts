// One signature in a PDF without a store, a database or a network: what our own code adds to the raw signature.
import { createHash } from 'node:crypto';
import type { Services } from '../api/services.ts';
import { licensingSeal } from '../fixtures/seals.ts';
import { bytesSource } from '../formats/pdf/source.ts';
import { finishSignature, placeholderCapacity } from '../signing/finish.ts';
import { assembleCms, checkCms, signDigest, timestampDigest } from '../signing/pades-signature.ts';
import { prepareSignature } from '../signing/prepare.ts';
import { diameterOf } from '../signing/seal-picture/description.ts';
import { sealAppearance } from '../signing/seal-picture/seal-appearance.ts';
import { sealWithCode } from '../signing/seal-register.ts';

/** @returns an operation that prepares, signs, checks and finishes one visible signature, with a time-stamp got before. */
export async function signer(services: Services, pdf: Uint8Array): Promise<() => Promise<Uint8Array>> {
  const seal = await sealWithCode(services.database.reader, licensingSeal.sealCode);
  const certificate = seal?.chain[0];
  if (seal === null || certificate === undefined) throw new Error('The demonstration has no licensing seal.');
  const key = await services.keys.open(seal.keyId, 'seal', seal.chain);
  const size = diameterOf(seal.picture);
  const first = await signDigest(key, new Uint8Array(32));
  const { token } = await services.stamps.timestamps.timestamp(
    timestampDigest(first, services.stamps.timestamps.digest),
    10_000,
  );
  return async () => {
    const prepared = await prepareSignature(bytesSource(pdf), {
      time: services.clock(),
      contentsCapacity: placeholderCapacity({ chain: seal.chain, timestampSize: token.length }),
      visible: {
        page: 1,
        placement: { centreX: 150, centreY: 235, width: size, height: size },
        appearance: sealAppearance(seal.picture),
      },
      name: seal.name,
    });
    const digest = createHash('sha256').update(pdf).update(prepared.before).update(prepared.after).digest();
    const cms = assembleCms(key, await signDigest(key, digest), token);
    checkCms(cms, key, digest);
    return finishSignature(prepared, cms);
  };
}
