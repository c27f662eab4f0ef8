// Profiles as data: complete in both hierarchies, and refused where they contradict themselves.
import assert from 'node:assert/strict';
import { checkProfile, type Profile } from '../../ca/profile.ts';
import { profileOf, profiles } from '../../ca/profiles/list.ts';
import { OID } from '../../formats/x509/oid.ts';

describe('profiles', () => {
  it('are seventeen in each hierarchy, the maker of SM2 seals beside them, an issuing CA once for each kind', () => {
    for (const [hierarchy, count] of [
      ['international', 17],
      ['sm2', 18],
    ] as const) {
      const names = profiles.filter((profile) => profile.hierarchy === hierarchy).map(({ name }) => name);
      assert.equal(new Set(names).size, count);
      assert.equal(names.length, count + 4);
    }
    assert.throws(() => profileOf('issuing-ca', 'sm2'), { code: 'profile-violation' });
    assert.throws(() => profileOf('seal', 'sm2', 'residents'), { code: 'profile-violation' });
  });

  it('are refused where they contradict themselves', () => {
    const of = (name: Profile['name'], hierarchy: Profile['hierarchy'] = 'international'): Profile =>
      profileOf(name, hierarchy);
    const seal = of('seal');
    const unit = of('timestamp-unit');
    const responder = of('ocsp-responder');
    const server = of('server');
    const ca = profileOf('issuing-ca', 'international', 'residents');
    const bound = <T>(value: T): { readonly value: T; readonly clause: string } => ({
      value,
      clause: 'test',
    });
    const eku = (...oids: string[]): Profile['extendedKeyUsage'] => bound({ oids, critical: false });
    const wrong: readonly Profile[] = [
      { ...seal, keyUsage: bound(['keyCertSign'] as const) },
      { ...seal, keyUsage: bound(['nonRepudiation', 'cRLSign'] as const) },
      { ...seal, keyUsage: bound([]) },
      { ...seal, keyUsage: bound(['digitalSignature', 'keyEncipherment'] as const) },
      { ...seal, keyTypes: bound([]) },
      { ...seal, keyTypes: bound(['p256', 'sm2'] as const) },
      { ...of('seal', 'sm2'), keyTypes: bound(['p256'] as const) },
      { ...seal, keyTypes: bound(['p521'] as const) },
      { ...seal, certifies: 'residents' },
      { ...ca, certifies: null },
      { ...seal, permittedCountries: bound(['CN']) },
      { ...seal, basicConstraints: bound({ ca: false, pathLength: 0 }) },
      { ...unit, extendedKeyUsage: eku(OID.timeStamping) },
      { ...unit, extendedKeyUsage: bound({ oids: [OID.timeStamping, OID.clientAuth], critical: true }) },
      { ...seal, extendedKeyUsage: bound({ oids: [OID.documentSigning], critical: true }) },
      { ...seal, extendedKeyUsage: eku() },
      { ...seal, extendedKeyUsage: eku('2.5.29.37.0') },
      { ...server, extendedKeyUsage: eku(OID.serverAuth, OID.clientAuth) },
      { ...responder, status: bound({ ocsp: false, crl: true, noCheck: true }) },
      { ...responder, extendedKeyUsage: eku(OID.clientAuth) },
      { ...seal, status: bound({ ocsp: false, crl: false, noCheck: false }) },
      { ...seal, maximumDays: bound(0) },
      { ...seal, authorities: [] },
      { ...unit, keyUseDays: bound(9999) },
      { ...server, maximumDays: bound(48) },
      { ...server, subject: bound({ ...server.subject.value, hosts: false }) },
      { ...seal, subject: bound({ ...seal.subject.value, commonName: 'host' }) },
      { ...seal, subject: bound({ ...seal.subject.value, organization: 'refused' }) },
      { ...seal, subject: bound({ ...seal.subject.value, creditCode: 'extension' }) },
      { ...seal, subject: bound({ ...seal.subject.value, nameParts: true }) },
      { ...server, semantics: bound(OID.semanticsLegalPerson) },
      { ...seal, policies: bound(['0.4.0.194112.1.1']) },
      { ...seal, policies: bound(['1.2.3', '1.2.3']) },
    ];
    for (const profile of profiles) assert.equal(checkProfile(profile), profile);
    for (const [at, profile] of wrong.entries())
      assert.throws(() => checkProfile(profile), { code: 'profile-violation' }, String(at));
  });
});
