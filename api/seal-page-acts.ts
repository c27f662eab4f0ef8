// What one person does at once on the seal office's pages: stopping a seal, filing one, ending an authorisation.
import { z } from 'zod';
import { revokeAuthorisation } from '../signing/authorisations.ts';
import { changeSealState, fileSeal } from '../signing/seal-register.ts';
import { seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import {
  formPurpose,
  formSession,
  formToken,
  pageAccess,
  redirect,
  sealPagesTag,
  sealParams,
  visibleSeal,
} from './seal-page-parts.ts';
import { authorisationId } from './use-schemas.ts';

const stop = route({
  method: 'post',
  path: '/seals/{seal}/stop',
  tag: sealPagesTag,
  summary: 'Freezing a seal, or reporting it lost, by one person',
  access: pageAccess,
  params: sealParams,
  body: formBody(
    z.object({
      formToken,
      state: z.enum(['frozen', 'lost']),
      purpose: formPurpose,
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await formSession(services, call.cookie, call.body.formToken, 'seals:apply');
    const { principal } = session;
    const seal = await visibleSeal(services, session, call.params.seal);
    await changeSealState(services, {
      actor: { ...principal, scopes: [...principal.scopes, 'seals:write'] },
      sealId: seal.id,
      to: call.body.state,
      reason: call.body.purpose,
    });
    return seeOther(`/seals/${seal.code}`);
  },
});

const filing = route({
  method: 'post',
  path: '/seals/{seal}/filing',
  tag: sealPagesTag,
  summary: 'Entering the filing of a seal',
  access: pageAccess,
  params: sealParams,
  body: formBody(z.object({ formToken, number: z.string().regex(/^[\x21-\x7e]{1,64}$/) })),
  replies: redirect,
  async handle(services, call) {
    const session = await formSession(services, call.cookie, call.body.formToken, 'seals:administer');
    const { principal } = session;
    const seal = await visibleSeal(services, session, call.params.seal);
    await fileSeal(services, {
      actor: { ...principal, scopes: [...principal.scopes, 'seals:file'] },
      sealId: seal.id,
      number: call.body.number,
    });
    return seeOther(`/seals/${seal.code}`);
  },
});

const ending = route({
  method: 'post',
  path: '/seal-authorisations/{id}/end',
  tag: sealPagesTag,
  summary: 'Ending an authorisation, by one person',
  access: pageAccess,
  params: z.object({ id: authorisationId }),
  body: formBody(z.object({ formToken, purpose: formPurpose })),
  replies: redirect,
  async handle(services, call) {
    const { formToken: token, purpose } = call.body;
    const session = await formSession(services, call.cookie, token, 'seals:apply');
    await revokeAuthorisation(services, session.principal, call.params.id, purpose);
    return seeOther('/seals');
  },
});

export const sealPageActRoutes: readonly Route[] = [stop, filing, ending];
