// Work that the clock repeats: never twice at once, and ended in order.

/** Does `work` every so many milliseconds; `stop` waits for what is under way. A fault is told, and the next round comes. */
export function repeat(
  interval: number,
  work: () => Promise<void>,
  failed: (error: unknown) => void,
): { readonly now: () => void; stop(): Promise<void> } {
  let running: Promise<void> | null = null;
  const round = (): void => {
    running ??= work()
      .catch(failed)
      .finally(() => (running = null));
  };
  const timer = setInterval(round, interval);
  timer.unref();
  return {
    now: round,
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
