// The editions of the trust list, as signed.

export interface TrustListEditionTable {
  /** 1, 2, 3 … */
  sequence: number;
  /** `<digest>:<hex>` over what the edition says, without its sequence and times. */
  content_digest: string;
  /** Compact JWS. */
  jws: string;
  issued_at: string;
  next_update: string;
}

export interface TrustListTables {
  trust_list_edition: TrustListEditionTable;
}
