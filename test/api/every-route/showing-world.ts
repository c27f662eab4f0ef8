// A holder, an office and how far a showing between them is: what the rows of showing start from.
import request, { type Response, type Test } from 'supertest';
import { marketSupervision } from '../../../fixtures/departments.ts';
import { foodBusinessMatter } from '../../../fixtures/matters.ts';
import { sweepShowings } from '../../../licenses/presentation-alarms.ts';
import { districtAccounts } from '../accounts.ts';
import { freshKey, issue, licenseBody, licenses } from '../samples.ts';
import { once } from './ca-rows.ts';
import type { Visitor } from './visitor.ts';

export const device = 'A'.repeat(22);
export const matter = foodBusinessMatter.code;
export const type = licenses.senior.type.key;

interface SignedIn {
  readonly cookie: string;
  readonly token: string;
}
interface Shown {
  readonly id: string;
  readonly code: string;
  readonly key: string;
}

/** What the rows of showing start from: a holder with a card, an office with cases, and how far a showing is. */
export function showingWorld(visitor: Visitor) {
  const { service, page, sendForm, asOffice } = visitor;
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
    card,
    holder,
    protector,
    by,
    own,
    ownGet,
    office,
    newCase,
    shown,
    claimBody,
    claimed,
    agreed,
    delivered,
    alarm,
    until,
    copyBody,
    copying,
    copy,
    onPage,
    spokenOnPage,
    ownForm,
    ownScript,
    ownPage,
    deskForm,
    deskClaim,
    deskAgreed,
  };
}

export type ShowingWorld = ReturnType<typeof showingWorld>;
