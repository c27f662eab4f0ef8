// Licenses of before, taken over: marked on every page, in the code, the record and the metadata as no original.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { decodeClaims } from '../../formats/cose/cwt.ts';
import { decodeSign1 } from '../../formats/cose/sign1.ts';
import { decodeEnvelope } from '../../formats/qr/license-code.ts';
import { FACE } from '../../formats/qr/labels.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { issueLicense } from '../../licenses/issue.ts';
import { noticeOf, type OriginalInput } from '../../licenses/original.ts';
import type { LicenseParts } from '../../licenses/parts.ts';
import {
  originalDocument,
  readOriginal,
  takeOverLicense,
  type TakeOverRequest,
} from '../../licenses/take-over.ts';
import { enterUpload } from '../../signing/document-uploads.ts';
import type { Report } from '../../verification/report.ts';
import { requireProgram, run } from '../programs.ts';
import { samplePdf } from '../signing/seal-office.ts';
import { engines } from '../storage/engines.ts';
import { approval, market, openLicenseOffice, type LicenseOffice } from './license-office.ts';

const refusal =
  (code: LicenseErrorCode, field?: string) =>
  (error: unknown): boolean =>
    error instanceof LicenseError &&
    error.code === code &&
    (field === undefined || error.complaints.some((complaint) => complaint.field === field));

const reading = { actor: approval, purpose: '核对存量' };

for (const engine of engines) {
  describe(`a license taken over on ${engine.name}`, () => {
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

    const request = (
      original: Partial<OriginalInput> = {},
      changes: Partial<TakeOverRequest> = {},
    ): TakeOverRequest => ({
      ...office.food1(),
      validity: { from: '2024-03-05' },
      original: { kind: 'paper', issuedOn: '2024-03-05', ...original },
      ...changes,
    });
    async function upload(bytes: Uint8Array, department = approval.department ?? ''): Promise<string> {
      const digest = await office.office.store(bytes);
      await office.parts.database.write((tx) =>
        enterUpload(tx, department, 'client:test', { digest, size: bytes.length }, new Date()),
      );
      return digest;
    }
    /** A judge that found one signature of `organisation`. */
    const judged = (conclusion: Report['conclusion'], organisation: string | null): LicenseParts => ({
      ...office.parts,
      judgeOriginal: () =>
        Promise.resolve({
          conclusion,
          subIndication: conclusion === 'TOTAL-PASSED' ? null : 'CUSTOM',
          time: '2026-11-22T02:00:00.000Z',
          signatures:
            organisation === null
              ? []
              : [
                  {
                    type: 'signature',
                    conclusion,
                    signer: { organizationIdentifier: `NTRCN-${organisation}` },
                  },
                ],
        } as unknown as Report),
    });

    it('from paper says on its page, in its code, record and metadata that it is none', async function () {
      const license = await takeOverLicense(
        office.parts,
        request({ compared: { by: 'GH-0117', on: '2026-10-08' } }),
      );
      const { record } = license;
      assert.deepEqual(
        [record['origin'], record['trust'], record['ZZBFRQ'], record['ZZYXQQSRQ']],
        ['paper', 'C', '2024-03-05', '2024-03-05'],
      );
      assert.match(record['registeredOn'] ?? '', /^20\d\d-\d\d-\d\d$/);
      const claims = decodeClaims(decodeSign1(decodeEnvelope(license.code.digits)).payload);
      assert.equal(claims.face.get(FACE.trust), 'C');
      const pdf = await office.office.load(license.document.digest);
      const file = await office.office.district.file('taken-over.pdf', pdf);
      const text = run(requireProgram(this, 'pdftotext'), ['-raw', file, '-']);
      assert.ok(text.includes('本件依纸质证照转换，非原件；可信等级 C（经人工核对原证）'), text);
      assert.ok(text.includes('非原件'));
      assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', file]), /Signature is Valid/);
      assert.ok(Buffer.from(pdf).toString('utf8').includes('<zz:KXDJ>C</zz:KXDJ>'));
      const kept = await readOriginal(office.parts, reading, license.id);
      assert.deepEqual(
        [kept.kind, kept.trust, kept.compared, kept.verdict],
        ['paper', 'C', { by: 'GH-0117', on: '2026-10-08' }, null],
      );
      const rows = await office.parts.database.reader
        .selectFrom('audit_log')
        .select('action')
        .where('subject', '=', license.id)
        .execute();
      assert.ok(rows.some(({ action }) => action === 'license.taken-over'));
      assert.ok(!rows.some(({ action }) => action === 'license.issued'));
    });

    it('that was issued here bears none of it', async () => {
      const license = await issueLicense(office.parts, office.food1());
      assert.equal(license.record['trust'], undefined);
      assert.equal(noticeOf(license.record), null);
      const claims = decodeClaims(decodeSign1(decodeEnvelope(license.code.digits)).payload);
      assert.equal(claims.face.has(FACE.trust), false);
      await assert.rejects(readOriginal(office.parts, reading, license.id), refusal('original-not-found'));
    });

    it('keeps the scan, inside the file and beside it, for its department', async function () {
      const scan = samplePdf(9000, 1);
      const document = await upload(scan);
      const license = await takeOverLicense(office.parts, request({ document }));
      assert.equal(license.record['trust'], 'D');
      assert.equal(license.record['originalDigest'], document);
      const pdf = await office.office.load(license.document.digest);
      const file = await office.office.district.file('with-scan.pdf', pdf);
      const inside = execFileSync(requireProgram(this, 'qpdf'), ['--show-attachment=original.pdf', file]);
      assert.ok(inside.equals(Buffer.from(scan)));
      assert.equal((await originalDocument(office.parts, reading, license.id)).digest, document);
      await assert.rejects(
        originalDocument(
          office.parts,
          { ...reading, actor: { ...market, department: '91120105MA0000015K' } },
          license.id,
        ),
        refusal('license-not-found'),
      );
    });

    it('from a file is trusted as far as its signature goes, and the verdict is kept', async () => {
      const document = await upload(samplePdf(4000, 1));
      const file = { kind: 'file', document } as const;
      const issuer = office.food.issuer.creditCode;
      const own = await takeOverLicense(judged('TOTAL-PASSED', issuer), request(file));
      assert.deepEqual([own.record['trust'], own.record['originalVerdict']], ['B', 'TOTAL-PASSED']);
      const kept = await readOriginal(office.parts, reading, own.id);
      assert.equal(kept.verdict?.conclusion, 'TOTAL-PASSED');
      assert.equal((JSON.parse(kept.verdict.report) as Report).signatures.length, 1);
      const foreign = await takeOverLicense(judged('TOTAL-PASSED', '91120105MA0000015K'), request(file));
      assert.equal(foreign.record['trust'], 'D', "another's signature says nothing of this license");
      const unclear = await takeOverLicense(judged('INDETERMINATE', issuer), request(file));
      assert.deepEqual([unclear.record['trust'], unclear.record['originalVerdict']], ['D', 'INDETERMINATE']);
      const unsigned = await takeOverLicense(judged('INDETERMINATE', null), request(file));
      assert.deepEqual([unsigned.record['trust'], unsigned.record['originalVerdict']], ['D', undefined]);
      const before = await office.parts.database.reader.selectFrom('license').select('id').execute();
      await assert.rejects(
        takeOverLicense(judged('TOTAL-FAILED', issuer), request(file)),
        refusal('original-refused'),
      );
      const after = await office.parts.database.reader.selectFrom('license').select('id').execute();
      assert.equal(after.length, before.length, 'nothing is left of a file that does not verify');
      await assert.rejects(takeOverLicense(office.parts, request(file)), refusal('original-refused'));
    });

    it('is refused where the original is not told rightly', async () => {
      const wrong = async (
        original: Partial<OriginalInput>,
        code: LicenseErrorCode,
        field?: string,
        changes: Partial<TakeOverRequest> = {},
      ): Promise<void> => {
        await assert.rejects(takeOverLicense(office.parts, request(original, changes)), refusal(code, field));
      };
      await wrong({ issuedOn: '2024-02-30' }, 'original-invalid', 'original.issuedOn');
      await wrong({ issuedOn: '2999-01-01' }, 'original-invalid', 'original.issuedOn');
      await wrong({ kind: 'file' }, 'original-invalid', 'original.document');
      await wrong({ identifier: '1.2' }, 'original-invalid', 'original.identifier');
      await wrong({ compared: { by: ' ', on: '2024-03-06' } }, 'original-invalid', 'original.compared.by');
      await wrong(
        { compared: { by: '120105199001010012', on: '2024-03-06' } },
        'original-invalid',
        'original.compared.by',
      );
      await wrong({ compared: { by: 'a', on: '2024-03-04' } }, 'original-invalid', 'original.compared.on');
      await wrong({ document: `sha256:${'0'.repeat(64)}` }, 'original-not-found');
      const foreign = await upload(samplePdf(3000, 1), '91120105MA0000015K');
      await wrong({ document: foreign }, 'original-not-found');
      const text = await upload(new TextEncoder().encode('no PDF'));
      await wrong({ document: text }, 'original-invalid', 'original.document');
      const large = await upload(samplePdf(11 * 1024 * 1024, 1));
      await wrong({ document: large }, 'original-invalid', 'original.document');
      await wrong({}, 'validity-invalid', 'validity.until', { validity: { from: '2015-03-05' } });
      await wrong({}, 'scope-missing', undefined, { actor: { ...approval, scopes: ['licenses:write'] } });
      // Who may take over need not be able to issue.
      const importer = { ...approval, scopes: ['licenses:import'] };
      await takeOverLicense(office.parts, request({}, { actor: importer }));
      await assert.rejects(
        issueLicense(office.parts, { ...office.food1(), actor: importer }),
        refusal('scope-missing'),
      );
    });

    it('answers a repeated key with the same license, and not for another original', async () => {
      const first = request();
      const license = await takeOverLicense(office.parts, first);
      assert.equal((await takeOverLicense(office.parts, first)).id, license.id);
      const other = { ...first, original: { ...first.original, issuedOn: '2024-03-04' } };
      await assert.rejects(takeOverLicense(office.parts, other), refusal('idempotency-mismatch'));
    });
  });
}
