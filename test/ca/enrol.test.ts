// Enrolment: every profile, keys made and handed over once, repeats, refusals, and what a crash leaves.
import assert from 'node:assert/strict';
import { enrol } from '../../ca/enrol.ts';
import { settleEnrolments } from '../../ca/enrol-settle.ts';
import { insertEnrolment } from '../../ca/enrolment-store.ts';
import type { EnrolmentParts, EnrolmentRequest } from '../../ca/enrolment.ts';
import { findRevocation } from '../../ca/revocation-store.ts';
import { settleIssuance } from '../../ca/settle.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { nameAttribute, nameText } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { requireProgram, run } from '../programs.ts';
import { CREDIT_CODE, openDistrict, type District } from './district.ts';
import {
  bareConfig,
  ENTERPRISE,
  enrolmentOf,
  EVIDENCE,
  officeOf,
  PASSWORD,
  requestBy,
  RESIDENT,
} from './enrolment-office.ts';

describe('enrol', () => {
  let district: District;
  let office: EnrolmentParts;
  let openssl: string;

  before(async function () {
    openssl = requireProgram(this, 'openssl');
    district = await openDistrict({ realClock: true });
    office = officeOf(district);
    await bareConfig(district);
  });
  after(() => district.remove());

  const csr = (kind = 'p256'): EnrolmentRequest['key'] => ({
    kind: 'csr',
    der: requestBy(
      district,
      openssl,
      kind,
      kind === 'sm2' ? ['-sm3', '-sigopt', 'distid:1234567812345678'] : [],
    ),
  });
  const generated = (algorithm: 'ES256' | 'SM2SM3' | 'RS256' | 'Ed25519' = 'ES256') =>
    ({ kind: 'generated', algorithm, password: PASSWORD }) as const;
  const person = { person: RESIDENT };
  const member = { organization: ENTERPRISE.organization, creditCode: CREDIT_CODE, person: RESIDENT };
  const count = async (): Promise<number> =>
    (await district.database.reader.selectFrom('ca_certificate').select('serial').where('der', 'is not', null).execute()).length; // prettier-ignore

  it('issues at once for every profile, in both hierarchies', async () => {
    const subjects = {
      seal: { ...ENTERPRISE, organization: '天津市河北区民政局', commonName: '12010500000009' },
      'enterprise-seal': ENTERPRISE,
      'enterprise-signing': member,
      'enterprise-authentication': member,
      'resident-signing': person,
      'resident-authentication': person,
      server: { organization: ENTERPRISE.organization, dnsNames: ['zz.example.gov.cn'] },
    } as const;
    for (const hierarchy of ['international', 'sm2'] as const) {
      for (const [profile, subject] of Object.entries(subjects)) {
        const key = csr(hierarchy === 'sm2' ? 'sm2' : 'p256');
        const result = await enrol(
          office,
          enrolmentOf({ key, hierarchy, subject, profile: profile as EnrolmentRequest['profile'] }),
        );
        assert.equal(result.pkcs12, null);
        const certificate = parseCertificate(result.certificate);
        assert.equal(certificate.serialHex, result.serial);
        const words = nameText(certificate.subject);
        assert.ok(!words.includes(RESIDENT.documentNumber), profile);
        const pseudonym = nameAttribute(certificate.subject, OID.serialNumber);
        assert.equal(/^[0-9A-F]{32}$/.test(pseudonym ?? ''), 'person' in subject, profile);
      }
    }
  });

  it('keeps numbers and names of persons out of every row, log and audit in clear', async () => {
    for (const table of ['ca_enrolment', 'ca_certificate', 'audit_log', 'ca_batch_item'] as const) {
      const rows = await district.database.reader.selectFrom(table).selectAll().execute();
      const text = JSON.stringify(rows.map((row) => ('der' in row ? { ...row, der: null } : row)));
      for (const secret of [RESIDENT.documentNumber, RESIDENT.name, PASSWORD, EVIDENCE.reference])
        assert.ok(!text.includes(secret), `${table} ${secret}`);
    }
  });

  it('hands a key it made over once, as a PKCS #12 that openssl opens with the caller’s password only', async () => {
    for (const [algorithm, hierarchy] of [
      ['ES256', 'international'],
      ['RS256', 'international'],
      ['Ed25519', 'international'],
      ['SM2SM3', 'sm2'],
    ] as const) {
      // prettier-ignore
      const order = enrolmentOf({ key: generated(algorithm), hierarchy });
      const result = await enrol(office, order);
      assert.ok(result.pkcs12 !== null);
      const path = await district.file('holder.p12', result.pkcs12);
      const shown = run(openssl, ['pkcs12', '-in', path, '-passin', `pass:${PASSWORD}`, '-nodes']);
      assert.match(shown, /BEGIN PRIVATE KEY/);
      assert.equal(shown.match(/BEGIN CERTIFICATE/g)?.length, 2);
      assert.throws(() => run(openssl, ['pkcs12', '-in', path, '-passin', 'pass:wrong', '-nodes']));
      const own = run(openssl, ['pkcs12', '-in', path, '-passin', `pass:${PASSWORD}`, '-nodes', '-clcerts', '-nokeys']); // prettier-ignore
      const pem = await district.file('own.pem', own);
      const der = run(openssl, ['x509', '-in', pem, '-noout', '-serial']);
      assert.equal(der.trim().toLowerCase(), `serial=${result.serial}`);
      const again = await enrol(office, order);
      assert.equal(again.serial, result.serial);
      assert.deepEqual(again.certificate, result.certificate);
      assert.equal(again.pkcs12, null);
    }
  });

  it('makes one certificate of two simultaneous requests under one key', async () => {
    const order = enrolmentOf({ key: csr() });
    const before = await count();
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => enrol(office, order)));
    const serials = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value.serial] : []));
    assert.equal(new Set(serials).size, 1);
    for (const each of outcomes)
      if (each.status === 'rejected')
        assert.equal((each.reason as { code: string }).code, 'idempotency-in-progress');
    assert.equal(await count(), before + 1);
    await assert.rejects(enrol(office, { ...order, lifetimeDays: 3 }), { code: 'idempotency-mismatch' });
    const elsewhere = { ...order, actor: { ...order.actor, id: 'client:other' } };
    assert.notEqual((await enrol(office, { ...elsewhere, key: csr() })).serial, serials[0]);
  });

  it('refuses a key that is certified for somebody else', async () => {
    const key = csr();
    await enrol(office, enrolmentOf({ key }));
    const subject = { ...ENTERPRISE, commonName: '另一家', organization: '另一家' };
    await assert.rejects(enrol(office, enrolmentOf({ key, subject })), { code: 'key-reused' });
  });

  it('refuses subjects, evidence and passwords that do not hold, and leaves nothing in force', async () => {
    const before = await count();
    const key = csr();
    const bad: readonly (readonly [Partial<EnrolmentRequest>, string])[] = [
      [{ subject: { ...ENTERPRISE, creditCode: '111201050001234570' } }, 'enrolment-invalid'],
      [{ subject: { organization: 'x', commonName: 'x' } }, 'enrolment-invalid'],
      [{ subject: { ...ENTERPRISE, person: RESIDENT } }, 'enrolment-invalid'],
      [{ subject: { ...ENTERPRISE, organization: 'a\u0000b' } }, 'enrolment-invalid'],
      [{ subject: { ...ENTERPRISE, organization: '厂'.repeat(65) } }, 'enrolment-invalid'],
      [{ profile: 'resident-signing', subject: { person: { ...RESIDENT, documentNumber: '120105199001010013' } } }, 'enrolment-invalid'], // prettier-ignore
      [
        { profile: 'resident-signing', subject: { person: { ...RESIDENT, name: '李四' } } },
        'enrolment-invalid',
      ],
      [{ profile: 'server', subject: { organization: 'x', dnsNames: ['localhost'] } }, 'enrolment-invalid'],
      [{ profile: 'server', subject: { organization: 'x', dnsNames: ['例.cn'] } }, 'enrolment-invalid'],
      [{ evidence: { ...EVIDENCE, level: 2 } }, 'enrolment-invalid'],
      [{ evidence: { ...EVIDENCE, level: 5 } }, 'enrolment-invalid'],
      [{ evidence: { ...EVIDENCE, officer: '张三' } }, 'enrolment-invalid'],
      [{ evidence: { ...EVIDENCE, reference: '' } }, 'enrolment-invalid'],
      [{ lifetimeDays: 4000 }, 'profile-violation'],
      [{ lifetimeDays: 0 }, 'profile-violation'],
      [{ hierarchy: 'sm2' }, 'profile-violation'],
      [{ key: { ...generated(), password: 'short1A!' } }, 'password-weak'],
      [{ key: { ...generated(), password: 'aaaaaaaaaaaaaaaaaaaaaaaa' } }, 'password-weak'],
      [{ key: { ...generated(), password: `Aa1!${CREDIT_CODE}` } }, 'password-weak'],
    ];
    for (const [change, code] of bad)
      await assert.rejects(enrol(office, enrolmentOf({ key, ...change })), { code }, JSON.stringify(change));
    await assert.rejects(enrol(office, enrolmentOf({ key: { kind: 'csr', der: new Uint8Array(9) } })), {
      name: 'FormatError',
    });
    assert.equal(await count(), before);
  });

  it('gives up an enrolment that failed while issuing, with its personal data', async () => {
    const order = enrolmentOf({ key: csr(), profile: 'resident-signing', subject: person });
    const broken: EnrolmentParts = {
      ...office,
      hierarchy: {
        ...office.hierarchy,
        issuer: (kind, name) => {
          const real = office.hierarchy.issuer(kind, name);
          return { ...real, key: { ...real.key, sign: () => Promise.reject(new Error('no key')) } };
        },
      },
    };
    await assert.rejects(enrol(broken, order), { message: 'no key' });
    await assert.rejects(enrol(office, order), { code: 'idempotency-abandoned' });
    const row = await district.database.reader.selectFrom('ca_enrolment').selectAll().where('idempotency_key', '=', order.idempotencyKey).executeTakeFirstOrThrow(); // prettier-ignore
    assert.deepEqual([row.state, row.details_cipher, row.holder_index], ['abandoned', null, null]);
    await settleIssuance(district.parts);
  });

  it('settles a crash: intentions are given up, a key never handed over is revoked with its certificate', async () => {
    const order = enrolmentOf({ key: generated() });
    let serial = '';
    // The process ends between the certificate and the hand-over.
    const dying: EnrolmentParts = {
      ...office,
      audit: {
        append: (tx, event) => {
          if (event.action === 'certificate.issued') serial = event.subject;
          if (event.action === 'certificate.delivered') return new Promise(() => undefined);
          return office.audit.append(tx, event);
        },
      },
      database: {
        ...office.database,
        get reader() {
          return office.database.reader;
        },
        write: (work) => (serial === '' ? office.database.write(work) : new Promise<never>(() => undefined)),
      },
    };
    void enrol(dying, order).catch(() => undefined);
    while (serial === '' || (await findState(order.idempotencyKey)) !== 'issued')
      await new Promise((resolve) => setTimeout(resolve, 20));
    await assert.rejects(enrol(office, order), { code: 'idempotency-in-progress' });
    await office.database.write((tx) =>
      insertEnrolment(tx, office.cipher, {
        id: 'enr_left',
        client: 'client:x',
        idempotencyKey: 'left',
        digest: 'x',
        department: null,
        kind: 'enrolment',
        profile: 'enterprise-seal',
        hierarchy: 'international',
        keySource: 'csr',
        evidence: EVIDENCE,
        subject: ENTERPRISE,
        holderIndex: null,
        replaces: null,
        supersedes: false,
        at: office.clock(),
      }),
    );
    const before = new Date(office.clock().getTime() + 1);
    assert.equal(await settleEnrolments(office, before), 2);
    assert.equal(await settleEnrolments(office, before), 0);
    const revocation = await findRevocation(district.database.reader, serial);
    assert.deepEqual([revocation?.state, revocation?.reason], ['revoked', 'cessationOfOperation']);
    await assert.rejects(enrol(office, order), {
      code: 'idempotency-abandoned',
      message: /never handed over/,
    });
  });

  async function findState(key: string): Promise<string | undefined> {
    const row = await district.database.reader.selectFrom('ca_enrolment').select('state').where('idempotency_key', '=', key).executeTakeFirst(); // prettier-ignore
    return row?.state;
  }
});
