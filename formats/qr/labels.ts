// Labels inside printed codes. Frozen: codes on paper outlive every version of this program.

/** Claims of a license code: CWT labels (RFC 8392) and our private ones. */
export const CLAIM = {
  /** Text: credit code of the issuing authority 颁证机关. */
  issuer: 1,
  /** Seconds since 1970: first instant at which the license is no longer valid; absent where it has no end. */
  expires: 4,
  /** Seconds since 1970: when the license was issued; keys are judged at this instant. */
  issuedAt: 6,
  /** 16 random bytes: the license. */
  id: 7,
  /** Integer from 1: version of the license. */
  version: -70001,
  /** [list, index] in the status lists; absent for types without a public status. */
  status: -70002,
  /** First 16 or all 32 bytes of a digest over the salted record: SHA-256 with ES256, SM3 with SM2. */
  recordHash: -70003,
  /** Map of what the face shows. */
  face: -70004,
} as const;

/** Keys of the face every type shares; a type numbers its own fields from `firstOwn` up (its dictionary is in the trust list). */
export const FACE = {
  /** Text, 21 characters. */
  typeCode: 1,
  /** Text: the printed license number 证照编号. */
  licenseNumber: 2,
  /** Text: the holder; a masked name where the holder is a resident. */
  holder: 3,
  /** 16 bytes, residents' types only: commitment to name and number, opened by who holds the record's salt. */
  holderCommitment: 4,
  /** Text `样章` on everything a demonstration issues. */
  mark: 5,
  /** Copies for a purpose 加注件 only. Text: the number of the grant 授权编号; present on every copy. */
  copyGrant: 6,
  /** Text: credit code of the department the copy was made for. */
  copyOffice: 7,
  /** Text: 实施编码 of the matter it was made for. */
  copyMatter: 8,
  /** Text: both in words. */
  copyWords: 9,
  /** Text `B`, `C` or `D`, only on licenses taken over from paper or another system: how far to trust them 可信等级. */
  trust: 10,
  firstOwn: 16,
} as const;

/** Values of a status list entry, 4 bits each. */
export const STATUS = {
  valid: 0x0,
  outOfForce: 0x1,
  suspended: 0x2,
  superseded: 0x3,
  cancelledAtHoldersWish: 0xc,
  inspectionOverdue: 0xd,
} as const;
