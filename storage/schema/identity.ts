// Tables of identity: departments, API keys.

export interface DepartmentTable {
  /** Unified social credit code (GB 32100-2015), 18 characters. */
  credit_code: string;
  name: string;
  short_name: string;
  demonstration: number;
  created_at: string;
}

export interface ApiKeyTable {
  /** `key_…` */
  id: string;
  department: string;
  label: string;
  /** JSON array of scopes. */
  scopes: string;
  /** Keyed hash of the secret, algorithm named; the secret itself is nowhere. */
  secret_mac: string;
  demonstration: number;
  created_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}

export interface IdentityTables {
  department: DepartmentTable;
  api_key: ApiKeyTable;
}
