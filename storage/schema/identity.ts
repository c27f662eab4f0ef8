// Tables of identity.

export type IdentityTables = Record<never, never>;
