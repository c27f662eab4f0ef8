// Copies for a purpose on both databases: what they say, what they leave out, and how they end.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { decodeClaims } from '../../formats/cose/cwt.ts';
import { parseJws } from '../../formats/cose/jws.ts';
import { decodeSign1 } from '../../formats/cose/sign1.ts';
import { decodeEnvelope } from '../../formats/qr/license-code.ts';
import { FACE, STATUS } from '../../formats/qr/labels.ts';
import { decodeStatusListClaims, statusAt } from '../../formats/qr/status-list.ts';
import { changeStatus } from '../../licenses/change.ts';
import { copiesOfHolder, copyDocument, endCopy } from '../../licenses/copy-access.ts';
import type { CopyRequest } from '../../licenses/copy-check.ts';
import type { LicenseCopy } from '../../licenses/copy-store.ts';
import { makeCopy, settleCopies } from '../../licenses/copy.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { beijingDay } from '../../licenses/face.ts';
import { issueLicense } from '../../licenses/issue.ts';
import type { PageOrder } from '../../licenses/page.ts';
import { statusListToken } from '../../licenses/status-edition.ts';
import type { StoredLicense } from '../../licenses/store.ts';
import { requireProgram, run } from '../programs.ts';
import { engines } from '../storage/engines.ts';
import { approval } from './license-office.ts';
import { openShowingDesk, type ShowingDesk } from './showing-desk.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

const OFFICE = '11120105MB0000019A';

for (const engine of engines) {
  describe(`a copy for a purpose on ${engine.name}`, function () {
    this.timeout(120_000);
    let desk: ShowingDesk;
    let opened = false;
    let card: StoredLicense;
    let count = 0;

    before(async function () {
      engine.require(this);
      desk = await openShowingDesk(engine);
      opened = true;
      card = desk.card;
    });
    after(async () => {
      if (opened) await desk.close();
    });

    function request(changes: Partial<CopyRequest> = {}): CopyRequest {
      count += 1;
      return {
        actor: desk.showing.actor,
        purpose: '持证人查看',
        holder: desk.showing.holder,
        idempotencyKey: `copy-${count}`,
        license: card.id,
        fields: ['CZZT', 'CZZTDM', 'KZ_CSRQ', 'ZZBFRQ'],
        grant: {
          department: OFFICE,
          departmentName: '天津市河北区市场监督管理局（演示）',
          matter: 'YS1201050200013101000001',
          matterName: '食品经营许可',
          until: beijingDay(new Date(desk.parts.clock().getTime() + 30 * 86_400_000)),
        },
        ...changes,
      };
    }

    async function fileOf(copy: LicenseCopy): Promise<{ readonly file: string; readonly pdf: Uint8Array }> {
      const pdf = await desk.office.office.load(copy.document.digest);
      return { pdf, file: await desk.office.office.district.file(`${copy.id}.pdf`, pdf) };
    }

    async function codeOf(copy: LicenseCopy, context: Mocha.Context) {
      const { file } = await fileOf(copy);
      const qpdf = requireProgram(context, 'qpdf');
      const text = run(qpdf, ['--show-attachment=license-code.txt', file]).trim();
      const record = run(qpdf, ['--show-attachment=record.json', file]);
      const claims = decodeClaims(decodeSign1(decodeEnvelope(text.split('#')[1] ?? '')).payload);
      return { claims, record, values: JSON.parse(record) as Record<string, string> };
    }

    async function published(status: { list: number; index: number } | null): Promise<number> {
      assert.ok(status);
      const jws = parseJws(await statusListToken(desk.parts, status.list), 1_000_000);
      const claims = await decodeStatusListClaims(jws.payload, (bytes, limit) =>
        Promise.resolve(new Uint8Array(inflateSync(bytes, { maxOutputLength: limit }))),
      );
      return statusAt(claims.list, status.index);
    }

    it('says what it is for on the page, in the record and in the signed code', async function () {
      const copy = await makeCopy(desk.parts, request());
      assert.match(copy.grantNumber, /^SQ\d{20}$/);
      const { file } = await fileOf(copy);
      assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', file]), /Signature is Valid/);
      const words = run(requireProgram(this, 'pdftotext'), ['-layout', file, '-']).replaceAll(/\s/g, '');
      for (const part of [
        '加注件',
        '仅供天津市河北区市场监督管理局（演示）办理“食品经营许可”使用',
        copy.grantNumber,
        '样本𬭸',
        '1951年8月23日',
      ])
        assert.ok(words.includes(part), part);
      const { claims, record, values } = await codeOf(copy, this);
      assert.equal(claims.face.get(FACE.copyGrant), copy.grantNumber);
      assert.equal(claims.face.get(FACE.copyOffice), OFFICE);
      assert.equal(claims.face.get(FACE.copyMatter), 'YS1201050200013101000001');
      assert.equal(claims.face.get(FACE.copyWords), '天津市河北区市场监督管理局（演示）办理“食品经营许可”');
      assert.equal(claims.face.get(FACE.holder), '样**');
      assert.deepEqual(claims.expires, copy.expiresAt);
      assert.equal(`sha256:${createHash('sha256').update(record).digest('hex')}`, copy.recordHash);
      assert.equal(values['KZ_CSRQ'], '1951-08-23');
    });

    it('tells nothing but what was granted: no number, no identifier, no salt, no code of the original', async function () {
      const copy = await makeCopy(desk.parts, request({ fields: ['KZ_CSRQ'] }));
      const { pdf } = await fileOf(copy);
      const { claims, values } = await codeOf(copy, this);
      assert.deepEqual(
        Object.keys(values).sort(),
        [
          'CZZT',
          'CZZTDM',
          'CZZTDMLX',
          'CZZTDMLXDM',
          'KZ_CSRQ',
          'ZZBFJG',
          'ZZBFJGDM',
          'ZZLXDM',
          'ZZLXMC',
          'ZZMC',
          'ZZYXQJZRQ',
          'codeId',
          'copiedOn',
          'edition',
          'format',
          'grant',
          'grantMatter',
          'grantOffice',
          'grantWords',
          'mark',
          'salt',
          'version',
        ].sort(),
      );
      assert.deepEqual(
        [values['CZZT'], values['CZZTDM']],
        ['样**', '120105********0033'.length === 18 ? values['CZZTDM'] : ''],
      );
      const text = Buffer.from(pdf).toString('latin1') + JSON.stringify(values);
      const secrets = [
        '120105195108230033',
        card.identifier,
        card.record['ZZBH'] ?? '-',
        card.record['salt'] ?? '-',
        card.codeId,
        card.code.digits,
      ];
      for (const secret of secrets) assert.equal(text.includes(secret), false, secret);
      assert.equal(JSON.stringify(values).includes('样本'), false);
      assert.notEqual(values['codeId'], card.codeId);
      assert.notDeepEqual(claims.status, card.status);
      const rows = JSON.stringify(
        await desk.parts.database.reader.selectFrom('license_copy').selectAll().execute(),
      );
      for (const secret of ['样本', '1951-08-23', '120105195108230033'])
        assert.equal(rows.includes(secret), false, secret);
    });

    it('masks a resident’s number even where the number was granted', async function () {
      const copy = await makeCopy(desk.parts, request({ fields: ['CZZTDM'] }));
      const { values } = await codeOf(copy, this);
      assert.match(values['CZZTDM'] ?? '', /^\d{4,6}\*+\w{2,4}$/);
      assert.ok(!(values['CZZTDM'] ?? '').includes('19510823'));
      const { file } = await fileOf(copy);
      const words = run(requireProgram(this, 'pdftotext'), ['-layout', file, '-']);
      assert.ok(words.includes(values['CZZTDM'] ?? '-') && !words.includes('19510823'));
    });

    it('ends with its license, comes back with it, and stays ended where the holder took it back', async () => {
      const license = await issueLicense(desk.office.parts, desk.office.senior1());
      const [kept, taken] = [
        await makeCopy(desk.parts, request({ license: license.id })),
        await makeCopy(desk.parts, request({ license: license.id })),
      ];
      const statusOf = async (copy: LicenseCopy) => {
        const row = await desk.parts.database.reader
          .selectFrom('license_copy')
          .select(['status_list as list', 'status_index as index'])
          .where('id', '=', copy.id)
          .executeTakeFirstOrThrow();
        return published({ list: row.list ?? -1, index: row.index ?? -1 });
      };
      assert.deepEqual([await statusOf(kept), await statusOf(taken)], [STATUS.valid, STATUS.valid]);
      await endCopy(desk.parts, request(), taken.id);
      await assert.rejects(endCopy(desk.parts, request(), taken.id), refusal('copy-not-found'));
      assert.deepEqual([await statusOf(kept), await statusOf(taken)], [STATUS.valid, STATUS.outOfForce]);
      const change = { actor: approval, licenseId: license.id, reason: '演示', legalBasis: '规则' } as const;
      await changeStatus(desk.parts, { ...change, change: 'suspend', idempotencyKey: `cs-${engine.name}` });
      assert.deepEqual([await statusOf(kept), await statusOf(taken)], [STATUS.suspended, STATUS.outOfForce]);
      await assert.rejects(makeCopy(desk.parts, request({ license: license.id })), refusal('copy-invalid'));
      await changeStatus(desk.parts, { ...change, change: 'restore', idempotencyKey: `cr-${engine.name}` });
      assert.deepEqual([await statusOf(kept), await statusOf(taken)], [STATUS.valid, STATUS.outOfForce]);
      const listed = await copiesOfHolder(desk.parts, request());
      assert.equal(listed.find(({ id }) => id === taken.id)?.endedAt !== null, true);
    });

    it('makes none of a license that was changed while the copy was being prepared', async () => {
      const license = await issueLicense(desk.office.parts, desk.office.senior1());
      const change = { actor: approval, licenseId: license.id, reason: '演示', legalBasis: '规则' } as const;
      const slow = {
        ...desk.parts,
        renderer: {
          ...desk.parts.renderer,
          draw: (order: PageOrder) => desk.parts.renderer.draw(order),
          // After the license was looked at, and before anything is written.
          examine: async () => {
            await changeStatus(desk.parts, {
              ...change,
              change: 'suspend',
              idempotencyKey: `while-${engine.name}`,
            });
          },
        },
      };
      await assert.rejects(makeCopy(slow, request({ license: license.id })), refusal('copy-invalid'));
      const rows = await desk.parts.database.reader
        .selectFrom('license_copy')
        .select('id')
        .where('license', '=', license.id)
        .execute();
      assert.deepEqual(rows, []);
    });

    it('makes fifty of a license in a day, and no more', async () => {
      const license = await issueLicense(desk.office.parts, desk.office.senior1());
      const { id } = await makeCopy(desk.parts, request({ license: license.id }));
      const { reader } = desk.parts.database;
      const row = await reader
        .selectFrom('license_copy')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const others = Array.from({ length: 48 }, (_, at) => ({
        ...row,
        ...{
          id: `cpy_x${at}`,
          idempotency_key: `x${at}`,
          grant_number: `X${at}`,
          code_id: `x${at}`,
          stamp: null,
        },
      }));
      await desk.parts.database.write((tx) => tx.insertInto('license_copy').values(others).execute());
      // One more, whoever of ten is first.
      const tries = await Promise.allSettled(
        Array.from({ length: 10 }, () => makeCopy(desk.parts, request({ license: license.id }))),
      );
      assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const each of tries)
        if (each.status === 'rejected') assert.ok(refusal('copy-limit')(each.reason), String(each.reason));
      desk.wait(86_400);
      await makeCopy(desk.parts, request({ license: license.id }));
    });

    it('answers the same key with the same copy, and another request under it not at all', async () => {
      const asked = request();
      const [first, ...others] = await Promise.allSettled(
        Array.from({ length: 6 }, () => makeCopy(desk.parts, asked)),
      );
      const all = [first, ...others];
      const made = all.flatMap((each) => (each?.status === 'fulfilled' ? [each.value.id] : []));
      assert.ok(made.length >= 1 && new Set(made).size === 1);
      for (const each of all)
        if (each?.status === 'rejected') assert.ok(refusal('idempotency-in-progress')(each.reason));
      assert.equal((await makeCopy(desk.parts, asked)).id, made[0]);
      await assert.rejects(
        makeCopy(desk.parts, { ...asked, fields: ['CZZT'] }),
        refusal('idempotency-mismatch'),
      );
    });

    it('refuses what it cannot be: other people’s, too long, for nobody, for too many fields', async () => {
      const { grant } = request();
      const day = (days: number): string =>
        beijingDay(new Date(desk.parts.clock().getTime() + days * 86_400_000));
      const bad: readonly (readonly [Partial<CopyRequest>, LicenseErrorCode])[] = [
        [{ holder: { kind: 'resident', code: '120105199001010012' } }, 'license-not-found'],
        [{ grant: { ...grant, until: day(182) } }, 'copy-invalid'],
        [{ grant: { ...grant, until: day(-1) } }, 'copy-invalid'],
        [{ grant: { ...grant, until: '2026-02-30' } }, 'copy-invalid'],
        [{ grant: { ...grant, department: 'x' } }, 'copy-invalid'],
        [{ grant: { ...grant, matter: '' } }, 'copy-invalid'],
        [{ grant: { ...grant, matterName: ' ' } }, 'copy-invalid'],
        [{ fields: [] }, 'fields-not-permitted'],
        [{ fields: ['salt'] }, 'fields-not-permitted'],
        [{ actor: { ...desk.showing.actor, scopes: [] } }, 'scope-missing'],
        [{ idempotencyKey: '' }, 'idempotency-key-invalid'],
        [{ grant: { ...grant, matterName: '󰀀'.repeat(3) } }, 'glyph-missing'],
      ];
      for (const [changes, code] of bad)
        await assert.rejects(makeCopy(desk.parts, request(changes)), refusal(code), JSON.stringify(changes));
    });

    it('gives up what failed on the way: the key is spent, the entry out of force, the personal data gone', async () => {
      const broken = {
        ...desk.parts,
        renderer: {
          ...desk.parts.renderer,
          examine: (content: PageOrder) => desk.parts.renderer.examine(content),
          draw: () => Promise.reject(new LicenseError('page-failed', 'The page could not be drawn.')),
        },
      };
      const asked = request();
      await assert.rejects(makeCopy(broken, asked), refusal('page-failed'));
      await assert.rejects(makeCopy(desk.parts, asked), refusal('idempotency-abandoned'));
      const row = await desk.parts.database.reader
        .selectFrom('license_copy')
        .selectAll()
        .where('idempotency_key', '=', asked.idempotencyKey)
        .executeTakeFirstOrThrow();
      assert.deepEqual([row.state, row.record, row.stamp], ['abandoned', null, null]);
      assert.equal(
        await published({ list: row.status_list ?? -1, index: row.status_index ?? -1 }),
        STATUS.outOfForce,
      );
    });

    it('settles at start what a crash left, and nothing that is whole', async () => {
      const whole = await makeCopy(desk.parts, request());
      const stuck = {
        ...desk.parts,
        renderer: {
          ...desk.parts.renderer,
          examine: (content: PageOrder) => desk.parts.renderer.examine(content),
          draw: () => new Promise<Uint8Array>(() => undefined),
        },
      };
      const asked = request();
      void makeCopy(stuck, asked);
      for (;;) {
        const row = await desk.parts.database.reader
          .selectFrom('license_copy')
          .select('state')
          .where('idempotency_key', '=', asked.idempotencyKey)
          .executeTakeFirst();
        if (row !== undefined) break;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await assert.rejects(makeCopy(desk.parts, asked), refusal('idempotency-in-progress'));
      desk.wait(1);
      assert.equal(await settleCopies(desk.parts, desk.parts.clock()), 1);
      assert.equal(await settleCopies(desk.parts, desk.parts.clock()), 0);
      await assert.rejects(makeCopy(desk.parts, asked), refusal('idempotency-abandoned'));
      const listed = await copiesOfHolder(desk.parts, request());
      assert.ok(listed.some(({ id }) => id === whole.id));
    });

    it('gives its file to its holder alone, on record', async () => {
      const copy = await makeCopy(desk.parts, request());
      const { identifier } = await copyDocument(desk.parts, request(), copy.id);
      assert.equal(identifier, copy.grantNumber);
      const stranger = request({ holder: { kind: 'resident', code: '120105199001010012' } });
      await assert.rejects(copyDocument(desk.parts, stranger, copy.id), refusal('copy-not-found'));
      await assert.rejects(endCopy(desk.parts, stranger, copy.id), refusal('copy-not-found'));
    });
  });
}
