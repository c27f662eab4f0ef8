// Revocation lists: shards, deltas, holds and their end, the root's; as openssl and GnuTLS read them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { fromBER } from 'asn1js';
import { CertificateRevocationList } from 'pkijs';
import type { CrlPublisher } from '../../ca/crl-publisher.ts';
import {
  releaseCertificate,
  revokeAuthority,
  revokeCertificate,
  suspendCertificate,
} from '../../ca/revoke.ts';
import { parseCrl } from '../../formats/x509/crl.ts';
import { readDistributionPoints, readExtension } from '../../formats/x509/extensions.ts';
import { OID } from '../../formats/x509/oid.ts';
import { readGeneralizedTime } from '../../formats/x509/time.ts';
import { auditedActions } from './audited.ts';
import { requireProgram, run } from '../programs.ts';
import { openDistrict, pem, SYSTEM, type District } from './district.ts';
import { bytesOf, issueSeal, listOf, numberOf, openPublisher, shardOf } from './status-parts.ts';

const SEALS = 'department-seals';

describe('revocation lists', () => {
  let district: District;
  let publisher: CrlPublisher;

  before(async () => {
    district = await openDistrict({ realClock: true });
    ({ publisher } = await openPublisher(district));
  });
  after(() => district.remove());

  it('are empty, numbered from 1, served again unchanged', async () => {
    const first = await publisher.currentCrl('services');
    const list = parseCrl(first);
    assert.equal(numberOf(list.crlNumber), 1);
    assert.equal(list.revoked.length, 0);
    assert.deepEqual(await publisher.currentCrl('services'), first);
    await assert.rejects(publisher.currentCrl('nobody'), { code: 'authority-not-found' });
    await assert.rejects(publisher.full('services', 99), { code: 'authority-not-found' });
    await assert.rejects(publisher.full('services', 0.5), { code: 'authority-not-found' });
  });

  it('name a revocation at once and rise strictly, also for callers at the same time', async () => {
    const before = numberOf((await listOf(publisher.full(SEALS))).crlNumber);
    const { serial } = await issueSeal(district);
    await revokeCertificate(district.parts, { serial, reason: 'keyCompromise', actor: SYSTEM });
    const lists = await Promise.all(Array.from({ length: 4 }, () => publisher.currentCrl(SEALS)));
    assert.equal(new Set(lists.map((der) => Buffer.from(der).toString('hex'))).size, 1);
    const list = parseCrl(lists[0]!);
    assert.equal(numberOf(list.crlNumber), before + 1);
    const entry = list.revoked.find((each) => each.serialHex === serial);
    assert.equal(entry?.reason, 'keyCompromise');
    const { publisher: again } = await openPublisher(district);
    assert.deepEqual(await again.currentCrl(SEALS), lists[0]);
  });

  it('of a shard say what they speak for in the bytes of the certificate, and where the delta is', async () => {
    const { certificate, serial } = await issueSeal(district);
    const shard = shardOf(certificate);
    await revokeCertificate(district.parts, { serial, reason: 'superseded', actor: SYSTEM });
    const list = await listOf(publisher.full(SEALS, shard));
    assert.ok(list.revoked.some(({ serialHex }) => serialHex === serial));
    const extension = list.extensions.get(OID.issuingDistributionPoint);
    assert.equal(extension?.critical, true);
    const points = Buffer.from(certificate.extensions.get(OID.crlDistributionPoints)!.value);
    // DistributionPointName inside both, identifier and length included.
    const name = Buffer.from(extension.value).subarray(2);
    assert.ok(points.includes(name));
    const fresh = readExtension(list.extensions, OID.freshestCrl, 'crl-malformed', readDistributionPoints);
    assert.deepEqual(fresh?.[0]?.fullName, [
      { kind: 'uri', value: `http://localhost:8480/crl/${SEALS}/${shard}.delta.crl` },
    ]);
    const since = readExtension(list.extensions, OID.expiredCertsOnCrl, 'crl-malformed', (inner) =>
      readGeneralizedTime(inner, false),
    );
    assert.deepEqual(since, district.hierarchy.authority(SEALS).certificate.notBefore);
    // Another shard does not name it; the whole list does, and has no scope.
    const other = await listOf(publisher.full(SEALS, (shard + 1) % 4));
    assert.ok(!other.revoked.some(({ serialHex }) => serialHex === serial));
    const whole = await listOf(publisher.full(SEALS));
    assert.equal(whole.issuingDistributionPoint, null);
    assert.ok(whole.revoked.some(({ serialHex }) => serialHex === serial));
  });

  it('sort their entries, and leave unspecified unwritten', async () => {
    for (let count = 0; count < 4; count += 1) {
      const { serial } = await issueSeal(district);
      await revokeCertificate(district.parts, { serial, reason: 'unspecified', actor: SYSTEM });
    }
    const { revoked } = await listOf(publisher.full(SEALS));
    const serials = revoked.map(({ serialHex }) => serialHex);
    assert.deepEqual(serials, serials.toSorted());
    assert.ok(
      revoked.filter(({ reason, extensions }) => reason === null && extensions.size === 0).length >= 4,
    );
    const der = await publisher.currentCrl(SEALS);
    const other = new CertificateRevocationList({ schema: fromBER(Uint8Array.from(der).buffer).result });
    assert.equal(other.revokedCertificates?.length, serials.length);
  });

  it('carry the invalidity date, which lies in the life of the certificate', async () => {
    const { serial, certificate } = await issueSeal(district);
    const reason = 'keyCompromise';
    const now = district.parts.clock();
    for (const date of [
      new Date(now.getTime() + 60_000),
      new Date(certificate.notBefore.getTime() - 1),
      new Date(Number.NaN),
    ]) {
      await assert.rejects(
        revokeCertificate(district.parts, { serial, reason, actor: SYSTEM, invalidityDate: date }),
        { code: 'revocation-refused' },
      );
    }
    const invalidityDate = certificate.notBefore;
    await revokeCertificate(district.parts, { serial, reason, actor: SYSTEM, invalidityDate });
    const { revoked } = await listOf(publisher.full(SEALS));
    assert.deepEqual(revoked.find(({ serialHex }) => serialHex === serial)?.invalidityDate, invalidityDate);
  });

  it('follow a hold and its end, in full lists and deltas', async () => {
    const { serial, certificate } = await issueSeal(district);
    const shard = shardOf(certificate);
    const reasonIn = async (kind: 'full' | 'delta'): Promise<string | null | undefined> =>
      (await listOf(publisher[kind](SEALS, shard))).revoked.find(({ serialHex }) => serialHex === serial)
        ?.reason;
    const refuses = async (change: Promise<void>, code: string): Promise<void> => {
      await assert.rejects(change, { code });
    };
    await refuses(releaseCertificate(district.parts, { serial, actor: SYSTEM }), 'transition-not-allowed');
    await suspendCertificate(district.parts, { serial, actor: SYSTEM });
    await refuses(suspendCertificate(district.parts, { serial, actor: SYSTEM }), 'transition-not-allowed');
    assert.equal(await reasonIn('full'), 'certificateHold');
    await releaseCertificate(district.parts, { serial, actor: SYSTEM });
    assert.equal(await reasonIn('full'), undefined);
    await suspendCertificate(district.parts, { serial, actor: SYSTEM });
    const held = (await listOf(publisher.full(SEALS, shard))).revoked.find(
      (each) => each.serialHex === serial,
    );
    await revokeCertificate(district.parts, { serial, reason: 'keyCompromise', actor: SYSTEM });
    const revoked = (await listOf(publisher.full(SEALS, shard))).revoked.find(
      (each) => each.serialHex === serial,
    );
    assert.equal(revoked?.reason, 'keyCompromise');
    assert.deepEqual(revoked.revocationDate, held?.revocationDate);
    for (const change of [
      revokeCertificate(district.parts, { serial, reason: 'superseded', actor: SYSTEM }),
      suspendCertificate(district.parts, { serial, actor: SYSTEM }),
      releaseCertificate(district.parts, { serial, actor: SYSTEM }),
    ]) {
      await refuses(change, 'certificate-already-revoked');
    }
    assert.deepEqual(await auditedActions(district.database, serial), [
      'certificate.issued',
      'certificate.held',
      'certificate.released',
      'certificate.held',
      'certificate.revoked',
    ]);
  });

  it('refuse to revoke roots, authorities by the way of holders, and holds called revocations', async () => {
    const root = district.hierarchy.root.serialHex;
    const ca = district.hierarchy.authority('residents').certificate.serialHex;
    const { serial } = await issueSeal(district);
    const revoking = (
      of: string,
      reason: 'superseded' | 'certificateHold' | 'removeFromCRL',
    ): Promise<void> => revokeCertificate(district.parts, { serial: of, reason, actor: SYSTEM });
    for (const change of [
      revoking(root, 'superseded'),
      revoking(ca, 'superseded'),
      suspendCertificate(district.parts, { serial: ca, actor: SYSTEM }),
      revoking(serial, 'certificateHold'),
      revoking(serial, 'removeFromCRL'),
      revokeAuthority(district.parts, { serial, reason: 'superseded', actor: SYSTEM }),
      revokeAuthority(district.parts, { serial: root, reason: 'cACompromise', actor: SYSTEM }),
    ]) {
      await assert.rejects(change, { code: 'revocation-refused' });
    }
    await assert.rejects(revoking('01ff', 'superseded'), { code: 'certificate-not-found' });
    // What was refused counted nothing up.
    const list = await listOf(publisher.full(SEALS));
    assert.ok(!list.revoked.some(({ serialHex }) => serialHex === serial));
  });

  it('are read by certtool', async function () {
    const certtool = requireProgram(this, 'certtool');
    const crl = await district.file('gnutls.pem', pem('X509 CRL', await publisher.currentCrl(SEALS)));
    const ca = await district.file(
      'gnutls-ca.pem',
      pem('CERTIFICATE', district.hierarchy.authority(SEALS).certificate.der),
    );
    const result = spawnSync(certtool, ['--verify-crl', '--infile', crl, '--load-ca-certificate', ca], {
      encoding: 'utf8',
    });
    assert.match(result.stdout + result.stderr, /Verified\./);
  });
});

describe('delta lists', () => {
  /** As for a large authority: what was published before stays the base. */
  it('tell what changed since the full list, and openssl applies them', async function () {
    const openssl = requireProgram(this, 'openssl');
    const district = await openDistrict({ realClock: true });
    try {
      const { publisher } = await openPublisher(district);
      const sealed = [];
      // All in one shard, so that one base and one delta speak for all three.
      while (sealed.length < 3) {
        const issued = await issueSeal(district);
        if (sealed.length === 0 || shardOf(sealed[0]!.certificate) === shardOf(issued.certificate))
          sealed.push(issued);
      }
      const [good, held, bad] = sealed as [(typeof sealed)[0], (typeof sealed)[0], (typeof sealed)[0]];
      const shard = shardOf(good.certificate);
      await suspendCertificate(district.parts, { serial: held.serial, actor: SYSTEM });
      const base = await bytesOf(publisher.full(SEALS, shard));
      const empty = await listOf(publisher.delta(SEALS, shard));
      assert.equal(empty.revoked.length, 0);
      await releaseCertificate(district.parts, { serial: held.serial, actor: SYSTEM });
      await revokeCertificate(district.parts, { serial: bad.serial, reason: 'superseded', actor: SYSTEM });
      await district.database.write((tx) =>
        // A list of more entries than are made anew at every change.
        tx.updateTable('ca_crl').set({ entries: 20_000 }).where('shard', '=', shard).execute(),
      );
      assert.deepEqual(await bytesOf(publisher.full(SEALS, shard)), base, 'the base stands');
      const der = await bytesOf(publisher.delta(SEALS, shard));
      const delta = parseCrl(der);
      assert.equal(delta.extensions.get(OID.deltaCrlIndicator)?.critical, true);
      assert.equal(numberOf(delta.deltaBase), numberOf(parseCrl(base).crlNumber));
      assert.ok(numberOf(delta.crlNumber) > numberOf(delta.deltaBase));
      assert.ok(numberOf(delta.crlNumber) > numberOf(empty.crlNumber));
      assert.deepEqual(
        delta.extensions.get(OID.issuingDistributionPoint),
        parseCrl(base).extensions.get(OID.issuingDistributionPoint),
      );
      assert.deepEqual(
        new Map(delta.revoked.map(({ serialHex, reason }) => [serialHex, reason])),
        new Map([
          [held.serial, 'removeFromCRL'],
          [bad.serial, 'superseded'],
        ]),
      );
      assert.deepEqual(await bytesOf(publisher.delta(SEALS, shard)), der, 'nothing changed since');
      const root = await district.file('root.pem', pem('CERTIFICATE', district.hierarchy.root.der));
      const above = await district.file('ca.pem', pem('CERTIFICATE', good.chain[1]!));
      const lists = await district.file('lists.pem', pem('X509 CRL', base) + pem('X509 CRL', der));
      const check = ['verify', '-crl_check', '-extended_crl', '-CAfile', root, '-untrusted', above];
      const verdictOf = async (of: Uint8Array, ...more: readonly string[]): Promise<string> => {
        const leaf = await district.file('leaf.pem', pem('CERTIFICATE', of));
        const result = spawnSync(openssl, [...check, ...more, '-CRLfile', lists, leaf], { encoding: 'utf8' });
        return result.stdout + result.stderr;
      };
      assert.match(await verdictOf(good.der, '-use_deltas'), /: OK/);
      assert.match(await verdictOf(held.der, '-use_deltas'), /: OK/);
      assert.match(await verdictOf(bad.der, '-use_deltas'), /certificate revoked/);
      // Without its delta the base tells of the hold, and not yet of the revocation.
      const single = await district.file('base.pem', pem('X509 CRL', base));
      const alone = spawnSync(
        openssl,
        [...check, '-CRLfile', single, await district.file('held.pem', pem('CERTIFICATE', held.der))],
        { encoding: 'utf8' },
      );
      assert.match(alone.stderr, /certificate revoked/);
    } finally {
      await district.remove();
    }
  });
});

describe('lists of every authority', () => {
  it('are accepted by openssl for each algorithm, and refuse the revoked alone', async function () {
    const openssl = requireProgram(this, 'openssl');
    for (const [root, issuing] of [
      ['ES384', 'ES256'],
      ['RS256', 'PS256'],
      ['Ed25519', 'Ed25519'],
      ['ES384', 'ES384'],
    ] as const) {
      const district = await openDistrict({
        realClock: true,
        algorithms: { root, issuing, services: issuing },
      });
      try {
        const { publisher } = await openPublisher(district);
        const [good, bad] = [await issueSeal(district), await issueSeal(district)];
        await revokeCertificate(district.parts, { serial: bad.serial, reason: 'unspecified', actor: SYSTEM });
        const anchor = await district.file('root.pem', pem('CERTIFICATE', district.hierarchy.root.der));
        const above = await district.file('ca.pem', pem('CERTIFICATE', good.chain[1]!));
        for (const [issued, wanted] of [
          [good, /: OK/],
          [bad, /certificate revoked/],
        ] as const) {
          const list = await bytesOf(publisher.full(SEALS, shardOf(issued.certificate)));
          const single = await district.file('one.pem', pem('X509 CRL', list));
          const shown = spawnSync(openssl, ['crl', '-in', single, '-noout', '-CAfile', above], {
            encoding: 'utf8',
          });
          assert.match(shown.stderr, /verify OK/, issuing);
          const lists = await district.file(
            'lists.pem',
            pem('X509 CRL', list) + pem('X509 CRL', await bytesOf(publisher.full('root', 0))),
          );
          const leaf = await district.file('leaf.pem', pem('CERTIFICATE', issued.der));
          const result = spawnSync(
            openssl,
            ['verify', '-x509_strict', '-crl_check_all', '-extended_crl', '-CAfile', anchor].concat([
              ...['-untrusted', above, '-CRLfile', lists, leaf],
            ]),
            { encoding: 'utf8' },
          );
          const judged = result.stdout + result.stderr;
          assert.ok(wanted.test(judged), `${root} ${issuing}: ${judged}`);
        }
      } finally {
        await district.remove();
      }
    }
  });

  it('of SM2 authorities verify by openssl over the signed bytes', async function () {
    const openssl = requireProgram(this, 'openssl');
    const district = await openDistrict({ realClock: true });
    try {
      const { publisher } = await openPublisher(district);
      const { serial, certificate } = await issueSeal(district, 'sm2-department-seals');
      await revokeCertificate(district.parts, { serial, reason: 'keyCompromise', actor: SYSTEM });
      for (const [name, shard] of [
        ['sm2-department-seals', shardOf(certificate)],
        ['sm2-root', 0],
      ] as const) {
        const der = await bytesOf(publisher.full(name, shard));
        const list = parseCrl(der);
        const key = new X509Certificate(district.hierarchy.authority(name).certificate.der).publicKey;
        const paths = {
          key: await district.file('sm2.pem', key.export({ format: 'pem', type: 'spki' })),
          tbs: await district.file('tbs.bin', list.tbs),
          signature: await district.file('sig.bin', list.signature),
          list: await district.file('list.der', der),
        };
        const judged = run(openssl, [
          ...['dgst', '-sm3', '-sigopt', 'distid:1234567812345678', '-verify', paths.key],
          ...['-signature', paths.signature, paths.tbs],
        ]);
        assert.match(judged, /Verified OK/);
        const shown = run(openssl, ['asn1parse', '-inform', 'DER', '-in', paths.list]);
        assert.match(shown, /SM2-with-SM3/);
        assert.equal(
          list.revoked.some(({ serialHex }) => serialHex === serial),
          name !== 'sm2-root',
        );
      }
    } finally {
      await district.remove();
    }
  });
});

describe('lists in time', () => {
  it('are made anew before they grow old, with a higher number', async () => {
    const district = await openDistrict();
    try {
      const { publisher } = await openPublisher(district);
      const first = await listOf(publisher.full('services', 0));
      const delta = await listOf(publisher.delta('services', 0));
      district.advance(25 * 3_600_000);
      const second = await listOf(publisher.full('services', 0));
      const later = await listOf(publisher.delta('services', 0));
      const numbers = [first, delta, second, later].map(({ crlNumber }) => numberOf(crlNumber));
      assert.deepEqual(numbers, [1, 2, 3, 4]);
      assert.ok(second.thisUpdate > first.thisUpdate);
      assert.ok((second.nextUpdate ?? 0) > second.thisUpdate);
    } finally {
      await district.remove();
    }
  });

  it('of a root are served while they hold though its key is away, and tell of a revoked authority', async () => {
    const district = await openDistrict();
    try {
      const { publisher } = await openPublisher(district);
      const first = await publisher.publishRootCrl('root');
      district.rootKeys.take();
      const { serialHex } = district.hierarchy.authority('residents').certificate;
      const reason = 'cACompromise';
      await revokeAuthority(district.parts, { serial: serialHex, reason, actor: SYSTEM });
      assert.equal((await publisher.full('root')).number, first.number);
      await assert.rejects(publisher.publishRootCrl('root'), { code: 'root-offline' });
      district.rootKeys.bring();
      const second = await listOf(publisher.publishRootCrl('root'));
      assert.ok(numberOf(second.crlNumber) > first.number);
      assert.deepEqual(
        second.revoked.map(({ serialHex: serial, reason: why }) => [serial, why]),
        [[serialHex, reason]],
      );
      assert.equal(second.issuingDistributionPoint?.onlyContainsCaCerts, true);
      await district.hierarchy.maintain();
      assert.equal(district.hierarchy.authority('residents').state, 'revoked');
      // Status of what it issued is published on.
      assert.ok((await publisher.full('residents', 0)).size > 0);
      district.rootKeys.take();
      district.advance(181 * 86_400_000);
      await assert.rejects(publisher.full('root'), { code: 'root-offline' });
      await assert.rejects(publisher.delta('root'), { code: 'authority-not-found' });
      await assert.rejects(publisher.publishRootCrl('services'), { code: 'authority-not-found' });
    } finally {
      await district.remove();
    }
  });
});
