// Tables beside licenses: drafts of license types, photos of holders, every holder of a license.

/** The next edition of a license type while officers work on it. */
export interface LicenseTypeDraftTable {
  /** `ltd_…` */
  id: string;
  type_code: string;
  /** The edition it will be. */
  edition: number;
  /** Credit code of the defining authority whose officers edit it. */
  department: string;
  /** JSON: licenses/type-document.ts. */
  definition: string;
  /** Rises with every edit: an edit or a decision names the revision it saw. */
  revision: number;
  state: 'draft' | 'submitted' | 'approved' | 'published' | 'discarded';
  created_at: string;
  edited_by: string;
  edited_at: string;
  submitted_by: string | null;
  approved_by: string | null;
}

/** What happened to a draft, append-only. */
export interface LicenseTypeDraftEventTable {
  draft: string;
  sequence: number;
  kind: string;
  actor: string;
  at: string;
  revision: number;
  /** Digest of the definition as it was then, algorithm named. */
  definition_digest: string;
  note: string | null;
}

/** The photo on a license: personal data, encrypted. */
export interface LicensePhotoTable {
  license: string;
  media_type: 'image/jpeg' | 'image/png';
  /** Digest of the bytes that are kept and drawn, algorithm named; stands in the record as well. */
  digest: string;
  /** Pixels. */
  width: number;
  height: number;
  /** Encrypted base64. */
  photo: string;
}

/** Every holder of a license, the first one included. */
export interface LicenseHolderTable {
  license: string;
  /** 1 is the holder that GB/T 36903 names (CZZT). */
  position: number;
  holder_kind: 'enterprise' | 'resident';
  /** Blind index, as in `license`. */
  holder_index: string;
  /** What the holder is to the license, as its type names it: `配偶`. */
  role: string | null;
  /** Share as printed: `50%`. */
  share: string | null;
}

export interface LicenseTypeTables {
  license_type_draft: LicenseTypeDraftTable;
  license_type_draft_event: LicenseTypeDraftEventTable;
  license_photo: LicensePhotoTable;
  license_holder: LicenseHolderTable;
}
