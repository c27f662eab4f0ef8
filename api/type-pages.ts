// Pages of the catalogue of license types, for every officer: what a type is, how it looks, and every edition.
import { z } from 'zod';
import type { PageSession } from '../identity/page-sessions.ts';
import { LicenseError } from '../licenses/errors.ts';
import { readDrafts, stepsFrom } from '../licenses/type-draft.ts';
import { previewContent, type Fill } from '../licenses/type-preview.ts';
import { editionsOf, licenseTypeEdition, licenseTypeNamed, licenseTypes } from '../licenses/type-register.ts';
import type { LicenseType } from '../licenses/type.ts';
import { renderLicenseType } from '../web/pages/license-type.ts';
import { renderLicenseTypes } from '../web/pages/license-types.ts';
import { ApiError } from './errors.ts';
import { frameOf, requireSession } from './pages.ts';
import { bytes, html, type Reply } from './reply.ts';
import { route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { faceLines, ruleLines } from './type-words.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const svg = [{ status: 200, description: 'SVG.', content: { 'image/svg+xml': 'binary' } }] as const;
const typeParams = z.object({ type: z.string().regex(/^[0-9A-Z]{21}$/) });
const pageNumber = z.coerce.number().int().min(1).max(30);

/** @throws ApiError `unauthenticated`, `scope-missing` for who is no officer */
export async function officerSession(services: Services, cookie: string | undefined): Promise<PageSession> {
  const session = await requireSession(services, cookie);
  if (session.principal.department === null)
    throw new ApiError('scope-missing', 'The catalogue is for officers.');
  return session;
}

const mayDraft = ({ principal }: PageSession): boolean => principal.scopes.includes('licenses:types');

const catalogue = route({
  method: 'get',
  path: '/license-types',
  tag,
  summary: 'The license types, and the drafts of the own department',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await officerSession(services, call.cookie);
    const { principal } = session;
    const types = await licenseTypes(services.database.reader);
    const drafts = mayDraft(session) ? await readDrafts(services, principal) : null;
    const open = new Set(
      (drafts ?? []).filter(({ state }) => stepsFrom(state).length > 0).map((d) => d.typeCode),
    );
    return html(
      200,
      renderLicenseTypes(frameOf(services, session), {
        types: types.map((type) => ({
          code: type.typeCode,
          name: { zh: type.name, en: type.englishName },
          edition: type.edition,
          issuer: type.issuer.name,
          holders: type.holderKinds,
          mayStart:
            mayDraft(session) &&
            type.typeCode.startsWith(principal.department ?? '-') &&
            !open.has(type.typeCode),
        })),
        drafts:
          drafts?.map(({ id, type, edition, state, editedAt }) => ({
            id,
            name: type.name,
            edition,
            state,
            editedAt: editedAt.toISOString(),
          })) ?? null,
      }),
    );
  },
});

/** How many pages the preview has; the complaints where it cannot be set. */
export async function previewOf(
  services: Services,
  type: LicenseType,
  how: Fill,
): Promise<{ readonly pages: number; readonly complaints: readonly string[] }> {
  try {
    const pictures = await services.licenses.renderer.pictures(contentOf(services, type, how));
    return { pages: pictures.length, complaints: [] };
  } catch (error) {
    if (!(error instanceof LicenseError) || error.complaints.length === 0) throw error;
    return { pages: 0, complaints: error.complaints.map(({ field, reason }) => `${field}: ${reason}`) };
  }
}

function contentOf(services: Services, type: LicenseType, how: Fill) {
  return previewContent(type, how, new URL(services.address).host);
}

export async function pictureReply(
  services: Services,
  type: LicenseType,
  how: Fill,
  number: number,
): Promise<Reply> {
  const pictures = await services.licenses.renderer.pictures(contentOf(services, type, how));
  const picture = pictures[number - 1];
  if (picture === undefined) throw new LicenseError('type-not-found', 'The preview has no such page.');
  return bytes('image/svg+xml', picture);
}

const oneType = route({
  method: 'get',
  path: '/license-types/{type}',
  tag,
  summary: 'One license type: what it is, how it looks, and every edition',
  access: page,
  params: typeParams,
  query: z.object({ edition: z.coerce.number().int().min(1).max(9999).optional() }),
  replies: pageReply,
  async handle(services, call) {
    const session = await officerSession(services, call.cookie);
    const { reader } = services.database;
    const newest = await licenseTypeNamed(reader, call.params.type);
    const edition = call.query.edition ?? newest.edition;
    const type = await licenseTypeEdition(reader, newest.typeCode, edition);
    const editions = await editionsOf(reader, newest.typeCode);
    const { pages } = await previewOf(services, type, 'typical');
    return html(
      200,
      renderLicenseType(frameOf(services, session), {
        code: type.typeCode,
        name: { zh: type.name, en: type.englishName },
        edition,
        rules: ruleLines(type),
        fields: faceLines(type),
        pictures: pages,
        editions: editions.map((each) => ({
          edition: each.type.edition,
          publishedAt: each.publishedAt.toISOString(),
          draft: mayDraft(session) ? each.draft : null,
        })),
      }),
    );
  },
});

const typePicture = route({
  method: 'get',
  path: '/license-types/{type}/pages/{page}',
  tag,
  summary: 'A page of a license type with made-up words, as a picture',
  access: page,
  params: typeParams.extend({ page: pageNumber }),
  query: z.object({ edition: z.coerce.number().int().min(1).max(9999) }),
  replies: svg,
  async handle(services, call) {
    await officerSession(services, call.cookie);
    const { type: code, page: number } = call.params;
    const type = await licenseTypeEdition(services.database.reader, code, call.query.edition);
    return pictureReply(services, type, 'typical', number);
  },
});

export const typePageRoutes: readonly Route[] = [catalogue, oneType, typePicture];
