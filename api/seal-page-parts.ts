// What the seal office's pages share: who may come in, which seal they may see, and how it is shown.
import { z } from 'zod';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import type { PageSession } from '../identity/page-sessions.ts';
import { SigningError } from '../signing/errors.ts';
import type { SealApplication } from '../signing/seal-application-store.ts';
import { findSeal } from '../signing/seal-store.ts';
import { sealTypes, type Seal } from '../signing/seal.ts';
import type { ApplicationLine, SealCard } from '../web/pages/seal-office.ts';
import { ApiError } from './errors.ts';
import { requireFormToken, requireSession } from './pages.ts';
import { sealStateWords } from './seal-words.ts';
import type { Services } from './services.ts';
import type { ActorsShown } from './shown-actors.ts';

export const sealPagesTag = '页面 Pages';
export const pageAccess = { kind: 'page' } as const;
export const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
export const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
export const sealParams = z.object({ seal: z.string().regex(/^[1-9]\d{13}$/) });
export const formToken = z.string().max(100);
export const formPurpose = z.string().trim().min(2).max(200);
/** Lines of one list. */
export const linesShown = 50;

/** @throws ApiError `unauthenticated`, `scope-missing` for whoever has nothing to do with seals. */
export async function officeSession(services: Services, cookie: string | undefined): Promise<PageSession> {
  const session = await requireSession(services, cookie);
  if (!session.principal.scopes.some((scope) => scope.startsWith('seals:')))
    throw new ApiError('scope-missing', 'Seals are for those who work with them.');
  return session;
}

/** The session of a form that was sent back, by somebody who may do this. @throws ApiError as above, `form-…` */
export async function formSession(
  services: Services,
  cookie: string | undefined,
  token: string,
  scope: 'seals:apply' | 'seals:administer' | null,
): Promise<PageSession> {
  const session = await officeSession(services, cookie);
  requireFormToken(session.formToken, token);
  if (scope !== null && !may(session, scope))
    throw new ApiError('scope-missing', `This needs the scope ${scope}.`);
  return session;
}

export function may(session: PageSession, scope: string): boolean {
  return session.principal.scopes.some((each) => each === scope);
}

export function cardOf(seal: Seal): SealCard {
  return {
    code: seal.code,
    name: seal.name,
    typeName: `${seal.type} ${sealTypes[seal.type]}`,
    owner: seal.departmentName,
    picture: `/seals/${seal.code}/picture.svg`,
    state: { words: sealStateWords[seal.state], inForce: seal.state === 'valid' },
    validUntil: seal.validUntil.toISOString(),
  };
}

export function lineOf(application: SealApplication, shown: ActorsShown): ApplicationLine {
  const { id, kind, state, purpose, requestedBy, requestedAt } = application;
  return {
    id,
    kind,
    state,
    purpose,
    requestedBy: shown(requestedBy),
    requestedAt: requestedAt.toISOString(),
  };
}

/** A seal that the reader may see: the own department's, or any for the administration. @throws SigningError `seal-not-found` */
export async function visibleSeal(services: Services, session: PageSession, code: string): Promise<Seal> {
  const seal = await findSeal(services.database.reader, { code });
  const all = may(session, 'seals:administer');
  if (seal === null || (!all && seal.department !== session.principal.department))
    throw new SigningError('seal-not-found', 'There is no such seal.');
  return seal;
}

/** The own department's seal, for whoever may apply. @throws SigningError `seal-not-found` */
export async function ownSeal(services: Services, session: PageSession, code: string): Promise<Seal> {
  const seal = await visibleSeal(services, session, code);
  if (seal.department !== session.principal.department)
    throw new SigningError('seal-not-found', 'There is no such seal.');
  return seal;
}

export function newKey(services: Services): string {
  return encodeBase64url(services.random(16));
}

/** Names of the types, in the order of their codes. */
export function typeChoices(): readonly { readonly code: string; readonly name: string }[] {
  // Keys that look like numbers come first whatever they say: sorted by what they say.
  return Object.entries(sealTypes)
    .map(([code, name]) => ({ code, name }))
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));
}
