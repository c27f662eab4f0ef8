// The hierarchy: made once, found again, accepted by other people's programs under their strictest rules.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { establishHierarchy } from '../../ca/hierarchy.ts';
import { issueCertificate } from '../../ca/issue.ts';
import { issuingKinds } from '../../ca/profile.ts';
import { succeedAuthority } from '../../ca/succeed.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { nameAttribute } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { engines } from '../storage/engines.ts';
import { requireProgram, run } from '../programs.ts';
import { CREDIT_CODE, looseKey, openDistrict, pem, SETTINGS, SYSTEM, type District } from './district.ts';

const PURPOSES = [
  'timestamp',
  'license-code',
  'status-list',
  'trust-list',
  'receipt',
  'identity-token',
  'audit-log',
] as const;
const ISSUING = issuingKinds.flatMap((kind) => [kind, `sm2-${kind}`]);
/** Two roots, ten issuing CAs, ten responders, seven services, the time-stamping unit of the other hierarchy, the seal maker. */
const CERTIFICATES = 2 + 10 + 10 + 7 + 1 + 1;

for (const engine of engines) {
  describe(`hierarchy on ${engine.name}`, () => {
    let district: District;
    let opened = false;

    before(async function () {
      engine.require(this);
      district = await openDistrict({ realClock: true, engine });
      opened = true;
    });
    after(async () => {
      // Nothing was opened where the engine is absent.
      if (opened) await district.remove();
    });

    it('is found again by a second start, byte for byte', async () => {
      const again = await establishHierarchy(district.parts, SETTINGS);
      assert.deepEqual(again.root.der, district.hierarchy.root.der);
      for (const name of ISSUING) {
        assert.deepEqual(again.authority(name).chain, district.hierarchy.authority(name).chain);
        assert.deepEqual(again.responderKey(name).chain, district.hierarchy.responderKey(name).chain);
      }
      for (const purpose of PURPOSES) {
        assert.equal(again.serviceKey(purpose).id, district.hierarchy.serviceKey(purpose).id);
        const count = purpose === 'timestamp' ? 2 : 1;
        assert.equal((await again.serviceCertificates(purpose)).length, count);
      }
      const rows = await district.database.reader.selectFrom('audit_log').select('action').execute();
      assert.equal(rows.filter(({ action }) => action === 'hierarchy.established').length, 1);
      assert.equal(rows.filter(({ action }) => action === 'certificate.issued').length, CERTIFICATES);
    });

    it('refuses to serve production from demonstration keys', async () => {
      const production = { ...SETTINGS, demonstration: false };
      await assert.rejects(establishHierarchy(district.parts, production), {
        code: 'demonstration-mismatch',
      });
    });
  });
}

describe('hierarchy', () => {
  let district: District;

  before(async () => {
    district = await openDistrict({ realClock: true });
  });
  after(() => district.remove());

  it('says 演示 in every subject', async () => {
    const rows = await district.database.reader.selectFrom('ca_certificate').select('der').execute();
    assert.equal(rows.length, CERTIFICATES);
    for (const { der } of rows) {
      const { subject } = parseCertificate(Buffer.from(der ?? '', 'base64'));
      assert.equal(nameAttribute(subject, OID.organizationName), `${SETTINGS.organisation}（演示）`);
    }
  });

  it('has a P-384 root and P-256 below, each key open for its purpose only', async () => {
    assert.equal(district.hierarchy.root.subjectPublicKeyInfo.keyType, 'p384');
    assert.equal(district.hierarchy.authority('root').key.algorithm, 'ES384');
    for (const purpose of PURPOSES) {
      const key = district.hierarchy.serviceKey(purpose);
      assert.equal(key.algorithm, 'ES256');
      assert.equal(key.chain.length, 2);
      const other = purpose === 'receipt' ? 'timestamp' : 'receipt';
      await assert.rejects(district.parts.keys.open(key.id, other, []), { code: 'key-purpose' });
    }
  });

  it('refuses an authority of an unknown name and a URL that is no origin', async () => {
    assert.throws(() => district.hierarchy.authority('constructor'), { code: 'authority-not-found' });
    assert.throws(() => district.hierarchy.responderKey('root'), { code: 'authority-not-found' });
    const settings = { ...SETTINGS, publicUrl: 'https://localhost/path' };
    await assert.rejects(establishHierarchy(district.parts, settings), { code: 'profile-violation' });
  });

  it('is accepted by openssl verify -x509_strict, for every chain and purpose', async function () {
    const openssl = requireProgram(this, 'openssl');
    const root = await district.file('root.pem', pem('CERTIFICATE', district.hierarchy.root.der));
    const keys = [
      ...PURPOSES.map((purpose) => [purpose, district.hierarchy.serviceKey(purpose)] as const),
      ...issuingKinds.map((name) => [`ocsp-${name}`, district.hierarchy.responderKey(name)] as const),
    ];
    for (const [name, { chain }] of keys) {
      const [own, issuing] = chain;
      const leaf = await district.file(`${name}.pem`, pem('CERTIFICATE', own!));
      const above = await district.file(`${name}-ca.pem`, pem('CERTIFICATE', issuing!));
      const purpose = name === 'timestamp' ? 'timestampsign' : name.startsWith('ocsp') ? 'ocsphelper' : 'any';
      const args = ['verify', '-x509_strict', '-policy_check', '-purpose', purpose, '-CAfile', root];
      assert.match(run(openssl, [...args, '-untrusted', above, leaf]), /: OK/, name);
    }
  });

  it('is accepted by certtool', async function () {
    const certtool = requireProgram(this, 'certtool');
    const key = district.hierarchy.serviceKey('license-code');
    const file = await district.file(
      'chain.pem',
      [...key.chain, district.hierarchy.root.der].map((der) => pem('CERTIFICATE', der)).join(''),
    );
    const result = spawnSync(certtool, ['--verify-chain', '--infile', file], { encoding: 'utf8' });
    assert.equal(result.status, 0, result.stdout + result.stderr);
    assert.match(result.stdout, /Chain verification output: Verified/);
  });
});

describe('renewal of service keys', () => {
  let district: District;

  before(async () => {
    district = await openDistrict();
  });
  after(() => district.remove());

  it('replaces what is due and keeps the rest', async () => {
    const { hierarchy } = district;
    const before = {
      ocsp: hierarchy.responderKey('services').id,
      receipt: hierarchy.serviceKey('receipt').id,
    };
    await hierarchy.maintain();
    assert.equal(hierarchy.responderKey('services').id, before.ocsp);
    district.advance(21 * 86_400_000);
    await Promise.all([hierarchy.maintain(), hierarchy.maintain()]);
    assert.notEqual(hierarchy.responderKey('services').id, before.ocsp);
    assert.equal(hierarchy.serviceKey('receipt').id, before.receipt);
    const stamping = hierarchy.serviceKey('timestamp').id;
    district.advance(320 * 86_400_000);
    await hierarchy.maintain();
    assert.notEqual(hierarchy.serviceKey('timestamp').id, stamping);
    assert.equal((await hierarchy.serviceCertificates('timestamp')).length, 4);
  });
});

describe('the two hierarchies', () => {
  let district: District;

  before(async () => {
    district = await openDistrict({ suite: 'gm' });
  });
  after(() => district.remove());

  it('stand beside each other; the suite says which one certifies our services', () => {
    const { hierarchy } = district;
    assert.equal(hierarchy.root.subjectPublicKeyInfo.keyType, 'sm2');
    assert.deepEqual(
      hierarchy.roots().map(({ subjectPublicKeyInfo }) => subjectPublicKeyInfo.keyType),
      ['sm2', 'p384'],
    );
    assert.equal(hierarchy.issuer('residents').name, 'sm2-residents');
    assert.equal(hierarchy.issuer('residents', 'international').name, 'residents');
    for (const purpose of PURPOSES) assert.equal(hierarchy.serviceKey(purpose).algorithm, 'SM2SM3');
    assert.equal(hierarchy.serviceKey('timestamp', 'international').algorithm, 'ES256');
    assert.throws(() => hierarchy.serviceKey('receipt', 'international'), { code: 'authority-not-found' });
    const names = hierarchy
      .authorities()
      .map(({ certificate }) => nameAttribute(certificate.subject, OID.commonName));
    assert.equal(new Set(names).size, 12);
  });

  it('spread lists as they were told, within bounds', async () => {
    const { hierarchy, parts } = district;
    assert.equal(hierarchy.authority('residents').shards, 64);
    assert.equal(hierarchy.authority('sm2-root').shards, 1);
    const other = await openDistrict({ settings: { shards: { residents: 7 } } });
    assert.equal(other.hierarchy.authority('sm2-residents').shards, 7);
    await other.remove();
    await assert.rejects(openDistrict({ settings: { shards: { services: 257 } } }), {
      code: 'profile-violation',
    });
    const sm2 = { root: 'SM2SM3', issuing: 'SM2SM3', services: 'SM2SM3' } as const;
    await assert.rejects(establishHierarchy(parts, { ...SETTINGS, algorithms: sm2 }), {
      code: 'profile-violation',
    });
  });
});

describe('the offline root', () => {
  let district: District;

  beforeEach(async () => {
    district = await openDistrict();
  });
  afterEach(() => district.remove());

  it('is needed for nothing of every day', async () => {
    district.rootKeys.take();
    const again = await establishHierarchy(district.parts, SETTINGS);
    district.advance(25 * 86_400_000);
    await again.maintain();
    await assert.rejects(again.authority('root').key.sign(new Uint8Array(1)), { code: 'root-offline' });
    await assert.rejects(district.parts.keys.open(again.authority('root').key.id, 'root-ca', []), {
      code: 'key-not-found',
    });
    await assert.rejects(succeedAuthority(district.parts, again, 'residents', SYSTEM), {
      code: 'root-offline',
    });
    assert.equal(again.issuer('residents').generation, 1);
    district.rootKeys.bring();
    assert.equal((await again.authority('root').key.sign(new Uint8Array(1))).length > 60, true);
  });

  it('is found beside the other keys in an installation made before there was a place for it', async () => {
    const { parts } = district;
    const old = await openDistrict();
    await old.database.write(async (tx) => {
      await tx.deleteFrom('ca_authority').execute();
    });
    // As version 0.1 left it: the root's key among the others, one hierarchy, three issuing authorities, one list each.
    const before = { ...old.parts, rootKeys: () => Promise.resolve(old.parts.keys) };
    const first = await establishHierarchy(before, { ...SETTINGS, shards: { services: 1 } });
    const gone = ['sm2-', 'enterprises', 'residents'];
    await old.database.write(async (tx) => {
      for (const { name } of first.authorities())
        if (gone.some((start) => name.startsWith(start)))
          await tx.deleteFrom('ca_authority').where('name', '=', name).execute();
    });
    const after = await establishHierarchy(old.parts, SETTINGS);
    assert.deepEqual(after.root.der, first.root.der);
    assert.equal(after.authorities().length, 12);
    assert.equal(after.authority('services').shards, 1);
    assert.equal((await after.authority('root').key.sign(new Uint8Array(1))).length > 60, true);
    await old.remove();
    // Without a place for a new root's key, none is made.
    await district.database.write(async (tx) => {
      await tx.deleteFrom('ca_authority').where('name', '=', 'sm2-root').execute();
    });
    district.rootKeys.take();
    await assert.rejects(establishHierarchy(parts, SETTINGS), { code: 'root-offline' });
  });
});

for (const engine of engines) {
  describe(`succession on ${engine.name}`, () => {
    let district: District;
    let opened = false;

    before(async function () {
      engine.require(this);
      district = await openDistrict({ engine, realClock: true });
      opened = true;
    });
    after(async () => {
      if (opened) await district.remove();
    });

    it('replaces an issuing key within seconds, here and on the other node', async function () {
      const openssl = requireProgram(this, 'openssl');
      const { hierarchy, parts } = district;
      const node = await establishHierarchy(parts, SETTINGS);
      for (const name of ['services', 'sm2-department-seals', 'time-stamps']) {
        const old = hierarchy.authority(name);
        const started = performance.now();
        const made = await succeedAuthority(parts, hierarchy, name, SYSTEM);
        const took = performance.now() - started;
        assert.ok(took < 5000, `${took} ms`);
        assert.equal(made.name, `${name}-g2`);
        assert.equal(hierarchy.issuer(made.kind, made.hierarchy).name, made.name);
        assert.equal(hierarchy.authority(name).state, 'retired');
        assert.notDeepEqual(made.certificate.subject.der, old.certificate.subject.der);
        // Its certificates stay, and so do the answers about them.
        assert.equal(hierarchy.responderKey(name).chain.length, 2);
        assert.deepEqual(hierarchy.responderKey(made.name).chain[1], made.certificate.der);
        await assert.rejects(succeedAuthority(parts, hierarchy, name, SYSTEM), { code: 'authority-retired' });
      }
      assert.deepEqual(
        hierarchy.serviceKey('receipt').chain[1],
        hierarchy.authority('services-g2').certificate.der,
      );
      assert.equal((await hierarchy.serviceCertificates('receipt')).length, 2);
      assert.deepEqual(
        hierarchy.serviceKey('timestamp').chain[1],
        hierarchy.authority('time-stamps-g2').certificate.der,
      );

      // The other node still believes in the old one; the database does not.
      assert.equal(node.issuer('services').name, 'services');
      const request = {
        profile: 'server',
        subject: { organization: '天津市河北区民政局', dnsNames: ['mzj.example.gov.cn'] },
        actor: SYSTEM,
      } as const;
      const late = { ...request, authority: node.issuer('services'), publicKey: looseKey().spki };
      await assert.rejects(issueCertificate(parts, late), { code: 'authority-retired' });
      await node.maintain();
      assert.equal(node.issuer('services').name, 'services-g2');
      const { chain } = await issueCertificate(parts, { ...late, authority: node.issuer('services') });
      const root = await district.file('root.pem', pem('CERTIFICATE', hierarchy.root.der));
      const above = await district.file('above.pem', pem('CERTIFICATE', chain[1]!));
      const leaf = await district.file('leaf.pem', pem('CERTIFICATE', chain[0]!));
      const args = [
        'verify',
        '-x509_strict',
        '-purpose',
        'sslserver',
        '-verify_hostname',
        'mzj.example.gov.cn',
      ];
      assert.match(run(openssl, [...args, '-CAfile', root, '-untrusted', above, leaf]), /: OK/);

      const third = await succeedAuthority(parts, hierarchy, 'services-g2', SYSTEM);
      assert.equal(third.generation, 3);
      await assert.rejects(succeedAuthority(parts, hierarchy, 'root', SYSTEM), { code: 'profile-violation' });
      const rows = await district.database.reader
        .selectFrom('audit_log')
        .select('action')
        .where('action', '=', 'authority.succeeded')
        .execute();
      assert.equal(rows.length, 4);
    });

    it('is made once, whoever asks at the same time', async () => {
      const { parts } = district;
      const [one, two] = await Promise.all([
        establishHierarchy(parts, SETTINGS),
        establishHierarchy(parts, SETTINGS),
      ]);
      const made = await Promise.all([
        succeedAuthority(parts, one, 'residents', SYSTEM),
        succeedAuthority(parts, two, 'residents', SYSTEM),
      ]);
      assert.deepEqual(made[0].certificate.der, made[1].certificate.der);
      const seal = {
        profile: 'seal',
        authority: one.issuer('department-seals'),
        subject: {
          organization: '天津市河北区民政局',
          creditCode: CREDIT_CODE,
          commonName: '12010500000001',
        },
        publicKey: looseKey().spki,
        actor: SYSTEM,
      } as const;
      assert.equal((await issueCertificate(parts, seal)).chain.length, 2);
    });

    it('is made once, where two nodes start on an empty database', async () => {
      const fresh = await openDistrict({ engine });
      await fresh.database.write(async (tx) => {
        await tx.deleteFrom('ca_authority').execute();
      });
      const [one, two] = await Promise.all([
        establishHierarchy(fresh.parts, SETTINGS),
        establishHierarchy(fresh.parts, SETTINGS),
      ]);
      assert.deepEqual(one.root.der, two.root.der);
      for (const { name, certificate } of one.authorities())
        assert.deepEqual(two.authority(name).certificate.der, certificate.der);
      await fresh.remove();
    });
  });
}
