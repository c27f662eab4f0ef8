// Good and bad input of the seal office's interface; its pages: seal-page-rows.ts.
import request, { type Response, type Test } from 'supertest';
import { approvalOffice } from '../../../fixtures/departments.ts';
import { foodBusinessMatter } from '../../../fixtures/matters.ts';
import { postAs, postWithKey } from '../officer.ts';
import { freshKey, marketSeal, officeSeal } from '../samples.ts';
import { applyForSeal } from '../../../signing/seal-applications.ts';
import { fileSeal, requiredSeal } from '../../../signing/seal-register.ts';
import { administration, applicantOf, authorise, byTwoPersons } from '../../signing/grants.ts';
import type { Rows, Visitor } from './visitor.ts';

const nobodys = `sap_${'0'.repeat(32)}`;
const noAuthorisation = `sau_${'0'.repeat(32)}`;

export interface SealOffice {
  readonly applicant: { readonly cookie: string; readonly token: string };
  readonly administrator: { readonly cookie: string; readonly token: string };
  /** One that waits, one for each route that decides. */
  readonly waiting: readonly string[];
  /** A seal that waits for its filing, by code. */
  readonly unfiled: readonly string[];
  /** One to be ended by a call, one on a page. */
  readonly authorisation: string;
  readonly authorisationOnPage: string;
  /** Seals in force that nobody else uses, by code: one to be stopped by a call, one on a page. */
  readonly stoppable: readonly [string, string];
}

export function sealRows(visitor: Visitor, office: SealOffice): Rows {
  const { get, asOffice, service, wrongMethod } = visitor;
  const as = (who: keyof typeof service.sealKeys, test: Test): Test =>
    test.set('Authorization', `Bearer ${service.sealKeys[who]}`);
  const send = (who: keyof typeof service.sealKeys, path: string, body: object): Test =>
    as(who, request(service.url).post(path)).set('Idempotency-Key', freshKey()).send(body);
  const keyed = (scope: string, path: string, body: object = {}): Promise<Response> =>
    postWithKey(service, approvalOffice.creditCode, [scope], path, body);
  const frozen = { state: 'frozen', reason: '盘点' };
  const matter = foodBusinessMatter.code;
  const marking = { operation: { kind: 'automatic', matter, automatic: true }, purpose: '测试' };
  const [toApprove = '', toReject = ''] = office.waiting;
  const [toFile = ''] = office.unfiled;
  return {
    'get /api/v1/seals/{seal}': {
      good: () => asOffice(get(`/api/v1/seals/${officeSeal}`)),
      status: 200,
      type: 'application/json',
      bad: {
        "another department's": [() => asOffice(get(`/api/v1/seals/${marketSeal}`)), 404, 'seal-not-found'],
      },
    },
    'get /api/v1/seals/{seal}/object': {
      good: () => asOffice(get(`/api/v1/seals/${officeSeal}/object`)),
      status: 200,
      type: 'application/octet-stream',
      bad: {
        "another department's": [
          () => asOffice(get(`/api/v1/seals/${marketSeal}/object`)),
          404,
          'seal-not-found',
        ],
      },
    },
    'get /api/v1/seals/{seal}/uses': {
      good: () => asOffice(get(`/api/v1/seals/${officeSeal}/uses?limit=5`)),
      status: 200,
      type: 'application/json',
      bad: {
        "another department's": [
          () => asOffice(get(`/api/v1/seals/${marketSeal}/uses`)),
          404,
          'seal-not-found',
        ],
        'no stamp to go on behind': [
          () => asOffice(get(`/api/v1/seals/${officeSeal}/uses?after=1`)),
          400,
          'request-invalid',
        ],
        'too many': [
          () => asOffice(get(`/api/v1/seals/${officeSeal}/uses?limit=501`)),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/seals/{seal}/stop': {
      good: () => send('seal-applicant', `/api/v1/seals/${office.stoppable[0]}/stop`, frozen),
      status: 200,
      type: 'application/json',
      bad: {
        "a system's key": [
          () => visitor.post(`/api/v1/seals/${officeSeal}/stop`, frozen),
          403,
          'scope-missing',
        ],
        "another department's": [
          () => send('seal-applicant', `/api/v1/seals/${marketSeal}/stop`, frozen),
          404,
          'seal-not-found',
        ],
        'another state': [
          () => send('seal-applicant', `/api/v1/seals/${officeSeal}/stop`, { ...frozen, state: 'valid' }),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/seals/{seal}/filing': {
      good: () => send('seal-administrator', `/api/v1/seals/${toFile}/filing`, { number: 'BA-1' }),
      status: 200,
      type: 'application/json',
      bad: {
        'the applicant': [
          () => send('seal-applicant', `/api/v1/seals/${officeSeal}/filing`, { number: 'BA-1' }),
          403,
          'scope-missing',
        ],
        'one that is filed': [
          () => send('seal-administrator', `/api/v1/seals/${officeSeal}/filing`, { number: 'BA-1' }),
          409,
          'seal-transition-not-allowed',
        ],
      },
    },
    'post /api/v1/seal-applications': {
      good: () => send('seal-applicant', '/api/v1/seal-applications', marking),
      status: 201,
      type: 'application/json',
      bad: {
        "a system's key": [() => visitor.post('/api/v1/seal-applications', marking), 403, 'scope-missing'],
        'no key': [
          () => as('seal-applicant', request(service.url).post('/api/v1/seal-applications')).send(marking),
          400,
          'idempotency-key-missing',
        ],
        'nothing that there is': [
          () =>
            send('seal-applicant', '/api/v1/seal-applications', { ...marking, operation: { kind: 'melt' } }),
          400,
          'request-invalid',
        ],
      },
    },
    'get /api/v1/seal-applications': {
      good: () => as('seal-administrator', get('/api/v1/seal-applications')),
      status: 200,
      type: 'application/json',
      bad: { 'a stranger': [() => get('/api/v1/seal-applications'), 401, 'unauthenticated'] },
    },
    'get /api/v1/seal-applications/{id}': {
      good: () => as('seal-administrator', get(`/api/v1/seal-applications/${toApprove}`)),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => as('seal-administrator', get(`/api/v1/seal-applications/${nobodys}`)),
          404,
          'application-not-found',
        ],
      },
    },
    'post /api/v1/seal-applications/{id}/approval': {
      good: () => postAs(service, 'seal-administrator', `/api/v1/seal-applications/${toApprove}/approval`),
      status: 200,
      type: 'application/json',
      bad: {
        'the applicant': [
          () => send('seal-applicant', `/api/v1/seal-applications/${toReject}/approval`, {}),
          403,
          'scope-missing',
        ],
        "an administrator's key": [
          () => keyed('seals:approve', `/api/v1/seal-applications/${toReject}/approval`),
          403,
          'decider-not-person',
        ],
      },
    },
    'post /api/v1/seal-applications/{id}/rejection': {
      good: () =>
        postAs(service, 'seal-administrator', `/api/v1/seal-applications/${toReject}/rejection`, {
          reason: '不同意',
        }),
      status: 200,
      type: 'application/json',
      bad: {
        'no reason': [
          () => postAs(service, 'seal-administrator', `/api/v1/seal-applications/${toReject}/rejection`),
          400,
          'request-invalid',
        ],
      },
    },
    'get /api/v1/seal-authorisations': {
      good: () => asOffice(get('/api/v1/seal-authorisations')),
      status: 200,
      type: 'application/json',
      bad: { 'a stranger': [() => get('/api/v1/seal-authorisations'), 401, 'unauthenticated'] },
    },
    'post /api/v1/seal-authorisations/{id}/revocation': {
      good: () =>
        send('seal-applicant', `/api/v1/seal-authorisations/${office.authorisation}/revocation`, {
          reason: '调岗',
        }),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () =>
            send('seal-applicant', `/api/v1/seal-authorisations/${noAuthorisation}/revocation`, {
              reason: '调岗',
            }),
          404,
          'authorisation-not-found',
        ],
      },
    },
    'get /api/v1/automatic-matters': {
      good: () => asOffice(get('/api/v1/automatic-matters')),
      status: 200,
      type: 'application/json',
      bad: { 'a stranger': [() => get('/api/v1/automatic-matters'), 401, 'unauthenticated'] },
    },
    'post /api/v1/document-approvals': {
      good: () =>
        postAs(service, 'document-approver', '/api/v1/document-approvals', {
          document: `sha256:${'0'.repeat(64)}`,
        }),
      status: 200,
      type: 'application/json',
      bad: {
        'by another digest': [
          () =>
            postAs(service, 'document-approver', '/api/v1/document-approvals', {
              document: `sm3:${'0'.repeat(64)}`,
            }),
          422,
          'approval-invalid',
        ],
        "an approver's key": [
          () =>
            keyed('stamps:approve', '/api/v1/document-approvals', { document: `sha256:${'0'.repeat(64)}` }),
          403,
          'decider-not-person',
        ],
        "a system's key": [
          () => visitor.post('/api/v1/document-approvals', { document: `sha256:${'0'.repeat(64)}` }),
          403,
          'scope-missing',
        ],
      },
    },
    'get /api/v1/seal-status': {
      good: () => get('/api/v1/seal-status'),
      status: 200,
      type: 'application/jose',
      bad: { 'another method': wrongMethod('/api/v1/seal-status') },
    },
    'get /api/v1/seal-status/{seal}': {
      good: () => get(`/api/v1/seal-status/${officeSeal}`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not filed': [() => get('/api/v1/seal-status/12010599999999'), 404, 'not-found'],
        'no code': [() => get('/api/v1/seal-status/1'), 400, 'request-invalid'],
      },
    },
  };
}

/** Makes what the rows ask for. */
export async function openSealOffice(visitor: Visitor): Promise<SealOffice> {
  const { seals, database } = visitor.service.services;
  const office = approvalOffice;
  const department = office.creditCode;
  const made = async (): Promise<{ readonly id: string; readonly code: string }> => {
    const application = await byTwoPersons(seals, department, {
      kind: 'make',
      name: '路由测试章（演示）',
      type: '06',
      departmentName: office.name,
      picture: { kind: 'special-purpose', name: office.plainName, purpose: '测试专用章', centre: null },
      code: '120105',
      lifetimeDays: null,
      keepers: ['person:keeper'],
      approvalsNeeded: 1,
    });
    return requiredSeal(database.reader, application.sealId ?? '');
  };
  const [first, second, third, fourth] = [await made(), await made(), await made(), await made()];
  const actor = { ...administration, scopes: ['seals:file'] };
  for (const { id, code } of [third, fourth])
    await fileSeal(visitor.service.services, { actor, sealId: id, number: `BA-${code}` });
  const waiting: string[] = [];
  for (let index = 0; index < 3; index++) {
    const applied = await applyForSeal(seals, applicantOf(department), {
      operation: { kind: 'keepers', sealId: first.id, keepers: [`person:keeper-${index}`] },
      purpose: '变更保管人',
      idempotencyKey: freshKey(),
    });
    waiting.push(applied.id);
  }
  const granted = await authorise(seals, { id: third.id, department });
  const grantedToo = await authorise(seals, { id: fourth.id, department });
  return {
    applicant: await visitor.signedIn('seal-applicant'),
    administrator: await visitor.signedIn('seal-administrator'),
    waiting,
    unfiled: [first.code, second.code],
    authorisation: granted.outcome?.['authorisation'] ?? '',
    authorisationOnPage: grantedToo.outcome?.['authorisation'] ?? '',
    stoppable: [third.code, fourth.code],
  };
}
