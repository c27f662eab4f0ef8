// The body of a case: a form with the decision's PDF in it, or JSON that names stored documents.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { MAX_DOCUMENTS, MAX_LICENSES } from '../licenses/act-answers.ts';
import { documentLimit, readJson, readMultipart, requireMediaType } from './body.ts';
import { checkedJson } from './checked-json.ts';
import { ApiError } from './errors.ts';
import { licenseOrder } from './license-schemas.ts';
import { checked, type Body } from './route.ts';
import { caseNumber, digest, matter, optionalText, sealId } from './schemas.ts';
import { orderMembers } from './stamp-schemas.ts';
import type { Upload } from './upload.ts';
import { useMembers } from './use-schemas.ts';

const millimetres = z.number().min(-10_000).max(10_000);

/** A document of the case that lies here: where its seal stands, and who let it be used. */
const storedOrder = z.strictObject({
  document: digest.describe('Of a document that your department uploaded: POST /api/v1/documents.'),
  seal: sealId,
  placement: orderMembers.placement,
  riding: orderMembers.riding,
  overFields: orderMembers.overFields,
  reason: optionalText(200).describe("Shown by readers as the signature's reason."),
  ...useMembers,
});

const shared = {
  matter,
  case: caseNumber,
  documents: z
    .array(storedOrder)
    .max(MAX_DOCUMENTS - 1)
    .default([])
    .describe('Further documents to stamp: an annex, a notice, a receipt of service.'),
  licenses: z.array(licenseOrder).max(MAX_LICENSES),
};

/** The part `case` of the form: everything but the decision's file. */
const formOrder = z.strictObject({
  ...shared,
  decision: z.strictObject({
    seal: sealId,
    page: z.int().min(1).max(100_000).default(1),
    x: millimetres.describe("Millimetres from the page's left edge to the seal's centre."),
    y: millimetres.describe("Millimetres from the page's top edge to the seal's centre."),
    reason: optionalText(200),
    ...useMembers,
  }),
});

const jsonOrder = z.strictObject({ ...shared, decision: storedOrder.nullish() });

type DocumentOrder = z.output<typeof storedOrder>;

export interface CaseBody {
  readonly order: {
    readonly matter: string;
    readonly case: string;
    readonly documents: readonly DocumentOrder[];
    readonly licenses: z.output<typeof shared.licenses>;
  };
  readonly decision:
    (Omit<DocumentOrder, 'document'> & { readonly document: Upload | { readonly stored: string } }) | null;
}

/** `multipart/form-data` with the decision as the file `document`, or `application/json`. */
export const caseBody: Body<CaseBody> = {
  content: {
    'multipart/form-data': z.object({
      case: formOrder.describe('JSON: matter, case, decision, documents, licenses.'),
      document: z.string().meta({ format: 'binary' }),
    }),
    'application/json': jsonOrder,
  },
  async read(request, place) {
    const type = requireMediaType(request, 'multipart/form-data', 'application/json');
    if (type === 'application/json') return readStored(request);
    const form = await readMultipart(request, { ...place, fileField: 'document', limit: documentLimit });
    const { file } = form;
    if (file === null) throw new ApiError('file-missing', 'The file field "document" is missing.');
    try {
      const fields = checked(z.object({ case: checkedJson(formOrder) }), form.fields, 'form');
      const { decision, ...order } = fields.case;
      const { page, x, y, ...rest } = decision;
      return {
        value: { order, decision: { ...rest, placement: { page, x, y }, document: file } },
        dispose: () => file.dispose(),
      };
    } catch (error) {
      await file.dispose();
      throw error;
    }
  },
};

async function readStored(request: IncomingMessage): ReturnType<Body<CaseBody>['read']> {
  const { decision, ...order } = checked(jsonOrder, await readJson(request), 'body');
  return {
    value: {
      order,
      decision:
        decision === null || decision === undefined
          ? null
          : { ...decision, document: { stored: decision.document } },
    },
    dispose: () => Promise.resolve(),
  };
}
