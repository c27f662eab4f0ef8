// Persons behind pseudonyms, and the right to sign that linting gives once.
import assert from 'node:assert/strict';
import { issueCertificate } from '../../ca/issue.ts';
import { LintedBytes, lintForSigning } from '../../ca/linted.ts';
import { profileOf } from '../../ca/profiles/list.ts';
import { certificatesOfSubject } from '../../ca/store.ts';
import { keyIdOf } from '../../crypto/algorithms.ts';
import { nameAttribute, nameText } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { openDistrict, type District } from './district.ts';
import { PERSON, residentRequest, sealRequest } from './issue-requests.ts';

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
