// Cookies of the login pages: prefixed where the connection is secure, so that no sibling host can plant one.
import type { IncomingMessage } from 'node:http';
import { cookieValue } from './guard.ts';
import type { Services } from './services.ts';

/** Which cookies there are, and where each is sent. */
const cookies = {
  /** A browser in which somebody logged in before. */
  device: { name: 'yinxin_device', path: '/' },
  /** The phone that opened a picture. */
  phone: { name: 'yinxin_phone', path: '/' },
  /** On the way to another provider and back. */
  away: { name: 'yinxin_away', path: '/' },
} as const;

export type LoginCookie = keyof typeof cookies;

type WithAddress = Pick<Services, 'address'>;

function nameOf({ address }: WithAddress, cookie: LoginCookie): string {
  const { name } = cookies[cookie];
  // RFC 6265bis section 4.1.3.2: set by this very host, over https, for all its paths.
  return address.startsWith('https://') ? `__Host-${name}` : name;
}

/** The value a request brings, or null. */
export function loginCookie(
  services: WithAddress,
  request: IncomingMessage,
  cookie: LoginCookie,
): string | null {
  return cookieValue(request.headers.cookie, nameOf(services, cookie));
}

/** A `Set-Cookie` header. With 0 seconds the cookie goes. */
export function setLoginCookie(
  services: WithAddress,
  cookie: LoginCookie,
  value: string,
  seconds: number,
): string {
  const secure = services.address.startsWith('https://') ? '; Secure' : '';
  const { path } = cookies[cookie];
  return `${nameOf(services, cookie)}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}
