// What reading a PDF may cost: every bound in one place, so that a hostile file ends in a refusal and never in a hang.

export interface PdfLimits {
  /** Nesting of arrays and dictionaries inside one object. */
  readonly depth: number;
  /** Objects loaded from one document over its whole use. */
  readonly objects: number;
  /** Bytes one object (without stream data) may span. */
  readonly objectBytes: number;
  /** Bytes one stream may inflate to. */
  readonly inflatedBytes: number;
  /** Bytes all streams of a document together may inflate to. */
  readonly inflatedTotal: number;
  /** Cross-reference sections along the /Prev chain, and so revisions. */
  readonly revisions: number;
  /** Subsections in one cross-reference section. */
  readonly subsections: number;
  /** Levels of the page tree and of the field tree. */
  readonly treeDepth: number;
  /** Pages that may be walked. */
  readonly pages: number;
  /** Form fields that may be walked. */
  readonly fields: number;
  /** Bytes at the end of the file searched for `startxref`, and at its start for the header. */
  readonly tailBytes: number;
  readonly headBytes: number;
}

export const defaultLimits: PdfLimits = {
  depth: 100,
  objects: 1_000_000,
  objectBytes: 8 * 1024 * 1024,
  inflatedBytes: 64 * 1024 * 1024,
  inflatedTotal: 256 * 1024 * 1024,
  revisions: 2_000,
  subsections: 400_000,
  treeDepth: 64,
  pages: 200_000,
  fields: 100_000,
  tailBytes: 1024 * 1024,
  headBytes: 1024,
};
