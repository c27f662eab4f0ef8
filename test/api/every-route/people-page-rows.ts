// Good and bad input of the pages about people.
import { district } from '../../../fixtures/district.ts';
import { none, peopleVisitor } from './people-visitor.ts';
import type { Rows, Visitor } from './visitor.ts';

const type = 'resident-identity-card';

export function peoplePageRows(visitor: Visitor): Rows {
  const {
    asked,
    fill,
    formRow,
    get,
    offer,
    opened,
    own,
    page,
    pageRow,
    proposal,
    root,
    row,
    see,
    sendForm,
    services,
    sms,
    soon,
    stranger,
  } = peopleVisitor(visitor);
  return {
    'get /my/data': pageRow(() => see('holder-6', '/my/data'), stranger(page, '/my/data')),
    'get /my/wards/{id}': pageRow(
      async () => {
        const wards = (await get('holder-6', '/api/v1/people/me')).body as { wards: string[] };
        return see('holder-6', `/my/wards/${wards.wards[0] ?? ''}`);
      },
      { 'nobody’s guardian': [async () => see('holder-1', `/my/wards/${await own(5)}`), 403, null] },
    ),
    'get /my/people/{id}/copy': row(async () => see('holder-1', `/my/people/${await own(0)}/copy`), 200, {
      'somebody else': [async () => see('holder-2', `/my/people/${await own(0)}/copy`), 403, null],
    }),
    'post /my/people/{id}/consents': formRow(
      async () =>
        fill('holder-8', `/my/people/${await own(7)}/consents`, { purpose: sms.purpose, version: '1' }),
      {
        'a forged form': [
          async () =>
            fill('holder-8', `/my/people/${await own(7)}/consents`, {
              purpose: sms.purpose,
              version: '1',
              formToken: 'x',
            }),
          403,
          null,
        ],
      },
    ),
    'post /my/people/{id}/consent-withdrawals': formRow(
      async () => {
        await fill('holder-7', `/my/people/${await own(6)}/consents`, { purpose: sms.purpose, version: '1' });
        return fill('holder-7', `/my/people/${await own(6)}/consent-withdrawals`, { purpose: sms.purpose });
      },
      {
        'no consent': [
          async () =>
            fill('holder-6', `/my/people/${await own(5)}/consent-withdrawals`, { purpose: sms.purpose }),
          404,
          null,
        ],
      },
    ),
    'post /my/people/{id}/requests': formRow(
      async () =>
        fill('holder-1', `/my/people/${await own(0)}/requests`, { kind: 'restrict', words: '请限制' }),
      {
        'no words': [
          async () =>
            fill('holder-1', `/my/people/${await own(0)}/requests`, { kind: 'restrict', words: '' }),
          400,
          null,
        ],
      },
    ),
    'post /my/closure': formRow(
      async () => {
        const leaving = await visitor.signedIn('officer-civil-affairs');
        return sendForm('/my/closure', { formToken: leaving.token, close: 'yes' }, leaving.cookie);
      },
      { unconfirmed: [() => fill('holder-1', '/my/closure', {}), 400, null] },
    ),
    'get /my/level': pageRow(() => see('holder-4', '/my/level?level=4'), {
      'no such level': [() => see('holder-4', '/my/level?level=5'), 400, null],
    }),
    'post /my/level/register': formRow(() => fill('holder-5', '/my/level/register', {}), {
      'a forged form': [() => fill('holder-5', '/my/level/register', { formToken: 'x' }), 403, null],
    }),
    'post /my/level/wangzheng': formRow(
      () => {
        const number = district.persons[4]?.number ?? '';
        const showing = services.showWangzheng?.({ number, wanghao: null }) ?? '';
        return fill('holder-5', '/my/level/wangzheng', { showing });
      },
      {
        'an invented code': [
          () => fill('holder-5', '/my/level/wangzheng', { showing: 'invented-code' }),
          422,
          null,
        ],
      },
    ),
    'post /my/level/phone': pageRow(() => fill('holder-5', '/my/level/phone', {}), {
      'a forged form': [() => fill('holder-5', '/my/level/phone', { formToken: 'x' }), 403, null],
    }),
    'get /my/looks': pageRow(() => see('holder-2', '/my/looks'), stranger(page, '/my/looks')),
    'get /my/mandates': pageRow(() => see('holder-1', '/my/mandates'), stranger(page, '/my/mandates')),
    'post /my/mandates': formRow(
      async () =>
        fill('holder-1', '/my/mandates', {
          under: await root(),
          name: district.persons[5]?.name ?? '',
          number: district.persons[5]?.number ?? '',
          capacity: 'manager',
          matter: '*',
          until: soon().slice(0, 10),
        }),
      {
        'a wrong number': [
          async () =>
            fill('holder-1', '/my/mandates', {
              under: await root(),
              name: '样本',
              number: '123',
              capacity: 'manager',
              matter: '*',
              until: soon().slice(0, 10),
            }),
          422,
          null,
        ],
      },
    ),
    'post /my/mandates/claims': formRow(
      () =>
        fill('holder-7', '/my/mandates/claims', { creditCode: district.enterprises[2]?.creditCode ?? '' }),
      { 'no code': [() => fill('holder-7', '/my/mandates/claims', { creditCode: 'x' }), 404, null] },
    ),
    'post /my/mandates/{id}/acceptance': formRow(
      async () => fill('holder-8', `/my/mandates/${await offer(7)}/acceptance`, {}),
      { 'no offer': [() => fill('holder-8', `/my/mandates/rep_${none}/acceptance`, {}), 404, null] },
    ),
    'post /my/mandates/{id}/refusal': formRow(
      async () => fill('holder-7', `/my/mandates/${await offer(6)}/refusal`, {}),
      { 'no offer': [() => fill('holder-7', `/my/mandates/rep_${none}/refusal`, {}), 404, null] },
    ),
    'post /my/mandates/{id}/revocation': formRow(
      async () => fill('holder-1', `/my/mandates/${await offer(1)}/revocation`, {}),
      { 'no mandate': [() => fill('holder-1', `/my/mandates/rep_${none}/revocation`, {}), 404, null] },
    ),
    'get /office/proofing': pageRow(() => see('window-officer', '/office/proofing'), {
      'a resident': [() => see('holder-1', '/office/proofing'), 403, null],
    }),
    'post /office/proofing': formRow(
      () =>
        fill('window-officer', '/office/proofing', {
          kind: 'proofing',
          type,
          name: district.persons[4]?.name ?? '',
          number: district.persons[4]?.number ?? '',
          reader: 'eye',
          reference: '簿 2',
          livePerson: 'yes',
        }),
      {
        'without the person': [
          () =>
            fill('window-officer', '/office/proofing', {
              kind: 'proofing',
              type,
              name: '样本',
              number: district.persons[4]?.number ?? '',
              reader: 'eye',
              reference: '簿 2',
            }),
          400,
          null,
        ],
      },
    ),
    'get /office/proofing/{id}': pageRow(
      async () => see('window-supervisor', `/office/proofing/${await proposal(5)}`),
      {
        'no case': [() => see('window-supervisor', `/office/proofing/pcs_${none}`), 404, null],
      },
    ),
    'post /office/proofing/{id}/confirmation': formRow(
      async () => fill('window-supervisor', `/office/proofing/${await proposal(6)}/confirmation`, {}),
      {
        'no case': [
          () => fill('window-supervisor', `/office/proofing/pcs_${none}/confirmation`, {}),
          404,
          null,
        ],
      },
    ),
    'post /office/proofing/{id}/rejection': formRow(
      async () =>
        fill('window-supervisor', `/office/proofing/${await proposal(7)}/rejection`, { reason: '不符' }),
      {
        'no case': [
          () => fill('window-supervisor', `/office/proofing/pcs_${none}/rejection`, { reason: 'x' }),
          404,
          null,
        ],
      },
    ),
    'get /office/administration': pageRow(() => see('system-administrator', '/office/administration'), {
      'a resident': [() => see('holder-1', '/office/administration'), 403, null],
    }),
    'post /office/administration': formRow(
      () =>
        fill('system-administrator', '/office/administration', {
          kind: 'trust-list',
          detail: '增补',
          purpose: '互认',
        }),
      {
        'no purpose': [
          () => fill('system-administrator', '/office/administration', { kind: 'trust-list' }),
          400,
          null,
        ],
      },
    ),
    'post /office/administration/{id}/approval': formRow(
      async () => fill('security-administrator', `/office/administration/${await asked()}/approval`, {}),
      {
        nothing: [
          () => fill('security-administrator', `/office/administration/tpr_${none}/approval`, {}),
          404,
          null,
        ],
      },
    ),
    'post /office/administration/{id}/rejection': formRow(
      async () =>
        fill('security-administrator', `/office/administration/${await asked()}/rejection`, { reason: '否' }),
      {
        'no reason': [
          () => fill('security-administrator', `/office/administration/tpr_${none}/rejection`, {}),
          400,
          null,
        ],
      },
    ),
    'post /office/administration/{id}/withdrawal': formRow(
      async () => fill('system-administrator', `/office/administration/${await asked()}/withdrawal`, {}),
      {
        nothing: [
          () => fill('system-administrator', `/office/administration/tpr_${none}/withdrawal`, {}),
          409,
          null,
        ],
      },
    ),
    'get /office/audit': pageRow(() => see('audit-administrator', '/office/audit?purpose=check'), {
      'another administrator': [() => see('security-administrator', '/office/audit'), 403, null],
    }),
    'get /office/protection': pageRow(() => see('data-protection-officer', '/office/protection'), {
      'a resident': [() => see('holder-1', '/office/protection'), 403, null],
    }),
    'post /office/protection/notices': formRow(
      async () =>
        fill('data-protection-officer', '/office/protection/notices', {
          purpose: 'sms-notices',
          notice: '经您同意，本系统向您的手机发送短信提醒。',
          englishNotice: 'If you consent, we send text messages.',
        }),
      {
        'no such purpose': [
          () =>
            fill('data-protection-officer', '/office/protection/notices', {
              purpose: 'unheard-of',
              notice: '告知',
              englishNotice: 'notice',
            }),
          404,
          null,
        ],
        'an empty notice': [
          () =>
            fill('data-protection-officer', '/office/protection/notices', {
              purpose: 'sms-notices',
              notice: ' ',
              englishNotice: 'notice',
            }),
          400,
          null,
        ],
      },
    ),
    'post /office/protection/{id}/decision': formRow(
      async () =>
        fill('data-protection-officer', `/office/protection/${await opened()}/decision`, {
          done: 'no',
          answer: '依法保留',
        }),
      {
        nothing: [
          () =>
            fill('data-protection-officer', `/office/protection/prq_${none}/decision`, {
              done: 'no',
              answer: 'x',
            }),
          404,
          null,
        ],
      },
    ),
  };
}
