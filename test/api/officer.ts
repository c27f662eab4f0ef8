// Officers who sign in and call the interface with their session: who decides what systems ask for.
import request, { type Test } from 'supertest';
import { createApiKey } from '../../identity/api-keys.ts';
import { operator } from '../../api/installation.ts';
import type { Harness } from './harness.ts';
import { freshKey } from './samples.ts';
import { signInAs } from './sign-in.ts';

interface Session {
  readonly cookie: string;
  readonly token: string;
}

const sessions = new WeakMap<Harness, Map<string, Promise<Session>>>();

async function open(service: Harness, key: string): Promise<Session> {
  const cookie = await signInAs(service, key);
  const page = await request(service.url).get('/').set('Accept', 'text/html').set('Cookie', cookie);
  const token = /name="formToken" value="([^"]+)"/.exec(page.text)?.[1];
  if (token === undefined) throw new Error(`No form token for ${key}.`);
  return { cookie, token };
}

/** Posts as a sample officer, who signs in once a service. @param key `ca-reviewer`, `seal-administrator` … */
export async function postAs(
  service: Harness,
  key: string,
  path: string,
  body: object = {},
): Promise<Awaited<Test>> {
  const known = sessions.get(service) ?? new Map<string, Promise<Session>>();
  sessions.set(service, known);
  const session = known.get(key) ?? open(service, key);
  known.set(key, session);
  const { cookie, token } = await session;
  return request(service.url)
    .post(path)
    .set('Cookie', cookie)
    .set('X-Form-Token', token)
    .set('Idempotency-Key', freshKey())
    .send(body);
}

/** Posts with another API key of a department, which has these scopes: another caller, and no person. */
export async function postWithKey(
  service: Harness,
  department: string,
  scopes: readonly string[],
  path: string,
  body: object = {},
): Promise<Awaited<Test>> {
  const { key } = await createApiKey(service.services, operator, { department, scopes, label: 'second key' });
  return request(service.url)
    .post(path)
    .set('Authorization', `Bearer ${key}`)
    .set('Idempotency-Key', freshKey())
    .send(body);
}
