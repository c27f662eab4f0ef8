// Levels 实名等级: two axes (who was proofed, how they log in), the lower one counts, and proofing grows old.

/** One step of the ladder. Rung 1 is self-asserted or a single factor, 4 the service window or CA registration. */
export type Rung = 1 | 2 | 3 | 4;

/** The ladder, lowest first. */
export const rungs: readonly Rung[] = [1, 2, 3, 4];

/** Authentication context class references this service knows, lowest first. */
export const acrValues: readonly string[] = rungs.map(acrOf);

/** What a login proved. Plain data: it survives being stored and sent. */
export interface Authentication {
  /** `acc_…` */
  readonly account: string;
  /** Names of RFC 8176. */
  readonly amr: readonly string[];
  /** Rung of the authentication alone: proofing may be lower, see `levelOf`. */
  readonly aal: Rung;
  readonly at: Date;
  /** `aut_…` of everything that took part. */
  readonly authenticators: readonly string[];
  /** The certificate of a certificate login, so that its end can end the session. Serial in lower-case hexadecimal. */
  readonly certificate: { readonly authority: string; readonly serial: string } | null;
}

/** @returns the acr value of a rung, `urn:gov:loa:1` to `urn:gov:loa:4`. */
export function acrOf(rung: Rung): string {
  return `urn:gov:loa:${rung}`;
}

/** @returns the rung an acr value names, or null for a value of somebody else's. */
export function rungOfAcr(text: string): Rung | null {
  return rungs.find((rung) => acrOf(rung) === text) ?? null;
}

/** @returns whether a number is a rung. */
export function isRung(value: number): value is Rung {
  return rungs.some((rung) => rung === value);
}

/**
 * The level: the lower of the two axes.
 * @param ial - rung of proofing; 0 where nothing was ever proofed, which is what rung 1 asks for
 */
export function levelOf(ial: Rung | 0, aal: Rung): Rung {
  const proofed = ial === 0 ? 1 : ial;
  return proofed < aal ? proofed : aal;
}

/**
 * The level asked for: values are an ordered ladder, so the lowest known value asked is a floor.
 * @returns null where no known value is among them: with an empty list nothing was asked, otherwise
 *   (`onlyUnknown`) the request cannot be met and is refused with `unmet_authentication_requirements`.
 */
export function floorOf(asked: readonly string[]): Rung | null {
  const known = asked.map(rungOfAcr).filter((rung) => rung !== null);
  return known.length === 0 ? null : lowest(known);
}

/** Whether acr values were asked for and none of them is ours. */
export function onlyUnknown(asked: readonly string[]): boolean {
  return asked.length > 0 && floorOf(asked) === null;
}

/** An authenticator that took part in a login, with the facts that decide what it is worth. */
export interface UsedAuthenticator {
  readonly kind: 'password' | 'totp' | 'sms' | 'passkey' | 'certificate' | 'scan-device' | 'upstream';
  /** Its holder was verified by it: PIN, fingerprint or the like (a passkey's UV flag, a key's PIN). */
  readonly userVerified: boolean;
  /** The answer was bound to our origin (WebAuthn, certificate challenge). */
  readonly originBound: boolean;
  /** Where its key lies, as attested or as the certificate's policy says; null where it has none or nobody knows. */
  readonly keyStorage: 'hardware' | 'software' | null;
  /** The rung of proofing at which it was enrolled, 0 for none: it never lifts above. */
  readonly enrolledRung: Rung | 0;
  /** What a certificate's policy or the mapping of an upstream level allows at most; null for our own factors. */
  readonly ceiling: Rung | null;
}

/**
 * The rung of a login: the best that any of its authenticators, or all that go together, can carry.
 * Within a combination the weakest enrolment counts; a strong authenticator is not dragged down by a weak one beside it.
 */
export function authenticationRung(used: readonly UsedAuthenticator[]): Rung {
  let best: Rung = 1;
  for (const subset of subsets(used)) {
    const rung = lowest([
      combined(subset),
      ...subset.map((one) => (one.enrolledRung === 0 ? 1 : one.enrolledRung)),
    ]);
    if (rung > best) best = rung;
  }
  return best;
}

/** Authentication methods references of RFC 8176 for a login. */
export function amrOf(used: readonly UsedAuthenticator[]): readonly string[] {
  const names = new Set(used.flatMap(methodsOf));
  // What another provider did is told by its own amr, not ours.
  if (isTwoFactor(used) || used.some(({ kind, userVerified }) => userVerified && kind !== 'upstream'))
    names.add('mfa');
  return [...names].sort();
}

/** A proofing as the ladder sees it. */
export interface ProofingTimes {
  readonly rung: Rung;
  readonly verifiedAt: Date;
  readonly validUntil: Date;
}

/**
 * Proofing decays: by its own end, and by what a client accepts.
 * @param maxAge - seconds since the proofing that the client still accepts; null for any
 * @returns the highest rung that is alive at `now`, with the proofing behind it; null where none is.
 */
export function liveProofing<P extends ProofingTimes>(
  proofings: readonly P[],
  now: Date,
  maxAge: number | null = null,
): P | null {
  let best: P | null = null;
  for (const one of proofings) {
    const age = now.getTime() - one.verifiedAt.getTime();
    if (age < 0 || one.validUntil.getTime() <= now.getTime()) continue;
    if (maxAge !== null && age > maxAge * 1000) continue;
    if (best === null || one.rung > best.rung || (one.rung === best.rung && one.validUntil > best.validUntil))
      best = one;
  }
  return best;
}

/** The lower of several rungs; at least one is given. */
export function lowest(several: readonly Rung[]): Rung {
  return several.reduce((low, rung) => (rung < low ? rung : low), 4);
}

function combined(used: readonly UsedAuthenticator[]): Rung {
  const alone = used.map(singleRung);
  const best = alone.reduce<Rung>((high, rung) => (rung > high ? rung : high), 1);
  return best === 1 && isTwoFactor(used) ? 2 : best;
}

/** Something known and something held; the two codes of one telephone are one factor. */
function isTwoFactor(used: readonly UsedAuthenticator[]): boolean {
  const known = used.some(({ kind }) => kind === 'password');
  return known && used.some(({ kind }) => kind !== 'password' && kind !== 'upstream');
}

function singleRung(one: UsedAuthenticator): Rung {
  const own = ownRung(one);
  return one.ceiling !== null && one.ceiling < own ? one.ceiling : own;
}

function ownRung(one: UsedAuthenticator): Rung {
  switch (one.kind) {
    case 'password':
    case 'totp':
    case 'sms':
      return 1;
    case 'passkey':
    case 'scan-device':
      return one.userVerified && one.originBound ? 3 : 1;
    case 'certificate':
      if (!one.originBound) return 1;
      // A key in a file can be copied with its password; one in hardware cannot.
      return one.keyStorage === 'hardware' && one.userVerified ? 4 : 3;
    case 'upstream':
      // What another provider says is worth what our mapping of its levels says, and never the window's rung.
      return 3;
  }
}

function methodsOf(one: UsedAuthenticator): readonly string[] {
  switch (one.kind) {
    case 'password':
      return ['pwd'];
    case 'totp':
      return ['otp'];
    case 'sms':
      return ['sms'];
    case 'passkey':
    case 'scan-device':
      return [one.keyStorage === 'hardware' ? 'hwk' : 'swk', ...(one.userVerified ? ['user'] : [])];
    case 'certificate':
      return [
        ...(one.keyStorage === 'hardware' ? ['hwk', 'sc'] : ['swk']),
        ...(one.userVerified ? ['pin'] : []),
      ];
    case 'upstream':
      return [];
  }
}

/** Every non-empty subset; logins take a handful of authenticators at most. */
function subsets(used: readonly UsedAuthenticator[]): readonly (readonly UsedAuthenticator[])[] {
  const several = used.slice(0, 6);
  const result: UsedAuthenticator[][] = [];
  for (let mask = 1; mask < 1 << several.length; mask += 1) {
    result.push(several.filter((_, position) => (mask & (1 << position)) !== 0));
  }
  return result;
}
