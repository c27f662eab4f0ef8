// Showing licenses that are not like the first one: with a photo, with two holders, without a public status, of an enterprise.
import assert from 'node:assert/strict';
import request, { type Response } from 'supertest';
import { district } from '../../fixtures/district.ts';
import { marketSupervision } from '../../fixtures/departments.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import type { SampleLicense } from '../../fixtures/sample-licenses.ts';
import { parseJws } from '../../formats/cose/jws.ts';
import { opensCommitment } from '../../verification/holder.ts';
import { readReceiptClaims } from '../../verification/receipt-claims.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { districtAccounts } from './accounts.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, freshKey, issue, licenseBody, licenses } from './samples.ts';
import { signInAs } from './sign-in.ts';

interface Holder {
  readonly cookie: string;
  readonly token: string;
}

interface Delivered {
  readonly state: string;
  readonly stateWords: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly photo: { readonly mediaType: string; readonly base64: string } | null;
  readonly receipt: string;
}

describe('showing licenses of other types', function () {
  this.timeout(120_000);
  let service: Harness;
  const samples = district.sampleLicenses(2026);
  const matter = foodBusinessMatter.code;

  before(async () => {
    service = await startService();
    const opened = await market('/api/v1/open-cases', { case: 'types-1', matter });
    assert.equal(opened.status, 201, opened.text);
  });
  after(() => service.stop());

  const market = (path: string, body: object = {}): PromiseLike<Response> =>
    request(service.url)
      .post(path)
      .set('Authorization', bearer(service, 'market-supervision'))
      .set('Idempotency-Key', freshKey())
      .send(body);

  async function signedIn(key: string): Promise<Holder> {
    const cookie = await signInAs(service, key);
    const { text } = await request(service.url).get('/').set('Accept', 'text/html').set('Cookie', cookie);
    return { cookie, token: /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? '' };
  }

  async function issued(name: string): Promise<{ readonly id: string; readonly sample: SampleLicense }> {
    const sample = samples[name];
    assert.ok(sample);
    const { photo, coHolders, until } = sample;
    const made = await issue(
      service,
      {
        type: sample.type.key,
        number: sample.number,
        holder: sample.holder,
        face: sample.face,
        matter: sample.matter.code,
        ...(until === undefined ? {} : { validity: { until } }),
        ...(coHolders === undefined ? {} : { coHolders }),
        ...(photo === undefined
          ? {}
          : { photo: { mediaType: photo.mediaType, data: Buffer.from(photo.bytes).toString('base64') } }),
      },
      { department: sample.matter.department.key },
    );
    assert.equal(made.status, 201, made.text);
    return { id: (made.body as { id: string }).id, sample };
  }

  const accountOf = (number: string): string =>
    `holder-${district.persons.findIndex((person) => person.number === number) + 1}`;

  /** From the holder's screen to the desk's answer. */
  async function delivered(
    holder: Holder,
    license: string,
    type: string,
    fields: string[],
  ): Promise<Delivered> {
    const by = (path: string, body: object): PromiseLike<Response> =>
      request(service.url)
        .post(path)
        .set('Cookie', holder.cookie)
        .set('X-Form-Token', holder.token)
        .send(body);
    const shown = await by('/api/v1/presentations', { licenses: [license] });
    assert.equal(shown.status, 201, shown.text);
    const { id, code, key } = shown.body as { id: string; code: string; key: string };
    const claim = await market('/api/v1/presentations:claim', {
      code,
      matter,
      case: 'types-1',
      type,
      fields,
    });
    assert.equal(claim.status, 201, claim.text);
    const { matchNumber: number } = claim.body as { matchNumber: number };
    await by(`/api/v1/presentations/${id}/answer`, { key, agree: true, number });
    const taken = await market(`/api/v1/presentation-claims/${id}/answer`);
    assert.equal(taken.status, 200, taken.text);
    return taken.body as Delivered;
  }

  it('gives the photo where it was asked for and the type lets it be seen, and not otherwise', async () => {
    const { id, sample } = await issued('nurse-practice');
    const holder = await signedIn(accountOf(sample.holder.code));
    const seen = await delivered(holder, id, sample.type.key, ['CZZT', 'ZP']);
    assert.equal(seen.photo?.mediaType, 'image/png');
    const bytes = Buffer.from(seen.photo.base64, 'base64');
    assert.deepEqual([...bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    assert.ok(bytes.length > 500);
    const without = await delivered(holder, id, sample.type.key, ['CZZT']);
    assert.equal(without.photo, null);
    const card = await market('/api/v1/presentations:claim', {
      code: '1'.repeat(10),
      matter,
      case: 'types-1',
      type: licenses.senior.type.key,
      fields: ['ZP'],
    });
    assert.equal((card.body as { code: string }).code, 'fields-not-permitted');
  });

  it('lets each of two holders show what they hold together', async () => {
    const { id, sample } = await issued('marriage');
    const [other] = sample.coHolders ?? [];
    assert.ok(other);
    for (const code of [sample.holder.code, other.code]) {
      const seen = await delivered(await signedIn(accountOf(code)), id, sample.type.key, ['ZZBH']);
      assert.equal(seen.state, 'issued');
      // The receipt is about whoever showed it, and serves for nobody else who holds it too.
      const { commitment = '' } = readReceiptClaims(parseJws(seen.receipt, 100_000).payload)?.holder ?? {};
      for (const each of [sample.holder.code, other.code])
        assert.equal(
          await opensCommitment(nodeSignatureVerifier, commitment, marketSupervision.creditCode, each),
          each === code,
        );
    }
  });

  it('answers with the state of a type that publishes none, and copies it without an entry in any list', async () => {
    const { id, sample } = await issued('minimum-living');
    assert.equal(sample.type.publicStatus, false);
    const holder = await signedIn(accountOf(sample.holder.code));
    const seen = await delivered(holder, id, sample.type.key, ['CZZT']);
    assert.deepEqual([seen.state, seen.stateWords], ['issued', '有效']);
    const made = await request(service.url)
      .post(`/api/v1/licenses/${id}/copies`)
      .set('Cookie', holder.cookie)
      .set('X-Form-Token', holder.token)
      .set('Idempotency-Key', freshKey())
      .send({
        department: marketSupervision.creditCode,
        matter,
        until: new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10),
        fields: ['CZZT'],
      });
    assert.equal(made.status, 201, made.text);
    const row = await service.services.database.reader
      .selectFrom('license_copy')
      .select(['status_list', 'origin_list'])
      .executeTakeFirstOrThrow();
    assert.deepEqual(Object.values(row), [null, null]);
  });

  it('lets whoever acts for an enterprise show its license, and the same person alone does not', async () => {
    const made = await issue(service, licenseBody(licenses.food, { case: undefined }));
    const { id } = made.body as { id: string };
    const enterprise = await signedIn(districtAccounts.foodEnterprise);
    const seen = await delivered(enterprise, id, licenses.food.type.key, ['CZZT', 'KZ_JYXM']);
    assert.equal(seen.fields[0]?.value, licenses.food.holder.name);
    const alone = await signedIn('holder-1');
    const refused = await request(service.url)
      .post('/api/v1/presentations')
      .set('Cookie', alone.cookie)
      .set('X-Form-Token', alone.token)
      .send({ licenses: [id] });
    assert.equal(refused.status, 404);
  });
});
