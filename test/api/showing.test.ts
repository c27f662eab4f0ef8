// Showing and copying over HTTP: the receipt stands up to its reader, and a copy is of no use for anything else.
import assert from 'node:assert/strict';
import request, { type Response } from 'supertest';
import { marketSupervision, healthCommission } from '../../fixtures/departments.ts';
import { foodBusinessMatter, seniorCitizenMatter } from '../../fixtures/matters.ts';
import { parseJws } from '../../formats/cose/jws.ts';
import { rawToDer } from '../../formats/x509/ecdsa-signature.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { readReceiptClaims } from '../../verification/receipt-claims.ts';
import { districtAccounts } from './accounts.ts';
import { binaryBody } from './binary-body.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, freshKey, issue, licenseBody, licenses } from './samples.ts';
import { signInAs } from './sign-in.ts';

describe('showing a license over HTTP', function () {
  this.timeout(120_000);
  let service: Harness;
  let cookie: string;
  let token: string;
  let card: string;
  const matter = foodBusinessMatter.code;

  before(async () => {
    service = await startService();
    const made = await issue(service, licenseBody(licenses.senior), { department: 'civil-affairs' });
    assert.equal(made.status, 201, made.text);
    card = (made.body as { id: string }).id;
    cookie = await signInAs(service, districtAccounts.holderOfSeniorCard);
    const { text } = await request(service.url).get('/').set('Accept', 'text/html').set('Cookie', cookie);
    token = /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? '';
  });
  after(() => service.stop());

  const own = async (path: string, body: object): Promise<Response> =>
    request(service.url).post(path).set('Cookie', cookie).set('X-Form-Token', token).send(body);
  const market = async (path: string, body: object = {}): Promise<Response> =>
    request(service.url)
      .post(path)
      .set('Authorization', bearer(service, 'market-supervision'))
      .set('Idempotency-Key', freshKey())
      .send(body);

  it('gives a receipt that its key signed, about this case and this license, naming nobody', async () => {
    await market('/api/v1/open-cases', { case: 'showing-1', matter });
    const shown = (await own('/api/v1/presentations', { licenses: [card] })).body as {
      id: string;
      code: string;
      key: string;
    };
    const claim = await market('/api/v1/presentations:claim', {
      code: shown.code,
      matter,
      case: 'showing-1',
      type: licenses.senior.type.key,
      fields: ['CZZT'],
    });
    assert.equal(claim.status, 201, claim.text);
    const { matchNumber } = claim.body as { matchNumber: number };
    const seen = await own(`/api/v1/presentations/${shown.id}/state`, { key: shown.key });
    const { numbers, claim: asked } = seen.body as {
      numbers: number[];
      claim: { department: { name: string }; matter: { name: string } };
    };
    assert.ok(numbers.includes(matchNumber) && numbers.length === 3);
    assert.deepEqual(
      [asked.department.name, asked.matter.name],
      [marketSupervision.name, foodBusinessMatter.name],
    );
    // A claim tells its number to the desk alone: the holder has to look there.
    assert.equal('matchNumber' in seen.body, false);
    await own(`/api/v1/presentations/${shown.id}/answer`, {
      key: shown.key,
      agree: true,
      number: matchNumber,
    });
    const taken = await market(`/api/v1/presentation-claims/${shown.id}/answer`);
    assert.equal(taken.status, 200, taken.text);
    const { fields, receipt } = taken.body as {
      fields: { name: string; value: string }[];
      receipt: string;
    };
    assert.deepEqual(fields, [{ name: 'CZZT', label: '持证主体', value: licenses.senior.holder.name }]);
    const jws = parseJws(receipt, 100_000);
    const key = service.services.hierarchy.serviceKey('receipt');
    assert.ok(
      verifySignature({
        algorithm: 'ES256',
        publicKey: key.publicKey,
        message: jws.signingInput,
        signature: rawToDer(jws.signature),
      }),
    );
    const claims = readReceiptClaims(jws.payload);
    assert.ok(claims);
    assert.deepEqual(
      [claims.iss, claims.aud, claims.case, claims.matter, claims.grant, claims.result.conclusion],
      [
        marketSupervision.creditCode,
        marketSupervision.creditCode,
        'showing-1',
        matter,
        shown.id,
        'TOTAL-PASSED',
      ],
    );
    assert.match(claims.holder?.commitment ?? '', /^hmac-sha256:/);
    const text = JSON.stringify(jws.payload);
    for (const secret of [licenses.senior.holder.name, licenses.senior.holder.code, licenses.senior.number])
      assert.equal(text.includes(secret), false, secret);
    const looks = await request(service.url).get('/my/license-looks').set('Cookie', cookie);
    assert.ok(looks.text.includes(marketSupervision.name) && looks.text.includes('showing-1'));
  });

  it('lets no session but the showing one go on: a key is needed, and the cookie beside it', async () => {
    const shown = (await own('/api/v1/presentations', { licenses: [card] })).body as {
      id: string;
      key: string;
    };
    const other = await signInAs(service, 'holder-1');
    const { text } = await request(service.url).get('/').set('Accept', 'text/html').set('Cookie', other);
    const theirs = /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const stolen = await request(service.url)
      .post(`/api/v1/presentations/${shown.id}/renewal`)
      .set('Cookie', other)
      .set('X-Form-Token', theirs)
      .send({ key: shown.key });
    assert.equal(stolen.status, 404);
    const page = await request(service.url).get(`/my/showings/${shown.id}`).set('Cookie', cookie);
    assert.equal(page.status, 404, 'a showing of a program is not one of the browser');
  });

  async function copy(): Promise<{ id: string; pdf: Buffer; stamp: string }> {
    const made = await request(service.url)
      .post(`/api/v1/licenses/${card}/copies`)
      .set('Cookie', cookie)
      .set('X-Form-Token', token)
      .set('Idempotency-Key', freshKey())
      .send({
        department: marketSupervision.creditCode,
        matter,
        until: new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10),
        fields: ['CZZT', 'CZZTDM'],
      });
    assert.equal(made.status, 201, made.text);
    const { id } = made.body as { id: string };
    const file = await request(service.url)
      .get(`/api/v1/license-copies/${id}/document`)
      .set('Cookie', cookie)
      .buffer(true)
      .parse(binaryBody);
    const row = await service.services.database.reader
      .selectFrom('license_copy')
      .select('stamp')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return { id, pdf: file.body as Buffer, stamp: row.stamp ?? '' };
  }

  interface Verified {
    readonly conclusion: string;
    readonly rows: readonly { id: string; outcome: string; finding: { zh: string } }[];
    readonly receipt?: string;
  }

  async function verified(
    pdf: Buffer,
    department: 'market-supervision' | 'health-commission',
    asked: string,
  ): Promise<{ readonly report: Verified; readonly acceptance: string | null }> {
    const answer = await request(service.url)
      .post('/api/v1/verifications')
      .set('Authorization', bearer(service, department))
      .field('case', 'copies-1')
      .field('matter', asked)
      .attach('document', pdf, 'copy.pdf');
    assert.equal(answer.status, 200, answer.text);
    const report = answer.body as Verified;
    const claims = readReceiptClaims(parseJws(report.receipt ?? '', 100_000).payload);
    return { report, acceptance: claims?.acceptance?.outcome ?? null };
  }

  it('makes copies that verify and name their purpose, and are accepted for that purpose alone', async () => {
    const { pdf } = await copy();
    const right = await verified(pdf, 'market-supervision', matter);
    assert.equal(
      right.report.conclusion,
      'TOTAL-PASSED',
      JSON.stringify(right.report.rows.filter((r) => r.outcome !== 'passed')),
    );
    const row = right.report.rows.find(({ id }) => id === 'code.copy');
    assert.equal(row?.outcome, 'warned');
    assert.ok(
      row.finding.zh.includes(marketSupervision.name) && row.finding.zh.includes(foodBusinessMatter.name),
    );
    assert.equal(right.acceptance, 'accepted');
    for (const [department, asked] of [
      ['health-commission', matter],
      ['market-supervision', seniorCitizenMatter.code],
    ] as const)
      assert.equal((await verified(pdf, department, asked)).acceptance, 'refused', `${department} ${asked}`);
    assert.ok(healthCommission.creditCode !== marketSupervision.creditCode);
  });

  it('are out of force once the holder took them back', async () => {
    const { id, pdf } = await copy();
    assert.equal((await own(`/api/v1/license-copies/${id}/end`, {})).status, 200);
    const { report } = await verified(pdf, 'market-supervision', matter);
    assert.equal(report.conclusion, 'TOTAL-FAILED');
  });

  it('are not given out by the stamp that sealed them, not even to the office whose seal it is', async () => {
    const { stamp } = await copy();
    const answer = await request(service.url)
      .get(`/api/v1/stamps/${stamp}/document`)
      .set('Authorization', bearer(service, 'civil-affairs'));
    assert.deepEqual([answer.status, (answer.body as { code: string }).code], [404, 'stamp-not-found']);
  });

  it('do not verify with one byte of the record changed', async () => {
    const { pdf } = await copy();
    const at = pdf.indexOf('/EmbeddedFile');
    assert.ok(at > 0);
    const changed = Buffer.from(pdf);
    const stream = changed.indexOf('stream', at);
    changed[stream + 20] = (changed[stream + 20] ?? 0) ^ 1;
    const { report } = await verified(changed, 'market-supervision', matter);
    assert.equal(report.conclusion, 'TOTAL-FAILED');
  });
});
