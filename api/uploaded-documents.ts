// Putting a document here to be stamped later.
import { z } from 'zod';
import { json } from './reply.ts';
import { documentBody, route, withScope, type Route } from './route.ts';
import { digest } from './schemas.ts';
import { storeUpload } from './stamp-documents.ts';
import { principalOf } from './stamps.ts';

const upload = route({
  method: 'post',
  path: '/api/v1/documents',
  tag: '签章 Stamps',
  summary: 'Put a PDF here to be stamped later, by its digest, alone or in a batch',
  access: withScope('stamps:write'),
  body: documentBody(z.object({}), ['application/pdf']),
  replies: [
    {
      status: 201,
      description: 'Kept. The same bytes again are the same document.',
      content: { 'application/json': z.object({ digest, size: z.int() }) },
    },
  ],
  async handle(services, call) {
    return json(201, await storeUpload(services, principalOf(call.principal), call.body.document));
  },
});

export const uploadedDocumentRoutes: readonly Route[] = [upload];
