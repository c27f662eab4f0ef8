// Several holders and photos in the repository: found by each, gone with what was given up, kept from version to version.
import assert from 'node:assert/strict';
import { issueLicense, issueVersion, type IssueRequest } from '../../licenses/issue.ts';
import { holdersOfRecord } from '../../licenses/holders.ts';
import { photoOf } from '../../licenses/photo.ts';
import { recordCipherOf } from '../../licenses/record-keys.ts';
import { licensesOfHolder, searchByHolder } from '../../licenses/search.ts';
import { publishLicenseType } from '../../licenses/type-register.ts';
import { samplePortrait } from '../../fixtures/portraits.ts';
import { engines } from '../storage/engines.ts';
import { approval, market, openLicenseOffice, seniorType, type LicenseOffice } from './license-office.ts';
import { copyRows } from './life-office.ts';
import { ISSUER } from './sample-type.ts';

const wife = { kind: 'resident', name: '样本晴', code: '120105199312040083' } as const;
const husband = { kind: 'resident', name: '样本山', code: '120105199001010012' } as const;

for (const engine of engines) {
  describe(`several holders and photos on ${engine.name}`, () => {
    let office: LicenseOffice;
    let opened = false;
    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
      const plain = seniorType(office.office.approvalSeal.code);
      const [page] = plain.template.pages;
      assert.ok(page);
      await publishLicenseType(office.parts, {
        ...plain,
        typeCode: `${ISSUER.creditCode}110`,
        key: 'sample-couple',
        holders: { minimum: 2, maximum: 3, roles: ['甲方', '乙方'], shares: true },
        photo: { required: true, minimumWidth: 100, minimumHeight: 100 },
        template: {
          pages: [
            {
              ...page,
              elements: [...page.elements, { kind: 'photo', box: { x: 150, y: 90, width: 25, height: 35 } }],
            },
          ],
        },
      });
    });
    after(async () => {
      if (opened) await office.close();
    });

    const couple = (change: Partial<IssueRequest> = {}): IssueRequest => ({
      ...office.senior1(),
      type: 'sample-couple',
      holder: { ...husband, share: '60%' },
      coHolders: [{ ...wife, role: '乙方', share: '40%' }],
      photo: samplePortrait(1),
      ...change,
    });
    const search = async (code: string) =>
      (await searchByHolder(office.parts, { actor: approval, purpose: 'test' }, { kind: 'resident', code }))
        .licenses;
    const photo = async (id: string) =>
      photoOf(
        office.parts.database.reader,
        await recordCipherOf(office.parts.database.reader, office.parts, id),
        id,
      );

    it('are found by each of them, and stand in the record in order', async () => {
      const license = await issueLicense(office.parts, couple());
      for (const { code } of [husband, wife])
        assert.ok(
          (await search(code)).some(({ id }) => id === license.id),
          code,
        );
      assert.deepEqual(holdersOfRecord(license.record), [
        { ...husband, role: '甲方', share: '60%' },
        { ...wife, role: '乙方', share: '40%' },
      ]);
      assert.equal(license.record['CZZT'], husband.name);
      const { licenses: own } = await licensesOfHolder(office.parts, {
        actor: { id: 'person:w', kind: 'person', department: null, scopes: ['licenses:own'] },
        purpose: 'own',
        holder: wife,
      });
      assert.ok(own.some(({ id }) => id === license.id));
    });

    it('are told apart from another request with the same key: holders and photo are part of what is asked', async () => {
      const request = couple();
      const first = await issueLicense(office.parts, request);
      assert.equal((await issueLicense(office.parts, request)).id, first.id);
      for (const change of [
        { coHolders: [{ ...wife, role: '甲方', share: '40%' }] },
        { photo: samplePortrait(2) },
      ])
        await assert.rejects(issueLicense(office.parts, { ...request, ...change }), /another request/);
    });

    it('are found by the department of one license, however many others issued to them since', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const away = await copyRows(office.parts, license.id, 201, {
        issuer: market.department ?? '',
        supervisor: market.department ?? '',
        issued_at: new Date(Date.now() + 60_000).toISOString(),
      });
      const holder = { kind: license.holderKind, code: license.record['CZZTDM'] ?? '' };
      const { licenses: found } = await searchByHolder(
        office.parts,
        { actor: approval, purpose: 'test' },
        holder,
      );
      assert.ok(found.some(({ id }) => id === license.id));
      assert.ok(found.every(({ issuer }) => issuer.creditCode === approval.department));
      await away();
    });

    it('keep the photo from version to version, unless another is given', async () => {
      const first = await issueLicense(office.parts, couple());
      const shown = await photo(first.id);
      assert.ok(shown);
      assert.equal(first.record['photo'], shown.digest);
      const again = couple({ number: first.record['ZZBH'] ?? '', photo: undefined });
      const succeeds = {
        license: first.id,
        how: 'change',
        reason: '变更',
        legalBasis: '行政许可法第四十九条',
      } as const;
      const second = await issueVersion(office.parts, { ...again, succeeds });
      assert.deepEqual(await photo(second.id), shown);
      assert.ok((await search(wife.code)).some(({ id }) => id === second.id));
      assert.ok(
        !(await search(wife.code)).some(({ id }) => id === first.id),
        'of a holder the newest version',
      );
    });

    it('go with a license that was given up', async () => {
      const { parts } = office;
      const rows = async () => {
        const { reader } = parts.database;
        const holders = await reader.selectFrom('license_holder').select('license').execute();
        const photos = await reader.selectFrom('license_photo').select('license').execute();
        return [holders.length, photos.length];
      };
      const before = await rows();
      const failing = {
        ...parts,
        renderer: {
          ...parts.renderer,
          examine: () => Promise.resolve(),
          draw: () => Promise.reject(new Error('planted')),
        },
      };
      await assert.rejects(issueLicense(failing, couple()), /planted/);
      assert.deepEqual(await rows(), before);
    });
  });
}
