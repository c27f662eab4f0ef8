// Memory that two threads share for second opinions: questions are laid into slots, and whoever is free takes the next one.
import type { SignatureName } from '../formats/x509/algorithm.ts';
import type { OpinionQuestion } from './second-opinion.ts';

const SLOTS = 32;
/** Of certificate, issuer's key and texts together: ours are a fourth of it. */
const SLOT_BYTES = 8192;

/** What a slot is at; from `agreed` on it is answered. */
const STATE = { free: 0, asked: 1, taken: 2, agreed: 3, differs: 4, unanswered: 5 } as const;

/** Numbers at the start of the memory: questions laid in so far, and whether somebody waits to be told of an answer. */
const ASKED = 0;
const WAITING = 1;
const STATES = 2;
/** Of each slot: lengths of its three values, then the places of signed part and signature. */
const NUMBERS = 7;
const PLACES = STATES + SLOTS;
const HEAD_BYTES = (PLACES + SLOTS * NUMBERS) * Int32Array.BYTES_PER_ELEMENT;

const encoder = new TextEncoder();

/** The same slots as both threads see them. */
export class OpinionSlots {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #bytes: Uint8Array;
  #last = 0;

  /** @param memory - of the other thread's slots. */
  constructor(memory = new SharedArrayBuffer(HEAD_BYTES + SLOTS * SLOT_BYTES)) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory, 0, PLACES + SLOTS * NUMBERS);
    this.#bytes = new Uint8Array(memory, HEAD_BYTES);
  }

  /** Lays a question in and wakes the thread that waits for one. @returns the slot; null where none is free or it does not fit. */
  ask({ der, issuerKey, tbs, signature, algorithm, reading }: OpinionQuestion): number | null {
    const slot = this.#find(STATE.free);
    if (slot === null) return null;
    const text = `${algorithm}\n${reading}`;
    const start = slot * SLOT_BYTES;
    const textStart = der.length + issuerKey.length;
    // A UTF-16 unit is three octets at most.
    if (textStart + 3 * text.length > SLOT_BYTES) return null;
    this.#bytes.set(der, start);
    this.#bytes.set(issuerKey, start + der.length);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(start + textStart, start + SLOT_BYTES));
    // One by one: lists cost more than what they hold.
    const at = PLACES + slot * NUMBERS;
    this.#numbers[at] = der.length;
    this.#numbers[at + 1] = issuerKey.length;
    this.#numbers[at + 2] = written;
    [this.#numbers[at + 3], this.#numbers[at + 4]] = tbs;
    [this.#numbers[at + 5], this.#numbers[at + 6]] = signature;
    Atomics.store(this.#numbers, STATES + slot, STATE.asked);
    Atomics.add(this.#numbers, ASKED, 1);
    Atomics.notify(this.#numbers, ASKED);
    return slot;
  }

  /** How many questions were laid in so far, for `wait`. */
  get asked(): number {
    return Atomics.load(this.#numbers, ASKED);
  }

  /** Waits, the thread standing still, until another question than the first `asked` ones is laid in. */
  wait(asked: number): void {
    Atomics.wait(this.#numbers, ASKED, asked);
  }

  /** Takes a question that nobody has taken, so that nobody else does. @returns its slot; null where there is none. */
  take(): number | null {
    for (;;) {
      const slot = this.#find(STATE.asked);
      if (slot === null) return null;
      const before = Atomics.compareExchange(this.#numbers, STATES + slot, STATE.asked, STATE.taken);
      if (before === STATE.asked) return slot;
    }
  }

  /** The question in a slot taken. */
  question(slot: number): OpinionQuestion {
    const number = (at: number): number => this.#numbers[PLACES + slot * NUMBERS + at] ?? 0;
    const [derLength, keyLength, textLength] = [number(0), number(1), number(2)];
    const start = slot * SLOT_BYTES;
    const textStart = derLength + keyLength;
    // Copied: what is read twice must be the same both times.
    const own = Buffer.from(this.#bytes.subarray(start, start + textStart + textLength));
    const text = own.toString('utf8', textStart);
    const end = text.indexOf('\n');
    return {
      der: own.subarray(0, derLength),
      issuerKey: own.subarray(derLength, textStart),
      tbs: [number(3), number(4)],
      signature: [number(5), number(6)],
      algorithm: text.slice(0, end) as SignatureName,
      reading: text.slice(end + 1),
    };
  }

  /** Answers the question in a slot taken: null where it could not be. @returns whether somebody waits to be told. */
  answer(slot: number, opinion: boolean | null): boolean {
    const state = opinion === null ? STATE.unanswered : opinion ? STATE.agreed : STATE.differs;
    Atomics.store(this.#numbers, STATES + slot, state);
    return Atomics.exchange(this.#numbers, WAITING, 0) === 1;
  }

  /** From now on the next `answer` says that somebody waits. */
  waitForAnswer(): void {
    Atomics.store(this.#numbers, WAITING, 1);
  }

  /** The answer in a slot: undefined where it is not there yet. */
  opinion(slot: number): boolean | null | undefined {
    const state = Atomics.load(this.#numbers, STATES + slot);
    if (state < STATE.agreed) return undefined;
    return state === STATE.unanswered ? null : state === STATE.agreed;
  }

  /** Whether a question was taken and not answered yet. */
  isTaken(slot: number): boolean {
    return Atomics.load(this.#numbers, STATES + slot) === STATE.taken;
  }

  /** Makes a slot free for the next question. */
  free(slot: number): void {
    Atomics.store(this.#numbers, STATES + slot, STATE.free);
  }

  /** The next slot in a state, each in its turn. */
  #find(state: number): number | null {
    for (let step = 1; step <= SLOTS; step += 1) {
      const slot = (this.#last + step) % SLOTS;
      if (Atomics.load(this.#numbers, STATES + slot) !== state) continue;
      this.#last = slot;
      return slot;
    }
    return null;
  }
}
