// Issued licenses and all that changes them, over one database: for processes that are killed, and for judging what they left.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createBlindIndex } from '../../crypto/blind-index.ts';
import { MasterKey } from '../../crypto/master-key.ts';
import { createRecordCipher } from '../../crypto/record-cipher.ts';
import { suiteNamed } from '../../crypto/suite.ts';
import { formatLicenseIdentifier } from '../../formats/identifiers/license-identifier.ts';
import { completeAct, insertIntendedAct } from '../../licenses/act-store.ts';
import { statusValue } from '../../licenses/license.ts';
import type { LicenseParts } from '../../licenses/parts.ts';
import { allocateStatus } from '../../licenses/status.ts';
import { beginLife } from '../../licenses/life-begin.ts';
import { completeLicense, insertIntendedLicense } from '../../licenses/store.ts';
import { timelineOf } from '../../licenses/event-store.ts';
import { standingAt } from '../../licenses/timeline.ts';
import { publishLicenseType } from '../../licenses/type-register.ts';
import type { LicenseType } from '../../licenses/type.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import type { Database } from '../../storage/database.ts';
import { foodType, ISSUER } from '../licenses/sample-type.ts';

/** Of the sample type: any two persons may change, none alone. */
export const strict: LicenseType = {
  ...foodType,
  typeCode: `${ISSUER.creditCode}109`,
  key: 'sample-two',
  secondPerson: ['revoke'],
  statusHistory: true,
  inspection: {
    name: '校验',
    englishName: 'inspection',
    everyMonths: 12,
    graceDays: 0,
    outcomes: ['合格', '不合格'],
    basis: '样章规则',
  },
};

/** Everything but what signs: nothing here is signed. @param days how far on the clock stands */
export function partsOver(database: Database, master: string, days = 0): LicenseParts {
  const key = new MasterKey(Buffer.from(master, 'hex'));
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  const parts: Partial<LicenseParts> = {
    database,
    cipher: createRecordCipher({ masterKeys: [key], random }),
    index: createBlindIndex(key),
    audit: auditChain({ node: 'crash', digest: 'sha256' }),
    clock: () => new Date(Date.now() + days * 86_400_000),
    random,
    suite: suiteNamed('international'),
    publicUrl: 'https://zz.tjhb.example.cn',
  };
  return parts as LicenseParts;
}

let made = 0;

/** Issues so many licenses, up to the page and its stamp, which changes do not look at. @returns their ids */
export async function issueMany(
  parts: LicenseParts,
  count: number,
  type: LicenseType = strict,
): Promise<readonly string[]> {
  await publishLicenseType(parts, type);
  const ids: string[] = [];
  for (let position = 0; position < count; position += 1) {
    made += 1;
    const act = `act_${randomBytes(16).toString('hex')}`;
    const id = `lic_${randomBytes(16).toString('hex')}`;
    const number = `JY${String(31201050000000 + made)}`;
    const identifier = formatLicenseIdentifier({
      typeCode: type.typeCode,
      issuerCode: type.issuer.creditCode,
      serial: `2026${randomBytes(3).readUIntBE(0, 3).toString().padStart(8, '0')}`,
      version: '001',
    });
    const holder = {
      kind: 'enterprise' as const,
      name: '天津演示己有限公司',
      code: '91120105MA0000015K',
      codeType: '001' as const,
      codeTypeName: '统一社会信用代码' as const,
    };
    const record = {
      ZZBS: identifier,
      ZZBH: number,
      CZZT: holder.name,
      CZZTDM: holder.code,
      ZZLXMC: type.name,
    };
    const now = parts.clock();
    await parts.database.write(async (tx) => {
      await insertIntendedAct(tx, {
        id: act,
        kind: 'license',
        client: 'client:approval',
        idempotency_key: act,
        request_digest: '',
        department: type.issuer.creditCode,
        matter: 'M',
        case_number: null,
        decision_stamp: null,
        intended_at: now.toISOString(),
      });
      const status = await allocateStatus(tx, parts.random, {
        history: type.statusHistory === true,
        at: now,
      });
      await insertIntendedLicense(tx, parts, {
        id,
        act,
        typeCode: type.typeCode,
        edition: type.edition,
        identifier,
        issuer: type.issuer.creditCode,
        supervisor: type.supervisor.creditCode,
        matter: 'M',
        caseNumber: null,
        holderKind: holder.kind,
        holderCode: holder.code,
        holders: [holder],
        photo: null,
        number,
        record,
        recordHash: `sha256:${'0'.repeat(64)}`,
        codeId: randomBytes(16).toString('hex'),
        status,
        issuedAt: now,
        expiresAt: new Date(now.getTime() + 1826 * 86_400_000),
        root: id,
        version: 1,
        succeeds: null,
      });
      await completeAct(tx, act, now);
      await completeLicense(tx, parts, id, {
        code: { prefix: 'https://x/v#', digits: '1' },
        stampId: `stamp_${id}`,
        document: { digest: `sha256:${'0'.repeat(64)}`, size: 1 },
        at: now,
      });
      await beginLife(tx, { id, type, follows: null, now });
    });
    ids.push(id);
  }
  return ids;
}

/**
 * Whether everything that is said of a license in several places is of one mind: row, events, status entry, history of the list,
 * outbox, what waits. @param now when it is looked at
 */
export async function assertOfOneMind(parts: LicenseParts, id: string, now: Date): Promise<void> {
  const db = parts.database.reader;
  const row = await db.selectFrom('license').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const events = await timelineOf(db, id);
  const dues = await db.selectFrom('license_due').selectAll().where('license', '=', id).execute();
  const waiting = dues.filter(({ state }) => state === 'waiting').map(({ sequence }) => sequence);
  // What waits had no effect yet, though its day may have come.
  const effective = events.filter(({ sequence }) => !waiting.includes(sequence));
  const standing = standingAt(effective, null, { validAt: now, knownAt: now });
  assert.equal(row.state, standing.stored, id);
  assert.deepEqual(
    events.map(({ sequence }) => sequence),
    events.map((_, position) => position + 1),
    'events are numbered without a gap',
  );
  const entry = await db
    .selectFrom('status_entry')
    .select('value')
    .where('list', '=', row.status_list ?? -1)
    .where('entry', '=', row.status_index ?? -1)
    .executeTakeFirstOrThrow();
  const wish = standing.last?.holdersWish === true;
  const said = statusValue(standing.stored, row.holder_kind, wish, row.inspection_overdue === 1);
  assert.equal(entry.value, said, 'the public list says what the row says');
  const history = await db
    .selectFrom('status_change')
    .select('value')
    .where('list', '=', row.status_list ?? -1)
    .where('entry', '=', row.status_index ?? -1)
    .orderBy('revision', 'desc')
    .executeTakeFirst();
  assert.equal(history?.value ?? 0, said, 'and so does its history');
  const told = await db
    .selectFrom('license_outbox')
    .select(['sequence', 'kind'])
    .where('root', '=', row.root ?? id)
    .orderBy('sequence')
    .execute();
  assert.deepEqual(
    told.map(({ sequence }) => sequence),
    told.map((_, position) => position + 1),
  );
  const changed = told.filter(({ kind }) => kind === 'changed').length;
  assert.equal(changed, standing.applied.length, 'every change is told of once');
}

/** The audit chain is whole. */
export async function assertChainWhole(database: Database): Promise<void> {
  const verdict = await verifyAuditChain(database.reader);
  assert.equal(verdict.intact, true, JSON.stringify(verdict));
}
