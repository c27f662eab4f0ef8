// Why a level is what it is, which axis holds it back, and every way up that is open to this person.
import type { Proofing, ProofingMethod } from './accounts.ts';
import { levelOf, type Rung } from './levels.ts';

/** What an account has, as far as levels go. */
export interface Standing {
  readonly proofing: Proofing | null;
  /** Proofings that have run out, for the explanation. */
  readonly lapsed: readonly Proofing[];
  /** The highest rung the account's ways to log in reach, enrolments and all; 0 where it has none. */
  readonly authentication: Rung | 0;
  readonly hasDocument: boolean;
  readonly hasWanghao: boolean;
}

/** A way to a rung of proofing. */
export interface ProofingPath {
  readonly method: ProofingMethod;
  readonly rung: Rung;
  /** Whether the person can do it now, on this site. */
  readonly online: boolean;
  /** Whether a face is compared by a machine on the way: there is always a path where none is (PIPL art. 16, 26). */
  readonly faceByMachine: boolean;
}

/** A way to a rung of authentication. */
export interface AuthenticationPath {
  readonly kind: 'password-with-code' | 'passkey' | 'soft-certificate' | 'hardware-certificate';
  readonly rung: Rung;
}

/** The explanation. */
export interface LevelExplanation {
  readonly level: Rung;
  readonly ial: Rung | 0;
  readonly aal: Rung | 0;
  /** Which axis is the lower one; `both` where they are equal. */
  readonly heldBackBy: 'proofing' | 'authentication' | 'both';
  readonly expiresAt: Date | null;
  /** Runs out within sixty days. */
  readonly expiresSoon: boolean;
  readonly wanted: Rung;
  /** Empty where the axis reaches the wanted rung already. */
  readonly proofing: readonly ProofingPath[];
  readonly authentication: readonly AuthenticationPath[];
}

const soon = 60 * 86_400_000;

/** Every way there is, lowest first. The window and the CA's registration compare a face by eye, never by machine. */
const proofingPaths: readonly (ProofingPath & { readonly needs: 'document' | 'nothing' })[] = [
  { method: 'register', rung: 2, online: true, faceByMachine: false, needs: 'document' },
  { method: 'wangzheng', rung: 3, online: true, faceByMachine: true, needs: 'nothing' },
  { method: 'window', rung: 3, online: false, faceByMachine: false, needs: 'nothing' },
  { method: 'certificate', rung: 4, online: false, faceByMachine: false, needs: 'nothing' },
  { method: 'window', rung: 4, online: false, faceByMachine: false, needs: 'nothing' },
];

const authenticationPaths: readonly AuthenticationPath[] = [
  { kind: 'password-with-code', rung: 2 },
  { kind: 'passkey', rung: 3 },
  { kind: 'soft-certificate', rung: 3 },
  { kind: 'hardware-certificate', rung: 4 },
];

/**
 * Explains.
 * @param wanted - the level somebody asked for; the next one up unless told
 */
export function explainLevel(standing: Standing, now: Date, wanted?: Rung): LevelExplanation {
  const ial = standing.proofing?.rung ?? 0;
  const aal = standing.authentication;
  const level = levelOf(ial, aal === 0 ? 1 : aal);
  const goal = wanted ?? next(level);
  const expiresAt = standing.proofing?.validUntil ?? null;
  return {
    level,
    ial,
    aal,
    heldBackBy: held(ial === 0 ? 1 : ial, aal === 0 ? 1 : aal),
    expiresAt,
    expiresSoon: expiresAt !== null && expiresAt.getTime() - now.getTime() < soon,
    wanted: goal,
    proofing: ial >= goal ? [] : pathsToProofing(standing, goal),
    authentication: aal >= goal ? [] : authenticationPaths.filter(({ rung }) => rung >= goal),
  };
}

/** Ways to at least `wanted` that are open to this person. */
function pathsToProofing(standing: Standing, wanted: Rung): readonly ProofingPath[] {
  const open = proofingPaths.filter(
    ({ rung, needs }) => rung >= wanted && (needs === 'nothing' || standing.hasDocument),
  );
  // One method stands once, with the most that it can give.
  return open
    .filter(
      (path, position) => !open.some((other, later) => later > position && other.method === path.method),
    )
    .map(({ method, rung, online, faceByMachine }) => ({ method, rung, online, faceByMachine }));
}

function held(ial: Rung, aal: Rung): 'proofing' | 'authentication' | 'both' {
  if (ial === aal) return 'both';
  return ial < aal ? 'proofing' : 'authentication';
}

function next(level: Rung): Rung {
  return level === 1 ? 2 : level === 2 ? 3 : 4;
}
