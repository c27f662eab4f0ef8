// Status lists: what is published at once, what a list with history says of earlier instants, and what has none.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { parseJws } from '../../formats/cose/jws.ts';
import { STATUS } from '../../formats/qr/labels.ts';
import { changeStatus } from '../../licenses/change.ts';
import { issueLicense } from '../../licenses/issue.ts';
import { statusListToken, statusListTokenAt } from '../../licenses/status-edition.ts';
import { allocateStatus, writeStatus } from '../../licenses/status.ts';
import { engines } from '../storage/engines.ts';
import { scale } from '../scale.ts';
import { approval, openLicenseOffice, type LicenseOffice } from './license-office.ts';
import { DAY, inDays, published, publishStrictType, refusal, valueIn } from './life-office.ts';

for (const engine of engines) {
  describe(`status lists with history on ${engine.name}`, () => {
    let office: LicenseOffice;
    let opened = false;

    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      await publishStrictType(office);
      opened = true;
    });
    after(async () => {
      if (opened) await office.close();
    });

    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

    it('answers for an earlier instant what the list said then', async () => {
      const license = await issueLicense(office.parts, office.food1({ type: 'sample-strict' }));
      const list = license.status?.list ?? -1;
      const marks: Date[] = [new Date()];
      for (const [position, change] of (['suspend', 'restore', 'withdraw'] as const).entries()) {
        await pause();
        await changeStatus(office.parts, {
          actor: approval,
          idempotencyKey: `h-${position}-${license.id}`,
          licenseId: license.id,
          change,
          reason: '检查',
          legalBasis: '证照类型规则',
        });
        await pause();
        marks.push(new Date());
      }
      const said: number[] = [];
      for (const at of marks)
        said.push(await valueIn(await statusListTokenAt(office.parts, list, at), license));
      assert.deepEqual(said, [STATUS.valid, STATUS.suspended, STATUS.valid, STATUS.outOfForce]);
      assert.equal(await published(office.parts, license), STATUS.outOfForce);
      // Another program reads it: the instant lies within its validity.
      const at = marks[1] ?? new Date();
      const token = await statusListTokenAt(office.parts, list, at);
      assert.equal(decodeProtectedHeader(token).typ, 'statuslist+jwt');
      const { publicKey } = office.parts.serviceKeys.serviceKey('status-list');
      const key = await crypto.subtle.importKey(
        'spki',
        new Uint8Array(publicKey),
        { name: 'ECDSA', namedCurve: 'P-256' },
        false,
        ['verify'],
      );
      const { payload } = await jwtVerify(token, key, { currentDate: at });
      assert.ok((payload.iat ?? Infinity) * 1000 <= at.getTime());
      assert.ok((payload.exp ?? 0) * 1000 > at.getTime());
      assert.match(payload.sub ?? '', new RegExp(`/api/v1/status-lists/${list}$`));
    });

    it('refuses times it cannot know, lists without history, and lists that are not there', async () => {
      const kept = await issueLicense(office.parts, office.food1({ type: 'sample-strict' }));
      const plain = await issueLicense(office.parts, office.food1());
      const senior = await issueLicense(office.parts, office.senior1());
      assert.notEqual(kept.status?.list, plain.status?.list);
      assert.equal(plain.status?.list, senior.status?.list, 'lists without history mix types');
      const now = new Date();
      await assert.rejects(
        statusListTokenAt(office.parts, plain.status?.list ?? -1, now),
        refusal('status-history-absent'),
      );
      const list = kept.status?.list ?? -1;
      await assert.rejects(
        statusListTokenAt(office.parts, list, new Date(Date.now() + DAY)),
        refusal('status-time-unknown'),
      );
      await assert.rejects(
        statusListTokenAt(office.parts, list, new Date(Date.now() - 400 * DAY)),
        refusal('status-time-unknown'),
      );
      await assert.rejects(statusListTokenAt(office.parts, 99_999, now), refusal('status-list-not-found'));
      await assert.rejects(statusListToken(office.parts, 99_999), refusal('status-list-not-found'));
    });

    it('signs one edition for many who ask at once, and another after every change', async () => {
      const license = await issueLicense(office.parts, office.food1({ type: 'sample-strict' }));
      const list = license.status?.list ?? -1;
      const change = (position: number, what: 'suspend' | 'restore'): Promise<unknown> =>
        changeStatus(office.parts, {
          actor: approval,
          idempotencyKey: `m-${position}-${license.id}`,
          licenseId: license.id,
          change: what,
          reason: '检查',
          legalBasis: '证照类型规则',
        });
      await change(0, 'suspend');
      let signed = 0;
      const real = office.parts.serviceKeys;
      const counting = {
        ...office.parts,
        serviceKeys: {
          serviceKey: (purpose: 'license-code' | 'status-list') => {
            if (purpose === 'status-list') signed += 1;
            return real.serviceKey(purpose);
          },
        },
      };
      const tokens = await Promise.all(Array.from({ length: 50 }, () => statusListToken(counting, list)));
      assert.equal(new Set(tokens).size, 1);
      assert.equal(signed, 1);
      await change(1, 'restore');
      assert.notEqual(await statusListToken(counting, list), tokens[0]);
      assert.equal(signed, 2);
      // Served on until half its life is over; a later reader gets a fresh one.
      await statusListToken(counting, list);
      assert.equal(signed, 2);
      await statusListToken({ ...inDays(counting, 0.3), serviceKeys: counting.serviceKeys }, list);
      assert.equal(signed, 3);
    });

    it('tells of every instant what a plain record of all changes tells', async () => {
      const { database, random } = office.parts;
      const start = Date.now() - 1_000_000;
      const places = await database.write(async (tx) => {
        const taken = [];
        for (let index = 0; index < 6; index += 1)
          taken.push(await allocateStatus(tx, random, { history: true, at: new Date(start) }));
        return taken;
      });
      const list = places[0]?.list ?? -1;
      const { created_at: created } = await database.reader
        .selectFrom('status_list')
        .select('created_at')
        .where('number', '=', list)
        .executeTakeFirstOrThrow();
      const base = new Date(created ?? 0).getTime() + 5000;
      let clock = base;
      const log: { at: number; place: number; value: number }[] = [];
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              place: fc.integer({ min: 0, max: 5 }),
              value: fc.constantFrom(0, 1, 2, 3, 12, 13),
              after: fc.integer({ min: 0, max: 3 }),
            }),
            { minLength: 1, maxLength: 6 },
          ),
          async (steps) => {
            for (const { place, value, after } of steps) {
              clock += after * 1000;
              const where = places[place];
              assert.ok(where);
              await database.write((tx) => writeStatus(tx, where, value, new Date(clock)));
              log.push({ at: clock, place, value });
            }
          },
        ),
        { numRuns: scale(10) },
      );
      const later = { ...office.parts, clock: () => new Date(clock + 60_000) };
      for (
        let at = base - 1000;
        at <= clock + 2000;
        at += 1000 * Math.max(1, Math.round((clock - base) / 20_000))
      ) {
        const token = await statusListTokenAt(later, list, new Date(at));
        for (const [position, place] of places.entries()) {
          const expected = log.findLast((each) => each.at <= at && each.place === position)?.value ?? 0;
          const license = { status: place } as Parameters<typeof valueIn>[1];
          assert.equal(await valueIn(token, license), expected);
        }
        const { exp = 0, iat = 0 } = parseJws(token, 1_000_000).payload as { exp?: number; iat?: number };
        assert.ok(iat * 1000 <= at && exp * 1000 > at);
      }
    });
  });
}
