// Issuing: what each profile becomes in the eyes of other parsers, what is refused, what a crash leaves.
import assert from 'node:assert/strict';
import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { fromBER } from 'asn1js';
import { Certificate as PkijsCertificate } from 'pkijs';
import { issueCertificate, type IssueRequest } from '../../ca/issue.ts';
import { LintedBytes, lintForSigning } from '../../ca/linted.ts';
import { checkProfile, days, type Profile } from '../../ca/profile.ts';
import { profileOf, profiles } from '../../ca/profiles/list.ts';
import { certificatesOfSubject } from '../../ca/store.ts';
import { keyIdOf } from '../../crypto/algorithms.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { settleIssuance } from '../../ca/settle.ts';
import { toHex } from '../../formats/bytes.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { nameAttribute, nameText } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { requireProgram, run } from '../programs.ts';
import { engines } from '../storage/engines.ts';
import { CREDIT_CODE, looseKey, openDistrict, pem, SYSTEM, type District } from './district.ts';

const PERSON = {
  name: '王小明',
  documentType: 'resident-identity-card',
  documentNumber: '11010519491231002X',
};

function residentRequest(district: District, change: Partial<IssueRequest> = {}): IssueRequest {
  return {
    profile: 'resident-signing',
    authority: district.hierarchy.issuer('residents'),
    subject: { commonName: PERSON.name, surname: '王', givenName: '小明' },
    publicKey: looseKey().spki,
    holder: { subjectKey: null, identity: PERSON },
    actor: SYSTEM,
    ...change,
  };
}

function sealRequest(district: District, change: Partial<IssueRequest> = {}): IssueRequest {
  return {
    profile: 'seal',
    authority: district.hierarchy.authority('department-seals'),
    subject: { organization: '天津市河北区民政局', creditCode: CREDIT_CODE, commonName: '12010500000001' },
    publicKey: looseKey().spki,
    actor: SYSTEM,
    ...change,
  };
}

function pkijsOf(der: Uint8Array): PkijsCertificate {
  return new PkijsCertificate({ schema: fromBER(Uint8Array.from(der).buffer).result });
}

describe('issueCertificate', () => {
  let district: District;

  before(async () => {
    district = await openDistrict({ realClock: true });
  });
  after(() => district.remove());

  it('makes a seal certificate that openssl verifies strictly', async function () {
    const openssl = requireProgram(this, 'openssl');
    const { der, certificate, chain, serial } = await issueCertificate(district.parts, sealRequest(district));
    assert.equal(
      nameText(certificate.subject),
      `CN=12010500000001,organizationIdentifier=NTRCN-${CREDIT_CODE},O=天津市河北区民政局（演示）,C=CN`,
    );
    assert.deepEqual(chain, [der, district.hierarchy.authority('department-seals').certificate.der]);
    assert.deepEqual([...(certificate.keyUsage ?? [])], ['nonRepudiation']);
    const root = await district.file('r.pem', pem('CERTIFICATE', district.hierarchy.root.der));
    const above = await district.file('i.pem', pem('CERTIFICATE', chain[1]!));
    const leaf = await district.file('l.pem', pem('CERTIFICATE', der));
    const args = ['verify', '-x509_strict', '-policy_check', '-purpose', 'smimesign', '-CAfile', root];
    assert.match(run(openssl, [...args, '-untrusted', above, leaf]), /: OK/);
    const row = await district.database.reader
      .selectFrom('audit_log')
      .selectAll()
      .where('subject', '=', serial)
      .executeTakeFirstOrThrow();
    assert.equal(row.action, 'certificate.issued');
  });

  it('is read alike by three parsers, for every certificate of the hierarchy', async () => {
    await issueCertificate(district.parts, sealRequest(district));
    const rows = await district.database.reader.selectFrom('ca_certificate').select('der').execute();
    for (const { der } of rows) {
      const bytes = new Uint8Array(Buffer.from(der ?? '', 'base64'));
      const own = parseCertificate(bytes);
      const node = new X509Certificate(bytes);
      const pkijs = pkijsOf(bytes);
      assert.equal(node.serialNumber.toLowerCase(), own.serialHex);
      assert.equal(toHex(new Uint8Array(pkijs.serialNumber.valueBlock.valueHexView)), own.serialHex);
      assert.equal(node.validFromDate.getTime(), own.notBefore.getTime());
      assert.equal(pkijs.notBefore.value.getTime(), own.notBefore.getTime());
      assert.equal(node.validToDate.getTime(), own.notAfter.getTime());
      assert.equal(pkijs.notAfter.value.getTime(), own.notAfter.getTime());
      assert.deepEqual(
        node.publicKey.export({ type: 'spki', format: 'der' }),
        Buffer.from(own.subjectPublicKeyInfo.der),
      );
      const names = pkijs.subject.typesAndValues.map((each) => each.value.valueBlock.value);
      assert.deepEqual(
        own.subject.rdns.flat().map(({ value }) => value),
        names,
      );
      assert.deepEqual((node.keyUsage as readonly string[] | undefined) ?? [], own.extendedKeyUsage ?? []);
      assert.equal(node.ca, own.basicConstraints?.ca ?? false);
      assert.deepEqual(
        (pkijs.extensions ?? []).map(({ extnID, critical }) => [extnID, critical]),
        [...own.extensions.values()].map(({ oid, critical }) => [oid, critical]),
      );
    }
  });

  it('gives serials of 17 octets that never repeat, dates whole and inside the issuer’s', async () => {
    const issued = await Promise.all(
      Array.from({ length: 8 }, () =>
        issueCertificate(district.parts, sealRequest(district, { lifetimeDays: 1 })),
      ),
    );
    assert.equal(new Set(issued.map(({ serial }) => serial)).size, 8);
    for (const { certificate } of issued) {
      assert.equal(certificate.serialNumber.length, 17);
      assert.equal(certificate.notAfter.getTime() - certificate.notBefore.getTime(), days(1) - 1000);
    }
  });

  it('refuses what the profile does not allow, and records nothing', async () => {
    const count = async (): Promise<number> =>
      (await district.database.reader.selectFrom('ca_certificate').select('serial').execute()).length;
    const before = await count();
    const { organization, commonName } = sealRequest(district).subject;
    const refused: readonly Partial<IssueRequest>[] = [
      { profile: 'timestamp-unit' },
      { authority: district.hierarchy.authority('services') },
      { authority: district.hierarchy.authority('root') },
      { profile: 'root', authority: district.hierarchy.authority('root') },
      { subject: { organization, commonName } },
      { subject: { organization, commonName, creditCode: '111201050001234570' } },
      { subject: { organization, commonName: '', creditCode: CREDIT_CODE } },
      { subject: { organization: '局'.repeat(65), commonName, creditCode: CREDIT_CODE } },
      { lifetimeDays: 4 * 365 },
      { lifetimeDays: 0 },
      { lifetimeDays: Number.NaN },
      { notAfter: new Date(Date.now() - 1000) },
      { notAfter: new Date(Number.NaN) },
      { authority: district.hierarchy.issuer('department-seals', 'sm2') },
      { profile: 'issuing-ca', authority: district.hierarchy.authority('root') },
      { subject: { organization, commonName, creditCode: CREDIT_CODE, surname: '王' } },
      { subject: { organization, commonName, creditCode: CREDIT_CODE, dnsNames: ['a.cn'] } },
      { holder: { subjectKey: null, identity: PERSON } },
    ];
    for (const change of refused) {
      await assert.rejects(issueCertificate(district.parts, sealRequest(district, change)), {
        code: 'profile-violation',
      });
    }
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    const p521 = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    await assert.rejects(issueCertificate(district.parts, sealRequest(district, { publicKey: p521 })), {
      code: 'profile-violation',
      message: /certifies keys of/,
    });
    const noKey = sealRequest(district, { publicKey: new Uint8Array(9) });
    await assert.rejects(issueCertificate(district.parts, noKey), { name: 'FormatError' });
    assert.equal(await count(), before);
  });

  it('records serial and intention before the key is used, and withholds what fails the self-check', async () => {
    const authority = district.hierarchy.authority('department-seals');
    let atSigning: readonly string[] = [];
    const lying = {
      ...authority,
      key: {
        ...authority.key,
        sign: async (message: Uint8Array): Promise<Uint8Array> => {
          const rows = await district.database.reader
            .selectFrom('ca_certificate')
            .select('state')
            .where('state', '=', 'intended')
            .execute();
          atSigning = rows.map(({ state }) => state);
          return authority.key.sign(message.subarray(1));
        },
      },
    };
    const request = sealRequest(district, { authority: lying });
    await assert.rejects(issueCertificate(district.parts, request), { code: 'self-check-failed' });
    assert.deepEqual(atSigning, ['intended']);
    assert.equal(await settleIssuance(district.parts), 1);
    assert.equal(await settleIssuance(district.parts), 0);
  });

  it('withholds a certificate whose intention was settled meanwhile, with the rows alongside', async () => {
    const authority = district.hierarchy.authority('department-seals');
    const slow = {
      ...authority,
      key: {
        ...authority.key,
        sign: async (message: Uint8Array): Promise<Uint8Array> => {
          await settleIssuance(district.parts);
          return authority.key.sign(message);
        },
      },
    };
    let alongside = false;
    const request = sealRequest(district, {
      authority: slow,
      alongside: () => {
        alongside = true;
        return Promise.resolve();
      },
    });
    await assert.rejects(issueCertificate(district.parts, request), { code: 'issuance-abandoned' });
    assert.equal(alongside, false);
  });

  it('revokes once, for a reason that ends, and never a root', async () => {
    const { serial } = await issueCertificate(district.parts, sealRequest(district));
    const revoke = (change: object): Promise<void> =>
      revokeCertificate(district.parts, { serial, reason: 'superseded', actor: SYSTEM, ...change });
    await assert.rejects(revoke({ reason: 'certificateHold' }), { code: 'revocation-refused' });
    await assert.rejects(revoke({ serial: 'ff' }), { code: 'certificate-not-found' });
    await assert.rejects(revoke({ serial: district.hierarchy.root.serialHex }), {
      code: 'revocation-refused',
    });
    const outcomes = await Promise.allSettled([revoke({}), revoke({})]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    await assert.rejects(revoke({}), { code: 'certificate-already-revoked' });
  });
});

describe('keys to certify', () => {
  let district: District;

  before(async () => {
    district = await openDistrict();
  });
  after(() => district.remove());

  it('are refused where they are weak, and nothing is recorded', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    await assert.rejects(issueCertificate(district.parts, sealRequest(district, { publicKey: weak })), {
      code: 'key-weak',
    });
    const off = Uint8Array.from(looseKey().spki);
    off[40] = (off[40] ?? 0) ^ 1;
    await assert.rejects(issueCertificate(district.parts, sealRequest(district, { publicKey: off })), {
      code: 'key-weak',
    });
  });

  it('belong to one subject and one purpose; the same one may have a key certified again', async () => {
    const publicKey = looseKey().spki;
    const request = sealRequest(district, { publicKey });
    const first = await issueCertificate(district.parts, request);
    const again = await issueCertificate(district.parts, { ...request, replaces: first.serial });
    assert.notEqual(again.serial, first.serial);
    const { subject } = request;
    const others: readonly Partial<IssueRequest>[] = [
      { subject: { ...subject, organization: '天津市河北区教育局' } },
      { subject: { ...subject, commonName: '12010500000002' } },
      { subject: { ...subject, creditCode: '91110000600037341L' } },
      { profile: 'enterprise-seal', authority: district.hierarchy.issuer('enterprises') },
    ];
    for (const change of others)
      await assert.rejects(issueCertificate(district.parts, { ...request, ...change }), {
        code: 'key-reused',
      });
    // An authority's own key, and a service's, are no subscriber's.
    for (const key of [district.hierarchy.authority('root').key, district.hierarchy.serviceKey('receipt')]) {
      const stolen = sealRequest(district, { publicKey: key.publicKey });
      await assert.rejects(issueCertificate(district.parts, stolen), { code: 'key-reused' });
    }
    const rows = await certificatesOfSubject(district.database.reader, `org:${CREDIT_CODE}`);
    assert.deepEqual(
      rows.map(({ serial, replaces }) => [serial, replaces]).sort(),
      [
        [again.serial, first.serial],
        [first.serial, null],
      ].sort(),
    );
  });

  it('never come back once they were lost', async () => {
    const request = sealRequest(district);
    const { serial } = await issueCertificate(district.parts, request);
    await revokeCertificate(district.parts, { serial, reason: 'keyCompromise', actor: SYSTEM });
    await assert.rejects(issueCertificate(district.parts, request), { code: 'key-compromised' });
    const orderly = sealRequest(district);
    const other = await issueCertificate(district.parts, orderly);
    await revokeCertificate(district.parts, { serial: other.serial, reason: 'superseded', actor: SYSTEM });
    await issueCertificate(district.parts, orderly);
  });
});

for (const engine of engines) {
  describe(`one key asked for twice at once on ${engine.name}`, () => {
    it('goes to one of the two', async function () {
      engine.require(this);
      const district = await openDistrict({ engine });
      for (let round = 0; round < 5; round += 1) {
        const request = sealRequest(district);
        const other = { ...request, subject: { ...request.subject, organization: '天津市河北区教育局' } };
        const outcomes = await Promise.allSettled([
          issueCertificate(district.parts, request),
          issueCertificate(district.parts, other),
        ]);
        assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      }
      await district.remove();
    });

    it('draws another serial where one is taken, once', async function () {
      engine.require(this);
      const district = await openDistrict({ engine });
      const { parts } = district;
      const { certificate } = await issueCertificate(parts, sealRequest(district));
      const taken = certificate.serialNumber.slice(1);
      let draws = 0;
      const stuck = (times: number): typeof parts => ({
        ...parts,
        random: (length) => {
          if (length !== 16) return parts.random(length);
          draws += 1;
          return draws <= times ? taken : parts.random(length);
        },
      });
      await issueCertificate(stuck(1), sealRequest(district));
      assert.equal(draws, 2);
      draws = 0;
      await assert.rejects(issueCertificate(stuck(2), sealRequest(district)), { code: 'unique-violation' });
      await district.remove();
    });
  });
}

describe('certificates of persons', () => {
  let district: District;

  before(async () => {
    district = await openDistrict();
  });
  after(() => district.remove());

  it('name a pseudonym, a fresh one each time, and hold no number anywhere', async () => {
    const first = await issueCertificate(district.parts, residentRequest(district));
    const second = await issueCertificate(
      district.parts,
      residentRequest(district, { profile: 'resident-authentication' }),
    );
    const pseudonyms = [first, second].map(({ certificate }) =>
      nameAttribute(certificate.subject, OID.serialNumber),
    );
    assert.ok(pseudonyms.every((each) => /^[0-9A-F]{32}$/.test(each ?? '')));
    assert.notEqual(pseudonyms[0], pseudonyms[1]);
    assert.equal(
      nameText(first.certificate.subject),
      `CN=王小明（演示）,serialNumber=${pseudonyms[0]},GN=小明,SN=王,C=CN`,
    );
    const tables = ['ca_certificate', 'audit_log'] as const;
    for (const table of tables) {
      const rows = await district.database.reader.selectFrom(table).selectAll().execute();
      assert.ok(!JSON.stringify(rows).includes(PERSON.documentNumber), table);
    }
    const rows = await district.database.reader
      .selectFrom('ca_certificate')
      .selectAll()
      .where('profile', 'like', 'resident-%')
      .execute();
    assert.equal(rows.length, 2);
    const [key] = new Set(rows.map(({ subject_key }) => subject_key));
    assert.match(key ?? '', /^person:hmac-sha256:[0-9a-f]{64}$/);
    assert.equal((await certificatesOfSubject(district.database.reader, key ?? '')).length, 2);
    for (const row of rows) {
      assert.ok(!Buffer.from(row.der ?? '', 'base64').includes(PERSON.documentNumber));
      const place = { table: 'ca_certificate', column: 'identity_cipher', row: row.serial };
      assert.deepEqual(JSON.parse(district.parts.cipher.open(place, row.identity_cipher ?? '')), PERSON);
    }
  });

  it('need the identity behind them, and refuse a number where a name belongs', async () => {
    const { holder, ...bare } = residentRequest(district);
    assert.ok(holder !== undefined);
    await assert.rejects(issueCertificate(district.parts, bare), { code: 'profile-violation' });
    const told = residentRequest(district, { subject: { commonName: `王小明${PERSON.documentNumber}` } });
    await assert.rejects(issueCertificate(district.parts, told), {
      code: 'lint-failed',
      message: /no-resident-number/,
    });
    const member = residentRequest(district, {
      profile: 'enterprise-signing',
      authority: district.hierarchy.issuer('enterprises'),
    });
    await assert.rejects(issueCertificate(district.parts, member), { code: 'profile-violation' });
  });

  it('of the SM2 hierarchy have a pseudonym by the suite’s own digest in gm', async () => {
    const gm = await openDistrict({ suite: 'gm' });
    const { publicKey } = await gm.parts.keys.generate('seal', 'SM2SM3');
    const { serial, certificate } = await issueCertificate(gm.parts, residentRequest(gm, { publicKey }));
    assert.deepEqual([...(certificate.keyUsage ?? [])], ['digitalSignature', 'nonRepudiation']);
    const row = await gm.database.reader
      .selectFrom('ca_certificate')
      .selectAll()
      .where('serial', '=', serial)
      .executeTakeFirstOrThrow();
    assert.match(row.subject_key ?? '', /^person:hmac-sm3:/);
    assert.match(row.identity_cipher ?? '', /^sm4-ctr-hmac-sm3:/);
    assert.equal(row.key_id, keyIdOf(publicKey, 'SM2SM3'));
    await gm.remove();
  });
});

describe('the right to sign', () => {
  let district: District;

  before(async () => {
    district = await openDistrict();
  });
  after(() => district.remove());

  it('is made by linting alone, for the linted bytes, once', async () => {
    const authority = district.hierarchy.authority('department-seals');
    const { certificate } = await issueCertificate(district.parts, sealRequest(district));
    let used = 0;
    const key = {
      ...authority.key,
      sign: (message: Uint8Array): Promise<Uint8Array> => {
        used += 1;
        return authority.key.sign(message);
      },
    };
    const subject = {
      certificate,
      profile: profileOf('seal', 'international'),
      issuer: authority.certificate,
      authority,
    };
    assert.throws(() => new LintedBytes(Symbol('lint'), certificate.tbs), TypeError);
    const other = Uint8Array.from(certificate.tbs);
    other[20] = (other[20] ?? 0) ^ 1;
    const token = lintForSigning(subject);
    assert.throws(() => token.sign(key, other), { code: 'self-check-failed', message: /linted/ });
    assert.throws(() => token.sign(key, certificate.tbs.subarray(1)), { code: 'self-check-failed' });
    assert.equal(used, 0);
    await token.sign(key, certificate.tbs);
    assert.throws(() => token.sign(key, certificate.tbs), { code: 'self-check-failed', message: /once/ });
    assert.equal(used, 1);
    const wrong = { ...subject, profile: profileOf('server', 'international') };
    assert.throws(() => lintForSigning(wrong), { code: 'lint-failed' });
  });

  it('is spent by a failing key too', async () => {
    const authority = district.hierarchy.authority('department-seals');
    let attempts = 0;
    const failing = {
      ...authority,
      key: {
        ...authority.key,
        sign: (): Promise<Uint8Array> => {
          attempts += 1;
          return Promise.reject(new Error('the key is away'));
        },
      },
    };
    const request = sealRequest(district, { authority: failing });
    await assert.rejects(issueCertificate(district.parts, request), { message: 'the key is away' });
    assert.equal(attempts, 1);
  });
});

describe('profiles', () => {
  it('are seventeen in each hierarchy, an issuing CA once for each kind', () => {
    for (const hierarchy of ['international', 'sm2']) {
      const names = profiles.filter((profile) => profile.hierarchy === hierarchy).map(({ name }) => name);
      assert.equal(new Set(names).size, 17);
      assert.equal(names.length, 17 + 4);
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
