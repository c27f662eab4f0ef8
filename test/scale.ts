// How many random cases a property or load test runs.

/** `count` times YINXIN_TEST_SCALE (default 1), at least 1. */
export function scale(count: number): number {
  const factor = Number(process.env['YINXIN_TEST_SCALE'] ?? '1');
  return Math.max(1, Math.round(count * (Number.isFinite(factor) ? factor : 1)));
}
