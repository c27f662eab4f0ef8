// Purposes of processing: each a row with legal basis, versioned notice, recipients and retention (个人信息保护法).
import type { Actor } from '../storage/actor.ts';
import type { Database } from '../storage/database.ts';
import type { PurposeNoticeTable, PurposeRecipientTable, PurposeTable } from '../storage/schema/people.ts';
import type { PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';

/** Article 13(1) of the law, by its items. */
export const legalBases = [
  'consent',
  'contract',
  'statutory-duty',
  'emergency',
  'news-reporting',
  'lawfully-public',
  'other-law',
] as const;

export type LegalBasis = (typeof legalBases)[number];

export const legalBasisWords: Readonly<Record<LegalBasis, { readonly zh: string; readonly en: string }>> = {
  consent: { zh: '取得个人同意（第十三条第一项）', en: 'consent (art. 13(1)1)' },
  contract: { zh: '订立、履行合同所必需（第二项）', en: 'contract (art. 13(1)2)' },
  'statutory-duty': { zh: '履行法定职责或者法定义务所必需（第三项）', en: 'statutory duty (art. 13(1)3)' },
  emergency: { zh: '应对突发公共卫生事件或者紧急情况（第四项）', en: 'emergency (art. 13(1)4)' },
  'news-reporting': { zh: '新闻报道、舆论监督（第五项）', en: 'news reporting (art. 13(1)5)' },
  'lawfully-public': { zh: '已合法公开的信息（第六项）', en: 'information lawfully public (art. 13(1)6)' },
  'other-law': { zh: '法律、行政法规规定的其他情形（第七项）', en: 'other laws (art. 13(1)7)' },
};

export interface Recipient {
  readonly name: string;
  readonly contact: string;
  /** What for and how, in words. */
  readonly use: string;
  readonly categories: readonly string[];
}

/** A purpose as it is published. Publishing it again with another notice makes the next version. */
export interface NewPurpose {
  /** `sign-in`, `sms-notices` …: lower-case letters, digits and hyphens. */
  readonly id: string;
  readonly name: string;
  readonly englishName: string;
  readonly legalBasis: LegalBasis;
  /** Sensitive personal information (art. 28): consent, where it is the basis, is separate (art. 29). */
  readonly sensitive: boolean;
  /** Categories of data, in words. */
  readonly categories: readonly string[];
  readonly retentionDays: number;
  /** Why so long. */
  readonly retentionGround: string;
  readonly recipients: readonly Recipient[];
  readonly notice: string;
  readonly englishNotice: string;
}

export interface Purpose extends NewPurpose {
  /** Of the notice in effect. */
  readonly version: number;
  readonly effectiveAt: Date;
}

const idPattern = /^[a-z][a-z0-9-]{1,39}$/;

/**
 * Publishes a purpose, or its next version. What rests on consent asks everybody anew once its notice changed.
 * @param digest - labels the two texts of the notice, `<algorithm>:<hex>`
 * @returns the version in effect now
 * @throws IdentityError `purpose-invalid` naming the field; a legal basis, once chosen, stays.
 */
export async function publishPurpose(
  dependencies: PeopleDependencies,
  actor: Actor,
  purpose: NewPurpose,
  digest: (text: string) => string,
): Promise<number> {
  requireSense(purpose);
  const at = dependencies.clock();
  const ids = purpose.recipients.map(() => randomIdentifier('prc', dependencies.random));
  const noticeDigest = digest(`${purpose.notice}\n${purpose.englishNotice}`);
  return dependencies.database.write(async (tx) => {
    const row = rowOf(purpose, at);
    await tx
      .insertInto('purpose')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    const known = await tx
      .selectFrom('purpose')
      .selectAll()
      .where('id', '=', purpose.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (known.legal_basis !== purpose.legalBasis) {
      throw new IdentityError(
        'purpose-invalid',
        'The legal basis of a purpose does not change: publish another purpose.',
      );
    }
    await tx
      .updateTable('purpose')
      .set({ ...row, created_at: known.created_at, ended_at: null })
      .where('id', '=', purpose.id)
      .execute();
    await tx
      .updateTable('purpose_recipient')
      .set({ ended_at: at.toISOString() })
      .where('purpose', '=', purpose.id)
      .where('ended_at', 'is', null)
      .execute();
    for (const [position, recipient] of purpose.recipients.entries()) {
      const named = {
        ...recipient,
        categories: JSON.stringify(recipient.categories),
        since: at.toISOString(),
      };
      await tx
        .insertInto('purpose_recipient')
        .values({ id: ids[position] ?? '', purpose: purpose.id, ...named, ended_at: null })
        .execute();
    }
    const last = await tx
      .selectFrom('purpose_notice')
      .select(['version', 'digest'])
      .where('purpose', '=', purpose.id)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (last?.digest === noticeDigest) return last.version;
    const version = (last?.version ?? 0) + 1;
    await tx
      .insertInto('purpose_notice')
      .values({
        purpose: purpose.id,
        version,
        text: purpose.notice,
        english_text: purpose.englishNotice,
        digest: noticeDigest,
        effective_at: at.toISOString(),
        published_by: actor.id,
      })
      .execute();
    const details = { version: String(version), digest: noticeDigest };
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'purpose.published',
      subject: purpose.id,
      details,
    });
    return version;
  });
}

/** Every purpose in effect, with its newest notice and its recipients now; by identifier. */
export async function purposes(database: Database): Promise<readonly Purpose[]> {
  const rows = await database.reader
    .selectFrom('purpose')
    .selectAll()
    .where('ended_at', 'is', null)
    .orderBy('id')
    .execute();
  const notices = await database.reader.selectFrom('purpose_notice').selectAll().orderBy('version').execute();
  const recipients = await database.reader
    .selectFrom('purpose_recipient')
    .selectAll()
    .where('ended_at', 'is', null)
    .orderBy('name')
    .execute();
  return rows.flatMap((row) => {
    const notice = notices.findLast((one) => one.purpose === row.id);
    return notice === undefined
      ? []
      : [
          purposeOf(
            row,
            notice,
            recipients.filter((one) => one.purpose === row.id),
          ),
        ];
  });
}

/** @throws IdentityError `purpose-not-found`. */
export async function requirePurpose(database: Database, id: string): Promise<Purpose> {
  const purpose = (await purposes(database)).find((known) => known.id === id);
  if (purpose === undefined) throw new IdentityError('purpose-not-found', 'There is no such purpose.');
  return purpose;
}

/** A notice as it stood at a version. @throws IdentityError `purpose-not-found`. */
export async function noticeOf(
  database: Database,
  id: string,
  version: number,
): Promise<{ readonly text: string; readonly englishText: string; readonly effectiveAt: Date }> {
  const row = await database.reader
    .selectFrom('purpose_notice')
    .selectAll()
    .where('purpose', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  if (row === undefined)
    throw new IdentityError('purpose-not-found', 'There is no such version of this notice.');
  return { text: row.text, englishText: row.english_text, effectiveAt: new Date(row.effective_at) };
}

function requireSense(purpose: NewPurpose): void {
  const short = (text: string, most: number): boolean =>
    text.trim().length >= 1 && text.length <= most && !/[\p{Cc}]/u.test(text.replace(/\n/g, ''));
  const faults: readonly (readonly [string, boolean])[] = [
    ['id', idPattern.test(purpose.id)],
    ['name', short(purpose.name, 60)],
    ['englishName', short(purpose.englishName, 80)],
    [
      'categories',
      purpose.categories.length >= 1 &&
        purpose.categories.length <= 20 &&
        purpose.categories.every((one) => short(one, 60)),
    ],
    [
      'retentionDays',
      Number.isInteger(purpose.retentionDays) &&
        purpose.retentionDays >= 0 &&
        purpose.retentionDays <= 36_500,
    ],
    ['retentionGround', short(purpose.retentionGround, 200)],
    ['notice', short(purpose.notice, 5000)],
    ['englishNotice', short(purpose.englishNotice, 5000)],
    ['recipients', purpose.recipients.length <= 20 && purpose.recipients.every(isRecipient)],
  ];
  const fault = faults.find(([, good]) => !good);
  if (fault !== undefined)
    throw new IdentityError('purpose-invalid', `The field ${fault[0]} is missing, too long or malformed.`);
  function isRecipient(one: Recipient): boolean {
    return (
      short(one.name, 100) &&
      short(one.contact, 100) &&
      short(one.use, 300) &&
      one.categories.every((each) => short(each, 60))
    );
  }
}

function rowOf(purpose: NewPurpose, at: Date): PurposeTable {
  return {
    id: purpose.id,
    name: purpose.name,
    english_name: purpose.englishName,
    legal_basis: purpose.legalBasis,
    sensitive: purpose.sensitive ? 1 : 0,
    categories: JSON.stringify(purpose.categories),
    retention_days: purpose.retentionDays,
    retention_ground: purpose.retentionGround,
    created_at: at.toISOString(),
    ended_at: null,
  };
}

function purposeOf(
  row: PurposeTable,
  notice: PurposeNoticeTable,
  recipients: readonly PurposeRecipientTable[],
): Purpose {
  return {
    id: row.id,
    name: row.name,
    englishName: row.english_name,
    legalBasis: legalBases.find((basis) => basis === row.legal_basis) ?? 'consent',
    sensitive: row.sensitive === 1,
    categories: JSON.parse(row.categories) as readonly string[],
    retentionDays: row.retention_days,
    retentionGround: row.retention_ground,
    recipients: recipients.map(({ name, contact, use, categories }) => ({
      name,
      contact,
      use,
      categories: JSON.parse(categories) as readonly string[],
    })),
    notice: notice.text,
    englishNotice: notice.english_text,
    version: notice.version,
    effectiveAt: new Date(notice.effective_at),
  };
}
