// The SM2 step of a stamp: which form, with which seal object, prepared before and appended before the PAdES signature.
import { digest, type DigestName } from '../crypto/algorithms.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import type { Reader } from '../storage/database.ts';
import { SigningError } from './errors.ts';
import {
  appendMadeSm2,
  appendSm2,
  planSm2,
  sealUseCapacity,
  withRevision,
  type PlannedSm2,
  type TokenOver,
} from './eseal-stamp.ts';
import { placeholderCapacity } from './finish.ts';
import type { GrowingCopy } from './growing-copy.ts';
import { assembleCms, checkCms, signDigest } from './pades-signature.ts';
import type { SignatureOptions } from './prepare.ts';
import type { PreparedSignature } from './prepared-update.ts';
import { currentEdition } from './seal-edition.ts';
import { openObjectKey } from './seal-key.ts';
import type { Seal } from './seal.ts';
import type { SignatureTerms, StampParts } from './stamp-order.ts';
import type { Sm2Form } from './use-terms.ts';

/** The SM2 revision planned, and what remains for the PAdES signature that covers it. */
export interface TwoRevisions {
  readonly sm2: PlannedSm2 | null;
  /** What the PAdES signature is prepared against. */
  readonly base: ByteSource;
  readonly options: SignatureOptions;
}

/** Which form it is to be, and whether somebody said so: what was said is kept to, or refused. */
export interface Sm2Choice {
  readonly form: Sm2Form;
  readonly said: boolean;
}

/**
 * The policy (docs/seals.md): the request, then the setting, then the suite. A district that runs on SM algorithms
 * throughout wants seals of GB/T 38540; one that does not is asked nothing of.
 */
export function sm2ChoiceFor(
  asked: Sm2Form | undefined,
  parts: Pick<StampParts, 'sm2' | 'suite'>,
): Sm2Choice {
  const said = asked ?? parts.sm2;
  if (said !== undefined) return { form: said, said: true };
  return { form: parts.suite.name === 'gm' ? 'ses' : 'none', said: false };
}

/**
 * Plans the SM2 revision where one is wanted. It shows the seal and certifies; the PAdES signature after it is invisible.
 * What nobody said and cannot be is left out: a certification of level 1 leaves room for one signature only, and a seal of
 * the time before SESeals has none.
 * @throws SigningError `seal-object-missing`, `signing-forbidden` (a certification that permits no further signature), and
 *   as `prepareSignature`
 */
export async function planTwoRevisions(
  parts: Pick<StampParts, 'timestamps'> & { readonly reader: Reader },
  { form, said }: Sm2Choice,
  seal: Seal,
  source: ByteSource,
  options: SignatureOptions,
): Promise<TwoRevisions> {
  const one = { sm2: null, base: source, options };
  if (form === 'none' || (options.docMdp === 1 && !said)) return one;
  if (options.docMdp === 1)
    throw new SigningError(
      'signing-forbidden',
      'A certification that permits no change leaves no room for the second of two signatures.',
    );
  const object = (await currentEdition(parts.reader, seal.id))?.object ?? null;
  if (object === null && !said) return one;
  if (object === null)
    throw new SigningError('seal-object-missing', 'The seal has no SESeal: renew it, and it gets one.');
  const timestampSize = options.level === 'B-B' ? 0 : parts.timestamps.tokenSize();
  const sm2 = await planSm2(source, {
    form,
    object,
    capacity:
      form === 'ses'
        ? sealUseCapacity(object, timestampSize)
        : placeholderCapacity({ chain: object.chain, timestampSize }),
    options: { ...options, signer: { chain: object.chain } },
  });
  return { sm2, base: withRevision(source, sm2.prepared), options: coveringOptions(options) };
}

/** What the second signature is: invisible, certifying nothing, in a field of its own. */
function coveringOptions(options: SignatureOptions): SignatureOptions {
  const first: ReadonlySet<string> = new Set(['visible', 'place', 'docMdp', 'fieldName']);
  const rest = Object.entries(options).filter(([name]) => !first.has(name));
  // Every member that is left out is an optional one. What is hidden was looked for before the first.
  return { ...(Object.fromEntries(rest) as unknown as SignatureOptions), inspect: false };
}

/** Digests that a copy must keep for the SM2 revision. */
export function digestsForSm2(sm2: PlannedSm2 | null): readonly DigestName[] {
  return sm2 === null ? [] : ['sm3'];
}

/**
 * Appends the SM2 revision to the copy.
 * @param value made elsewhere already; null where the seal's key is here
 * @returns what was prepared for the PAdES signature where it still fits; null where that must be prepared anew, because the
 *   value needed more room than was planned
 * @throws SigningError `timestamp-unavailable`, `timestamp-invalid` (unless a lower level may be given out),
 *   `self-check-failed`, `placeholder-too-small`; CryptoError. The copy must not be given out then.
 */
export async function appendFirstRevision(
  parts: StampParts,
  copy: GrowingCopy,
  plan: {
    readonly sm2: PlannedSm2 | null;
    readonly seal: Seal;
    readonly prepared: PreparedSignature;
    readonly terms: SignatureTerms;
  },
  value: Uint8Array | null = null,
): Promise<PreparedSignature | null> {
  const { sm2, seal, prepared, terms } = plan;
  if (sm2 === null) return prepared;
  if (value !== null) {
    await appendMadeSm2(copy, sm2, value);
    return prepared;
  }
  const key = await openObjectKey(parts, seal, sm2.object);
  const tokenOver = tokensFor(parts, terms);
  const made = await appendSm2(copy, sm2, {
    key,
    clock: parts.clock,
    tokenOver,
    cms: (signer, messageDigest) => cmsBy(signer, messageDigest, tokenOver),
  });
  return made === sm2.prepared ? prepared : null;
}

/** Time-stamps over values of the SM2 revision, as the level and its tolerance say. */
export function tokensFor(
  { timestamps, timestampBudget }: Pick<StampParts, 'timestamps' | 'timestampBudget'>,
  { level, whenDown }: SignatureTerms,
): TokenOver {
  return async (value) => {
    if (level === 'B-B') return null;
    try {
      return (await timestamps.timestamp(digest(timestamps.digest, value), timestampBudget)).token;
    } catch (error) {
      const may = whenDown === 'lower' || whenDown === 'queue';
      if (may && error instanceof SigningError) return null;
      throw error;
    }
  };
}

/** The other form: CMS as PAdES makes it, checked. @throws as `assembleCms` and `checkCms` */
export async function cmsBy(
  signer: SigningKey,
  messageDigest: Uint8Array,
  tokenOver: TokenOver,
): Promise<Uint8Array> {
  const signature = await signDigest(signer, messageDigest);
  const cms = assembleCms(signer, signature, await tokenOver(signature.value));
  checkCms(cms, signer, messageDigest);
  return cms;
}
