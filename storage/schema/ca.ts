// Tables of ca.

export type CaTables = Record<never, never>;
