// The hierarchy: made once, found again, accepted by other people's programs under their strictest rules.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { establishHierarchy } from '../../ca/hierarchy.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { nameAttribute } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { engines } from '../storage/engines.ts';
import { requireProgram, run } from '../programs.ts';
import { openDistrict, pem, SETTINGS, type District } from './district.ts';

const PURPOSES = ['timestamp', 'license-code', 'status-list', 'trust-list', 'receipt'] as const;
const ISSUING = ['department-seals', 'time-stamps', 'services'] as const;

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
        assert.equal((await again.serviceCertificates(purpose)).length, 1);
      }
      const rows = await district.database.reader.selectFrom('audit_log').select('action').execute();
      assert.equal(rows.filter(({ action }) => action === 'hierarchy.established').length, 1);
      // Root, three issuing CAs, three responders, five services.
      assert.equal(rows.filter(({ action }) => action === 'certificate.issued').length, 12);
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
    assert.equal(rows.length, 12);
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
      ...ISSUING.map((name) => [`ocsp-${name}`, district.hierarchy.responderKey(name)] as const),
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
    assert.equal((await hierarchy.serviceCertificates('timestamp')).length, 2);
  });
});
