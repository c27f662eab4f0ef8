// The register of seals: made whole or not at all, owned by one department, certified by the CA.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { CaError } from '../../ca/errors.ts';
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts';
import {
  createSeal,
  sealFor,
  sealWithCode,
  sealsOf,
  settleSeals,
  type SealRequest,
} from '../../signing/seal-register.ts';
import { engines } from '../storage/engines.ts';
import {
  approval,
  approvalClient,
  marketClient,
  openSealOffice,
  system,
  type SealOffice,
} from './seal-office.ts';

function refusal(code: SigningErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof SigningError && error.code === code;
}

for (const engine of engines) {
  describe(`the seal register on ${engine.name}`, () => {
    let office: SealOffice;
    let close = (): Promise<void> => Promise.resolve();

    before(async function () {
      engine.require(this);
      office = await openSealOffice(engine);
      close = () => office.close();
    });
    after(() => close());

    const licensing: SealRequest = {
      actor: system,
      name: '天津市河北区政务服务办公室行政许可专用章（演示）',
      type: '06',
      department: approval,
      departmentName: '天津市河北区政务服务办公室（演示）',
      picture: {
        kind: 'special-purpose',
        name: '天津市河北区政务服务办公室',
        purpose: '行政许可专用章',
        centre: 'star',
      },
      code: '12010500000101',
      keepers: ['person:a', 'person:b', 'person:a'],
    };

    it('makes a seal with code, certificate, key and keepers, and finds it again', async () => {
      const seal = await createSeal(office.register, licensing);
      assert.equal(seal.code, '12010500000101');
      assert.equal(seal.state, 'valid');
      assert.deepEqual(seal.keepers, ['person:a', 'person:b']);
      assert.equal(seal.picture.demonstration, true, 'a demonstration authority makes specimens only');
      assert.deepEqual(await sealFor(office.parts.database.reader, approvalClient, seal.id), seal);
      assert.deepEqual(await sealWithCode(office.parts.database.reader, seal.code), seal);
      const [own, issuer, ...more] = seal.chain.map((der) => new X509Certificate(der));
      assert.ok(own !== undefined && issuer !== undefined && more.length === 0);
      assert.ok(own.verify(issuer.publicKey));
      assert.match(own.subject, /CN=12010500000101/);
      assert.match(own.subject, /（演示）/);
      assert.equal(own.validToDate.getTime(), seal.validUntil.getTime());
      const key = await office.parts.keys.open(seal.keyId, 'seal', seal.chain);
      assert.ok(Buffer.from(key.publicKey).equals(own.publicKey.export({ format: 'der', type: 'spki' })));
      const rows = await office.parts.database.reader
        .selectFrom('audit_log')
        .select(['action', 'details'])
        .where('subject', '=', seal.id)
        .execute();
      assert.deepEqual(
        rows.map((row) => row.action),
        ['seal.created'],
      );
    });

    it('gives each department its own seals, in the order of their codes', async () => {
      const mine = await sealsOf(office.parts.database.reader, approvalClient);
      assert.deepEqual(
        mine.map((seal) => seal.code),
        ['12010500000001', '12010500000101'],
      );
      const theirs = await sealsOf(office.parts.database.reader, marketClient);
      assert.deepEqual(
        theirs.map((seal) => seal.code),
        ['12010500000002'],
      );
      await assert.rejects(
        sealFor(office.parts.database.reader, marketClient, mine[0]?.id ?? ''),
        refusal('seal-not-found'),
      );
      await assert.rejects(
        sealsOf(office.parts.database.reader, { ...marketClient, scopes: [] }),
        refusal('scope-missing'),
      );
    });

    it('takes the next free code of a division, also for several at once', async () => {
      const made = await Promise.allSettled(
        Array.from({ length: 4 }, () => createSeal(office.register, { ...licensing, code: '120106' })),
      );
      const codes = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value.code] : []));
      assert.equal(new Set(codes).size, codes.length);
      assert.ok(codes.includes('12010600000001'));
      for (const each of made)
        if (each.status === 'rejected') assert.ok(refusal('seal-input-invalid')(each.reason));
    });

    it('refuses what cannot become a seal, and spends no code on it', async () => {
      const cases: readonly (readonly [SigningErrorCode, SealRequest])[] = [
        ['scope-missing', { ...licensing, actor: { ...system, scopes: [] } }],
        ['seal-type-unknown', { ...licensing, type: '07' }],
        ['seal-input-invalid', { ...licensing, department: '11120105000123456H' }],
        ['seal-input-invalid', { ...licensing, name: '' }],
        ['seal-input-invalid', { ...licensing, code: '1201050000' }],
        ['seal-input-invalid', { ...licensing, code: '12010500000101' }],
        ['name-too-long', { ...licensing, picture: { ...licensing.picture, name: '字'.repeat(31) } }],
        ['glyph-missing', { ...licensing, picture: { ...licensing.picture, name: '天津市𠮷祥局' } }],
      ];
      const count = async (): Promise<number> =>
        (await office.parts.database.reader.selectFrom('seal').select('id').execute()).length;
      const before = await count();
      for (const [code, request] of cases) {
        await assert.rejects(createSeal(office.register, request), refusal(code), code);
      }
      assert.equal(await count(), before);
    });

    it('frees the code where the certificate is refused', async () => {
      const request = { ...licensing, code: '12010500000777' };
      await assert.rejects(
        createSeal(office.register, { ...request, lifetimeDays: 100_000 }),
        (error) => error instanceof CaError,
      );
      assert.equal(await sealWithCode(office.parts.database.reader, request.code), null);
      assert.equal((await createSeal(office.register, request)).code, request.code);
    });

    it('settles a making that was interrupted: the code is free, nothing half made is found', async () => {
      const stuck = {
        ...office.register,
        keys: {
          generate: () => new Promise<never>(() => undefined),
          open: office.register.keys.open.bind(office.register.keys),
          import: office.register.keys.import.bind(office.register.keys),
        },
      };
      const request = { ...licensing, code: '12010500000888' };
      void createSeal(stuck, request);
      const waiting = async (): Promise<boolean> =>
        (await office.parts.database.reader
          .selectFrom('seal')
          .select('id')
          .where('code', '=', request.code)
          .executeTakeFirst()) !== undefined;
      while (!(await waiting())) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(await sealWithCode(office.parts.database.reader, request.code), null);
      await assert.rejects(createSeal(office.register, request), refusal('seal-input-invalid'));
      assert.equal(await settleSeals(office.parts, new Date(Date.now() + 60_000)), 1);
      assert.equal((await createSeal(office.register, request)).state, 'valid');
    });
  });
}
