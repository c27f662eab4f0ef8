// One license as it is asked for, and everything of the request that can be refused before anything is written.
import type { Actor } from '../storage/actor.ts';
import { sealWithCode } from '../signing/seal-register.ts';
import { LicenseError } from './errors.ts';
import {
  beijingDay,
  checkFace,
  checkNumber,
  termOf,
  type Face,
  type FaceInput,
  type Holder,
  type Term,
} from './face.ts';
import { checkHolders, type Holders, type HoldersInput } from './holders.ts';
import { checkOriginal, type Original, type OriginalInput } from './original.ts';
import type { LicenseParts } from './parts.ts';
import { checkPhoto, photoOf, type Photo, type PhotoInput } from './photo.ts';
import { recordCipherOf } from './record-keys.ts';
import { checkSuccession, type Predecessor, type SuccessionRequest } from './succession.ts';
import { issuableType } from './type-register.ts';
import type { LicenseType } from './type.ts';

/** One license as an approval system asks for it. */
export interface LicenseRequest {
  /** Type code or key. */
  readonly type: string;
  /** 证照编号 as printed. */
  readonly number: string;
  readonly holder: HoldersInput['holder'];
  /** Further holders, where the type has several. */
  readonly coHolders?: HoldersInput['coHolders'];
  readonly face: FaceInput;
  /** Where the type shows one; a next version without one keeps the photo of the version before it. */
  readonly photo?: PhotoInput | undefined;
  /** Days `YYYY-MM-DD`; `until` only where the type lets the issuing system say it. */
  readonly validity?: { readonly from?: string; readonly until?: string };
  /** One of the seals the type allows; the first usable one where not said. */
  readonly sealId?: string;
  /** The license this is the next version of. */
  readonly succeeds?: SuccessionRequest;
  /** What it is taken over from, where it was not issued here; needs the scope `licenses:import`. */
  readonly original?: OriginalInput;
}

/** A license that may be issued. */
export interface CheckedLicense {
  readonly type: LicenseType;
  readonly number: string;
  /** The first of `holders`. */
  readonly holder: Holder;
  readonly holders: Holders;
  readonly face: Face;
  readonly photo: Photo | null;
  readonly term: Term;
  readonly sealId: string;
  readonly matter: string;
  readonly caseNumber: string | null;
  readonly predecessor: Predecessor | null;
  readonly original: Original | null;
}

/**
 * @throws LicenseError `type-not-found`, `type-not-permitted`, `matter-not-permitted`, `face-invalid`, `holder-invalid`,
 *   `photo-invalid`, `validity-invalid`, `seal-not-permitted`; of a next version also `license-not-found`, `transition-not-allowed`,
 *   `succession-invalid`, `change-invalid`; of one that is taken over also the codes of `checkOriginal`
 */
export async function checkRequest(
  parts: LicenseParts,
  act: { readonly actor: Actor; readonly matter: string; readonly caseNumber: string | null },
  request: LicenseRequest,
): Promise<CheckedLicense> {
  const type = await issuableType(parts.database.reader, act.actor, request.type, act.matter);
  const today = parts.clock();
  const holders = checkHolders(type, request, today);
  const [holder] = holders;
  const face = checkFace(type, request.face);
  const predecessor =
    request.succeeds === undefined
      ? null
      : await checkSuccession(parts, act.actor, request.succeeds, { type, holder });
  // Before the term, which begins on the day that the original says.
  const original =
    request.original === undefined
      ? null
      : await checkOriginal(parts, act.actor, type, withoutSuccession(request));
  return {
    type,
    number: checkNumber(type, request.number),
    holder,
    holders,
    face,
    photo: checkPhoto(type, request.photo ?? (await photoBefore(parts, predecessor)), parts.suite.digest),
    term: termFor(type, request, today),
    sealId: await sealFor(parts, act.actor, type, request.sealId),
    matter: act.matter,
    caseNumber: act.caseNumber,
    predecessor,
    original,
  };
}

async function photoBefore(
  parts: LicenseParts,
  predecessor: Predecessor | null,
): Promise<PhotoInput | undefined> {
  if (predecessor === null) return undefined;
  const { id } = predecessor.license;
  const { reader } = parts.database;
  return (await photoOf(reader, await recordCipherOf(reader, parts, id), id)) ?? undefined;
}

/** The next version of a license is issued here, whatever the one before it was taken over from. */
function withoutSuccession({ original, succeeds }: LicenseRequest): OriginalInput {
  if (original === undefined || succeeds !== undefined)
    throw new LicenseError('original-invalid', 'A next version of a license is issued, not taken over.');
  return original;
}

/** A license that is taken over runs from the day on its original, and is in force still. */
function termFor(type: LicenseType, { original, validity = {} }: LicenseRequest, today: Date): Term {
  if (original === undefined) return termOf(type, validity, today);
  const term = termOf(type, { ...validity, from: validity.from ?? original.issuedOn }, today);
  if (term.until !== null && term.until < beijingDay(today))
    throw new LicenseError('validity-invalid', 'A license that has ended is not taken over.', {
      complaints: [{ field: 'validity.until', reason: 'It lies in the past.' }],
    });
  return term;
}

async function sealFor(
  parts: LicenseParts,
  actor: Actor,
  type: LicenseType,
  wanted: string | undefined,
): Promise<string> {
  for (const code of type.seals) {
    const seal = await sealWithCode(parts.database.reader, code);
    if (seal === null || seal.department !== actor.department) continue;
    if (wanted === undefined ? seal.state === 'valid' : seal.id === wanted) return seal.id;
  }
  throw new LicenseError('seal-not-permitted', 'No seal that the type allows may be used for this license.');
}
