// From when until when a certificate is valid.
import { CaError } from './errors.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { days, type Profile } from './profile.ts';

/** Clocks of relying parties may be behind; at most one hour (profiles: backdating). */
const BACKDATE = 10 * 60 * 1000;

/**
 * Whole seconds, inside the profile's lifetime and the issuer's own.
 * @throws CaError `profile-violation` for a lifetime the profile does not allow, and where nothing of it is left.
 */
export function validityOf(
  request: {
    readonly lifetimeDays?: number;
    readonly notAfter?: Date;
    readonly authority: { readonly certificate: Certificate | null };
  },
  profile: Profile,
  now: Date,
): { readonly notBefore: Date; readonly notAfter: Date } {
  const maximum = profile.maximumDays.value;
  const lifetime = request.lifetimeDays ?? maximum;
  if (!(lifetime > 0 && lifetime <= maximum)) {
    throw new CaError(
      'profile-violation',
      `A certificate of profile ${profile.name} lives up to ${maximum} days (${profile.maximumDays.clause}).`,
    );
  }
  const issuer = request.authority.certificate;
  const whole = (time: number): number => Math.floor(time / 1000) * 1000;
  const notBefore = Math.max(whole(now.getTime() - BACKDATE), issuer?.notBefore.getTime() ?? 0);
  // notAfter is inclusive: one second less, and never beyond what the issuer itself has.
  const notAfter = Math.min(
    notBefore + days(lifetime) - 1000,
    whole(request.notAfter?.getTime() ?? Infinity),
    issuer?.notAfter.getTime() ?? Infinity,
  );
  if (!(notAfter > now.getTime())) {
    throw new CaError(
      'profile-violation',
      'The certificate would end now or before: its issuer or request does.',
    );
  }
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}
