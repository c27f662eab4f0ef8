// Drafts of license types: two officers, one draft at a time, nothing published that another one did not approve.
import assert from 'node:assert/strict';
import { issueLicense } from '../../licenses/issue.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { findLicense } from '../../licenses/store.ts';
import { documentOf } from '../../licenses/type-document.ts';
import type { TypeDraft } from '../../licenses/type-draft-store.ts';
import {
  decideDraft,
  discardDraft,
  editDraft,
  publishDraft,
  readDraft,
  readDrafts,
  startDraft,
  stepsFrom,
  submitDraft,
} from '../../licenses/type-draft.ts';
import { editionsOf, licenseTypeNamed, publishLicenseType } from '../../licenses/type-register.ts';
import type { LicenseType } from '../../licenses/type.ts';
import type { Actor } from '../../storage/actor.ts';
import { engines } from '../storage/engines.ts';
import { openLicenseOffice, type LicenseOffice } from './license-office.ts';
import { foodType, ISSUER } from './sample-type.ts';

const refusal =
  (...codes: LicenseErrorCode[]) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && codes.includes(error.code);

const officer = (name: string): Actor => ({
  id: `person:${name}`,
  kind: 'person',
  department: ISSUER.creditCode,
  scopes: ['licenses:types'],
});
const [anna, berta] = [officer('anna'), officer('berta')];
const stranger: Actor = { ...officer('carl'), department: '11120105MB0000019A' };
const machine: Actor = { ...officer('x'), id: 'client:x', kind: 'client' };

for (const engine of engines) {
  describe(`drafts of license types on ${engine.name}`, () => {
    let office: LicenseOffice;
    let opened = false;
    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
    });
    after(async () => {
      if (opened) await office.close();
    });

    let count = 200;
    /** A new type, so that tests do not meet on one. */
    const newType = (change: Partial<LicenseType> = {}): string => {
      count += 1;
      const type = {
        ...foodType,
        typeCode: `${ISSUER.creditCode}${count}`,
        key: `draft-${count}`,
        seals: [office.office.approvalSeal.code],
        ...change,
      };
      return JSON.stringify(documentOf(type));
    };
    const begin = (): Promise<TypeDraft> => startDraft(office.parts, anna, { definition: newType() });
    const edited = (draft: TypeDraft, change: Partial<LicenseType>): string =>
      JSON.stringify(documentOf({ ...draft.type, ...change }));
    const submitted = async (): Promise<TypeDraft> => submitDraft(office.parts, anna, await begin(), null);

    it('go from draft to a published edition, and every step is on record', async () => {
      const { parts } = office;
      const first = await begin();
      assert.deepEqual([first.state, first.edition, first.revision], ['draft', 1, 1]);
      const second = await editDraft(parts, anna, first, edited(first, { name: '新证' }));
      assert.equal(second.revision, 2);
      const handed = await submitDraft(parts, anna, second, '请审批');
      const approved = await decideDraft(parts, berta, handed, 'approved', null);
      assert.equal(approved.approvedBy, berta.id);
      const published = await publishDraft(parts, anna, approved);
      assert.deepEqual(stepsFrom(published.state), []);
      const { events } = await readDraft(parts, berta, first.id);
      assert.deepEqual(
        events.map(({ kind, actor, revision, note }) => [kind, actor, revision, note]),
        [
          ['started', anna.id, 1, null],
          ['edited', anna.id, 2, null],
          ['submitted', anna.id, 2, '请审批'],
          ['approved', berta.id, 2, null],
          ['published', anna.id, 2, null],
        ],
      );
      const digests = events.slice(1).map(({ definition }) => definition);
      assert.equal(new Set(digests).size, 1, 'what was approved is what was published');
      const [edition] = await editionsOf(parts.database.reader, first.typeCode);
      assert.deepEqual([edition?.draft, edition?.type.name], [first.id, '新证']);
      const audited = await parts.database.reader
        .selectFrom('audit_log')
        .select('action')
        .where('subject', '=', first.id)
        .orderBy('sequence')
        .execute();
      assert.deepEqual(
        audited.map(({ action }) => action),
        ['drafted', 'edited', 'submitted', 'approved', 'published'].map((each) => `license-type.${each}`),
      );
    });

    it('let licenses keep the edition they were issued under', async () => {
      const { parts } = office;
      const before = await issueLicense(parts, office.food1());
      const draft = await startDraft(parts, anna, { typeCode: office.food.typeCode });
      assert.equal(draft.edition, 2);
      const changed = await editDraft(parts, anna, draft, edited(draft, { name: '食品许可' }));
      const handed = await submitDraft(parts, anna, changed, null);
      // Not published yet: nothing changes.
      assert.equal((await issueLicense(parts, office.food1())).edition, 1);
      await publishDraft(parts, berta, await decideDraft(parts, berta, handed, 'approved', null));
      const after = await issueLicense(parts, office.food1());
      assert.deepEqual([after.edition, after.record['ZZMC']], [2, '食品许可']);
      const kept = await findLicense(parts.database.reader, parts, before.id);
      assert.deepEqual([kept?.edition, kept?.record['ZZMC']], [1, '食品经营许可证']);
      // The installation publishes edition 1 again at every start: it is there already.
      await publishLicenseType(parts, office.food);
      assert.equal((await licenseTypeNamed(parts.database.reader, office.food.key)).edition, 2);
    });

    it('need another officer: nobody approves what they wrote, sent in or started', async () => {
      const { parts } = office;
      const handed = await submitted();
      const decide = (who: Actor) => decideDraft(parts, who, handed, 'approved', null);
      await assert.rejects(decide(anna), refusal('draft-second-person'));
      await assert.rejects(publishDraft(parts, berta, handed), refusal('draft-state-invalid'));
      const back = await decideDraft(parts, berta, handed, 'rejected', '名称不符');
      assert.equal(back.state, 'draft');
      const bertas = await editDraft(parts, berta, back, edited(back, { englishName: 'Other' }));
      const again = await submitDraft(parts, anna, bertas, null);
      for (const who of [anna, berta])
        await assert.rejects(
          decideDraft(parts, who, again, 'approved', null),
          refusal('draft-second-person'),
        );
      const third = officer('doris');
      assert.equal((await decideDraft(parts, third, again, 'approved', null)).state, 'approved');
    });

    it('are not approved by who sent them in while the approval was looked at', async () => {
      const { parts } = office;
      const handed = await submitted();
      const { database } = parts;
      let raced = false;
      const write: typeof database.write = async (work) => {
        if (!raced) {
          raced = true;
          await decideDraft(parts, berta, handed, 'rejected', null);
          await submitDraft(parts, berta, handed, null);
        }
        return database.write(work);
      };
      const racing = Object.assign(Object.create(database) as typeof database, { write });
      await assert.rejects(
        decideDraft({ ...parts, database: racing }, berta, handed, 'approved', null),
        refusal('draft-second-person'),
      );
      const { draft, events } = await readDraft(parts, anna, handed.id);
      assert.deepEqual([draft.state, draft.approvedBy], ['submitted', null]);
      assert.equal(events.filter(({ kind }) => kind === 'approved').length, 0);
    });

    it('are refused to systems, to other departments, and without the scope', async () => {
      const { parts } = office;
      const draft = await begin();
      await assert.rejects(
        startDraft(parts, machine, { definition: newType() }),
        refusal('type-not-permitted'),
      );
      await assert.rejects(
        startDraft(parts, stranger, { definition: newType() }),
        refusal('type-not-permitted'),
      );
      await assert.rejects(readDraft(parts, stranger, draft.id), refusal('draft-not-found'));
      await assert.rejects(discardDraft(parts, stranger, draft, null), refusal('draft-not-found'));
      await assert.rejects(readDrafts(parts, { ...anna, scopes: [] }), refusal('scope-missing'));
      assert.ok(!(await readDrafts(parts, stranger)).some(({ id }) => id === draft.id));
    });

    it('are one at a time for a type, also when eight officers start at once', async () => {
      const { parts } = office;
      const definition = newType();
      const started = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => startDraft(parts, officer(`o${index}`), { definition })),
      );
      const [won, ...more] = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      assert.ok(won);
      assert.equal(more.length, 0);
      for (const each of started)
        if (each.status === 'rejected') assert.ok(refusal('draft-open')(each.reason));
      await discardDraft(parts, anna, won, '不用了');
      await startDraft(parts, anna, { definition });
    });

    it('have one winner where eight edit one revision at once, and one publication', async () => {
      const { parts } = office;
      const draft = await begin();
      const edits = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          editDraft(parts, anna, draft, edited(draft, { englishName: `Edit ${index}` })),
        ),
      );
      const won = edits.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      assert.equal(won.length, 1);
      for (const each of edits)
        if (each.status === 'rejected') assert.ok(refusal('draft-changed')(each.reason), String(each.reason));
      const [only] = won;
      assert.ok(only);
      const approved = await decideDraft(
        parts,
        berta,
        await submitDraft(parts, anna, only, null),
        'approved',
        null,
      );
      const published = await Promise.allSettled(
        Array.from({ length: 8 }, () => publishDraft(parts, anna, approved)),
      );
      assert.equal(published.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.equal((await editionsOf(parts.database.reader, draft.typeCode)).length, 1);
      const { events } = await readDraft(parts, anna, draft.id);
      assert.equal(events.filter(({ kind }) => kind === 'published').length, 1);
    });

    it('refuse definitions that do not hold, another type code, another edition; and leave the draft as it was', async () => {
      const { parts } = office;
      const draft = await begin();
      const wrong: readonly (readonly [string, LicenseErrorCode])[] = [
        ['{', 'type-invalid'],
        ['[]', 'type-invalid'],
        ['x'.repeat(300_001), 'type-invalid'],
        [edited(draft, { edition: 2 }), 'type-invalid'],
        [edited(draft, { key: office.food.key }), 'type-invalid'],
        [edited(draft, { typeCode: `${ISSUER.creditCode}999` }), 'type-invalid'],
        [edited(draft, { number: { label: '编号', pattern: '(a+)+' } }), 'type-invalid'],
        [
          edited(draft, { template: { pages: [{ ...foodType.template.pages[0], elements: [] } as never] } }),
          'template-invalid',
        ],
      ];
      for (const [definition, code] of wrong)
        await assert.rejects(
          editDraft(parts, anna, draft, definition),
          refusal(code),
          definition.slice(0, 40),
        );
      const { draft: now, events } = await readDraft(parts, anna, draft.id);
      assert.deepEqual([now.revision, events.length, now.type], [1, 1, draft.type]);
      await assert.rejects(submitDraft(parts, anna, draft, '坏\u202e字'), refusal('change-invalid'));
    });

    it('are never changed by what is recorded of them', async () => {
      const draft = await begin();
      await assert.rejects(
        office.parts.database.write((tx) =>
          tx
            .updateTable('license_type_draft_event')
            .set({ actor: 'x' })
            .where('draft', '=', draft.id)
            .execute(),
        ),
      );
    });
  });
}
