// Good and bad input of the seal office's pages and forms.
import request, { type Test } from 'supertest';
import { freshKey, marketSeal, officeSeal } from '../samples.ts';
import type { SealOffice } from './seal-rows.ts';
import type { Rows, Visitor } from './visitor.ts';

const nobodys = `sap_${'0'.repeat(32)}`;

export function sealPageRows(visitor: Visitor, office: SealOffice): Rows {
  const { page, sendForm, service } = visitor;
  const [, , toDecide = ''] = office.waiting;
  const [, toFileOnPage = ''] = office.unfiled;
  const form = (who: 'applicant' | 'administrator', path: string, fields: Record<string, string>) =>
    sendForm(path, { formToken: office[who].token, ...fields }, office[who].cookie);
  const takeIn = (fields: Readonly<Record<string, string>>): Test => {
    let test = request(service.url).post('/seal-take-in').set('Cookie', office.applicant.cookie);
    for (const [name, value] of Object.entries(fields)) test = test.field(name, value);
    return test.attach('document', Buffer.from('no seal'), 'city.esl');
  };
  const taking = {
    formToken: office.applicant.token,
    idempotencyKey: freshKey(),
    credential: `fcr_${'0'.repeat(32)}`,
    keepers: 'person:keeper',
    approvalsNeeded: '1',
    purpose: '启用市级印章',
  };
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 42 42"><circle cx="21" cy="21" r="19" fill="none" stroke="#d7000f" stroke-width="2"/></svg>';
  const artwork = (
    path: string,
    change: Readonly<Record<string, string>> = {},
    file = Buffer.from(svg),
  ): Test => {
    const fields = {
      ...{ formToken: office.applicant.token, idempotencyKey: freshKey(), seal: '', pictureKind: 'filed' },
      ...{
        pictureName: '',
        name: '自带图样章',
        type: '99',
        width: '42',
        height: '42',
        keepers: 'person:keeper',
      },
      ...{ approvalsNeeded: '1', purpose: '沿用原印模', ...change },
    };
    let test = request(service.url).post(path).set('Cookie', office.applicant.cookie);
    for (const [name, value] of Object.entries(fields)) test = test.field(name, value);
    return test.attach('document', file, 'artwork.svg');
  };
  const withArtwork = async (): Promise<string> => (await artwork('/seal-artwork')).headers['location'] ?? '';
  const badArtwork = (path: string): Rows[string]['bad'] => ({
    'no token': [() => artwork(path, { formToken: 'x' }), 403, null],
    'a kind that is drawn': [() => artwork(path, { pictureKind: 'official' }), 422, null],
    'no size': [() => artwork(path, { width: '' }), 422, null],
    'too large': [() => artwork(path, { width: '61' }), 422, null],
    'a script': [
      () => artwork(path, {}, Buffer.from(svg.replace('<circle', '<script>alert(1)</script><circle'))),
      422,
      null,
    ],
    'what lies elsewhere': [
      () =>
        artwork(
          path,
          {},
          Buffer.from(svg.replace('<circle', '<image href="https://a.example/x.png"/><circle')),
        ),
      422,
      null,
    ],
    'neither PNG nor SVG': [() => artwork(path, {}, Buffer.from([0xff, 0xd8, 0xff, 0xe0])), 422, null],
    'a PNG cut off': [() => artwork(path, {}, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d])), 422, null],
    'half a megabyte': [() => artwork(path, {}, Buffer.alloc(512 * 1024 + 1, 0x20)), 413, null],
  });
  return {
    'get /seal-artwork': {
      good: () => page('/seal-artwork', office.applicant.cookie),
      status: 200,
      type: 'text/html',
      bad: { 'a stranger': [() => page('/seal-artwork'), 401, null] },
    },
    'get /seals/{seal}/artwork': {
      good: () => page(`/seals/${officeSeal}/artwork`, office.applicant.cookie),
      status: 200,
      type: 'text/html',
      bad: {
        "another department's": [
          () => page(`/seals/${marketSeal}/artwork`, office.applicant.cookie),
          404,
          null,
        ],
      },
    },
    'post /seal-artwork/preview': {
      good: () => artwork('/seal-artwork/preview', { purpose: '', keepers: '', name: '' }),
      status: 200,
      type: 'text/html',
      bad: badArtwork('/seal-artwork/preview'),
    },
    'post /seal-artwork': {
      good: () => artwork('/seal-artwork'),
      status: 303,
      type: null,
      bad: {
        ...badArtwork('/seal-artwork'),
        'no keeper': [() => artwork('/seal-artwork', { keepers: '' }), 400, null],
        "another department's seal": [() => artwork('/seal-artwork', { seal: marketSeal }), 404, null],
      },
    },
    'get /seal-applications/{id}/picture.svg': {
      good: async () => page(`${await withArtwork()}/picture.svg`, office.administrator.cookie),
      status: 200,
      type: 'image/svg+xml',
      bad: {
        'one that is not there': [
          () => page(`/seal-applications/${nobodys}/picture.svg`, office.administrator.cookie),
          404,
          null,
        ],
        'one without a picture': [
          () => page(`/seal-applications/${toDecide}/picture.svg`, office.administrator.cookie),
          404,
          null,
        ],
        'a stranger': [async () => page(`${await withArtwork()}/picture.svg`), 401, null],
      },
    },
    'get /seals': {
      good: () => page('/seals', office.applicant.cookie),
      status: 200,
      type: 'text/html',
      bad: { 'a stranger': [() => page('/seals'), 401, null] },
    },
    'get /seals/{seal}': {
      good: () => page(`/seals/${officeSeal}`, office.applicant.cookie),
      status: 200,
      type: 'text/html',
      bad: {
        "another department's": [() => page(`/seals/${marketSeal}`, office.applicant.cookie), 404, null],
      },
    },
    'get /seals/{seal}/picture.svg': {
      good: () => page(`/seals/${officeSeal}/picture.svg`, office.applicant.cookie),
      status: 200,
      type: 'image/svg+xml',
      bad: {
        "another department's": [
          () => page(`/seals/${marketSeal}/picture.svg`, office.applicant.cookie),
          404,
          null,
        ],
      },
    },
    'get /seals/{seal}/object': {
      good: () => page(`/seals/${marketSeal}/object`, office.administrator.cookie),
      status: 200,
      type: 'application/octet-stream',
      bad: {
        "another department's": [
          () => page(`/seals/${marketSeal}/object`, office.applicant.cookie),
          404,
          null,
        ],
      },
    },
    'post /seals/{seal}/stop': {
      good: () =>
        form('applicant', `/seals/${office.stoppable[1]}/stop`, { state: 'frozen', purpose: '盘点' }),
      status: 303,
      type: null,
      bad: {
        'no token': [
          () =>
            sendForm(
              `/seals/${officeSeal}/stop`,
              { formToken: 'x', state: 'frozen', purpose: '盘点' },
              office.applicant.cookie,
            ),
          403,
          null,
        ],
      },
    },
    'post /seals/{seal}/filing': {
      good: () => form('administrator', `/seals/${toFileOnPage}/filing`, { number: 'BA-2' }),
      status: 303,
      type: null,
      bad: {
        'the applicant': [
          () => form('applicant', `/seals/${officeSeal}/filing`, { number: 'BA-2' }),
          403,
          null,
        ],
      },
    },
    'get /seal-application': {
      good: () => page('/seal-application', office.applicant.cookie),
      status: 200,
      type: 'text/html',
      bad: { 'a stranger': [() => page('/seal-application'), 401, null] },
    },
    'post /seal-applications': {
      good: () =>
        form('applicant', '/seal-applications', {
          idempotencyKey: freshKey(),
          kind: 'renew',
          seal: officeSeal,
          purpose: '续期',
        }),
      status: 303,
      type: null,
      bad: {
        'an empty form': [
          () =>
            form('applicant', '/seal-applications', {
              idempotencyKey: freshKey(),
              kind: 'make',
              purpose: '制作',
            }),
          400,
          null,
        ],
      },
    },
    'get /seal-applications/{id}': {
      good: () => page(`/seal-applications/${toDecide}`, office.administrator.cookie),
      status: 200,
      type: 'text/html',
      bad: {
        'one that is not there': [
          () => page(`/seal-applications/${nobodys}`, office.administrator.cookie),
          404,
          null,
        ],
      },
    },
    'post /seal-applications/{id}/decision': {
      good: () => form('administrator', `/seal-applications/${toDecide}/decision`, { decision: 'approve' }),
      status: 303,
      type: null,
      bad: {
        'one that is not there': [
          () => form('administrator', `/seal-applications/${nobodys}/decision`, { decision: 'approve' }),
          404,
          null,
        ],
      },
    },
    'get /seals/{seal}/uses': {
      good: () => page(`/seals/${officeSeal}/uses`, office.applicant.cookie),
      status: 200,
      type: 'text/html',
      bad: {
        "another department's": [() => page(`/seals/${marketSeal}/uses`, office.applicant.cookie), 404, null],
        'no instant': [
          () => page(`/seals/${officeSeal}/uses?before=now`, office.applicant.cookie),
          400,
          null,
        ],
        'no stamp': [() => page(`/seals/${officeSeal}/uses?after=stp_1`, office.applicant.cookie), 400, null],
      },
    },
    'get /seals/{seal}/change': {
      good: () => page(`/seals/${officeSeal}/change`, office.applicant.cookie),
      status: 200,
      type: 'text/html',
      bad: {
        "another department's": [
          () => page(`/seals/${marketSeal}/change`, office.administrator.cookie),
          404,
          null,
        ],
      },
    },
    'get /seal-take-in': {
      good: () => page('/seal-take-in', office.applicant.cookie),
      status: 200,
      type: 'text/html',
      bad: { 'a stranger': [() => page('/seal-take-in'), 401, null] },
    },
    'post /seal-take-in': {
      // Whole, and of a seal that is none: a good one is taken in by test/browser/seal-office.test.ts.
      good: () => takeIn(taking),
      status: 422,
      type: 'application/problem+json',
      bad: {
        'no token': [() => takeIn({ ...taking, formToken: 'x' }), 403, null],
        'no keeper': [() => takeIn({ ...taking, keepers: '' }), 400, null],
      },
    },
    'post /seal-authorisations/{id}/end': {
      good: () =>
        form('applicant', `/seal-authorisations/${office.authorisationOnPage}/end`, { purpose: '停用' }),
      status: 303,
      type: null,
      bad: {
        'one that is not there': [
          () => form('applicant', `/seal-authorisations/sau_${'0'.repeat(32)}/end`, { purpose: '停用' }),
          404,
          null,
        ],
        'no reason': [
          () => form('applicant', `/seal-authorisations/${office.authorisationOnPage}/end`, { purpose: '' }),
          400,
          null,
        ],
      },
    },
  };
}
