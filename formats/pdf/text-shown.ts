// What a font makes of a shown string.

/** One code of a shown string. */
export interface ShownCode {
  /** Characters it stands for; empty where the file does not say. */
  readonly text: string;
  /** Movement along the line, in thousandths of the em: to the right, or in vertical writing downwards (positive). */
  readonly advance: number;
  /** Whether word spacing applies: the single byte 32. */
  readonly isSpace: boolean;
}

export interface TextFont {
  readonly vertical: boolean;
  /** Thousandths of the em in one unit of glyph space: 1 for all but Type 3 fonts. */
  readonly unit: number;
  decode(bytes: Uint8Array): readonly ShownCode[];
}
