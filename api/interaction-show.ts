// The page of an interaction as it stands now: login, second factor, level not reached, whom to act for, consent.
import type { IncomingMessage } from 'node:http';
import { demonstrationLogins, demonstrationPassword } from '../fixtures/logins.ts';
import type { InteractionDetails } from '../identity/interaction-port.ts';
import { openSecret, authenticatorsOf } from '../identity/login/authenticators.ts';
import { maskedTelephone } from '../identity/login/names.ts';
import { progressOf, type Progress } from '../identity/login/progress.ts';
import { mandatesOf, type Capacity, type Mandate } from '../identity/representation.ts';
import type { Words } from '../verification/report.ts';
import type { Frame } from '../web/layout.ts';
import type { InteractionPage, InteractionProblem } from '../web/pages/interaction.ts';
import { renderActing, type ActingChoice } from '../web/pages/interaction-acting.ts';
import { renderLogin } from '../web/pages/interaction-login.ts';
import { renderSecond } from '../web/pages/interaction-second.ts';
import { renderUnmet } from '../web/pages/interaction-unmet.ts';
import { showConsent } from './interaction-consent.ts';
import { reachedBy, secondFactors } from './interaction-flow.ts';
import { interactionPolicy, interactionToken } from './interaction-guard.ts';
import { html, type Reply } from './reply.ts';
import type { Services } from './services.ts';

/** What the last step left to say. */
export interface Shown {
  readonly status?: number;
  readonly problem?: InteractionProblem | null;
  /** The method that was tried. */
  readonly open?: string | null;
  readonly name?: string;
  readonly codeSent?: boolean;
}

export function strangerFrame(services: Services): Frame {
  return { demonstration: services.demonstration, signedIn: null, formToken: null };
}

/** Draws the interaction. */
export async function showInteraction(
  services: Services,
  _request: IncomingMessage,
  details: InteractionDetails,
  shown: Shown = {},
): Promise<Reply> {
  const page = pageOf(services, details);
  if (details.prompt === 'consent') return showConsent(services, details, page);
  if (details.prompt === 'select-acting') {
    return reply(services, details, await acting(services, page, details, shown), shown);
  }
  const progress = await progressOf(services, details.uid);
  if (progress === null) return reply(services, details, login(services, page, shown), shown);
  if (!progress.complete) {
    return reply(services, details, await second(services, page, progress, shown), shown);
  }
  const reached = await reachedBy(services, details, progress);
  if (!reached.enough && details.floor !== null) {
    const { ial: proofing, aal: authentication } = reached;
    const text = renderUnmet(strangerFrame(services), {
      ...page,
      proofing,
      authentication,
      needed: details.floor,
    });
    return reply(services, details, text, shown);
  }
  // Enough was shown, and the end of the login was refused: what is said above the ways to log in.
  return reply(services, details, login(services, page, shown), shown);
}

/** What all pages of one interaction know. */
export function pageOf(services: Services, details: InteractionDetails): InteractionPage {
  return {
    uid: details.uid,
    formToken: interactionToken(services, details.uid),
    client: details.client.name,
    floor: details.floor,
  };
}

function reply(services: Services, details: InteractionDetails, text: string, shown: Shown): Reply {
  return html(
    shown.status ?? 200,
    text,
    interactionPolicy(services, details, { connect: [services.login.signerOrigin] }),
  );
}

function login(services: Services, page: InteractionPage, shown: Shown): string {
  const { login } = services;
  return renderLogin(strangerFrame(services), {
    ...page,
    problem: shown.problem ?? null,
    open: shown.open ?? null,
    name: shown.name ?? '',
    codeSent: shown.codeSent ?? false,
    sms: login.doors.messages !== null,
    certificateTls: login.tlsOrigin !== null,
    signer: login.signerOrigin,
    origin: services.address,
    upstreams: login.upstreams.providers.map(({ name, title }) => ({ name, title })),
    demonstrationAccounts: login.demonstrationAccounts.map(({ account, name, detail }) => ({
      id: account,
      name,
      detail,
    })),
    demonstrationPassword: services.demonstration
      ? { name: demonstrationLogins[0]?.name ?? '', password: demonstrationPassword }
      : null,
  });
}

async function second(
  services: Services,
  page: InteractionPage,
  progress: Progress,
  shown: Shown,
): Promise<string> {
  const missing = await secondFactors(services, progress);
  const [telephone] = await authenticatorsOf(services.database.reader, progress.account, 'sms');
  return renderSecond(strangerFrame(services), {
    ...page,
    problem: shown.problem ?? null,
    totp: missing.includes('totp'),
    telephone:
      missing.includes('sms') && telephone !== undefined
        ? maskedTelephone(openSecret(services.login.doors, telephone))
        : null,
    codeSent: shown.codeSent ?? false,
    password: missing.includes('password'),
  });
}

async function acting(
  services: Services,
  page: InteractionPage,
  details: InteractionDetails,
  shown: Shown,
): Promise<string> {
  const mandates = await mandatesOf(services, details.current?.account ?? '', services.clock());
  return renderActing(strangerFrame(services), {
    ...page,
    problem: shown.problem ?? null,
    choices: mandates.map((mandate) => choiceOf(services, mandate)),
  });
}

const capacityWords: Readonly<Record<Capacity, Words>> = {
  'legal-representative': { zh: '法定代表人', en: 'legal representative' },
  manager: { zh: '管理人', en: 'manager' },
  agent: { zh: '经办人', en: 'agent' },
};

function choiceOf(services: Services, mandate: Mandate): ActingChoice {
  const { scope } = mandate;
  const names = scope === '*' ? [] : scope.map((matter) => services.matterNames.get(matter)?.zh ?? matter);
  return {
    id: mandate.id,
    enterprise: mandate.enterprise.name,
    creditCode: mandate.enterprise.creditCode,
    capacity: capacityWords[mandate.capacity],
    scope:
      scope === '*'
        ? { zh: '全部事项', en: 'every matter' }
        : { zh: names.slice(0, 3).join('、'), en: `${names.length} matters` },
    until: mandate.until.toISOString(),
  };
}
