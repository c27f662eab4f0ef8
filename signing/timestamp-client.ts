// Port: asks for a time-stamp and hands it on only after every check a relying party would make.

/** A token that was checked. */
export interface Timestamp {
  /** DER ContentInfo of the token, as it goes into the unsigned attribute. */
  readonly token: Uint8Array;
  /** genTime of the token. */
  readonly time: Date;
  /** Lower-case hex. */
  readonly serialNumber: string;
}

/** The strict client made by `timestampClient`. */
export interface TimestampClient {
  /**
   * @param digest SHA-256 of the bytes to be stamped, 32 bytes
   * @param budget milliseconds the whole exchange may take
   * @throws SigningError `timestamp-unavailable` (none in time), `timestamp-invalid` (an answer that does not hold)
   */
  timestamp(digest: Uint8Array, budget: number): Promise<Timestamp>;
}
