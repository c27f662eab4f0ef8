// What of licenses is shown only to whoever says why, or takes it away: revealing one, a holder's export, exports in bulk.
import { z } from 'zod';
import { revealLicense } from '../licenses/access.ts';
import {
  checkSelection,
  exportBulk,
  exportOwn,
  noteBulkExport,
  selectionWords,
  type BulkSelection,
} from '../licenses/export.ts';
import { requireRole } from '../identity/officers.ts';
import { takeUpApprovalIn } from '../identity/two-person.ts';
import { ownArchive, jsonLines } from './license-archive.ts';
import { holderOf } from './holder.ts';
import { licenseAnswer, licenseParams } from './licenses.ts';
import { licenseDetails } from './license-schemas.ts';
import { officeLevel, peopleCaller } from './people-caller.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { creditCode } from './schemas.ts';
import { principalOf } from './stamps.ts';

const tag = '证照 Licenses';

const reveal = route({
  method: 'post',
  path: '/api/v1/licenses/{id}/reveal',
  tag,
  summary: 'One license in full for a department that says why; the holder sees who did. 查看全文',
  access: withScope('licenses:read'),
  params: licenseParams,
  body: jsonBody(
    z.strictObject({
      reason: z
        .string()
        .trim()
        .min(2)
        .max(200)
        .describe('What it is needed for; goes on record. No names or numbers.'),
    }),
  ),
  replies: [{ status: 200, description: 'In full.', content: { 'application/json': licenseDetails } }],
  async handle(services, { principal, params, body }) {
    const reading = { actor: principalOf(principal), purpose: body.reason };
    const license = await revealLicense(services.licenses, reading, params.id);
    return json(200, licenseAnswer(license, services.address));
  },
});

const own = route({
  method: 'get',
  path: '/api/v1/licenses:export',
  tag,
  summary:
    "All of a holder's own licenses: every version, its record, events, and sealed PDF, as one archive. 导出",
  access: withScope('licenses:own'),
  replies: [{ status: 200, description: 'A ZIP archive.', content: { 'application/zip': 'binary' } }],
  async handle(services, call) {
    const principal = principalOf(call.principal);
    const reading = { actor: principal, purpose: '持证人导出', holder: await holderOf(services, principal) };
    const licenses = await exportOwn(services.licenses, reading);
    return {
      status: 200,
      contentType: 'application/zip',
      headers: { 'Content-Disposition': 'attachment; filename="licenses.zip"' },
      content: { chunks: ownArchive(services, licenses) },
    };
  },
});

const instantOrNull = z.iso
  .datetime({ offset: true })
  .nullable()
  .default(null)
  .transform((text) => (text === null ? null : new Date(text)));

const selection = z.strictObject({
  issuer: creditCode.describe('颁证机关'),
  type: z.string().min(1).max(40).nullable().default(null),
  from: instantOrNull,
  until: instantOrNull,
});

const plan = route({
  method: 'post',
  path: '/api/v1/license-bulk-exports:plan',
  tag,
  summary: 'The words two administrators agree to before an export in bulk',
  access: withScope('identity:administer'),
  body: jsonBody(selection),
  replies: [
    {
      status: 200,
      description: 'Ask for `bulk-export` with these words as `what`.',
      content: { 'application/json': z.object({ what: z.string() }) },
    },
  ],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal, officeLevel);
    await requireRole(services, account.id, 'system-administrator', 'security-administrator');
    return json(200, { what: selectionWords(checkSelection(call.body)) });
  },
});

const bulk = route({
  method: 'post',
  path: '/api/v1/license-bulk-exports',
  tag,
  summary:
    'Licenses in bulk, a JSON line each and a last line that says how many; needs an approval of two administrators, once',
  access: withScope('identity:administer'),
  body: jsonBody(selection.extend({ approval: z.string().regex(/^tpr_[0-9a-f]{32}$/) })),
  replies: [{ status: 200, description: 'JSON Lines.', content: { 'application/x-ndjson': 'binary' } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    await requireRole(services, account.id, 'system-administrator', 'security-administrator');
    const { approval, ...wanted } = call.body;
    const chosen: BulkSelection = checkSelection(wanted);
    const parameters = { what: selectionWords(chosen) };
    await services.database.write(async (tx) => {
      await takeUpApprovalIn(tx, services.people, principal, {
        id: approval,
        kind: 'bulk-export',
        parameters,
      });
      await noteBulkExport(tx, services.licenses, principal, chosen, approval);
    });
    return {
      status: 200,
      contentType: 'application/x-ndjson',
      headers: { 'Content-Disposition': 'attachment; filename="licenses.jsonl"' },
      content: { chunks: jsonLines(services, exportBulk(services.licenses, chosen)) },
    };
  },
});

export const licenseRevealRoutes: readonly Route[] = [reveal, own, plan, bulk];
