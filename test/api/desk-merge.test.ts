// The window's form for two documents of one person, and the page of the second look: it tells of both what is to be compared.
import assert from 'node:assert/strict';
import { district } from '../../fixtures/district.ts';
import { Visitor } from '../identity/login/visitor.ts';
import { startService, type Harness } from './harness.ts';

describe('two documents at the window', function () {
  this.timeout(60_000);
  let service: Harness;
  before(async () => {
    service = await startService();
  });
  after(() => service.stop());

  async function officer(role: string): Promise<Visitor> {
    const account = await service.services.database.reader
      .selectFrom('officer_role')
      .select('account')
      .where('role', '=', role)
      .where('ended_at', 'is', null)
      .executeTakeFirstOrThrow();
    const visitor = new Visitor(service);
    await visitor.demonstrate(account.account);
    return visitor;
  }

  it('are sent with one form, refused where they do not hold, and both shown at the second look', async () => {
    const person = district.persons[3]!;
    const first = await officer('window-officer');
    await first.go('/office/proofing');
    const formToken = first.token;
    const form = {
      formToken,
      kind: 'merge',
      type: 'resident-identity-card',
      name: person.name,
      number: person.number,
      expires: '2036-01-01',
      reader: 'eye',
      reference: '簿 7',
      livePerson: 'yes',
      alsoType: 'passport',
    };
    assert.equal((await first.send('/office/proofing', form)).status, 422, 'no other document');
    const passport = { alsoNumber: 'E12345678', alsoName: '样本护照', alsoExpires: '2031-05-06' };
    const expired = { ...form, ...passport, alsoExpires: '2020-05-06' };
    assert.equal((await first.send('/office/proofing', expired)).status, 422, 'it has expired');
    assert.equal(
      (await first.send('/office/proofing', { ...form, ...passport, kind: 'proofing' })).status,
      422,
    );
    const sent = await first.send('/office/proofing', { ...form, ...passport, alsoBirthDate: '1985-06-12' });
    assert.equal(sent.status, 200, sent.text);
    const { id } = await service.services.database.reader
      .selectFrom('proofing_case')
      .select('id')
      .where('kind', '=', 'merge')
      .executeTakeFirstOrThrow();
    const second = await officer('window-supervisor');
    const page = await second.go(`/office/proofing/${id}`);
    for (const fact of [person.number, 'E12345678', '样本护照', '2031', '1985'])
      assert.ok(page.text.includes(fact), fact);
    assert.equal((await first.go(`/office/proofing/${id}`)).status, 403, 'not the first officer’s');
    assert.doesNotMatch((await new Visitor(service).go(`/office/proofing/${id}`)).text, /E12345678/);
  });
});
