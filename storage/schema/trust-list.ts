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
  /** 1 for the last edition of a key, which names the key of the next. */
  hands_over: number;
}

/** Trust lists of other operators that this installation recognises, each as it was last seen. */
export interface RecognisedListTable {
  /** As whoever recognised it called it. */
  name: string;
  /** JSON: base64 SubjectPublicKeyInfo of the keys that may sign what follows. */
  operator_keys: string;
  /** Of the greatest edition seen: a lower one is refused. */
  sequence: number;
  /** Compact JWS of that edition. */
  jws: string;
  issued_at: string;
  next_update: string;
  recognised_at: string;
  seen_at: string;
  /** Set once it is recognised no more. */
  ended_at: string | null;
}

/** Certificates trusted as they are, without a list. */
export interface TrustAnchorTable {
  /** As whoever added it called it. */
  name: string;
  /** Base64 DER. */
  certificate: string;
  added_at: string;
  ended_at: string | null;
}

/** Receipts of others that were relied upon. */
export interface RecognitionTable {
  /** `rec_…` */
  id: string;
  client: string;
  idempotency_key: string;
  /** `<digest>:<hex>` over everything the request says. */
  request_digest: string;
  department: string;
  /** Who signed the receipt that was recognised, and what he called it. */
  receipt_issuer: string;
  receipt_id: string;
  case_number: string;
  matter: string;
  /** The whole answer, JSON: our own receipt included. */
  answer: string;
  recognised_at: string;
}

export interface TrustListTables {
  trust_list_edition: TrustListEditionTable;
  recognised_list: RecognisedListTable;
  trust_anchor: TrustAnchorTable;
  recognition: RecognitionTable;
}
