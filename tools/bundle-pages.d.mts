export function bundlePages(
  root: string,
  entries: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>>;
