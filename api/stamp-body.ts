// The body of a stamp request: a form with the PDF in it, or JSON that names a stored document.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { documentLimit, readJson, readMultipart, requireMediaType } from './body.ts';
import { ApiError } from './errors.ts';
import { checked, type Body } from './route.ts';
import { digest } from './schemas.ts';
import { orderFields, orderMembers, orderOfFields } from './stamp-schemas.ts';
import type { Upload, UploadPlace } from './upload.ts';

export interface StampBody {
  readonly order: NonNullable<ReturnType<typeof orderOfFields>>;
  /** The PDF sent along, or the digest of a stored one. */
  readonly document: Upload | { readonly stored: string };
}

const storedOrder = z.strictObject({
  ...orderMembers,
  document: digest.describe('Of a document that your department uploaded or stamped before.'),
});

/** `multipart/form-data` with the file `document`, streamed, or `application/json`. */
export const stampBody: Body<StampBody> = {
  content: {
    'multipart/form-data': orderFields.extend({ document: z.string().meta({ format: 'binary' }) }),
    'application/json': storedOrder,
  },
  read: (request, place) =>
    requireMediaType(request, 'multipart/form-data', 'application/json') === 'application/json'
      ? readStored(request)
      : readForm(request, place),
};

async function readStored(request: IncomingMessage): ReturnType<Body<StampBody>['read']> {
  const { document, ...order } = checked(storedOrder, await readJson(request), 'body');
  return { value: { order, document: { stored: document } }, dispose: () => Promise.resolve() };
}

async function readForm(request: IncomingMessage, place: UploadPlace): ReturnType<Body<StampBody>['read']> {
  const form = await readMultipart(request, { ...place, fileField: 'document', limit: documentLimit });
  const { file } = form;
  if (file === null) throw new ApiError('file-missing', 'The file field "document" is missing.');
  try {
    const order = orderOfFields(checked(orderFields, form.fields, 'form'));
    if (order === null) {
      throw new ApiError(
        'request-invalid',
        'The form does not hold: it names one place, as x and y or as placement.',
      );
    }
    return { value: { order, document: file }, dispose: () => file.dispose() };
  } catch (error) {
    await file.dispose();
    throw error;
  }
}
