// Good and bad input of every page and form.
import request, { type Response } from 'supertest';
import { freshKey } from '../samples.ts';
import { loggedInAs, signInAs } from '../sign-in.ts';
import { noLicense, type Rows, type Visitor } from './visitor.ts';

export function pageRows(visitor: Visitor): Rows {
  const { page, sendForm, wrongMethod, signedIn } = visitor;
  return {
    'get /': {
      good: () => page('/'),
      status: 200,
      type: 'text/html',
      bad: { 'another method': wrongMethod('/') },
    },
    'get /v': {
      good: () => page('/v'),
      status: 200,
      type: 'text/html',
      bad: { 'another method': wrongMethod('/v') },
    },
    'get /reader': {
      good: () => page('/reader'),
      status: 200,
      type: 'text/html',
      bad: { 'another method': wrongMethod('/reader') },
    },
    'get /verify': {
      good: () => page('/verify'),
      status: 200,
      type: 'text/html',
      bad: { 'another method': wrongMethod('/verify') },
    },
    'post /verify': {
      good: () =>
        request(visitor.service.url).post('/verify').attach('document', Buffer.from('%PDF-1.7'), 'a.pdf'),
      status: 200,
      type: 'text/html',
      bad: {
        'no file': [() => request(visitor.service.url).post('/verify').field('x', 'y'), 400, 'file-missing'],
      },
    },
    'post /verify/code': {
      good: () => sendForm('/verify/code', { code: visitor.license.code }, ''),
      status: 200,
      type: 'text/html',
      bad: { 'no code': [() => sendForm('/verify/code', {}, ''), 400, null] },
    },
    'get /sign-in': {
      good: () => page('/sign-in'),
      status: 303,
      type: null,
      bad: {
        'an endless place to return to': [() => page(`/sign-in?returnTo=/${'x'.repeat(201)}`), 400, null],
        'a level that is none': [() => page('/sign-in?level=5'), 400, null],
      },
    },
    'get /sign-in/return': {
      good: () => comingBack(visitor),
      status: 303,
      type: null,
      bad: { 'nothing that was begun': [() => page('/sign-in/return?code=x&state=y'), 401, null] },
    },
    'post /sign-out': {
      good: async () => {
        const leaving = await signedIn('officer-approval-office');
        return sendForm('/sign-out', { formToken: leaving.token }, leaving.cookie);
      },
      status: 303,
      type: null,
      bad: { 'nobody signed in': [() => sendForm('/sign-out', { formToken: 'x' }, ''), 401, null] },
    },
    'get /my': {
      good: async () => page('/my', await signInAs(visitor.service, 'holder-1')),
      status: 200,
      type: 'text/html',
      bad: {
        'a stranger': [() => page('/my'), 401, null],
        'an officer, who holds nothing': [() => page('/my', visitor.officer.cookie), 403, null],
      },
    },
    'get /office': {
      good: () => page('/office', visitor.officer.cookie),
      status: 200,
      type: 'text/html',
      bad: { 'a stranger': [() => page('/office'), 401, null] },
    },
    'get /licenses/{id}': {
      good: () => page(`/licenses/${visitor.license.id}`, visitor.officer.cookie),
      status: 200,
      type: 'text/html',
      bad: {
        'one that is not there': [() => page(`/licenses/${noLicense}`, visitor.officer.cookie), 404, null],
        'no identifier': [() => page('/licenses/1', visitor.officer.cookie), 400, null],
      },
    },
    'post /licenses/{id}/status-changes': {
      good: () =>
        sendForm(
          `/licenses/${visitor.license.id}/status-changes`,
          { formToken: visitor.officer.token, idempotencyKey: freshKey(), change: 'restore', reason: '演示' },
          visitor.officer.cookie,
        ),
      status: 303,
      type: null,
      bad: {
        'no reason': [
          () =>
            sendForm(
              `/licenses/${visitor.license.id}/status-changes`,
              {
                formToken: visitor.officer.token,
                idempotencyKey: freshKey(),
                change: 'restore',
                reason: ' ',
              },
              visitor.officer.cookie,
            ),
          400,
          null,
        ],
        'a stranger': [
          () =>
            sendForm(
              `/licenses/${visitor.license.id}/status-changes`,
              {
                formToken: visitor.officer.token,
                idempotencyKey: freshKey(),
                change: 'restore',
                reason: 'x',
              },
              '',
            ),
          401,
          null,
        ],
      },
    },
  };
}

/** Back from the provider with a code, in the browser that left. */
async function comingBack({ service, page }: Visitor): Promise<Response> {
  const { browser, address } = await loggedInAs(service, 'holder-1');
  const state = browser.cookie(new URL(service.url).host, 'yinxin_sign_in') ?? '';
  return page(address.slice(service.url.length), `yinxin_sign_in=${state}`);
}
