// Who is at a page of their own, and that a form is theirs.
import type { Frame } from '../web/layout.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { peopleCaller, type PeopleCaller } from './people-caller.ts';
import type { Services } from './services.ts';

/** A person at a page of their own. */
export interface Visit extends PeopleCaller {
  readonly frame: Frame;
  readonly formToken: string;
}

/** @throws ApiError `unauthenticated`; IdentityError of `peopleCaller`. */
export async function visiting(services: Services, cookie: string | undefined): Promise<Visit> {
  const session = await requireSession(services, cookie);
  const caller = await peopleCaller(services, session.principal);
  return { ...caller, frame: frameOf(services, session), formToken: session.formToken };
}

/** A form by a person: the session's token is checked before anything else. */
export async function sending(
  services: Services,
  call: { readonly cookie: string | undefined; readonly body: { readonly formToken: string } },
): Promise<Visit> {
  const visit = await visiting(services, call.cookie);
  requireFormToken(visit.formToken, call.body.formToken);
  return visit;
}
