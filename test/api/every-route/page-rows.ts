// Good and bad input of every page and form.
import request from 'supertest';
import { freshKey } from '../samples.ts';
import { noLicense, type Rows, type Visitor } from './visitor.ts';

export function pageRows(visitor: Visitor): Rows {
  const { page, sendForm, cookieOf, wrongMethod, signedIn } = visitor;
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
      status: 200,
      type: 'text/html',
      bad: {
        'an endless place to return to': [() => page(`/sign-in?returnTo=/${'x'.repeat(201)}`), 400, null],
      },
    },
    'post /sign-in': {
      good: () =>
        sendForm(
          '/sign-in',
          { formToken: visitor.form.token, choice: 'officer-civil-affairs' },
          visitor.form.cookie,
        ),
      status: 303,
      type: null,
      bad: {
        'a forged form': [
          () =>
            sendForm('/sign-in', { formToken: 'x', choice: 'officer-civil-affairs' }, visitor.form.cookie),
          403,
          null,
        ],
        nobody: [
          () =>
            sendForm('/sign-in', { formToken: visitor.form.token, choice: 'nobody' }, visitor.form.cookie),
          404,
          null,
        ],
      },
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
      good: async () => {
        const answer = await sendForm(
          '/sign-in',
          { formToken: visitor.form.token, choice: 'holder-1' },
          visitor.form.cookie,
        );
        return page('/my', cookieOf(answer, 'yinxin_session'));
      },
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
