// Good and bad input of the pages of showing: the holder's screen, the verifier's desk, copies, alarms.
import request from 'supertest';
import { civilAffairs } from '../../../fixtures/departments.ts';
import { freshKey } from '../samples.ts';
import type { ShowingWorld } from './showing-world.ts';
import { matter, type } from './showing-world.ts';
import { noLicense, type Rows, type Visitor } from './visitor.ts';

const noShowing = `prs_${'0'.repeat(32)}`;
const noCopy = `cpy_${'0'.repeat(32)}`;
const noAlarm = `pal_${'0'.repeat(32)}`;

export function showingPageRows(visitor: Visitor, world: ShowingWorld): Rows {
  const { service, page, sendForm, wrongMethod } = visitor;
  const {
    card,
    holder,
    protector,
    newCase,
    shown,
    delivered,
    alarm,
    until,
    copy,
    onPage,
    spokenOnPage,
    ownForm,
    ownScript,
    ownPage,
    deskForm,
    deskClaim,
    deskAgreed,
  } = world;
  return {
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
    'get /my/license-looks': {
      good: () => ownPage('/my/license-looks'),
      status: 200,
      type: 'text/html',
      bad: { 'a stranger': [() => page('/my/license-looks'), 401, null] },
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
