// Issuing: what each profile becomes in the eyes of other parsers, what is refused, what a crash leaves.
import assert from 'node:assert/strict';
import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { fromBER } from 'asn1js';
import { Certificate as PkijsCertificate } from 'pkijs';
import { issueCertificate } from '../../ca/issue.ts';
import type { IssueRequest } from '../../ca/issue-request.ts';
import { days } from '../../ca/profile.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { settleIssuance } from '../../ca/settle.ts';
import { toHex } from '../../formats/bytes.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { nameText } from '../../formats/x509/name.ts';
import { requireProgram, run } from '../programs.ts';
import { CREDIT_CODE, openDistrict, pem, SYSTEM, type District } from './district.ts';
import { PERSON, sealRequest } from './issue-requests.ts';

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
