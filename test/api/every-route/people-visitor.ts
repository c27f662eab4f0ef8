// Who visits the routes about people: sample persons signed in once each, and what they make on the way.
import request, { type Response, type Test } from 'supertest';
import { district } from '../../../fixtures/district.ts';
import { officers } from '../../../fixtures/officers.ts';
import { accountOfPerson } from '../../../identity/accounts.ts';
import { findPerson } from '../../../identity/persons.ts';
import type { Rows, Visitor } from './visitor.ts';

export type Row = Rows[string];
type Send = () => PromiseLike<Response>;

/** The digits of an identifier that names nothing. */
export const none = '0'.repeat(32);
const type = 'resident-identity-card';

/** Everything the rows of people call. */
export function peopleVisitor(visitor: Visitor) {
  const { page, sendForm } = visitor;
  const { services } = visitor.service;
  const sessions = new Map<string, ReturnType<Visitor['signedIn']>>();
  const as = (choice: string): ReturnType<Visitor['signedIn']> => {
    const known = sessions.get(choice) ?? visitor.signedIn(choice);
    sessions.set(choice, known);
    return known;
  };
  const get = async (choice: string, path: string): Promise<Response> => {
    const { cookie } = await as(choice);
    return visitor.get(path).set('Cookie', cookie);
  };
  const post = async (choice: string, path: string, body: object): Promise<Response> => {
    const { cookie, token } = await as(choice);
    return request(visitor.service.url)
      .post(path)
      .set('Cookie', cookie)
      .set('X-Form-Token', token)
      .send(body);
  };
  const see = async (choice: string, path: string): Promise<Response> =>
    page(path, (await as(choice)).cookie);
  const fill = async (choice: string, path: string, fields: Record<string, string>): Promise<Response> => {
    const { cookie, token } = await as(choice);
    return sendForm(path, { formToken: token, ...fields }, cookie);
  };
  const person = async (number: string): Promise<string> =>
    (await findPerson(services, { type, number, name: '' }))?.id ?? '';
  const account = async (number: string): Promise<string> =>
    (await accountOfPerson(services, await person(number)))?.id ?? '';
  const own = (position: number): Promise<string> => person(district.persons[position]?.number ?? '');
  const officer = (key: string): Promise<string> =>
    account(officers.find((one) => one.key === key)?.number ?? '');
  const row = (
    good: Send,
    status: number,
    bad: Row['bad'],
    kind: string | null = 'application/json',
  ): Row => ({
    good,
    status,
    type: kind,
    bad,
  });
  const pageRow = (good: Send, bad: Row['bad']): Row => row(good, 200, bad, 'text/html');
  const formRow = (good: Send, bad: Row['bad']): Row => row(good, 303, bad, null);
  const stranger = (send: (path: string) => Test, path: string): Row['bad'] => ({
    'nobody signed in': [() => send(path), 401, null],
  });
  const anonymous = (path: string): Row['bad'] => ({
    'nobody signed in': [() => visitor.get(path), 401, 'unauthenticated'],
  });
  /** The identifier in an answer's body. */
  const idOf = (answer: Response): string => (answer.body as { readonly id: string }).id;
  const root = async (): Promise<string> => {
    const { body } = await get('holder-1', '/api/v1/mandates');
    return (body as { readonly mandates: readonly { readonly id: string }[] }).mandates[0]?.id ?? '';
  };
  const soon = (): string => new Date(Date.now() + 30 * 86_400_000).toISOString();
  const offer = async (to: number): Promise<string> => {
    const { name = '', number = '' } = district.persons[to] ?? {};
    const body = {
      under: await root(),
      capacity: 'agent',
      to: { name, number },
      scope: '*',
      expires: soon(),
    };
    return idOf(await post('holder-1', '/api/v1/mandates', body));
  };
  const seen = (position: number): object => ({
    name: district.persons[position]?.name,
    number: district.persons[position]?.number,
    reader: 'chip',
    livePerson: true,
    reference: '簿 1',
  });
  const proposal = async (position: number): Promise<string> =>
    idOf(await post('window-officer', '/api/v1/proofing-cases', { seen: seen(position) }));
  const asked = async (): Promise<string> => {
    const body = {
      kind: 'role-grant',
      // Whose rights change is signed out: nobody else here visits as this one.
      subject: await officer('officer-health-commission'),
      parameters: { role: 'window-officer' },
      purpose: '轮岗',
    };
    return idOf(await post('system-administrator', '/api/v1/two-person-requests', body));
  };
  const opened = async (): Promise<string> => {
    const path = `/api/v1/people/${await own(1)}/requests`;
    return idOf(await post('holder-2', path, { kind: 'explain', words: '请说明' }));
  };
  const purpose = {
    id: 'survey',
    name: '满意度调查',
    englishName: 'Survey',
    legalBasis: 'consent',
    sensitive: false,
    categories: ['评价'],
    retentionDays: 30,
    retentionGround: '统计后删除',
    recipients: [],
    notice: '告知',
    englishNotice: 'Notice',
  };
  const sms = { purpose: 'sms-notices', version: 1 };
  return {
    account,
    anonymous,
    as,
    asked,
    fill,
    formRow,
    get,
    offer,
    officer,
    opened,
    own,
    page,
    pageRow,
    post,
    proposal,
    purpose,
    root,
    row,
    see,
    seen,
    sendForm,
    services,
    sms,
    soon,
    stranger,
  };
}
