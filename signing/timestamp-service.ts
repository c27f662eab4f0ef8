// Port: the transport to a time-stamping authority. It carries bytes; what they say is judged by timestamp-client.ts.

/**
 * A time-stamping authority somewhere (RFC 3161 §3): our own in this process, others' over HTTP in api/.
 * Promises: resolves with the answer's bytes as received (at most 64 kB), rejects when there is none or when `signal`
 * aborts. Judges nothing.
 */
export interface TimestampService {
  /** @param request DER `TimeStampReq` @returns DER `TimeStampResp` */
  respond(request: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}
