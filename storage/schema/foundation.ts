// Tables of foundation.

export type FoundationTables = Record<never, never>;
