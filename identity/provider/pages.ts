// Port: the few pages the provider shows by itself. The edge draws them; forms come from the provider as they must be sent.
import type { Words } from '../../verification/report.ts';

/** Who the page speaks of. */
export interface PageClient {
  readonly id: string;
  readonly name: Words;
}

/** What is wrong with a code that was typed in. */
export type UserCodeFault = 'wrong' | 'interrupted' | 'other';

/**
 * Promises: answers a whole HTML document that holds `form` unchanged where one is given; buttons outside the form name
 * it by `form="…"`; nothing in it runs a script of its own.
 */
export interface ProviderPages {
  /** Asks whether to sign out everywhere. `form` has the id `op.logoutForm`; its buttons are `name="logout" value="yes"`. */
  logout(form: string, client: PageClient | null): string;
  loggedOut(client: PageClient | null): string;
  /** Asks for the code a device shows. `form` has the id `op.deviceInputForm`. */
  userCode(form: string, fault: UserCodeFault | null): string;
  /** Confirms the device. `form` has the id `op.deviceConfirmForm`; aborting is `name="abort" value="yes"`. */
  confirmDevice(
    form: string,
    shown: {
      readonly client: PageClient;
      readonly code: string;
      /** `User-Agent` and network address of the device's request: said by its connection, never by its client. */
      readonly agent: string;
      readonly address: string;
    },
  ): string;
  deviceDone(client: PageClient): string;
  /** @param code an error of OAuth, such as `invalid_redirect_uri` */
  error(code: string, description: string): string;
}
