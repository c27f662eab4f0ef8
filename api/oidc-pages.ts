// The provider's pages: its port filled with our own layout.
import type { ProviderPages, UserCodeFault } from '../identity/provider/pages.ts';
import type { Words } from '../verification/report.ts';
import type { Frame } from '../web/layout.ts';
import { knownBrowserOf, placeOf } from './caller-words.ts';
import { callerOfAddress } from './limits.ts';
import type { Places } from './places.ts';
import {
  renderConfirmDevice,
  renderDeviceDone,
  renderLoggedOut,
  renderLogout,
  renderProviderError,
  renderUserCode,
} from '../web/pages/provider.ts';

const faults: Readonly<Record<UserCodeFault, Words>> = {
  wrong: {
    zh: '代码不正确或已失效，请重新输入。',
    en: 'The code is wrong or has expired; please enter it again.',
  },
  interrupted: { zh: '登录被取消。', en: 'The sign-in was cancelled.' },
  other: { zh: '出了点问题，请重新输入代码。', en: 'Something went wrong; please enter the code again.' },
};

/**
 * @param demonstration said on every page
 * @param places where networks are, in words
 */
export function providerPages(demonstration: boolean, places: Places = []): ProviderPages {
  const frame: Frame = { demonstration, signedIn: null, formToken: null };
  return {
    logout: (form, client) => renderLogout(frame, { form, client: client?.name ?? null }),
    loggedOut: () => renderLoggedOut(frame),
    userCode: (form, fault) => renderUserCode(frame, { form, fault: fault === null ? null : faults[fault] }),
    confirmDevice: (form, { client, code, agent, address }) =>
      renderConfirmDevice(frame, {
        form,
        client: client.name,
        code,
        browser: knownBrowserOf(agent),
        place: placeOf(callerOfAddress(address), places),
      }),
    deviceDone: (client) => renderDeviceDone(frame, client.name),
    error: (code, description) => renderProviderError(frame, { code, description }),
  };
}
