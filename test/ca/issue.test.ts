// Issuing: what each profile becomes in the eyes of other parsers, what is refused, what a crash leaves.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { fromBER } from 'asn1js';
import { Certificate as PkijsCertificate } from 'pkijs';
import { issueCertificate, type IssueRequest } from '../../ca/issue.ts';
import { brokenLints, lints } from '../../ca/lint.ts';
import { checkProfile, days } from '../../ca/profile.ts';
import { profiles } from '../../ca/profiles/list.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { settleIssuance } from '../../ca/settle.ts';
import { toHex } from '../../formats/bytes.ts';
import {
  encodeCertificate,
  encodeTbsCertificate,
  parseCertificate,
  type Certificate,
  type TbsCertificate,
} from '../../formats/x509/certificate.ts';
import { encodeName, nameText } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { requireProgram, run } from '../programs.ts';
import { CREDIT_CODE, looseKey, openDistrict, pem, SYSTEM, type District } from './district.ts';

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
    ];
    for (const change of refused) {
      await assert.rejects(issueCertificate(district.parts, sealRequest(district, change)), {
        code: 'profile-violation',
      });
    }
    const p384 = sealRequest(district, { publicKey: looseKey('P-384').spki });
    await assert.rejects(issueCertificate(district.parts, p384), {
      code: 'lint-failed',
      message: /key-type/,
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

describe('lints', () => {
  let district: District;
  let good: Certificate;

  before(async () => {
    district = await openDistrict();
    good = (await issueCertificate(district.parts, sealRequest(district))).certificate;
  });
  after(() => district.remove());

  function remade(change: Partial<TbsCertificate>): readonly string[] {
    const issuer = district.hierarchy.authority('department-seals').certificate;
    const tbs = encodeTbsCertificate({
      serialNumber: good.serialNumber,
      signatureAlgorithm: good.signatureAlgorithm.der,
      issuer: good.issuer.der,
      notBefore: good.notBefore,
      notAfter: good.notAfter,
      subject: good.subject.der,
      subjectPublicKeyInfo: good.subjectPublicKeyInfo.der,
      extensions: [...good.extensions.values()],
      ...change,
    });
    const algorithm = change.signatureAlgorithm ?? good.signatureAlgorithm.der;
    const certificate = parseCertificate(encodeCertificate(tbs, algorithm, new Uint8Array(8)));
    return brokenLints({ certificate, profile: profiles.seal, issuer }).map(({ id }) => id);
  }

  const without = (oid: string): TbsCertificate['extensions'] =>
    [...good.extensions.values()].filter((each) => each.oid !== oid);
  const flipped = (oid: string): TbsCertificate['extensions'] =>
    [...good.extensions.values()].map((each) =>
      each.oid === oid ? { ...each, critical: !each.critical } : each,
    );
  const attribute = (type: string, value: string): Uint8Array => encodeName([{ type, value }]);

  it('have each an identifier of its own and a citation', () => {
    assert.equal(new Set(lints.map(({ id }) => id)).size, lints.length);
    assert.ok(lints.every(({ citation }) => citation.length > 5));
  });

  it('pass a good certificate', () => assert.deepEqual(remade({}), []));

  it('bite, each on its own deviation', () => {
    const year = days(366);
    const cases: readonly (readonly [string, Partial<TbsCertificate>])[] = [
      ['serial-length', { serialNumber: new Uint8Array(8).fill(1) }],
      ['serial-length', { serialNumber: new Uint8Array(20).fill(0xff) }],
      ['serial-positive', { serialNumber: Uint8Array.of(0) }],
      ['issuer-is-subject-of-issuer', { issuer: good.subject.der }],
      ['subject-country-organisation-name', { subject: attribute(OID.commonName, '章') }],
      ['organisation-identifier-as-profiled', { subject: attribute(OID.organizationIdentifier, 'NTRCN-1') }],
      ['no-personal-attributes', { subject: attribute(OID.serialNumber, 'PASCN-1') }],
      ['validity-in-order', { notBefore: good.notAfter, notAfter: good.notBefore }],
      ['validity-within-profile', { notAfter: new Date(good.notAfter.getTime() + 1000) }],
      ['validity-within-issuer', { notBefore: new Date(good.notBefore.getTime() - 20 * year) }],
      ['key-usage-as-profiled', { extensions: without(OID.keyUsage) }],
      ['key-usage-as-profiled', { extensions: flipped(OID.keyUsage) }],
      ['subject-key-identifier', { extensions: without(OID.subjectKeyIdentifier) }],
      ['authority-key-identifier', { extensions: without(OID.authorityKeyIdentifier) }],
      ['policies-as-profiled', { extensions: without(OID.certificatePolicies) }],
      ['policies-as-profiled', { extensions: flipped(OID.certificatePolicies) }],
      ['status-as-profiled', { extensions: without(OID.authorityInfoAccess) }],
      ['status-as-profiled', { extensions: without(OID.crlDistributionPoints) }],
      ['status-as-profiled', { extensions: flipped(OID.crlDistributionPoints) }],
      [
        'only-known-extensions',
        {
          extensions: [
            ...good.extensions.values(),
            { oid: '1.2.3', critical: false, value: Uint8Array.of(5, 0) },
          ],
        },
      ],
      ['key-type-as-profiled', { subjectPublicKeyInfo: looseKey('P-384').spki }],
      ['signature-fits-issuer-key', { signatureAlgorithm: district.hierarchy.root.signatureAlgorithm.der }],
    ];
    for (const [id, change] of cases)
      assert.ok(remade(change).includes(id), `${id}: ${remade(change).join()}`);
  });

  it('profiles that contradict themselves are refused', () => {
    const { seal, 'timestamp-unit': unit, 'ocsp-responder': responder } = profiles;
    const wrong = [
      { ...seal, keyUsage: { value: ['keyCertSign'] as const, clause: '' } },
      { ...seal, status: { value: { ocsp: false, crl: false, noCheck: false }, clause: '' } },
      { ...unit, extendedKeyUsage: { value: { oids: [OID.timeStamping], critical: false }, clause: '' } },
      { ...unit, keyUseDays: { value: 9999, clause: '' } },
      { ...responder, status: { value: { ocsp: false, crl: true, noCheck: true }, clause: '' } },
    ];
    for (const profile of wrong) assert.throws(() => checkProfile(profile), { code: 'profile-violation' });
  });
});
