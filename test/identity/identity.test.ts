// Departments, API keys, persons and demonstration sessions on a real database with real keys.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../api/config.ts';
import { openInstallation, operator, realWorld, type Installation } from '../../api/installation.ts';
import { createApiKey, principalOfApiKey, revokeApiKey } from '../../identity/api-keys.ts';
import { addDepartment, allDepartments, departmentByCode } from '../../identity/departments.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import { personById, personWithNumber } from '../../identity/persons.ts';
import type { Principal } from '../../identity/principal.ts';

const department = {
  creditCode: '11120105000123457H',
  name: '天津市河北区政务服务办公室',
  shortName: '政务服务办',
};
const refused = (code: IdentityErrorCode) => (error: unknown) =>
  error instanceof IdentityError && error.code === code;

describe('identity', () => {
  let folder: string;
  let installation: Installation;
  let now: Date;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-identity-'));
    now = new Date('2026-11-22T05:06:07.000Z');
    const config = readConfig({ YINXIN_DATA: folder, YINXIN_MODE: 'demonstration' });
    installation = await openInstallation(config, { ...realWorld, clock: () => now, keyCost: 1024 });
  });
  afterEach(async () => {
    await installation.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const auditActions = async (): Promise<string[]> =>
    (
      await installation.database.reader
        .selectFrom('audit_log')
        .select('action')
        .orderBy('sequence')
        .execute()
    ).map((row) => row.action);

  describe('departments', () => {
    it('registers one, finds it, and audits it once', async () => {
      await addDepartment(installation, operator, { ...department, creditCode: ' 11120105000123457h ' });
      assert.deepEqual(await departmentByCode(installation.database, department.creditCode), department);
      assert.deepEqual(await allDepartments(installation.database), [department]);
      assert.deepEqual(await auditActions(), ['department.added']);
    });

    it('refuses a wrong check character, an impossible name and a second registration', async () => {
      await assert.rejects(
        addDepartment(installation, operator, { ...department, creditCode: '11120105000123457J' }),
        refused('department-code-invalid'),
      );
      for (const name of ['', '一', 'x'.repeat(61), 'line\nbreak', '\u2028\u2028']) {
        await assert.rejects(
          addDepartment(installation, operator, { ...department, name }),
          refused('department-name-invalid'),
        );
      }
      await addDepartment(installation, operator, department);
      await assert.rejects(addDepartment(installation, operator, department), refused('department-exists'));
      assert.deepEqual(await auditActions(), ['department.added']);
    });
  });

  describe('API keys', () => {
    beforeEach(() => addDepartment(installation, operator, department));
    const create = () =>
      createApiKey(installation, operator, {
        department: department.creditCode,
        scopes: ['stamps:write', 'stamps:write', 'seals:read'],
        label: 'approval system',
      });

    it('gives the department, its scopes and nothing else', async () => {
      const { id, key } = await create();
      assert.match(key, /^yx_[A-Za-z0-9_-]{43}$/);
      assert.deepEqual(await principalOfApiKey(installation, key), {
        id: `client:${id}`,
        kind: 'client',
        department: department.creditCode,
        scopes: ['seals:read', 'stamps:write'],
        roles: ['approval-system'],
        level: 0,
        actingFor: null,
      } satisfies Principal);
    });

    it('stores no secret in any table or file', async () => {
      const { key } = await create();
      const row = await installation.database.reader
        .selectFrom('api_key')
        .selectAll()
        .executeTakeFirstOrThrow();
      assert.match(row.secret_mac, /^hmac-sha256:[0-9a-f]{64}$/);
      assert.ok(!JSON.stringify(row).includes(key.slice(3)));
      const audit = await installation.database.reader.selectFrom('audit_log').selectAll().execute();
      assert.ok(!JSON.stringify(audit).includes(key.slice(3)));
    });

    it('refuses what is unknown, malformed or revoked, all alike', async () => {
      const { id, key } = await create();
      const flipped = `${key.slice(0, -2)}${key.at(-2) === 'A' ? 'B' : 'A'}${key.slice(-1)}`;
      for (const presented of [
        flipped,
        '',
        'yx_',
        `${key} `,
        key.slice(0, -1),
        key.toUpperCase(),
        `${key}A`,
      ]) {
        await assert.rejects(principalOfApiKey(installation, presented), refused('api-key-refused'));
      }
      await revokeApiKey(installation, operator, id);
      const row = await installation.database.reader
        .selectFrom('audit_log')
        .select(['subject', 'actor'])
        .where('action', '=', 'api-key.revoked')
        .executeTakeFirst();
      assert.deepEqual(row, { subject: id, actor: 'system' });
      await assert.rejects(principalOfApiKey(installation, key), refused('api-key-refused'));
      await assert.rejects(revokeApiKey(installation, operator, id), refused('api-key-not-found'));
    });

    it('notes the last use, at most once a minute', async () => {
      const { key } = await create();
      const lastUse = async () =>
        (
          await installation.database.reader
            .selectFrom('api_key')
            .select('last_used_at')
            .executeTakeFirstOrThrow()
        ).last_used_at;
      await principalOfApiKey(installation, key);
      assert.equal(await lastUse(), '2026-11-22T05:06:07.000Z');
      now = new Date('2026-11-22T05:06:37.000Z');
      await principalOfApiKey(installation, key);
      assert.equal(await lastUse(), '2026-11-22T05:06:07.000Z');
      now = new Date('2026-11-22T05:07:08.000Z');
      await principalOfApiKey(installation, key);
      assert.equal(await lastUse(), '2026-11-22T05:07:08.000Z');
    });

    it('is made for registered departments and known scopes only', async () => {
      const wanted = { department: department.creditCode, scopes: ['stamps:write'], label: '' };
      await assert.rejects(
        createApiKey(installation, operator, { ...wanted, department: '11120105MB0000019A' }),
        refused('department-not-found'),
      );
      await assert.rejects(
        createApiKey(installation, operator, { ...wanted, scopes: ['everything'] }),
        refused('scope-unknown'),
      );
      await assert.rejects(
        createApiKey(installation, operator, { ...wanted, scopes: [] }),
        refused('scope-unknown'),
      );
    });

    it('made in a demonstration opens nothing in production', async () => {
      const { key } = await create();
      await assert.rejects(
        principalOfApiKey({ ...installation, demonstration: false }, key),
        refused('api-key-refused'),
      );
    });
  });

  describe('persons', () => {
    it('are found by number, kept encrypted, and bound to their rows', async () => {
      const id = await personWithNumber(installation, { name: '样本㛃', number: '120105194807070046' });
      assert.equal(
        await personWithNumber(installation, { name: '样本㛃', number: ' 120105194807070046 ' }),
        id,
      );
      const other = await personWithNumber(installation, { name: '样本山', number: '120105199001010012' });
      assert.notEqual(other, id);
      assert.deepEqual(await personById(installation, id), {
        id,
        name: '样本㛃',
        documentType: 'resident-identity-card',
        number: '120105194807070046',
        wanghao: null,
        birthDate: '1948-07-07',
      });
      assert.equal(await personById(installation, 'psn_absent'), null);

      const rows = await installation.database.reader.selectFrom('person').selectAll().execute();
      assert.ok(!/样本|120105/.test(JSON.stringify(rows)));
      const stolen = rows.find((row) => row.id === id);
      await installation.database.write(async (tx) => {
        await tx
          .updateTable('person')
          .set({ number_cipher: stolen?.number_cipher ?? '' })
          .where('id', '=', other)
          .execute();
      });
      await assert.rejects(personById(installation, other), { code: 'ciphertext-damaged' });
    });

    it('need a valid number, which no message repeats', async () => {
      await assert.rejects(
        personWithNumber(installation, { name: '样本山', number: '120105199001010013' }),
        (error: unknown) => refused('person-number-invalid')(error) && !String(error).includes('1990'),
      );
    });
  });
});
