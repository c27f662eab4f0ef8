// Work that is looked for when somebody wakes it: never twice at once, once more where it was woken meanwhile, and ended in order.

export class WokenWork {
  readonly #round: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  /**
   * @param round - looks for work and does what it finds
   * @param failed - hears of faults of a round; what it left is for the next `wake`
   */
  constructor(round: () => Promise<void>, failed: (error: unknown) => void) {
    this.#round = round;
    this.#failed = failed;
  }

  /** True from the call of `stop`: a round under way ends at the next place where it can. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Begins a round, or one more after the one under way. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#rounds()
      .catch(this.#failed)
      .finally(() => {
        this.#running = null;
        if (this.#again) this.wake();
      });
  }

  /** Resolves when nothing is being worked on. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Lets the round under way end, and begins none any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again = false;
    await this.idle();
  }

  async #rounds(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await this.#round();
    }
  }
}
