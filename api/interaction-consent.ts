// Consent: what is asked for, in words, with the purposes of processing; and the decision as the form sends it.
import type { ConsentDecision, ConsentDetails, InteractionDetails } from '../identity/interaction-port.ts';
import { legalBasisWords, purposes as publishedPurposes } from '../identity/purposes.ts';
import type { Words } from '../verification/report.ts';
import type { InteractionPage } from '../web/pages/interaction.ts';
import { renderConsent, type ConsentItem, type ConsentPurpose } from '../web/pages/interaction-consent.ts';
import { interactionPolicy } from './interaction-guard.ts';
import { html, type Reply } from './reply.ts';
import type { Services } from './services.ts';

/** What a scope or a claim means to a person. */
const words: Readonly<Record<string, { readonly title: Words; readonly detail: Words | null }>> = {
  openid: {
    title: { zh: '确认您的登录', en: 'Know that you signed in' },
    detail: {
      zh: '得到只属于该服务的编号，不含姓名和号码。',
      en: 'An identifier made for this service alone, without name or number.',
    },
  },
  profile: { title: { zh: '姓名', en: 'Your name' }, detail: null },
  email: { title: { zh: '电子邮箱', en: 'E-mail address' }, detail: null },
  phone: { title: { zh: '手机号', en: 'Mobile number' }, detail: null },
  address: { title: { zh: '地址', en: 'Address' }, detail: null },
  offline_access: {
    title: { zh: '在您离开后继续访问', en: 'Go on while you are away' },
    detail: { zh: '直到您撤回授权。', en: 'Until you take it back.' },
  },
  resident_number: {
    title: { zh: '证件类型和号码', en: 'Type and number of your document' },
    detail: {
      zh: '敏感个人信息，仅在法律要求时提供。',
      en: 'Sensitive: given only where the law asks for it.',
    },
  },
  verified: {
    title: { zh: '身份核验的方式和时间', en: 'How and when your identity was verified' },
    detail: null,
  },
  acting_for: { title: { zh: '您代表的企业', en: 'The enterprise you act for' }, detail: null },
  age_over_18: { title: { zh: '是否年满 18 周岁', en: 'Whether you are over 18' }, detail: null },
  name_match: { title: { zh: '姓名是否相符', en: 'Whether a name is yours' }, detail: null },
  'licenses:own': { title: { zh: '查看您的电子证照', en: 'Read your e-licences' }, detail: null },
};

/** Sensitive personal information (PIPL art. 28): numbers of documents. */
const sensitive: ReadonlySet<string> = new Set(['resident_number', 'document_number', 'verified_claims']);

function wordsOf(name: string): { readonly title: Words; readonly detail: Words | null } {
  return Object.hasOwn(words, name)
    ? (words[name] ?? { title: { zh: name, en: '' }, detail: null })
    : { title: { zh: name, en: '' }, detail: null };
}

/** The names of the form's boxes, and what each stands for. */
function boxesOf(asked: ConsentDetails): readonly (ConsentItem & { readonly pick: Partial<Pick> })[] {
  const box = (
    value: string,
    name: string,
    pick: Partial<Pick>,
  ): ConsentItem & { readonly pick: Partial<Pick> } => {
    const { title, detail } = wordsOf(name);
    return {
      value,
      words: title,
      detail,
      required: name === 'openid',
      sensitive: sensitive.has(name),
      pick,
    };
  };
  return [
    ...asked.scopes.map((scope) => box(`scope ${scope}`, scope, { scope })),
    ...asked.claims.map((claim) => box(`claim ${claim}`, claim, { claim })),
    ...Object.entries(asked.resources).flatMap(([indicator, scopes], at) =>
      scopes.map((scope) => box(`resource ${at} ${scope}`, scope, { indicator, resourceScope: scope })),
    ),
  ];
}

interface Pick {
  readonly scope: string;
  readonly claim: string;
  readonly indicator: string;
  readonly resourceScope: string;
}

/** What was allowed: the boxes that came back, of those that were shown. */
export function decisionOf(asked: ConsentDetails, form: Readonly<Record<string, string>>): ConsentDecision {
  const allowed = boxesOf(asked).filter(({ value, required }) => required || Object.hasOwn(form, value));
  const resources: Record<string, string[]> = {};
  for (const { pick } of allowed) {
    if (pick.indicator === undefined || pick.resourceScope === undefined) continue;
    resources[pick.indicator] = [...(resources[pick.indicator] ?? []), pick.resourceScope];
  }
  return {
    scopes: allowed.flatMap(({ pick }) => (pick.scope === undefined ? [] : [pick.scope])),
    claims: allowed.flatMap(({ pick }) => (pick.claim === undefined ? [] : [pick.claim])),
    resources,
  };
}

/** Purposes of a client as a person reads them before they consent: in effect now, with their notices. */
export async function purposesShown(
  services: Services,
  ids: readonly string[],
): Promise<readonly ConsentPurpose[]> {
  if (ids.length === 0) return [];
  return (await publishedPurposes(services.database))
    .filter(({ id }) => ids.includes(id))
    .map((purpose) => ({
      name: { zh: purpose.name, en: purpose.englishName },
      notice: { zh: purpose.notice, en: purpose.englishNotice },
      basis: legalBasisWords[purpose.legalBasis],
      retention: purpose.retentionDays,
      sensitive: purpose.sensitive,
    }));
}

/** Draws the consent page. */
export async function showConsent(
  services: Services,
  details: InteractionDetails,
  page: InteractionPage,
): Promise<Reply> {
  const asked = details.consent;
  const purposes = await purposesShown(services, asked?.purposes ?? []);
  const text = renderConsent(
    { demonstration: services.demonstration, signedIn: null, formToken: null },
    {
      ...page,
      items: asked === null ? [] : boxesOf(asked),
      purposes,
      device: details.device,
    },
  );
  return html(200, text, interactionPolicy(services, details));
}
