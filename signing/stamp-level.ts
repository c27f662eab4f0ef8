// The PAdES baseline levels and their order.

/** EN 319 142-1 §6, lowest first. */
export const stampLevels = ['B-B', 'B-T', 'B-LT', 'B-LTA'] as const;
export type StampLevel = (typeof stampLevels)[number];

export function isStampLevel(text: string): text is StampLevel {
  return stampLevels.some((level) => level === text);
}

/** Whether `level` is at least `least`. */
export function reaches(level: StampLevel, least: StampLevel): boolean {
  return stampLevels.indexOf(level) >= stampLevels.indexOf(least);
}
