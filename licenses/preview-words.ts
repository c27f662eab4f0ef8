// Words that stand in for what nobody has said yet.

/** How much of a place they fill. */
export type Fill = 'typical' | 'longest';

const FILLING = '长文字示例以便核对版面是否容纳';

/** The label in brackets; in full length followed by filling, up to the limit. */
export function wordsOf(label: string, limit: number, fill: Fill): string {
  const words = Array.from(`（${label}）`).slice(0, limit).join('');
  if (fill === 'typical') return words;
  const missing = limit - Array.from(words).length;
  return words + FILLING.repeat(Math.ceil(missing / FILLING.length)).slice(0, missing);
}
