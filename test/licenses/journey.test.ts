// A license from request to verification, on a real database, with a real CA and time-stamps over loopback.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { decodeClaims } from '../../formats/cose/cwt.ts';
import { decodeSign1, sign1Input } from '../../formats/cose/sign1.ts';
import { parseLicenseIdentifier } from '../../formats/identifiers/license-identifier.ts';
import { decodeEnvelope } from '../../formats/qr/license-code.ts';
import { FACE, STATUS } from '../../formats/qr/labels.ts';
import { decodeStatusListClaims, statusAt } from '../../formats/qr/status-list.ts';
import { rawToDer } from '../../formats/x509/ecdsa-signature.ts';
import { parseJws } from '../../formats/cose/jws.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { licenseDocument, readLicense, readOwnLicense } from '../../licenses/access.ts';
import { changeStatus } from '../../licenses/change.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { issueLicense } from '../../licenses/issue.ts';
import { licensesOfHolder, recentLicenses, searchByHolder } from '../../licenses/search.ts';
import { statusListToken } from '../../licenses/status-edition.ts';
import type { StoredLicense } from '../../licenses/store.ts';
import { requireProgram, run } from '../programs.ts';
import { engines } from '../storage/engines.ts';
import { approval, market, openLicenseOffice, type LicenseOffice } from './license-office.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

async function publishedStatus(office: LicenseOffice, license: StoredLicense): Promise<number> {
  const { status } = license;
  assert.ok(status);
  const jws = parseJws(await statusListToken(office.parts, status.list), 1_000_000);
  const key = office.parts.serviceKeys.serviceKey('status-list');
  const { signingInput: message } = jws;
  assert.ok(
    verifySignature({
      algorithm: 'ES256',
      publicKey: key.publicKey,
      message,
      signature: rawToDer(jws.signature),
    }),
  );
  const claims = await decodeStatusListClaims(jws.payload, (bytes, limit) =>
    Promise.resolve(new Uint8Array(inflateSync(bytes, { maxOutputLength: limit }))),
  );
  return statusAt(claims.list, status.index);
}

for (const engine of engines) {
  describe(`a license on ${engine.name}`, () => {
    let office: LicenseOffice;
    let opened = false;

    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
    });
    after(async () => {
      // Absent where the engine is, and the tests were skipped.
      if (opened) await office.close();
    });

    it('is issued with identifier, code, page, stamp and record', async function () {
      const license = await issueLicense(office.parts, office.food1());
      const identifier = parseLicenseIdentifier(license.identifier);
      assert.equal(identifier.checkMatches, true);
      assert.equal(identifier.version, '001');
      const message = decodeSign1(decodeEnvelope(license.code.digits));
      const key = office.parts.serviceKeys.serviceKey('license-code');
      assert.ok(
        verifySignature({
          algorithm: 'ES256',
          publicKey: key.publicKey,
          message: sign1Input(message.protectedHeader, message.payload),
          signature: rawToDer(message.signature),
        }),
      );
      const claims = decodeClaims(message.payload);
      assert.equal(claims.face.get(FACE.holder), '天津演示庚㛃𬭸茶餐厅有限公司');
      assert.equal(claims.face.get(FACE.mark), '样章');
      assert.equal(claims.face.get(16), '样本㛃');
      assert.deepEqual(claims.status, license.status);

      const pdf = await office.office.load(license.document.digest);
      const file = await office.office.district.file('license.pdf', pdf);
      run(requireProgram(this, 'qpdf'), ['--check', file]);
      assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', file]), /Signature is Valid/);
      const record = Buffer.from(run(requireProgram(this, 'qpdf'), ['--show-attachment=record.json', file]));
      const hash = createHash('sha256').update(record).digest();
      assert.equal(`sha256:${hash.toString('hex')}`, license.recordHash);
      assert.deepEqual(claims.recordHash, new Uint8Array(hash.subarray(0, 16)));
      assert.equal((JSON.parse(record.toString()) as Record<string, string>)['ZZBS'], license.identifier);
    });

    it('says of a resident no more than a masked name in its code', async () => {
      const license = await issueLicense(office.parts, office.senior1());
      const claims = decodeClaims(decodeSign1(decodeEnvelope(license.code.digits)).payload);
      assert.equal(claims.face.get(FACE.holder), '样**');
      assert.deepEqual(
        [...claims.face.keys()].sort((a, b) => a - b),
        [FACE.typeCode, FACE.holder, FACE.holderCommitment, FACE.mark],
      );
      assert.equal(claims.expires, null);
      const bytes = Buffer.from(decodeEnvelope(license.code.digits));
      for (const secret of ['120105195108230033', '样本𬭸', license.record['ZZBH'] ?? '-', '1951']) {
        assert.equal(bytes.includes(Buffer.from(secret)), false);
      }
      const raw = await office.parts.database.reader.selectFrom('license').selectAll().execute();
      const stored = JSON.stringify(raw);
      for (const secret of ['120105195108230033', '样本𬭸', '茶餐厅'])
        assert.equal(stored.includes(secret), false);
      const audit = JSON.stringify(
        await office.parts.database.reader.selectFrom('audit_log').selectAll().execute(),
      );
      for (const secret of ['120105195108230033', '样本𬭸', '茶餐厅'])
        assert.equal(audit.includes(secret), false);
    });

    it('answers a repeated request with the stored license, and refuses the key for another request', async () => {
      const request = office.food1();
      const first = await issueLicense(office.parts, request);
      const { requests } = office.office.wire;
      assert.deepEqual(await issueLicense(office.parts, request), first);
      assert.equal(office.office.wire.requests, requests);
      await assert.rejects(
        issueLicense(office.parts, { ...office.food1(), idempotencyKey: request.idempotencyKey }),
        refusal('idempotency-mismatch'),
      );
      await assert.rejects(
        issueLicense(office.parts, { ...office.food1(), number: request.number }),
        refusal('license-number-taken'),
      );
    });

    it('answers one of two requests that come at once with one key, and tells the other so', async () => {
      const request = office.food1();
      const results = await Promise.allSettled([
        issueLicense(office.parts, request),
        issueLicense(office.parts, request),
      ]);
      const issued = results
        .filter((result) => result.status === 'fulfilled')
        .map((result) => result.value.id);
      const refused = results.filter((result) => result.status === 'rejected');
      assert.equal(new Set(issued).size, 1);
      for (const { reason } of refused) assert.ok(refusal('idempotency-in-progress')(reason));
      assert.equal((await issueLicense(office.parts, request)).id, issued[0]);
    });

    it('is found by its holder, masked, by who may, and every search is on record', async () => {
      await issueLicense(office.parts, office.senior1());
      const holder = { kind: 'resident', code: '120105195108230033' } as const;
      const { licenses: found } = await searchByHolder(
        office.parts,
        { actor: approval, purpose: '办理食品经营许可' },
        holder,
      );
      assert.ok(found.length >= 1);
      assert.deepEqual(found[0]?.holder, { kind: 'resident', name: '样**', code: '1201**********0033' });
      assert.match(found[0].number, /^\*{4}\d{4}$/);
      const rows = await office.parts.database.reader
        .selectFrom('audit_log')
        .selectAll()
        .where('action', '=', 'license.searched')
        .execute();
      assert.match(rows.at(-1)?.details ?? '', /办理食品经营许可/);
      await assert.rejects(
        searchByHolder(office.parts, { actor: approval, purpose: ' ' }, holder),
        refusal('purpose-missing'),
      );
      await assert.rejects(
        searchByHolder(office.parts, { actor: { ...approval, scopes: [] }, purpose: 'x' }, holder),
        refusal('scope-missing'),
      );
      await assert.rejects(
        searchByHolder(
          office.parts,
          { actor: approval, purpose: 'x' },
          { kind: 'resident', code: '120105195108230034' },
        ),
        refusal('holder-invalid'),
      );
    });

    it('is seen by its supervising department and by its holder, and by no other', async () => {
      const food = await issueLicense(office.parts, office.food1());
      const senior = await issueLicense(office.parts, office.senior1());
      const reading = { actor: market, purpose: '事中事后监管' };
      assert.equal((await readLicense(office.parts, reading, food.id)).state, 'issued');
      assert.equal(
        (await searchByHolder(office.parts, reading, { kind: 'enterprise', code: '91120105MA0000074N' }))
          .licenses.length > 0,
        true,
      );
      const foreign = { actor: { ...market, department: '11120105MB00000275' }, purpose: 'x' };
      for (const license of [food, senior]) {
        await assert.rejects(readLicense(office.parts, foreign, license.id), refusal('license-not-found'));
        await assert.rejects(
          licenseDocument(office.parts, foreign, license.id),
          refusal('license-not-found'),
        );
      }
      assert.deepEqual(
        (await searchByHolder(office.parts, foreign, { kind: 'resident', code: '120105195108230033' }))
          .licenses,
        [],
      );
      assert.deepEqual(await recentLicenses(office.parts, foreign.actor), []);
      await assert.rejects(
        issueLicense(office.parts, { ...office.food1(), actor: market }),
        refusal('type-not-permitted'),
      );
      const person = { id: 'person:1', kind: 'person', department: null, scopes: [] } as const;
      const own = {
        actor: person,
        purpose: 'own',
        holder: { kind: 'resident', code: '120105195108230033' },
      } as const;
      const { licenses: held } = await licensesOfHolder(office.parts, own);
      assert.ok(held.some((license) => license.id === senior.id));
      assert.equal((await readOwnLicense(office.parts, own, senior.id)).holder.name, '样本𬭸');
      assert.equal((await licenseDocument(office.parts, own, senior.id)).digest, senior.document.digest);
      await assert.rejects(readOwnLicense(office.parts, own, food.id), refusal('license-not-found'));
    });

    it('shows a change at once, and keeps reason, basis and day of effect', async () => {
      const license = await issueLicense(office.parts, office.food1());
      assert.equal(await publishedStatus(office, license), STATUS.valid);
      const change = {
        actor: approval,
        licenseId: license.id,
        reason: '检查发现重大问题，暂停',
        legalBasis: '食品安全法第一百二十六条',
      };
      await changeStatus(office.parts, { ...change, idempotencyKey: `s-${license.id}`, change: 'suspend' });
      assert.equal(await publishedStatus(office, license), STATUS.suspended);
      await changeStatus(office.parts, { ...change, idempotencyKey: `r-${license.id}`, change: 'restore' });
      assert.equal(await publishedStatus(office, license), STATUS.valid);
      const revoke = { ...change, idempotencyKey: `v-${license.id}`, change: 'revoke' } as const;
      const event = await changeStatus(office.parts, revoke);
      assert.deepEqual(await changeStatus(office.parts, revoke), event);
      assert.equal(await publishedStatus(office, license), STATUS.outOfForce);
      await assert.rejects(
        changeStatus(office.parts, { ...revoke, reason: '另一原因' }),
        refusal('idempotency-mismatch'),
      );
      await assert.rejects(
        changeStatus(office.parts, { ...change, idempotencyKey: `x-${license.id}`, change: 'restore' }),
        refusal('transition-not-allowed'),
      );
      const cancel = {
        ...change,
        idempotencyKey: `c-${license.id}`,
        change: 'cancel',
        holdersWish: true,
      } as const;
      await changeStatus(office.parts, cancel);
      assert.equal(await publishedStatus(office, license), STATUS.cancelledAtHoldersWish);
      const details = await readLicense(office.parts, { actor: approval, purpose: '复核' }, license.id);
      assert.deepEqual(
        details.events.map(({ change: kind, from, to }) => [kind, from, to]),
        [
          ['suspend', 'issued', 'suspended'],
          ['restore', 'suspended', 'issued'],
          ['revoke', 'issued', 'revoked'],
          ['cancel', 'revoked', 'cancelled'],
        ],
      );
      assert.equal(details.events[0]?.reason, '检查发现重大问题，暂停');
      assert.equal(details.stateWords, '已注销');
    });

    it('cannot be changed by another department, without words, too far ahead of time or without the scope', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const good = {
        actor: approval,
        licenseId: license.id,
        idempotencyKey: `g-${license.id}`,
        change: 'revoke',
        reason: '吊销',
        legalBasis: '行政处罚法第九条',
      } as const;
      const later = new Date(Date.now() + 1100 * 86_400_000);
      const tries: readonly (readonly [object, LicenseErrorCode])[] = [
        [{ actor: market }, 'license-not-found'],
        [{ actor: { ...approval, scopes: ['licenses:write'] } }, 'scope-missing'],
        [{ reason: '' }, 'change-invalid'],
        [{ legalBasis: ' ' }, 'change-invalid'],
        [{ effectiveAt: later }, 'change-invalid'],
        [{ effectiveAt: new Date(0) }, 'change-invalid'],
        [{ licenseId: 'lic_none' }, 'license-not-found'],
        [{ idempotencyKey: '' }, 'idempotency-key-invalid'],
      ];
      for (const [wrong, code] of tries) {
        await assert.rejects(changeStatus(office.parts, { ...good, ...wrong }), refusal(code), code);
      }
      assert.equal(await publishedStatus(office, license), STATUS.valid);
      const results = await Promise.allSettled(
        ['a', 'b', 'c'].map((name) =>
          changeStatus(office.parts, { ...good, idempotencyKey: `${name}-${license.id}` }),
        ),
      );
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
    });

    it('keeps identifiers and status entries apart under load', async () => {
      const issued = await Promise.all(
        Array.from({ length: 8 }, () => issueLicense(office.parts, office.food1())),
      );
      assert.equal(new Set(issued.map((license) => license.identifier)).size, 8);
      assert.equal(
        new Set(issued.map((license) => `${license.status?.list}:${license.status?.index}`)).size,
        8,
      );
    });
  });
}
