// Reports as documents: detailed as JSON, drawn as PDF, sealed on request; and what they are made under: policies and schemas.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { policyData, policyNamed } from '../verification/policy.ts';
import { detailedReport } from '../verification/report-detailed.ts';
import { simpleReport } from '../verification/report-simple.ts';
import { ApiError } from './errors.ts';
import { bytes, json } from './reply.ts';
import { verifyingDepartment } from './receipts.ts';
import { sealReport } from './report-seal.ts';
import { documentBody, route, type Route } from './route.ts';
import { filePassword } from './schemas.ts';
import { verificationFacts } from './verification-facts.ts';
import { fileOf, openingWith } from './verifications.ts';

const tag = '核验 Verification';

const names = ['report', 'detailed-report'] as const;
const fields = z.object({
  form: z
    .enum(['detailed', 'simple', 'pdf'])
    .default('detailed')
    .describe('detailed: JSON named after ETSI TS 119 102-2; simple: what fits one screen; pdf: a document'),
  policy: z.enum(['portal', 'archive', 'strict']).default('portal'),
  seal: z
    .enum(['true', 'false'])
    .default('false')
    .describe('With form=pdf: signed by the service; needs an API key with verifications:write.'),
  password: filePassword.optional(),
});

const report = route({
  method: 'post',
  path: '/api/v1/verifications:report',
  tag,
  summary: 'Verify a file and take the report away: detailed, simple or as PDF, sealed on request. 核验报告',
  access: { kind: 'public', rate: 'verifying' },
  body: documentBody(fields, ['application/pdf', 'application/octet-stream']),
  replies: [
    {
      status: 200,
      description: 'The report, whatever it concludes.',
      content: {
        'application/json': z.looseObject({
          format: z.enum(['yinxin-detailed-report/1', 'yinxin-simple-report/1']),
        }),
        'application/pdf': 'binary',
      },
    },
  ],
  async handle(services, { principal, body, accept }) {
    const { form, policy, seal, password } = body.fields;
    const asPdf = form === 'pdf' || accept[0] === 'application/pdf';
    const sealed = seal === 'true';
    if (sealed && !asPdf) throw new ApiError('request-invalid', 'Only a report as PDF can be sealed.');
    const department = sealed ? verifyingDepartment(principal) : null;
    const facts = {
      ...openingWith(await verificationFacts(services), password),
      policy: policyNamed(policy),
    };
    const made = await services.verifications.verify(fileOf(body.document), facts);
    services.metrics.countVerification(made.conclusion);
    if (!asPdf) return json(200, form === 'simple' ? simpleReport(made) : detailedReport(made));
    const drawn = await services.reports.draw(made);
    return bytes(
      'application/pdf',
      department === null ? drawn : await sealReport(services, drawn, department),
      {
        'Content-Disposition': 'inline; filename="verification-report.pdf"',
      },
    );
  },
});

const words = z.object({ zh: z.string(), en: z.string() });

const listed = route({
  method: 'get',
  path: '/api/v1/verification-policies',
  tag,
  summary: 'The verification policies as data: what is required, warned of and ignored. 核验策略',
  access: { kind: 'public', rate: 'reading' },
  replies: [
    {
      status: 200,
      description: 'Every policy.',
      content: {
        'application/json': z.object({
          policies: z.array(
            z.looseObject({
              id: z.string(),
              version: z.string(),
              name: z.string(),
              title: words,
              rows: z.record(z.string(), z.enum(['required', 'warned', 'ignored'])),
            }),
          ),
        }),
      },
    },
  ],
  handle: () => Promise.resolve(json(200, { policies: policyData })),
});

const served = names.map((name) => {
  const path = `../verification/schemas/${name}.schema.json`;
  const text = readFileSync(new URL(path, import.meta.url), 'utf8');
  return route({
    method: 'get',
    path: `/api/v1/schemas/${name}`,
    tag,
    summary: `JSON Schema of a ${name}`,
    access: { kind: 'public', rate: 'reading' },
    replies: [
      {
        status: 200,
        description: 'JSON Schema 2020-12.',
        content: { 'application/schema+json': 'binary' },
      },
    ],
    handle: () => Promise.resolve(bytes('application/schema+json', text)),
  });
});

export const verificationReportRoutes: readonly Route[] = [report, listed, ...served];
