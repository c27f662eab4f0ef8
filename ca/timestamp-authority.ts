// Time-stamp authority (RFC 3161, RFC 5816, EN 319 421 and 422): a digest in, a signed token with the time out.
import { hash } from 'node:crypto';
import { signingAlgorithm, type DigestName } from '../crypto/algorithms.ts';
import type { RandomBytes } from '../crypto/clock.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { TimestampTokenWriter } from '../formats/cms/timestamp-token.ts';
import {
  encodeTimestampResponse,
  parseTimestampRequest,
  type TimestampFailure,
  type TimestampRequest,
} from '../formats/cms/timestamp.ts';
import { FormatError } from '../formats/errors.ts';
import { digestOf } from '../formats/x509/algorithm.ts';
import { PRIVATE_OID } from '../formats/x509/private-oid.ts';
import { SampledSigner } from './checked-signing.ts';
import { CaError } from './errors.ts';
import { respondExternally, type ExternalTimestamps } from './external-timestamps.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { CaParts } from './parts.ts';
import type { HierarchyName } from './profile.ts';
import {
  ClockDiscipline,
  systemTimeSource,
  type ClockDoubt,
  type Monotonic,
  type TimeReading,
  type TimeSource,
} from './time-source.ts';
import { TimestampClock, type TimestampTime } from './timestamp-clock.ts';

/** Milliseconds; EN 319 421 clause 7.7.2 asks for one second or better. */
const ACCURACY = 1000;
/** Half of it may be the distance from the source; the rest is for drift and small steps between checks. */
const MAXIMUM_OFFSET = 500;

export interface TimestampSettings {
  /** The operating system unless told. */
  readonly timeSource?: TimeSource;
  /** A counter that nobody sets; without one a clock that is set between checks goes unnoticed. */
  readonly monotonic?: Monotonic;
  /** Milliseconds after which a check of the clock no longer counts; for ever unless told. */
  readonly maximumAge?: number;
  /** Other authorities, by the policy that is theirs. */
  readonly external?: ReadonlyMap<string, ExternalTimestamps>;
}

/** What is shown of the clock. */
export interface TimestampClockStatus {
  readonly source: string;
  /** The last check that succeeded; null before the first. */
  readonly lastCheck: TimeReading | null;
  readonly lastCheckFailed: boolean;
  /** Why no tokens are given; null where they are. */
  readonly doubt: ClockDoubt | null;
  /** When the last token of this process was made. */
  readonly lastToken: Date | null;
  /** Milliseconds. */
  readonly accuracy: number;
  readonly maximumOffset: number;
  readonly maximumAge: number | null;
}

interface Refusal {
  readonly failure: TimestampFailure;
  readonly text: string;
}

const DOUBTS: Readonly<Record<ClockDoubt | 'behind-last-token', string>> = {
  'not-checked': 'The clock has not been compared with its source yet.',
  'check-too-old': 'The clock was last compared with its source too long ago.',
  'offset-too-large': 'The clock is too far from its source.',
  'clock-jumped': 'The clock was set since it was last compared with its source.',
  'behind-last-token': 'The clock is behind a time-stamp already issued.',
};

/** EN 319 422 clause 4.1.3: no new tokens over broken digests. */
const DIGESTS: ReadonlySet<string> = new Set<DigestName>(['sha256', 'sha384', 'sha512', 'sm3']);

/** What is refused whoever answers. */
function judgeImprint({ messageImprint: { algorithm, hashedMessage } }: TimestampRequest): Refusal | null {
  const digest = digestOf(algorithm);
  if (digest === null || !DIGESTS.has(digest.name)) {
    return { failure: 'badAlg', text: 'The digest must be SHA-256, SHA-384, SHA-512 or SM3.' };
  }
  if (hashedMessage.length !== digest.size) {
    return { failure: 'badDataFormat', text: 'The digest has a wrong length for its algorithm.' };
  }
  return null;
}

function judgeOwn(request: TimestampRequest): Refusal | null {
  if (request.policy !== null && request.policy !== PRIVATE_OID.timestampPolicy) {
    return { failure: 'unacceptedPolicy', text: 'The policy is not offered here.' };
  }
  if (request.extensions.size > 0) {
    return { failure: 'unacceptedExtension', text: 'No extension is supported.' };
  }
  return null;
}

/** What stays the same for every token of one key. */
interface Unit {
  readonly key: SigningKey;
  readonly digest: DigestName;
  readonly writer: TimestampTokenWriter;
}

export class TimestampAuthority {
  readonly #random: RandomBytes;
  readonly #hierarchy: Hierarchy;
  readonly #settings: TimestampSettings;
  readonly #discipline: ClockDiscipline;
  readonly #clock: TimestampClock;
  readonly #now: () => Date;
  readonly #signer = new SampledSigner();
  /** One for each hierarchy, until its key is renewed. */
  readonly #units = new Map<HierarchyName, Unit>();
  readonly #suiteHierarchy: HierarchyName;

  constructor(
    parts: Pick<CaParts, 'database' | 'clock' | 'random' | 'suite'>,
    hierarchy: Hierarchy,
    settings: TimestampSettings = {},
  ) {
    const { clock } = parts;
    this.#random = parts.random;
    this.#suiteHierarchy = parts.suite.hierarchy;
    this.#hierarchy = hierarchy;
    this.#settings = settings;
    this.#now = clock;
    this.#discipline = new ClockDiscipline({
      source: settings.timeSource ?? systemTimeSource(clock),
      clock,
      monotonic: settings.monotonic ?? (() => clock().getTime()),
      maximumOffset: MAXIMUM_OFFSET,
      maximumAge: settings.maximumAge ?? Number.POSITIVE_INFINITY,
    });
    this.#clock = new TimestampClock(parts, this.#discipline);
  }

  /** Compares the clock with its source: run it more often than `maximumAge`. Never rejects; `status` says what came of it. */
  checkClock(): Promise<void> {
    return this.#discipline.check();
  }

  status(): TimestampClockStatus {
    const { source, last, lastFailed, doubt } = this.#discipline.state();
    const { maximumAge } = this.#settings;
    return {
      source,
      lastCheck: last,
      lastCheckFailed: lastFailed,
      doubt,
      lastToken: this.#clock.lastToken,
      accuracy: ACCURACY,
      maximumOffset: MAXIMUM_OFFSET,
      maximumAge: maximumAge ?? null,
    };
  }

  /**
   * Answers one request. A refusal is an answer too, with its reason (PKIFailureInfo).
   * @param options.hierarchy - whose unit signs: the suite's unless told.
   * @returns TimeStampResp DER for `application/timestamp-reply`.
   * @throws CaError `self-check-failed`; StorageError where the clock's mark cannot be stored.
   */
  async respond(
    requestDer: Uint8Array,
    options: { readonly hierarchy?: HierarchyName } = {},
  ): Promise<Uint8Array> {
    let request: TimestampRequest;
    try {
      request = parseTimestampRequest(requestDer);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return encodeTimestampResponse(
        error.code === 'timestamp-version'
          ? { failure: 'badRequest', text: 'Requests of version 1 are answered.' }
          : { failure: 'badDataFormat', text: 'The request is not well formed.' },
      );
    }
    const broken = judgeImprint(request);
    if (broken !== null) return encodeTimestampResponse(broken);
    const external = request.policy === null ? undefined : this.#settings.external?.get(request.policy);
    if (external !== undefined) return respondExternally(external, request, requestDer, this.#now());
    const refusal = judgeOwn(request);
    if (refusal !== null) return encodeTimestampResponse(refusal);
    const next = this.#clock.next();
    return this.#answer(request, next instanceof Promise ? await next : next, options.hierarchy);
  }

  async #answer(
    request: TimestampRequest,
    taken: TimestampTime,
    hierarchy: HierarchyName = this.#suiteHierarchy,
  ): Promise<Uint8Array> {
    if ('doubt' in taken) {
      return encodeTimestampResponse({ failure: 'timeNotAvailable', text: DOUBTS[taken.doubt] });
    }
    const { key, digest, writer } = this.#unit(hierarchy);
    const tstInfo = writer.tstInfo({
      messageImprint: request.messageImprint.der,
      // 128 random bits under a leading 1: unique across keys, nodes and restarts without a counter to lose.
      serialNumber: this.#serialNumber(),
      genTime: taken.time,
      nonce: request.nonce,
    });
    const signedAttributes = writer.signedAttributes(hash(digest, tstInfo, 'buffer'));
    const signature = await this.#signer.sign(key, signedAttributes);
    return writer.response(tstInfo, signedAttributes, signature, request.certificateRequested);
  }

  #serialNumber(): Uint8Array {
    const serial = new Uint8Array(17);
    serial[0] = 1;
    serial.set(this.#random(16), 1);
    return serial;
  }

  #unit(hierarchy: HierarchyName): Unit {
    const key = this.#hierarchy.serviceKey('timestamp', hierarchy);
    const known = this.#units.get(hierarchy);
    if (known?.key === key) return known;
    const [certificate] = key.chain;
    if (certificate === undefined) {
      throw new CaError('hierarchy-damaged', 'The time-stamping key has no certificate.');
    }
    const { digest } = signingAlgorithm(key.algorithm);
    const writer = new TimestampTokenWriter({
      policy: PRIVATE_OID.timestampPolicy,
      accuracy: ACCURACY,
      digestAlgorithm: digest,
      signatureAlgorithm: key.algorithm,
      signerCertificate: certificate,
      certificateDigest: hash(digest, certificate, 'buffer'),
      certificates: key.chain,
    });
    const unit = { key, digest, writer };
    this.#units.set(hierarchy, unit);
    return unit;
  }
}
