// Levels: two axes, floors, ceilings of authenticators, decay; and the ways up.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  acrOf,
  acrValues,
  amrOf,
  authenticationRung,
  floorOf,
  levelOf,
  liveProofing,
  onlyUnknown,
  rungOfAcr,
  rungs,
  type Rung,
  type UsedAuthenticator,
} from '../../identity/levels.ts';
import { explainLevel, type Standing } from '../../identity/raise-level.ts';
import type { Proofing } from '../../identity/accounts.ts';

const rung = fc.constantFrom(...rungs);
const used: fc.Arbitrary<UsedAuthenticator> = fc.record({
  kind: fc.constantFrom('password', 'totp', 'sms', 'passkey', 'certificate', 'scan-device', 'upstream'),
  userVerified: fc.boolean(),
  originBound: fc.boolean(),
  keyStorage: fc.constantFrom('hardware', 'software', null),
  enrolledRung: fc.constantFrom(0, ...rungs),
  ceiling: fc.option(rung, { nil: null }),
});
const factor = (
  kind: UsedAuthenticator['kind'],
  more: Partial<UsedAuthenticator> = {},
): UsedAuthenticator => ({
  kind,
  userVerified: false,
  originBound: false,
  keyStorage: null,
  enrolledRung: 4,
  ceiling: null,
  ...more,
});
const key = { userVerified: true, originBound: true };

describe('levels', () => {
  it('names four acr values, and no others', () => {
    assert.deepEqual(acrValues, ['urn:gov:loa:1', 'urn:gov:loa:2', 'urn:gov:loa:3', 'urn:gov:loa:4']);
    for (const one of rungs) assert.equal(rungOfAcr(acrOf(one)), one);
    for (const foreign of [
      'urn:gov:loa:0',
      'urn:gov:loa:5',
      'urn:gov:loa:1 ',
      'URN:GOV:LOA:1',
      '',
      '1',
      'phr',
    ]) {
      assert.equal(rungOfAcr(foreign), null, foreign);
    }
  });

  it('takes the lower axis, always', () => {
    fc.assert(
      fc.property(fc.constantFrom(0 as const, ...rungs), rung, (ial, aal) => {
        const level = levelOf(ial, aal);
        assert.ok(level <= aal && level <= Math.max(1, ial));
        assert.ok(level === aal || level === Math.max(1, ial));
      }),
    );
  });

  it('takes the lowest known value asked for as the floor', () => {
    assert.equal(floorOf(['urn:gov:loa:3', 'urn:gov:loa:2']), 2);
    assert.equal(floorOf(['foreign', 'urn:gov:loa:4']), 4);
    assert.equal(floorOf([]), null);
    assert.equal(onlyUnknown([]), false);
    assert.equal(floorOf(['foreign']), null);
    assert.equal(onlyUnknown(['foreign']), true);
    assert.equal(onlyUnknown(['foreign', 'urn:gov:loa:1']), false);
  });

  it('knows what each way to log in is worth', () => {
    const cases: readonly (readonly [readonly UsedAuthenticator[], Rung])[] = [
      [[], 1],
      [[factor('password')], 1],
      [[factor('sms')], 1],
      [[factor('totp'), factor('sms')], 1],
      [[factor('password'), factor('totp')], 2],
      [[factor('password'), factor('sms')], 2],
      [[factor('passkey', { originBound: true })], 1],
      [[factor('passkey', key)], 3],
      [[factor('password'), factor('passkey', { originBound: true })], 2],
      [[factor('certificate', { ...key, keyStorage: 'software', ceiling: 3 })], 3],
      [[factor('certificate', { ...key, keyStorage: 'hardware', ceiling: 4 })], 4],
      [[factor('certificate', { ...key, keyStorage: 'hardware', ceiling: 3 })], 3],
      [[factor('certificate', { userVerified: true, keyStorage: 'hardware', ceiling: 4 })], 1],
      [[factor('scan-device', key)], 3],
      [[factor('upstream', { ceiling: 2 })], 2],
      [[factor('upstream', { ceiling: null })], 3],
    ];
    for (const [factors, wanted] of cases) {
      assert.equal(authenticationRung(factors), wanted, JSON.stringify(factors));
    }
  });

  it('never lifts above the rung of enrolment, nor drags a strong factor down by a weak one', () => {
    assert.equal(authenticationRung([factor('passkey', { ...key, enrolledRung: 2 })]), 2);
    assert.equal(authenticationRung([factor('passkey', { ...key, enrolledRung: 0 })]), 1);
    assert.equal(
      authenticationRung([factor('password', { enrolledRung: 1 }), factor('totp', { enrolledRung: 2 })]),
      1,
    );
    assert.equal(authenticationRung([factor('password', { enrolledRung: 1 }), factor('passkey', key)]), 3);
    fc.assert(
      fc.property(fc.array(used, { maxLength: 4 }), used, (some, more) => {
        const highest = Math.max(1, ...some.map(({ enrolledRung }) => enrolledRung));
        assert.ok(authenticationRung(some) <= highest, 'above every enrolment');
        // More factors never take anything away.
        assert.ok(authenticationRung([...some, more]) >= authenticationRung(some));
      }),
    );
  });

  it('names methods as RFC 8176 does', () => {
    assert.deepEqual(amrOf([factor('password'), factor('totp')]), ['mfa', 'otp', 'pwd']);
    assert.deepEqual(amrOf([factor('certificate', { ...key, keyStorage: 'hardware' })]), [
      'hwk',
      'mfa',
      'pin',
      'sc',
    ]);
    assert.deepEqual(amrOf([factor('sms')]), ['sms']);
    const known = new Set(['pwd', 'otp', 'sms', 'hwk', 'swk', 'sc', 'pin', 'user', 'mfa']);
    fc.assert(
      fc.property(fc.array(used, { maxLength: 4 }), (some) => amrOf(some).every((name) => known.has(name))),
    );
  });

  it('decays by its end and by what a client accepts', () => {
    const now = new Date('2026-11-25T00:00:00Z');
    const at = (days: number): Date => new Date(now.getTime() + days * 86_400_000);
    const old = { rung: 4 as const, verifiedAt: at(-400), validUntil: at(-1) };
    const running = { rung: 3 as const, verifiedAt: at(-100), validUntil: at(100) };
    const fresh = { rung: 2 as const, verifiedAt: at(-1), validUntil: at(300) };
    assert.equal(liveProofing([old, running, fresh], now)?.rung, 3);
    assert.equal(liveProofing([old, running, fresh], now, 50 * 86_400)?.rung, 2);
    assert.equal(liveProofing([old, running, fresh], now, 60)?.rung, undefined);
    assert.equal(liveProofing([old], now), null);
    assert.equal(
      liveProofing([{ ...fresh, verifiedAt: at(1) }], now),
      null,
      'a proofing of tomorrow counts tomorrow',
    );
    assert.equal(liveProofing([{ ...fresh, validUntil: now }], now), null, 'the end itself is over');
  });

  it('leaves a way up to every rung without a face compared by a machine', () => {
    const proofing = (one: Rung): Proofing => ({
      id: 'prf_1',
      rung: one,
      method: 'register',
      source: 'population',
      verifiedAt: new Date('2026-11-01T00:00:00Z'),
      validUntil: new Date('2026-12-01T00:00:00Z'),
    });
    const standing = fc.record({
      proofing: fc.option(rung.map(proofing), { nil: null }),
      lapsed: fc.constant([]),
      authentication: fc.constantFrom(0 as const, ...rungs),
      hasDocument: fc.boolean(),
      hasWanghao: fc.boolean(),
    });
    fc.assert(
      fc.property(standing, rung, (has: Standing, wanted) => {
        const told = explainLevel(has, new Date('2026-11-25T00:00:00Z'), wanted);
        const proofed = (has.proofing?.rung ?? 0) >= wanted;
        assert.equal(told.proofing.length === 0, proofed);
        assert.ok(proofed || told.proofing.some(({ faceByMachine }) => !faceByMachine));
        assert.ok(told.proofing.every((path) => path.rung >= wanted));
        assert.ok(has.hasDocument || told.proofing.every(({ method }) => method !== 'register'));
        assert.equal(told.authentication.length === 0, has.authentication >= wanted);
        assert.equal(told.level, levelOf(told.ial, told.aal === 0 ? 1 : told.aal));
      }),
    );
    const told = explainLevel(
      { proofing: proofing(2), lapsed: [], authentication: 3, hasDocument: true, hasWanghao: false },
      new Date('2026-11-25T00:00:00Z'),
    );
    assert.equal(told.heldBackBy, 'proofing');
    assert.equal(told.expiresSoon, true);
    assert.equal(told.wanted, 3);
  });
});
