// Port: what the register of seals says of a seal over time, as far as it is known.

/** `lost` is 挂失: whoever holds a lost seal writes any time he likes. */
export type SealState = 'valid' | 'frozen' | 'cancelled' | 'lost';

export interface SealStatus {
  /** The instant the answer speaks for; nothing is known of later ones. */
  readonly asOf: Date;
  /** Every change there was, in any order; before the first one nothing is known. */
  readonly changes: readonly { readonly state: SealState; readonly since: Date }[];
}

/** What a source is asked about. A register keeps states, not seals: it knows a seal by its number and its signature. */
export interface SealStatusRequest {
  /** esID. */
  readonly sealId: string;
  /** DER certificate of the maker. */
  readonly makerCertificate: Uint8Array;
  /** The maker's signature value as the seal has it. */
  readonly signature: Uint8Array;
  /** The whole SESeal as it stands. */
  readonly seal: Uint8Array;
}

/**
 * Asked once per seal. The caller vouches for the answer; null where it could not be had, `not-asked` for a seal of a
 * register that is not asked here.
 */
export interface SealStatusSource {
  sealStatus(request: SealStatusRequest): Promise<SealStatus | 'not-asked' | null>;
}

type SealChange = SealStatus['changes'][number];

/** What of two changes of one instant is in force: the one that permits less. */
const weights: Record<SealState, number> = { valid: 0, frozen: 1, cancelled: 2, lost: 3 };

function inOrder(a: SealChange, b: SealChange): number {
  return a.since.getTime() - b.since.getTime() || weights[a.state] - weights[b.state];
}

/** The change in force at an instant; null where nothing is known of it. */
export function sealStateAt(status: SealStatus, at: Date): SealChange | null {
  return (
    status.changes
      .filter(({ since }) => since <= at)
      .toSorted(inOrder)
      .at(-1) ?? null
  );
}

/** The first loss told after an instant. */
export function lostAfter(status: SealStatus, at: Date): SealChange | null {
  return status.changes.toSorted(inOrder).find(({ state, since }) => state === 'lost' && since > at) ?? null;
}
