// What officers set about profiles: switched off, or a shorter life. Issuing to subscribers asks here each time.
import type { Reader, Writer } from '../storage/database.ts';
import { CaError } from './errors.ts';
import type { HierarchyName, Profile } from './profile.ts';

export interface ProfileSetting {
  readonly hierarchy: HierarchyName;
  readonly profile: string;
  readonly enabled: boolean;
  /** Fewer days than the profile's own; null for the profile's own. */
  readonly maximumDays: number | null;
}

/** Every setting that was ever made. */
export async function profileSettings(reader: Reader): Promise<readonly ProfileSetting[]> {
  const rows = await reader.selectFrom('ca_profile_setting').selectAll().execute();
  return rows.map((row) => ({
    hierarchy: row.hierarchy,
    profile: row.profile,
    enabled: row.enabled === 1,
    maximumDays: row.maximum_days,
  }));
}

/**
 * Days a new certificate may live: what was asked for, bounded by what the officers set.
 * @returns undefined where the profile's own bound is the only one.
 * @throws CaError `profile-disabled`; `profile-violation` for more days than are allowed.
 */
export async function permittedDays(
  reader: Reader,
  profile: Profile,
  asked: number | undefined,
): Promise<number | undefined> {
  const row = await reader
    .selectFrom('ca_profile_setting')
    .select(['enabled', 'maximum_days'])
    .where('hierarchy', '=', profile.hierarchy)
    .where('profile', '=', profile.name)
    .executeTakeFirst();
  if (row?.enabled === 0) {
    throw new CaError(
      'profile-disabled',
      `The profile ${profile.name} of ${profile.hierarchy} is switched off.`,
    );
  }
  const most = Math.min(profile.maximumDays.value, row?.maximum_days ?? Infinity);
  if (asked !== undefined && !(asked > 0 && asked <= most)) {
    throw new CaError(
      'profile-violation',
      `A certificate of profile ${profile.name} lives up to ${most} days.`,
    );
  }
  return asked ?? (most === profile.maximumDays.value ? undefined : most);
}

/** Writes a setting; the approved request behind it is named. */
export async function writeProfileSetting(
  tx: Writer,
  setting: ProfileSetting & { readonly request: string; readonly at: Date },
): Promise<void> {
  const values = {
    enabled: setting.enabled ? 1 : 0,
    maximum_days: setting.maximumDays,
    request: setting.request,
    changed_at: setting.at.toISOString(),
  };
  await tx
    .insertInto('ca_profile_setting')
    .values({ hierarchy: setting.hierarchy, profile: setting.profile, ...values })
    .onConflict((conflict) => conflict.columns(['hierarchy', 'profile']).doUpdateSet(values))
    .execute();
}
