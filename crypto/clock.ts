// The clock as an argument: nothing below the composition root asks the machine for the time.

/** Answers the present instant. Composition roots pass `() => new Date()`; tests pass a fixed or stepped one. */
export type Clock = () => Date;

/** Answers `length` bytes from a cryptographically secure source. Composition roots pass `node:crypto`'s. */
export type RandomBytes = (length: number) => Uint8Array;
