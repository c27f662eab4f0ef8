// Tables of signing.

export type SigningTables = Record<never, never>;
