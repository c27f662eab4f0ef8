// Pages for seals with artwork of their own: the form, a preview of the impression, and what an application would make.
import { z } from 'zod';
import { toBase64 } from '../formats/bytes.ts';
import { departmentByCode } from '../identity/departments.ts';
import { applyForSeal, sealApplication } from '../signing/seal-applications.ts';
import { SigningError } from '../signing/errors.ts';
import type { Artwork, SealPictureRequest } from '../signing/seal-picture/description.ts';
import { svgPicture } from '../signing/seal-picture/svg.ts';
import { impressionBefore } from '../signing/seal-register.ts';
import { departmentOf } from '../signing/seal-use.ts';
import { renderArtworkPreview, renderSealArtwork, type SealArtworkPage } from '../web/pages/seal-artwork.ts';
import { ApiError } from './errors.ts';
import { frameOf } from './pages.ts';
import { bytes, html, seeOther, type Reply } from './reply.ts';
import { documentBody, route, type Route } from './route.ts';
import { operationOf } from './seal-applications.ts';
import { checkedOperation, checkedPicture, wordsIn } from './seal-forms.ts';
import {
  formPurpose,
  formSession,
  formToken,
  newKey,
  officeSession,
  ownSeal,
  pageAccess,
  pageReply,
  redirect,
  sealPagesTag,
  sealParams,
  typeChoices,
} from './seal-page-parts.ts';
import type { Services } from './services.ts';
import type { Upload } from './upload.ts';

/** As large as the interface takes it: base64 of 512 kB. */
const artworkLimit = 512 * 1024;
const text = z.string().trim().max(4000).default('');
const number = z.string().trim().max(10).default('');
const drawnFields = {
  formToken,
  pictureKind: text,
  pictureName: text,
  name: text,
  width: number,
  height: number,
};

async function showForm(
  services: Services,
  cookie: string | undefined,
  change: (session: Awaited<ReturnType<typeof officeSession>>) => Promise<SealArtworkPage['change']>,
): Promise<Reply> {
  const session = await officeSession(services, cookie);
  const department = await departmentByCode(services.database, departmentOf(session.principal));
  return html(
    200,
    renderSealArtwork(frameOf(services, session), {
      department: department?.name ?? '',
      types: typeChoices(),
      idempotencyKey: newKey(services),
      change: await change(session),
    }),
  );
}

const form = route({
  method: 'get',
  path: '/seal-artwork',
  tag: sealPagesTag,
  summary: 'The form for a seal with artwork of its own',
  access: pageAccess,
  replies: pageReply,
  handle: (services, call) => showForm(services, call.cookie, () => Promise.resolve(null)),
});

const changeForm = route({
  method: 'get',
  path: '/seals/{seal}/artwork',
  tag: sealPagesTag,
  summary: 'The form for the change of a seal to artwork of its own',
  access: pageAccess,
  params: sealParams,
  replies: pageReply,
  handle: (services, call) =>
    showForm(services, call.cookie, (session) => ownSeal(services, session, call.params.seal)),
});

/** What kind of picture a file is, by its first bytes. @throws ApiError `body-too-large`; SigningError `picture-refused` */
function artworkOf(document: Upload): Artwork {
  const { bytes: content } = document;
  if (content === null || document.size > artworkLimit)
    throw new ApiError('body-too-large', `Artwork has at most ${artworkLimit / 1024} KiB.`);
  if ([0x89, 0x50, 0x4e, 0x47].every((byte, at) => content[at] === byte))
    return { format: 'png', data: toBase64(content) };
  try {
    return { format: 'svg', data: new TextDecoder('utf-8', { fatal: true }).decode(content) };
  } catch (cause) {
    throw new SigningError('picture-refused', 'The file is neither a PNG nor an SVG in UTF-8.', { cause });
  }
}

/** The picture as it is asked for over the interface, too. */
function pictureOf(
  fields: Readonly<Record<'pictureKind' | 'pictureName' | 'name' | 'width' | 'height', string>>,
  document: Upload,
): object {
  const drawn = fields.pictureKind === 'government';
  return {
    kind: fields.pictureKind,
    name: drawn ? fields.pictureName : fields.name === '' ? '图样' : fields.name,
    artwork: artworkOf(document),
    ...(drawn ? {} : { size: { width: Number(fields.width), height: Number(fields.height) } }),
  };
}

const preview = route({
  method: 'post',
  path: '/seal-artwork/preview',
  tag: sealPagesTag,
  summary: 'The impression that artwork would make; nothing is applied for',
  access: pageAccess,
  // The form's other fields come along and say nothing here.
  body: documentBody(
    z.object({ ...drawnFields, idempotencyKey: text, seal: text, type: text, keepers: text, approvalsNeeded: text, purpose: text }), // prettier-ignore
  ),
  replies: pageReply,
  async handle(services, call) {
    const { fields, document } = call.body;
    const session = await formSession(services, call.cookie, fields.formToken, 'seals:apply');
    const picture = checkedPicture(pictureOf(fields, document));
    const drawing = impressionBefore(services.seals, picture);
    const svg = new TextEncoder().encode(svgPicture(drawing, picture.name));
    return html(
      200,
      renderArtworkPreview(frameOf(services, session), {
        picture: `data:image/svg+xml;base64,${toBase64(svg)}`,
        name: picture.name,
        width: drawing.width,
        height: drawing.height,
      }),
    );
  },
});

const apply = route({
  method: 'post',
  path: '/seal-artwork',
  tag: sealPagesTag,
  summary: 'Applying for a seal with artwork of its own',
  access: pageAccess,
  body: documentBody(
    z.object({
      ...drawnFields,
      idempotencyKey: z.string().regex(/^[\x21-\x7e]{1,100}$/),
      seal: text,
      type: text,
      keepers: z.string().max(2000),
      approvalsNeeded: z.coerce.number(),
      purpose: formPurpose,
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const { fields, document } = call.body;
    const session = await formSession(services, call.cookie, fields.formToken, null);
    if (fields.seal !== '') await ownSeal(services, session, fields.seal);
    const given = checkedOperation({
      ...(fields.seal === '' ? { kind: 'make' } : { kind: 'change', seal: fields.seal }),
      name: fields.name,
      type: fields.type,
      picture: pictureOf(fields, document),
      keepers: wordsIn(fields.keepers),
      approvalsNeeded: fields.approvalsNeeded,
    });
    const made = await applyForSeal(services.seals, session.principal, {
      operation: await operationOf(services, session.principal, given),
      purpose: fields.purpose,
      idempotencyKey: fields.idempotencyKey,
    });
    return seeOther(`/seal-applications/${made.id}`);
  },
});

const picture = route({
  method: 'get',
  path: '/seal-applications/{id}/picture.svg',
  tag: sealPagesTag,
  summary: 'The impression that an application asks for; zeros stand for the code',
  access: pageAccess,
  params: z.object({ id: z.string().regex(/^sap_[0-9a-f]{32}$/) }),
  replies: [{ status: 200, description: 'Picture.', content: { 'image/svg+xml': 'binary' } }],
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const { parameters } = await sealApplication(services, session.principal, call.params.id);
    const asked = parameters['picture'] as SealPictureRequest | undefined;
    if (asked === undefined) throw new ApiError('not-found', 'The application asks for no new impression.');
    return bytes('image/svg+xml', svgPicture(impressionBefore(services.seals, asked), asked.name));
  },
});

export const sealArtworkPageRoutes: readonly Route[] = [form, changeForm, preview, apply, picture];
