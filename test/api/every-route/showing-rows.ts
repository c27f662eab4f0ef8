// Good and bad input of showing: live codes, claims, open cases, alarms, copies for a purpose; interface and pages.
import request, { type Response, type Test } from 'supertest';
import { civilAffairs, marketSupervision } from '../../../fixtures/departments.ts';
import { foodBusinessMatter } from '../../../fixtures/matters.ts';
import { sweepShowings } from '../../../licenses/presentation-alarms.ts';
import { districtAccounts } from '../accounts.ts';
import { freshKey, issue, licenseBody, licenses } from '../samples.ts';
import { once } from './ca-rows.ts';
import { noLicense, type Rows, type Visitor } from './visitor.ts';

const noShowing = `prs_${'0'.repeat(32)}`;
const noCopy = `cpy_${'0'.repeat(32)}`;
const noAlarm = `pal_${'0'.repeat(32)}`;
const device = 'A'.repeat(22);
const matter = foodBusinessMatter.code;
const type = licenses.senior.type.key;

interface SignedIn {
  readonly cookie: string;
  readonly token: string;
}
interface Shown {
  readonly id: string;
  readonly code: string;
  readonly key: string;
}

export function showingRows(visitor: Visitor): Rows {
  const { service, page, sendForm, asOffice, asCivil, wrongMethod } = visitor;
  let cases = 0;
  const card = once(async () => {
    const made = await issue(service, licenseBody(licenses.senior, { case: undefined }), {
      department: 'civil-affairs',
    });
    return (made.body as { id: string }).id;
  });
  const holder = once(() => visitor.signedIn(districtAccounts.holderOfSeniorCard));
  const protector = once(() => visitor.signedIn('data-protection-officer'));

  const by = ({ cookie, token }: SignedIn, test: Test): Test =>
    test.set('Cookie', cookie).set('X-Form-Token', token);
  const own = async (path: string, body: object = {}): Promise<Response> =>
    by(await holder(), request(service.url).post(path)).send(body);
  const ownGet = async (path: string): Promise<Response> =>
    by(await holder(), request(service.url).get(path));
  const office = (path: string, body: object = {}): Test =>
    asOffice(request(service.url).post(path)).send(body);
  const newCase = async (): Promise<string> => {
    cases += 1;
    const number = `showing-${cases}`;
    await office('/api/v1/open-cases', { case: number, matter });
    return number;
  };
  const shown = async (): Promise<Shown> =>
    (await own('/api/v1/presentations', { licenses: [await card()] })).body as Shown;
  const claimBody = async (code: string): Promise<object> => ({
    code,
    matter,
    case: await newCase(),
    type,
    fields: ['CZZT'],
  });
  const claimed = async (): Promise<Shown & { readonly matchNumber: number }> => {
    const picture = await shown();
    const { body } = await office('/api/v1/presentations:claim', await claimBody(picture.code));
    return { ...picture, matchNumber: (body as { matchNumber: number }).matchNumber };
  };
  const agreed = async (): Promise<Shown> => {
    const claim = await claimed();
    await own(`/api/v1/presentations/${claim.id}/answer`, {
      key: claim.key,
      agree: true,
      number: claim.matchNumber,
    });
    return claim;
  };
  const delivered = async (): Promise<Shown> => {
    const claim = await agreed();
    await office(`/api/v1/presentation-claims/${claim.id}/answer`);
    return claim;
  };
  const alarm = async (): Promise<string> => {
    const claim = await claimed();
    await own(`/api/v1/presentations/${claim.id}/answer`, { key: claim.key, agree: false });
    await sweepShowings(service.services.licenses);
    const { body } = await by(await protector(), request(service.url).get('/api/v1/presentation-alarms'));
    const found = (body as { alarms: { id: string; presentation: string }[] }).alarms;
    return found.find(({ presentation }) => presentation === claim.id)?.id ?? '';
  };
  const until = (): string => new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
  const copyBody = (): object => ({
    department: marketSupervision.creditCode,
    matter,
    until: until(),
    fields: ['CZZT'],
  });
  const copying = async (body: object): Promise<Response> =>
    by(await holder(), request(service.url).post(`/api/v1/licenses/${await card()}/copies`))
      .set('Idempotency-Key', freshKey())
      .send(body);
  const copy = async (): Promise<string> => ((await copying(copyBody())).body as { id: string }).id;

  /** The page of the holder's screen, and the code on it as its own program would have it. */
  const onPage = async (): Promise<string> => {
    const { cookie, token } = await holder();
    const { text } = await sendForm('/my/showings', { formToken: token, licenses: await card() }, cookie);
    return /\/my\/showings\/(prs_[0-9a-f]{32})/.exec(text)?.[1] ?? '';
  };
  const spokenOnPage = async (): Promise<{ id: string; spoken: string }> => {
    const { cookie, token } = await holder();
    const { text } = await sendForm('/my/showings', { formToken: token, licenses: await card() }, cookie);
    return {
      id: /\/my\/showings\/(prs_[0-9a-f]{32})/.exec(text)?.[1] ?? '',
      spoken: /id="spoken">([^<]+)</.exec(text)?.[1]?.trim() ?? '',
    };
  };
  const ownForm = async (path: string, fields: Record<string, string> = {}): Promise<Response> => {
    const { cookie, token } = await holder();
    return sendForm(path, { formToken: token, ...fields }, cookie);
  };
  const ownScript = async (path: string): Promise<Response> => {
    const { cookie, token } = await holder();
    return request(service.url).post(path).set('Cookie', cookie).send({ formToken: token });
  };
  const ownPage = async (path: string): Promise<Response> => page(path, (await holder()).cookie);
  const deskForm = (path: string, fields: Record<string, string> = {}): Test =>
    sendForm(path, { formToken: visitor.officer.token, ...fields }, visitor.officer.cookie);
  const deskClaim = async (): Promise<{
    readonly id: string;
    readonly showing: string;
    readonly sent: Response;
  }> => {
    const picture = await spokenOnPage();
    const number = await newCase();
    const sent = await deskForm('/verifier/claims', {
      type,
      case: number,
      code: picture.spoken,
      'field-CZZT': 'yes',
    });
    return { id: (sent.headers['location'] ?? '').split('/').at(-1) ?? '', showing: picture.id, sent };
  };
  const deskAgreed = async (): Promise<string> => {
    const { id, showing } = await deskClaim();
    const { text } = await page(`/verifier/claims/${id}`, visitor.officer.cookie);
    const number = /class="digits">(\d\d)</.exec(text)?.[1] ?? '';
    await ownForm(`/my/showings/${showing}/answer`, { number });
    return id;
  };

  return {
    'post /api/v1/presentations': {
      good: async () => own('/api/v1/presentations', { licenses: [await card()] }),
      status: 201,
      type: 'application/json',
      bad: {
        'a license that is not there': [
          () => own('/api/v1/presentations', { licenses: [noLicense] }),
          404,
          'license-not-found',
        ],
        'no license': [() => own('/api/v1/presentations', { licenses: [] }), 400, 'request-invalid'],
        'a department': [
          () => office('/api/v1/presentations', { licenses: [noLicense] }),
          403,
          'scope-missing',
        ],
      },
    },
    'get /api/v1/presentations': {
      good: () => ownGet('/api/v1/presentations'),
      status: 200,
      type: 'application/json',
      bad: {
        'a stranger': [() => request(service.url).get('/api/v1/presentations'), 401, 'unauthenticated'],
      },
    },
    'post /api/v1/presentations/{id}/renewal': {
      good: async () => {
        const { id, key } = await shown();
        return own(`/api/v1/presentations/${id}/renewal`, { key });
      },
      status: 200,
      type: 'application/json',
      bad: {
        'another device': [
          async () => own(`/api/v1/presentations/${(await shown()).id}/renewal`, { key: device }),
          404,
          'presentation-not-found',
        ],
        'one that was claimed': [
          async () => {
            const { id, key } = await claimed();
            return own(`/api/v1/presentations/${id}/renewal`, { key });
          },
          409,
          'presentation-over',
        ],
      },
    },
    'post /api/v1/presentations/{id}/state': {
      good: async () => {
        const { id, key } = await claimed();
        return own(`/api/v1/presentations/${id}/state`, { key });
      },
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => own(`/api/v1/presentations/${noShowing}/state`, { key: device }),
          404,
          'presentation-not-found',
        ],
        'no key': [() => own(`/api/v1/presentations/${noShowing}/state`), 400, 'request-invalid'],
      },
    },
    'post /api/v1/presentations/{id}/answer': {
      good: async () => {
        const { id, key, matchNumber } = await claimed();
        return own(`/api/v1/presentations/${id}/answer`, { key, agree: true, number: matchNumber });
      },
      status: 200,
      type: 'application/json',
      bad: {
        'nothing asked': [
          async () => {
            const { id, key } = await shown();
            return own(`/api/v1/presentations/${id}/answer`, { key, agree: true, number: 42 });
          },
          409,
          'presentation-over',
        ],
        'consent without a number': [
          () => own(`/api/v1/presentations/${noShowing}/answer`, { key: device, agree: true }),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/presentations/{id}/end': {
      good: async () => {
        const { id, key } = await shown();
        return own(`/api/v1/presentations/${id}/end`, { key });
      },
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => own(`/api/v1/presentations/${noShowing}/end`, { key: device }),
          404,
          'presentation-not-found',
        ],
      },
    },
    'get /api/v1/presentations/{id}/receipt': {
      good: async () => ownGet(`/api/v1/presentations/${(await delivered()).id}/receipt`),
      status: 200,
      type: 'application/jwt',
      bad: {
        'nothing shown': [
          async () => ownGet(`/api/v1/presentations/${(await shown()).id}/receipt`),
          409,
          'claim-not-approved',
        ],
      },
    },
    'post /api/v1/presentations:claim': {
      good: async () => office('/api/v1/presentations:claim', await claimBody((await shown()).code)),
      status: 201,
      type: 'application/json',
      bad: {
        'no open case': [
          async () =>
            office('/api/v1/presentations:claim', {
              ...(await claimBody((await shown()).code)),
              case: 'never-opened',
            }),
          409,
          'case-not-open',
        ],
        'a field nobody may see': [
          async () =>
            office('/api/v1/presentations:claim', {
              ...(await claimBody((await shown()).code)),
              fields: ['SALT'],
            }),
          422,
          'fields-not-permitted',
        ],
        'another type': [
          async () =>
            office('/api/v1/presentations:claim', {
              ...(await claimBody((await shown()).code)),
              type: licenses.food.type.key,
            }),
          409,
          'not-offered',
        ],
        'no live code': [
          async () => office('/api/v1/presentations:claim', await claimBody('hello')),
          422,
          'code-malformed',
        ],
        'a code of before': [
          async () => {
            const { id, key, code } = await shown();
            await own(`/api/v1/presentations/${id}/renewal`, { key });
            return office('/api/v1/presentations:claim', await claimBody(code));
          },
          404,
          'live-code-refused',
        ],
      },
    },
    'get /api/v1/presentation-claims/{id}': {
      good: async () => asOffice(visitor.get(`/api/v1/presentation-claims/${(await claimed()).id}`)),
      status: 200,
      type: 'application/json',
      bad: {
        'another department': [
          async () => asCivil(visitor.get(`/api/v1/presentation-claims/${(await claimed()).id}`)),
          404,
          'presentation-not-found',
        ],
      },
    },
    'post /api/v1/presentation-claims/{id}/answer': {
      good: async () => office(`/api/v1/presentation-claims/${(await agreed()).id}/answer`),
      status: 200,
      type: 'application/json',
      bad: {
        'not agreed to': [
          async () => office(`/api/v1/presentation-claims/${(await claimed()).id}/answer`),
          409,
          'claim-not-approved',
        ],
        'a second time': [
          async () => office(`/api/v1/presentation-claims/${(await delivered()).id}/answer`),
          409,
          'answer-delivered',
        ],
      },
    },
    'get /api/v1/presentation-claims/{id}/receipt': {
      good: async () =>
        asOffice(visitor.get(`/api/v1/presentation-claims/${(await delivered()).id}/receipt`)),
      status: 200,
      type: 'application/jwt',
      bad: {
        'one that is not there': [
          () => asOffice(visitor.get(`/api/v1/presentation-claims/${noShowing}/receipt`)),
          404,
          'presentation-not-found',
        ],
      },
    },
    'post /api/v1/open-cases': {
      good: () => office('/api/v1/open-cases', { case: 'opened-1', matter }),
      status: 201,
      type: 'application/json',
      bad: {
        'another matter': [
          async () => office('/api/v1/open-cases', { case: await newCase(), matter: 'YS1' }),
          409,
          'case-number-taken',
        ],
        'a stranger': [
          () => request(service.url).post('/api/v1/open-cases').send({}),
          401,
          'unauthenticated',
        ],
      },
    },
    'get /api/v1/open-cases': {
      good: () => asOffice(visitor.get('/api/v1/open-cases')),
      status: 200,
      type: 'application/json',
      bad: { 'another method': wrongMethod('/api/v1/open-cases') },
    },
    'post /api/v1/open-cases/{case}/closing': {
      good: async () => office(`/api/v1/open-cases/${await newCase()}/closing`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that was never open': [() => office('/api/v1/open-cases/none/closing'), 404, 'case-not-found'],
      },
    },
    'get /api/v1/presentation-alarms': {
      good: async () => by(await protector(), request(service.url).get('/api/v1/presentation-alarms')),
      status: 200,
      type: 'application/json',
      bad: {
        'a department': [() => asOffice(visitor.get('/api/v1/presentation-alarms')), 403, 'scope-missing'],
      },
    },
    'post /api/v1/presentation-alarms/{id}/seen': {
      good: async () =>
        by(await protector(), request(service.url).post(`/api/v1/presentation-alarms/${await alarm()}/seen`)),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          async () =>
            by(await protector(), request(service.url).post(`/api/v1/presentation-alarms/${noAlarm}/seen`)),
          404,
          'alarm-not-found',
        ],
      },
    },
    'post /api/v1/licenses/{id}/copies': {
      good: () => copying(copyBody()),
      status: 201,
      type: 'application/json',
      bad: {
        'a day long ago': [() => copying({ ...copyBody(), until: '2020-01-01' }), 422, 'copy-invalid'],
        'a matter nobody knows': [() => copying({ ...copyBody(), matter: 'YS9' }), 400, 'request-invalid'],
        'a department nobody knows': [
          () => copying({ ...copyBody(), department: '9'.repeat(18) }),
          400,
          'request-invalid',
        ],
        'the issuing department': [
          async () =>
            asCivil(request(service.url).post(`/api/v1/licenses/${await card()}/copies`))
              .set('Idempotency-Key', freshKey())
              .send(copyBody()),
          403,
          'scope-missing',
        ],
      },
    },
    'get /api/v1/license-copies': {
      good: () => ownGet('/api/v1/license-copies'),
      status: 200,
      type: 'application/json',
      bad: { 'a department': [() => asOffice(visitor.get('/api/v1/license-copies')), 403, 'scope-missing'] },
    },
    'get /api/v1/license-copies/{id}/document': {
      good: async () => ownGet(`/api/v1/license-copies/${await copy()}/document`),
      status: 200,
      type: 'application/pdf',
      bad: {
        'one that is not there': [
          () => ownGet(`/api/v1/license-copies/${noCopy}/document`),
          404,
          'copy-not-found',
        ],
      },
    },
    'post /api/v1/license-copies/{id}/end': {
      good: async () => own(`/api/v1/license-copies/${await copy()}/end`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that was taken back': [
          async () => {
            const id = await copy();
            await own(`/api/v1/license-copies/${id}/end`);
            return own(`/api/v1/license-copies/${id}/end`);
          },
          404,
          'copy-not-found',
        ],
      },
    },
    'post /my/showings': {
      good: async () => ownForm('/my/showings', { licenses: await card() }),
      status: 200,
      type: 'text/html',
      bad: {
        'no license': [() => ownForm('/my/showings', { licenses: '' }), 400, null],
        'an old form': [
          async () =>
            sendForm('/my/showings', { formToken: 'x', licenses: noLicense }, (await holder()).cookie),
          403,
          null,
        ],
      },
    },
    'get /my/showings/{id}': {
      good: async () => ownPage(`/my/showings/${await onPage()}`),
      status: 200,
      type: 'text/html',
      bad: {
        'one of another device': [async () => ownPage(`/my/showings/${(await shown()).id}`), 404, null],
      },
    },
    'post /my/showings/{id}/renewal': {
      good: async () => ownScript(`/my/showings/${await onPage()}/renewal`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => ownScript(`/my/showings/${noShowing}/renewal`),
          404,
          'presentation-not-found',
        ],
      },
    },
    'post /my/showings/{id}/state': {
      good: async () => ownScript(`/my/showings/${await onPage()}/state`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => ownScript(`/my/showings/${noShowing}/state`),
          404,
          'presentation-not-found',
        ],
      },
    },
    'post /my/showings/{id}/answer': {
      good: async () => ownForm(`/my/showings/${(await deskClaim()).showing}/answer`, { number: '0' }),
      status: 303,
      type: null,
      bad: {
        'nothing asked': [
          async () => ownForm(`/my/showings/${await onPage()}/answer`, { number: '42' }),
          409,
          null,
        ],
      },
    },
    'post /my/showings/{id}/end': {
      good: async () => ownForm(`/my/showings/${await onPage()}/end`),
      status: 303,
      type: null,
      bad: { 'one that is not there': [() => ownForm(`/my/showings/${noShowing}/end`), 404, null] },
    },
    'get /my/showings/{id}/receipt': {
      good: async () => ownPage(`/my/showings/${(await delivered()).id}/receipt`),
      status: 200,
      type: 'application/jwt',
      bad: { 'nothing shown': [async () => ownPage(`/my/showings/${await onPage()}/receipt`), 409, null] },
    },
    'get /my/looks': {
      good: () => ownPage('/my/looks'),
      status: 200,
      type: 'text/html',
      bad: { 'a stranger': [() => page('/my/looks'), 401, null] },
    },
    'get /my/copies': {
      good: () => ownPage('/my/copies'),
      status: 200,
      type: 'text/html',
      bad: { 'a stranger': [() => page('/my/copies'), 401, null] },
    },
    'get /my/copies/{id}/document': {
      good: async () => ownPage(`/my/copies/${await copy()}/document`),
      status: 200,
      type: 'application/pdf',
      bad: { 'one that is not there': [() => ownPage(`/my/copies/${noCopy}/document`), 404, null] },
    },
    'post /my/copies/{id}/end': {
      good: async () => ownForm(`/my/copies/${await copy()}/end`),
      status: 303,
      type: null,
      bad: { 'one that is not there': [() => ownForm(`/my/copies/${noCopy}/end`), 404, null] },
    },
    'get /licenses/{id}/copies': {
      good: async () => ownPage(`/licenses/${await card()}/copies`),
      status: 200,
      type: 'text/html',
      bad: { 'one that is not there': [() => ownPage(`/licenses/${noLicense}/copies`), 404, null] },
    },
    'post /licenses/{id}/copies': {
      good: async () =>
        ownForm(`/licenses/${await card()}/copies`, {
          idempotencyKey: freshKey(),
          department: civilAffairs.creditCode,
          matter,
          until: until(),
          'field-CZZT': 'yes',
          agreed: 'yes',
        }),
      status: 303,
      type: null,
      bad: {
        'no field': [
          async () =>
            ownForm(`/licenses/${await card()}/copies`, {
              idempotencyKey: freshKey(),
              department: civilAffairs.creditCode,
              matter,
              until: until(),
              agreed: 'yes',
            }),
          422,
          null,
        ],
      },
    },
    'get /p': {
      good: () => page('/p'),
      status: 200,
      type: 'text/html',
      bad: { 'another method': wrongMethod('/p') },
    },
    'get /verifier': {
      good: () => page(`/verifier?name=${type}`, visitor.officer.cookie),
      status: 200,
      type: 'text/html',
      bad: {
        'a stranger': [() => page('/verifier'), 401, null],
        'a holder': [async () => ownPage('/verifier'), 403, null],
        'no name of a type': [() => page('/verifier?name=A%20B', visitor.officer.cookie), 400, null],
      },
    },
    'post /verifier/cases': {
      good: () => deskForm('/verifier/cases', { case: 'desk-1', matter }),
      status: 303,
      type: null,
      bad: { 'no number': [() => deskForm('/verifier/cases', { case: '', matter }), 400, null] },
    },
    'post /verifier/cases/{case}/closing': {
      good: async () => deskForm(`/verifier/cases/${await newCase()}/closing`),
      status: 303,
      type: null,
      bad: { 'one that was never open': [() => deskForm('/verifier/cases/none/closing'), 404, null] },
    },
    'post /verifier/claims': {
      good: async () => (await deskClaim()).sent,
      status: 303,
      type: null,
      bad: {
        'no open case': [
          async () =>
            deskForm('/verifier/claims', {
              type,
              case: 'none',
              code: (await spokenOnPage()).spoken,
              'field-CZZT': 'yes',
            }),
          409,
          null,
        ],
        'no field': [
          async () => deskForm('/verifier/claims', { type, case: await newCase(), code: '1234567890' }),
          422,
          null,
        ],
      },
    },
    'get /verifier/claims/{id}': {
      good: async () => page(`/verifier/claims/${(await deskClaim()).id}`, visitor.officer.cookie),
      status: 200,
      type: 'text/html',
      bad: {
        'one that is not there': [
          () => page(`/verifier/claims/${noShowing}`, visitor.officer.cookie),
          404,
          null,
        ],
      },
    },
    'post /verifier/claims/{id}/state': {
      good: async () =>
        request(service.url)
          .post(`/verifier/claims/${(await deskClaim()).id}/state`)
          .set('Cookie', visitor.officer.cookie)
          .send({ formToken: visitor.officer.token }),
      status: 200,
      type: 'application/json',
      bad: {
        'an old form': [
          async () =>
            request(service.url)
              .post(`/verifier/claims/${noShowing}/state`)
              .set('Cookie', visitor.officer.cookie)
              .send({ formToken: 'x' }),
          403,
          'csrf-refused',
        ],
      },
    },
    'post /verifier/claims/{id}/answer': {
      good: async () => deskForm(`/verifier/claims/${await deskAgreed()}/answer`),
      status: 200,
      type: 'text/html',
      bad: {
        'one that is not there': [() => deskForm(`/verifier/claims/${noShowing}/answer`), 404, null],
      },
    },
    'get /verifier/claims/{id}/receipt': {
      good: async () => {
        const id = await deskAgreed();
        await deskForm(`/verifier/claims/${id}/answer`);
        return page(`/verifier/claims/${id}/receipt`, visitor.officer.cookie);
      },
      status: 200,
      type: 'application/jwt',
      bad: {
        'one that is not there': [
          () => page(`/verifier/claims/${noShowing}/receipt`, visitor.officer.cookie),
          404,
          null,
        ],
      },
    },
    'get /office/showing-alarms': {
      good: async () => page('/office/showing-alarms', (await protector()).cookie),
      status: 200,
      type: 'text/html',
      bad: {
        'an officer of a case': [() => page('/office/showing-alarms', visitor.officer.cookie), 403, null],
      },
    },
    'post /office/showing-alarms/{id}/seen': {
      good: async () => {
        const { cookie, token } = await protector();
        return sendForm(`/office/showing-alarms/${await alarm()}/seen`, { formToken: token }, cookie);
      },
      status: 303,
      type: null,
      bad: {
        'one that is not there': [
          async () => {
            const { cookie, token } = await protector();
            return sendForm(`/office/showing-alarms/${noAlarm}/seen`, { formToken: token }, cookie);
          },
          404,
          null,
        ],
      },
    },
  };
}
