// Turns of the event loop: work of milliseconds waits for one of its own, so that many stamps at once hold up nobody else.

const waiting: (() => void)[] = [];

/**
 * Resolves in a turn of the event loop that nobody else who asked here has: what comes after it, up to the next await of
 * something real, is the only such work of that turn. In order of asking; an idle process waits for microseconds.
 */
export function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(next);
  });
}

function next(): void {
  waiting[0]?.();
  waiting.shift();
  // Set from within, it runs in the turn after this one: what came in meanwhile is looked at between.
  if (waiting.length > 0) setImmediate(next);
}
