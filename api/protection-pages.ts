// Pages of the data protection officer: requests of persons, purposes, and the next version of a notice.
import { z } from 'zod';
import { labelledDigest } from '../crypto/algorithms.ts';
import { IdentityError } from '../identity/errors.ts';
import { requireRole } from '../identity/officers.ts';
import { decidePersonRequest } from '../identity/person-decision.ts';
import { openPersonRequests } from '../identity/person-rights.ts';
import { legalBasisWords, publishPurpose, purposes } from '../identity/purposes.ts';
import { renderProtection } from '../web/pages/people/protection.ts';
import { sending } from './administration-pages.ts';
import { frameOf, requireSession } from './pages.ts';
import { officeLevel, peopleCaller } from './people-caller.ts';
import { placesFor } from './people-places.ts';
import { words } from './people-schemas.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import { optionalText } from './schemas.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const token = { formToken: z.string().max(100) };
const noticeText = z.string().trim().min(1).max(5000);

const protection = route({
  method: 'get',
  path: '/office/protection',
  tag,
  summary: 'Requests of persons, and purposes',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const { account, principal } = await peopleCaller(services, session.principal, officeLevel);
    const open = await openPersonRequests(services.people, principal, account.id);
    const now = services.clock();
    return html(
      200,
      renderProtection(frameOf(services, session), {
        places: await placesFor(services, account.id, []),
        requests: open.map((one) => ({
          id: one.id,
          kind: one.kind,
          words: one.words,
          dueAt: one.dueAt.toISOString(),
          overdue: one.dueAt <= now,
        })),
        purposes: (await purposes(services.database)).map((one) => ({
          id: one.id,
          name: { zh: one.name, en: one.englishName },
          basis: legalBasisWords[one.legalBasis],
          version: one.version,
          effectiveAt: one.effectiveAt.toISOString(),
          retentionDays: one.retentionDays,
        })),
      }),
    );
  },
});

const decide = route({
  method: 'post',
  path: '/office/protection/{id}/decision',
  tag,
  summary: 'Decide a request of a person',
  access: page,
  params: z.object({ id: z.string().regex(/^prq_[0-9a-f]{32}$/) }),
  body: formBody(
    z.object({
      ...token,
      done: z.enum(['yes', 'no']),
      answer: words,
      erase: z.literal('yes').optional(),
      name: optionalText(80),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call);
    const { done, answer, erase, name } = call.body;
    const effect =
      erase === 'yes'
        ? ({ kind: 'erase' } as const)
        : name === null
          ? null
          : ({ kind: 'name', name } as const);
    const decision = { by: account.id, id: call.params.id, done: done === 'yes', answer, effect };
    await decidePersonRequest(services.people, principal, decision);
    return seeOther('/office/protection');
  },
});

const publish = route({
  method: 'post',
  path: '/office/protection/notices',
  tag,
  summary: 'Publish the next version of a notice',
  access: page,
  body: formBody(
    z.object({
      ...token,
      purpose: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/),
      notice: noticeText,
      englishNotice: noticeText,
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call);
    await requireRole(services, account.id, 'data-protection-officer');
    const { purpose, notice, englishNotice } = call.body;
    const known = (await purposes(services.database)).find(({ id }) => id === purpose);
    if (known === undefined) throw new IdentityError('purpose-not-found', 'There is no such purpose.');
    const digest = (text: string): string => labelledDigest(services.suite.digest, text);
    await publishPurpose(services.people, principal, { ...known, notice, englishNotice }, digest);
    return seeOther('/office/protection');
  },
});

export const protectionPageRoutes: readonly Route[] = [protection, decide, publish];
