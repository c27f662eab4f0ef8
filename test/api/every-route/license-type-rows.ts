// Good and bad input of license types: the catalogue, the drafts, and their pages.
import { foodBusinessType } from '../../../fixtures/license-types/food-business.ts';
import { publicPlaceHygieneType } from '../../../fixtures/license-types/public-place-hygiene.ts';
import { documentOf } from '../../../licenses/type-document.ts';
import { none, peopleVisitor } from './people-visitor.ts';
import type { Rows, Visitor } from './visitor.ts';

const drafts = '/api/v1/license-type-drafts';
const absent = `ltd_${none}`;
const code = foodBusinessType.typeCode;
let made = 500;

/** The definition of a type that is not there yet. */
function fresh(): Record<string, unknown> {
  made += 1;
  const typeCode = `${foodBusinessType.issuer.creditCode}${made}`;
  return { ...documentOf({ ...foodBusinessType, typeCode, key: `every-route-${made}` }) };
}

interface Seen {
  readonly id: string;
  readonly revision: number;
}

export function licenseTypeRows(visitor: Visitor): Rows {
  const { as, fill, get, pageRow, formRow, post, row, see } = peopleVisitor(visitor);
  const anyone = (path: string) => visitor.get(path);
  const begin = async (): Promise<Seen> => {
    const { body } = await post('type-officer', drafts, { definition: fresh() });
    return body as Seen;
  };
  const submitted = async (): Promise<Seen> => {
    const { id, revision } = await begin();
    await post('type-officer', `${drafts}/${id}/submission`, { revision });
    return { id, revision };
  };
  const approved = async (): Promise<Seen> => {
    const { id, revision } = await submitted();
    await post('type-approver', `${drafts}/${id}/decision`, { revision, decision: 'approved' });
    return { id, revision };
  };
  const step = async (who: string, draft: Promise<Seen>, part: string, body: object = {}) => {
    const { id, revision } = await draft;
    return post(who, `${drafts}/${id}/${part}`, { revision, ...body });
  };
  const missing = (part: string, body: object) =>
    [
      () => post('type-officer', `${drafts}/${absent}/${part}`, { revision: 1, ...body }),
      404,
      'draft-not-found',
    ] as const;
  const officeOnly = [() => visitor.asOffice(visitor.get(drafts)), 403, 'scope-missing'] as const;
  const form = async (
    who: string,
    draft: Promise<Seen>,
    part: string,
    fields: Record<string, string> = {},
  ) => {
    const { id, revision } = await draft;
    return fill(who, `/license-type-drafts/${id}/${part}`, { revision: String(revision), ...fields });
  };
  const forged = (part: string) =>
    [
      async () => {
        const { id, revision } = await begin();
        const { cookie } = await as('type-officer');
        const path = `/license-type-drafts/${id}/${part}`;
        return visitor.sendForm(
          path,
          {
            formToken: 'x',
            revision: String(revision),
            definition: '{}',
            decision: 'approved',
            ...basics,
            ...field,
          },
          cookie,
        );
      },
      403,
      null,
    ] as const;
  const basics = {
    name: '改名',
    englishName: 'Renamed',
    numberLabel: '许可证编号',
    numberPattern: 'JY[123]\\d{13}',
    matters: foodBusinessType.matters.join(' '),
    seals: foodBusinessType.seals.join(' '),
    validity: 'years',
    years: '5',
    retention: 'license-standard',
  };
  const field = { field: 'KZ_NEU', label: '新', englishLabel: 'New', kind: 'text', maxLength: '10' };
  return {
    'get /api/v1/license-types': row(() => anyone('/api/v1/license-types'), 200, {
      'wrong method': visitor.wrongMethod('/api/v1/license-types'),
    }),
    'get /api/v1/license-types/{type}': row(() => anyone(`/api/v1/license-types/${code}`), 200, {
      'no type': [() => anyone('/api/v1/license-types/no-such-type'), 404, 'type-not-found'],
      'no edition': [() => anyone(`/api/v1/license-types/${code}?edition=999`), 404, 'type-not-found'],
      'no number': [() => anyone(`/api/v1/license-types/${code}?edition=x`), 400, 'request-invalid'],
    }),
    'get /api/v1/license-types/{type}/editions': row(
      () => anyone(`/api/v1/license-types/${code}/editions`),
      200,
      { 'no type': [() => anyone('/api/v1/license-types/none-such/editions'), 404, 'type-not-found'] },
    ),
    'get /api/v1/license-type-schema': row(() => anyone('/api/v1/license-type-schema'), 200, {
      'wrong method': visitor.wrongMethod('/api/v1/license-type-schema'),
    }),
    'get /api/v1/license-type-drafts': row(() => get('type-officer', drafts), 200, {
      'a system': officeOnly,
    }),
    'post /api/v1/license-type-drafts': row(
      () => post('type-officer', drafts, { definition: fresh() }),
      201,
      {
        'neither type nor definition': [() => post('type-officer', drafts, {}), 400, 'request-invalid'],
        'no definition': [() => post('type-officer', drafts, { definition: {} }), 422, 'type-invalid'],
        "another department's type": [
          () => post('type-officer', drafts, { type: `11120105MB00000350001` }),
          403,
          'type-not-permitted',
        ],
      },
    ),
    'get /api/v1/license-type-drafts/{id}': row(
      async () => get('type-officer', `${drafts}/${(await begin()).id}`),
      200,
      { 'no draft': [() => get('type-officer', `${drafts}/${absent}`), 404, 'draft-not-found'] },
    ),
    'post /api/v1/license-type-drafts/{id}/definition': row(
      async () => {
        const { id, revision } = await begin();
        const { body } = await get('type-officer', `${drafts}/${id}`);
        const { definition } = body as { readonly definition: object };
        return post('type-officer', `${drafts}/${id}/definition`, { revision, definition });
      },
      200,
      {
        'no draft': missing('definition', { definition: fresh() }),
        'no definition': [
          () => step('type-officer', begin(), 'definition', { definition: { a: 1 } }),
          422,
          'type-invalid',
        ],
        'another revision': [
          async () => {
            const { id } = await begin();
            const { body } = await get('type-officer', `${drafts}/${id}`);
            const { definition } = body as { readonly definition: object };
            return post('type-officer', `${drafts}/${id}/definition`, { revision: 7, definition });
          },
          409,
          'draft-changed',
        ],
      },
    ),
    'post /api/v1/license-type-drafts/{id}/submission': row(
      () => step('type-officer', begin(), 'submission'),
      200,
      {
        'no draft': missing('submission', {}),
        'handed over already': [
          () => step('type-officer', submitted(), 'submission'),
          409,
          'draft-state-invalid',
        ],
      },
    ),
    'post /api/v1/license-type-drafts/{id}/decision': row(
      () => step('type-approver', submitted(), 'decision', { decision: 'approved' }),
      200,
      {
        'no draft': missing('decision', { decision: 'approved' }),
        'who drafted it': [
          () => step('type-officer', submitted(), 'decision', { decision: 'approved' }),
          403,
          'draft-second-person',
        ],
        'no decision': [
          () => step('type-approver', submitted(), 'decision', { decision: 'x' }),
          400,
          'request-invalid',
        ],
      },
    ),
    'post /api/v1/license-type-drafts/{id}/publication': row(
      () => step('type-officer', approved(), 'publication'),
      200,
      {
        'no draft': missing('publication', {}),
        'not approved': [() => step('type-officer', submitted(), 'publication'), 409, 'draft-state-invalid'],
      },
    ),
    'post /api/v1/license-type-drafts/{id}/discard': row(
      () => step('type-officer', begin(), 'discard'),
      200,
      {
        'no draft': missing('discard', {}),
      },
    ),
    'get /api/v1/license-type-drafts/{id}/preview.pdf': row(
      async () => get('type-officer', `${drafts}/${(await begin()).id}/preview.pdf`),
      200,
      {
        'no draft': [() => get('type-officer', `${drafts}/${absent}/preview.pdf`), 404, 'draft-not-found'],
        'longer than the page': [
          async () => get('type-officer', `${drafts}/${(await begin()).id}/preview.pdf?fill=longest`),
          422,
          'text-overflow',
        ],
      },
      'application/pdf',
    ),
    'get /license-types': pageRow(() => see('officer-civil-affairs', '/license-types'), {
      'nobody signed in': [() => visitor.page('/license-types'), 401, null],
      'no officer': [() => see('holder-1', '/license-types'), 403, null],
    }),
    'get /license-types/{type}': pageRow(() => see('type-officer', `/license-types/${code}`), {
      'no type': [() => see('type-officer', `/license-types/${'0'.repeat(21)}`), 404, null],
    }),
    'get /license-types/{type}/pages/{page}': row(
      () => see('type-officer', `/license-types/${code}/pages/1?edition=1`),
      200,
      { 'no page': [() => see('type-officer', `/license-types/${code}/pages/9?edition=1`), 404, null] },
      'image/svg+xml',
    ),
    'post /license-type-drafts': formRow(
      () => fill('type-officer', '/license-type-drafts', { definition: JSON.stringify(fresh()) }),
      {
        'no definition': [() => fill('type-officer', '/license-type-drafts', { definition: '{' }), 422, null],
        'no type officer': [
          () =>
            fill('officer-approval-office', '/license-type-drafts', {
              type: publicPlaceHygieneType.typeCode,
            }),
          403,
          null,
        ],
      },
    ),
    'get /license-type-drafts/{id}': pageRow(
      async () => see('type-officer', `/license-type-drafts/${(await begin()).id}`),
      {
        'no draft': [() => see('type-officer', `/license-type-drafts/${absent}`), 404, null],
        'no type officer': [
          () => see('officer-approval-office', `/license-type-drafts/${absent}`),
          403,
          null,
        ],
      },
    ),
    'get /license-type-drafts/{id}/pages/{page}': row(
      async () => see('type-officer', `/license-type-drafts/${(await begin()).id}/pages/1`),
      200,
      { 'no draft': [() => see('type-officer', `/license-type-drafts/${absent}/pages/1`), 404, null] },
      'image/svg+xml',
    ),
    'get /license-type-drafts/{id}/preview.pdf': row(
      async () => see('type-officer', `/license-type-drafts/${(await begin()).id}/preview.pdf`),
      200,
      { 'no draft': [() => see('type-officer', `/license-type-drafts/${absent}/preview.pdf`), 404, null] },
      'application/pdf',
    ),
    'post /license-type-drafts/{id}/basics': formRow(() => form('type-officer', begin(), 'basics', basics), {
      'another token': forged('basics'),
      'a pattern that is none': [
        () => form('type-officer', begin(), 'basics', { ...basics, numberPattern: '(' }),
        422,
        null,
      ],
    }),
    'post /license-type-drafts/{id}/fields': formRow(() => form('type-officer', begin(), 'fields', field), {
      'another token': forged('fields'),
      'a name that is none': [
        () => form('type-officer', begin(), 'fields', { ...field, field: 'neu' }),
        422,
        null,
      ],
    }),
    'post /license-type-drafts/{id}/definition': formRow(
      async () => {
        const draft = begin();
        const { body } = await get('type-officer', `${drafts}/${(await draft).id}`);
        const { definition } = body as { readonly definition: object };
        return form('type-officer', draft, 'definition', { definition: JSON.stringify(definition) });
      },
      {
        'another token': forged('definition'),
        'no JSON': [() => form('type-officer', begin(), 'definition', { definition: '{' }), 422, null],
      },
    ),
    'post /license-type-drafts/{id}/submission': formRow(() => form('type-officer', begin(), 'submission'), {
      'another token': forged('submission'),
    }),
    'post /license-type-drafts/{id}/decision': formRow(
      () => form('type-approver', submitted(), 'decision', { decision: 'rejected', note: '请改' }),
      {
        'another token': forged('decision'),
        'who drafted it': [
          () => form('type-officer', submitted(), 'decision', { decision: 'approved' }),
          403,
          null,
        ],
      },
    ),
    'post /license-type-drafts/{id}/publication': formRow(
      () => form('type-approver', approved(), 'publication'),
      {
        'another token': forged('publication'),
      },
    ),
    'post /license-type-drafts/{id}/discard': formRow(() => form('type-officer', begin(), 'discard'), {
      'another token': forged('discard'),
    }),
  };
}
