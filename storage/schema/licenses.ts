// Tables of licenses.

export type LicenseTables = Record<never, never>;
