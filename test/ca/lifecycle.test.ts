// The life of a certificate: renewed, re-keyed, held, released, revoked, expired, listed for its subject, and disclosed.
import assert from 'node:assert/strict';
import { discloseSubject, disclosuresOf } from '../../ca/disclose.ts';
import { enrol } from '../../ca/enrol.ts';
import { settleEnrolments, supersede } from '../../ca/enrol-settle.ts';
import type { EnrolmentParts, EnrolmentRequest } from '../../ca/enrolment.ts';
import { renewalWindow, requireTransition, stateOf } from '../../ca/lifecycle.ts';
import { days } from '../../ca/profile.ts';
import { certificatesOfSubjectKey, registeredCertificate, subjectKeyOf } from '../../ca/register.ts';
import { rekey, renew } from '../../ca/renew.ts';
import { findRevocation } from '../../ca/revocation-store.ts';
import { releaseCertificate, revokeCertificate, suspendCertificate } from '../../ca/revoke.ts';
import { sameBytes } from '../../formats/bytes.ts';
import { isUscc } from '../../formats/identifiers/uscc.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { nameAttribute } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { requireProgram } from '../programs.ts';
import { openDistrict, type District } from './district.ts';
import {
  bareConfig,
  ENTERPRISE,
  enrolmentOf,
  EVIDENCE,
  officeOf,
  PASSWORD,
  REGISTRAR,
  requestBy,
  RESIDENT,
} from './enrolment-office.ts';

const ALL = { all: true } as const;

describe('the life of a certificate', () => {
  let district: District;
  let office: EnrolmentParts;
  let openssl: string;
  let counter = 0;

  before(async function () {
    openssl = requireProgram(this, 'openssl');
    district = await openDistrict();
    office = officeOf(district);
    await bareConfig(district);
  });
  after(() => district.remove());

  const csr = (): EnrolmentRequest['key'] => ({ kind: 'csr', der: requestBy(district, openssl, 'p256') });
  const resident = () =>
    enrol(office, enrolmentOf({ key: csr(), profile: 'resident-signing', subject: { person: RESIDENT } }));
  const again = (serial: string, change: object = {}) => ({
    actor: REGISTRAR,
    sight: ALL,
    idempotencyKey: `again-${(counter += 1)}`,
    serial,
    evidence: EVIDENCE,
    ...change,
  });
  const seen = (serial: string) =>
    registeredCertificate(district.database.reader, ALL, serial, office.clock());

  it('has every transition in one table, and no other', () => {
    const states = ['valid', 'held', 'revoked', 'expired'] as const;
    const actions = ['renew', 're-key', 'suspend', 'release', 'revoke'] as const;
    const allowed = states.flatMap((state) =>
      actions.flatMap((action) => {
        try {
          return [`${state} ${action} ${requireTransition(state, action)}`];
        } catch (error) {
          assert.equal((error as { code: string }).code, 'transition-not-allowed');
          return [];
        }
      }),
    );
    assert.deepEqual(allowed, [
      'valid renew valid',
      'valid re-key valid',
      'valid suspend held',
      'valid revoke revoked',
      'held release valid',
      'held revoke revoked',
    ]);
    const now = new Date(0);
    const past = new Date(-1);
    assert.equal(stateOf(null, now, now), 'valid');
    assert.equal(stateOf('released', now, now), 'valid');
    assert.equal(stateOf('held', now, now), 'held');
    assert.equal(stateOf('held', past, now), 'expired');
    assert.equal(stateOf('revoked', past, now), 'revoked');
    const { opens } = renewalWindow(new Date(0), new Date(days(30)));
    assert.equal(opens.getTime(), days(20));
    assert.equal(renewalWindow(new Date(0), new Date(days(1000))).opens.getTime(), days(910));
  });

  it('renews the same key for the same subject, under a new serial and pseudonym, near its end only', async () => {
    const first = await resident();
    await assert.rejects(renew(office, again(first.serial)), { code: 'renewal-refused' });
    await assert.rejects(renew(office, again('ff')), { code: 'certificate-not-found' });
    const other = { all: false, department: '11120105MB00000350' };
    await assert.rejects(renew(office, again(first.serial, { sight: other })), {
      code: 'certificate-not-found',
    });
    district.advance(days(3 * 365 - 80));
    await assert.rejects(renew(office, again(first.serial, { evidence: { ...EVIDENCE, level: 1 } })), {
      code: 'enrolment-invalid',
    });
    const request = again(first.serial);
    const second = await renew(office, request);
    const [one, two] = [first, second].map(({ certificate }) => parseCertificate(certificate)) as [
      ReturnType<typeof parseCertificate>,
      ReturnType<typeof parseCertificate>,
    ];
    assert.ok(sameBytes(one.subjectPublicKeyInfo.der, two.subjectPublicKeyInfo.der));
    assert.equal(nameAttribute(one.subject, OID.commonName), nameAttribute(two.subject, OID.commonName));
    assert.notEqual(
      nameAttribute(one.subject, OID.serialNumber),
      nameAttribute(two.subject, OID.serialNumber),
    );
    assert.deepEqual([second.kind, second.replaces, second.pkcs12], ['renewal', first.serial, null]);
    assert.equal((await renew(office, request)).serial, second.serial);
    await revokeCertificate(office, { serial: first.serial, reason: 'superseded', actor: REGISTRAR });
    await assert.rejects(renew(office, again(first.serial)), { code: 'transition-not-allowed' });
  });

  it('re-keys with a key that is proven new, and revokes the old one where asked', async () => {
    const key = csr();
    const first = await enrol(office, enrolmentOf({ key }));
    await assert.rejects(rekey(office, { ...again(first.serial), key, revokeOld: true }), {
      code: 'renewal-refused',
    });
    const kept = await rekey(office, { ...again(first.serial), key: csr(), revokeOld: false });
    assert.equal((await seen(first.serial)).state, 'valid');
    const generated = { kind: 'generated', algorithm: 'ES384', password: PASSWORD } as const;
    const last = await rekey(office, { ...again(kept.serial), key: generated, revokeOld: true });
    assert.ok(last.pkcs12 !== null);
    const old = await seen(kept.serial);
    assert.deepEqual([old.state, old.reason], ['revoked', 'superseded']);
    await assert.rejects(rekey(office, { ...again(kept.serial), key: csr(), revokeOld: false }), {
      code: 'transition-not-allowed',
    });
  });

  it('revokes at the next start what a crash left unrevoked after a re-key', async () => {
    const first = await enrol(office, enrolmentOf({ key: csr() }));
    const dying: EnrolmentParts = {
      ...office,
      audit: {
        append: (tx, event) =>
          event.action === 'certificate.revoked'
            ? Promise.reject(new Error('power'))
            : office.audit.append(tx, event),
      },
    };
    await assert.rejects(rekey(dying, { ...again(first.serial), key: csr(), revokeOld: true }), {
      message: 'power',
    });
    assert.equal((await seen(first.serial)).state, 'valid');
    assert.equal(await settleEnrolments(office, new Date(office.clock().getTime() + 1)), 1);
    assert.equal((await seen(first.serial)).state, 'revoked');
    await supersede(office, REGISTRAR, 'enr_none', first.serial);
  });

  it('holds, releases, and revokes from the hold', async () => {
    const { serial } = await enrol(office, enrolmentOf({ key: csr() }));
    const request = { serial, actor: REGISTRAR };
    await suspendCertificate(office, request);
    assert.deepEqual([(await seen(serial)).state, (await seen(serial)).reason], ['held', 'certificateHold']);
    await assert.rejects(rekey(office, { ...again(serial), key: csr(), revokeOld: false }), {
      code: 'transition-not-allowed',
    });
    await releaseCertificate(office, request);
    assert.deepEqual([(await seen(serial)).state, (await seen(serial)).reason], ['valid', null]);
    await suspendCertificate(office, request);
    const invalidityDate = new Date(office.clock().getTime() - 1000);
    await revokeCertificate(office, { ...request, reason: 'keyCompromise', invalidityDate });
    const ended = await seen(serial);
    assert.deepEqual(
      [ended.state, ended.reason, ended.invalidityDate],
      ['revoked', 'keyCompromise', invalidityDate],
    );
  });

  it('expires without anybody doing anything', async () => {
    const { serial } = await enrol(office, enrolmentOf({ key: csr(), lifetimeDays: 1 }));
    assert.equal((await seen(serial)).state, 'valid');
    district.advance(days(1));
    assert.equal((await seen(serial)).state, 'expired');
    assert.equal(await findRevocation(district.database.reader, serial), null);
    await assert.rejects(renew(office, again(serial)), { code: 'transition-not-allowed' });
  });

  it('lists every certificate of a subject by pages, masked, and to a registration authority its own only', async () => {
    const { reader } = district.database;
    const organization = '天津演示丙有限公司';
    const creditCode = '91120105MA06000003';
    const subject = { organization, creditCode, commonName: organization };
    const valid =
      Array.from('0123456789ABCDEFGHJKLMNPQRTUWXY', (last) => creditCode.slice(0, 17) + last).find(isUscc) ??
      '';
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1)
      made.push(
        (await enrol(office, enrolmentOf({ key: csr(), subject: { ...subject, creditCode: valid } }))).serial,
      );
    const key = subjectKeyOf(office.index, { creditCode: valid });
    const found: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof certificatesOfSubjectKey>> = await certificatesOfSubjectKey(reader, ALL, key, { after, limit: 2 }, office.clock()); // prettier-ignore
      found.push(...page.certificates.map(({ serial }) => serial));
      after = page.next;
    } while (after !== null);
    assert.deepEqual(found.toSorted(), made.toSorted());
    const foreign = { all: false, department: '11120105MB00000350' } as const;
    assert.deepEqual((await certificatesOfSubjectKey(reader, foreign, key, { after: null, limit: 9 }, office.clock())).certificates, []); // prettier-ignore
    await assert.rejects(
      certificatesOfSubjectKey(reader, ALL, key, { after: "x' --", limit: 9 }, office.clock()),
      {
        code: 'enrolment-invalid',
      },
    );
    const { documentType, documentNumber } = RESIDENT;
    const person = subjectKeyOf(office.index, { documentType, documentNumber: documentNumber.toLowerCase() });
    const page = await certificatesOfSubjectKey(
      reader,
      ALL,
      person,
      { after: null, limit: 50 },
      office.clock(),
    );
    assert.ok(page.certificates.length >= 2);
    for (const certificate of page.certificates) {
      assert.equal(certificate.subject, null);
      assert.match(certificate.pseudonym ?? '', /^[0-9A-F]{32}$/);
      const shown = JSON.stringify({ ...certificate, der: null });
      assert.ok(!shown.includes(RESIDENT.name) && !shown.includes(documentNumber));
    }
  });

  it('discloses whom a pseudonym stands for with a purpose, and who asked', async () => {
    const { serial } = await resident();
    const auditor = {
      id: 'client:auditor',
      kind: 'client',
      department: null,
      scopes: ['ca:disclose'],
    } as const;
    await assert.rejects(discloseSubject(office, auditor, { serial, purpose: ' ' }), {
      code: 'purpose-missing',
    });
    const told = await discloseSubject(office, auditor, { serial, purpose: '法院协查（2026）1号' });
    assert.deepEqual([told.name, told.documentNumber], [RESIDENT.name, RESIDENT.documentNumber]);
    const asked = await disclosuresOf(district.database.reader, serial);
    assert.deepEqual(
      asked.map(({ actor, purpose }) => [actor, purpose]),
      [['client:auditor', '法院协查（2026）1号']],
    );
    const company = await enrol(office, enrolmentOf({ key: csr(), subject: ENTERPRISE }));
    await assert.rejects(discloseSubject(office, auditor, { serial: company.serial, purpose: 'test' }), {
      code: 'certificate-not-found',
    });
  });
});
