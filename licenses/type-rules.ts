// Rules that a license type may set for what comes after issuing. All of them are optional; absent means the default named here.
import type { DecidedChange } from './license.ts';

/** 校验、复核、年检: what is looked at again while a license is in force. */
export interface InspectionRule {
  /** As the law calls it: `校验`. */
  readonly name: string;
  readonly englishName: string;
  /** Whole months from the day of issue, or of the last inspection, to the next: 1 to 120. */
  readonly everyMonths: number;
  /** Days after that day until the license counts as overdue: 0 to 365. */
  readonly graceDays: number;
  /** What an inspection may find: `合格`, `暂缓校验`. The first one is the good one. */
  readonly outcomes: readonly string[];
  /** Law and article. */
  readonly basis: string;
}

/** 延续: when the next term may be asked for. */
export interface RenewalRule {
  /** From so many days before the last day: 1 to 730. */
  readonly daysBefore: number;
  readonly basis: string;
}

/** Several holders of one license 共同持证主体. */
export interface HoldersRule {
  /** Holders at least and at most, the first one included: 1 to 20. */
  readonly minimum: number;
  readonly maximum: number;
  /** What a holder is to the license, the first holder's role first: `户主`, `家庭成员`. */
  readonly roles: readonly string[];
  /** Whether each holder has a share (共有份额). */
  readonly shares: boolean;
}

/** The photo a license shows 照片. */
export interface PhotoRule {
  readonly required: boolean;
  /** Pixels at least: 1 to 2,000. */
  readonly minimumWidth: number;
  readonly minimumHeight: number;
}

/** What a verifying department sees of the holder, beside the fields marked for it. */
export interface VerifierView {
  readonly holderName: 'full' | 'masked';
  readonly holderCode: 'full' | 'masked' | 'hidden';
  readonly photo: boolean;
}

/** How long the repository keeps the record after its end; the periods stand in the retention table. */
export const retentionClasses = ['license-short', 'license-standard', 'license-long'] as const;
export type RetentionClass = (typeof retentionClasses)[number];

/** The rules a definition may hold. */
export interface TypeRules {
  readonly inspection?: InspectionRule;
  readonly renewal?: RenewalRule;
  readonly holders?: HoldersRule;
  readonly photo?: PhotoRule;
  /** Absent: everything in full, the photo included. */
  readonly verifierView?: VerifierView;
  /** Default `license-standard`. */
  readonly retention?: RetentionClass;
  /** Changes that a second officer has to approve; none by default. */
  readonly secondPerson?: readonly DecidedChange[];
  /** Whether earlier states may be asked for in public; never for residents' types. Default no. */
  readonly statusHistory?: boolean;
}
