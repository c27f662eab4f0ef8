// Entries of a very large revocation list, written straight from rows of text: no value of its own for each of a million.
import { hexOctet } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { isRevocationReason, reasonExtension } from './crl.ts';
import { TAG } from './der.ts';
import { DerSink, oid, taggedSize } from './der-writer.ts';
import { OID } from './oid.ts';
import { GENERALIZED_TIME_SIZE, isIsoTime, isoTimeSize, putIsoTime, type IsoTime } from './time.ts';

/** Longest row read: serials have 20 octets at most. */
const MAX_SERIAL_DIGITS = 42;
/** No entry is longer: serial 23, date 17, reason 12, invalidity date 28, and what is around them. */
const ENTRY_BYTES = 96;

/** Of the extension invalidityDate (RFC 5280 section 5.3.2). */
const INVALIDITY_OID = oid(OID.invalidityDate);
const INVALIDITY_VALUE = taggedSize(GENERALIZED_TIME_SIZE);
const INVALIDITY_SIZE = taggedSize(INVALIDITY_OID.length + INVALIDITY_VALUE);

function unreadable(): FormatError {
  return new FormatError('value-out-of-range', 'A row of a revocation list is not as rows are written.');
}

function timeOf(text: string): IsoTime {
  if (!isIsoTime(text)) throw unreadable();
  return text;
}

/** Writes rows into memory of its own, again and again the same. */
export class CrlRowEncoder {
  readonly #sink: DerSink;
  readonly #most: number;

  /** @param most - rows encoded at once. */
  constructor(most: number) {
    this.#most = most;
    this.#sink = new DerSink(most * ENTRY_BYTES);
  }

  /**
   * The same bytes as `encodeCrlEntries` of the same entries.
   * @param rows - `<serial, hex> <reason> <date> <invalidity date or nothing>`, dates as `toISOString` writes them,
   *   a semicolon between two rows.
   * @returns a view that is good until the next call. @throws FormatError `value-out-of-range` for other rows, or too many.
   */
  encode(rows: string): Uint8Array {
    const sink = this.#sink.rewind();
    let count = 0;
    for (let at = 0; at < rows.length; count += 1) {
      if (count === this.#most) throw unreadable();
      const semicolon = rows.indexOf(';', at);
      const end = semicolon < 0 ? rows.length : semicolon;
      putRow(sink, rows, at, end);
      at = end + 1;
    }
    return sink.bytes.subarray(0, sink.length);
  }
}

function putRow(sink: DerSink, rows: string, start: number, end: number): void {
  const serialEnd = rows.indexOf(' ', start);
  const reasonEnd = rows.indexOf(' ', serialEnd + 1);
  const dateEnd = rows.indexOf(' ', reasonEnd + 1);
  if (!(start < serialEnd && serialEnd < reasonEnd && reasonEnd < dateEnd && dateEnd < end + 1))
    throw unreadable();
  const reason = rows.slice(serialEnd + 1, reasonEnd);
  if (!isRevocationReason(reason)) throw unreadable();
  const code = reasonExtension(reason);
  const date = timeOf(rows.slice(reasonEnd + 1, dateEnd));
  const invalidity = dateEnd + 1 < end ? timeOf(rows.slice(dateEnd + 1, end)) : null;

  const first = firstDigit(rows, start, serialEnd);
  const padded = hexOctet(rows, first) >= 0x80;
  const serial = (serialEnd - first) / 2 + (padded ? 1 : 0);
  const extensions = code.length + (invalidity === null ? 0 : INVALIDITY_SIZE);
  sink
    .header(
      TAG.sequence,
      taggedSize(serial) + isoTimeSize(date) + (extensions === 0 ? 0 : taggedSize(extensions)),
    )
    .header(TAG.integer, serial);
  if (padded) sink.octet(0);
  for (let at = first; at < serialEnd; at += 2) {
    const octet = hexOctet(rows, at);
    if (octet < 0) throw unreadable();
    sink.octet(octet);
  }
  putIsoTime(sink, date);
  if (extensions === 0) return;
  sink.header(TAG.sequence, extensions).raw(code);
  if (invalidity === null) return;
  sink
    .header(TAG.sequence, INVALIDITY_OID.length + INVALIDITY_VALUE)
    .raw(INVALIDITY_OID)
    .header(TAG.octetString, GENERALIZED_TIME_SIZE);
  putIsoTime(sink, invalidity, 'generalized');
}

/** The first digit of a serial behind its octets of zero, of which the last one stays. */
function firstDigit(rows: string, start: number, end: number): number {
  const digits = end - start;
  if (digits % 2 !== 0 || digits > MAX_SERIAL_DIGITS) throw unreadable();
  let first = start;
  while (first + 2 < end && hexOctet(rows, first) === 0) first += 2;
  return first;
}
