// A restore that two administrators agreed to: told by files, because the service is down, and judged by the backup's own tables.
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { FormatError } from '../formats/errors.ts';
import { restoreAgreementBytes } from '../formats/login/restore-approval.ts';
import type { Actor } from '../storage/actor.ts';
import type { PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { holderOf, judgeCertificate, type CertificateParts } from './login/certificate-judge.ts';
import { certificateSignatureHolds } from './login/certificate.ts';
import { officerOf } from './officers.ts';
import type { OfficerRole } from './roles.ts';
import { takeUpApprovalIn } from './two-person.ts';

const backup = z.string().regex(/^(?:sha256|sm3):[0-9a-f]{64}$/);
const until = z.iso.datetime({ precision: 3 });
const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);
const account = z.string().regex(/^acc_[0-9a-f]{32}$/);

/** One administrator's agreement, signed with a certificate of their own on a computer of their own. */
const signedSchema = z.strictObject({
  kind: z.literal('signature'),
  backup,
  until,
  certificate: base64.max(24_000),
  algorithm: z.string().max(20),
  signature: base64.max(2_000),
});

/** Both agreements, given on the page of the administrators beforehand; only this installation's keys can make it. */
const requestSchema = z.strictObject({
  kind: z.literal('request'),
  request: z.string().regex(/^tpr_[0-9a-f]{32}$/),
  backup,
  asked: account,
  decided: account,
  until,
  mac: z.string().max(200),
});

const restoreApprovalSchema = z.discriminatedUnion('kind', [signedSchema, requestSchema]);

export type RestoreApproval = z.output<typeof restoreApprovalSchema>;

/** A signed agreement is asked for when it is needed: a day, and a little for clocks that differ. */
export const signedHours = 24;
/** What was agreed beforehand lies beside its backup. */
const requestDays = 90;
const clockMinutes = 10;
/** Evidence on which the certificate must have been issued: what officers need for their work on people. */
const neededRung = 3;
const pair: readonly OfficerRole[] = ['system-administrator', 'security-administrator'];

/** Reads an agreement. @throws IdentityError `restore-not-approved` for a text that is none. */
export function restoreApprovalOf(text: string): RestoreApproval {
  let value: unknown;
  try {
    value = text.length > 60_000 ? null : JSON.parse(text);
  } catch {
    value = null;
  }
  const parsed = restoreApprovalSchema.safeParse(value);
  if (!parsed.success) throw notApproved('A file holds no agreement to a restore.');
  return parsed.data;
}

/**
 * Hands an approved request out as a file, for the day when the service is down: the request is taken up by that.
 * @throws IdentityError as `takeUpApprovalIn`.
 */
export async function exportRestoreApproval(
  dependencies: PeopleDependencies,
  actor: Actor,
  wanted: { readonly request: string; readonly backup: string },
): Promise<RestoreApproval> {
  const at = dependencies.clock();
  const row = await dependencies.database.write(async (tx) => {
    await takeUpApprovalIn(tx, dependencies, actor, {
      id: wanted.request,
      kind: 'restore',
      parameters: { backup: wanted.backup },
    });
    return tx
      .selectFrom('two_person_request')
      .select(['requested_by', 'decided_by'])
      .where('id', '=', wanted.request)
      .executeTakeFirstOrThrow();
  });
  const made = {
    kind: 'request',
    request: wanted.request,
    backup: wanted.backup,
    asked: row.requested_by,
    decided: row.decided_by ?? '',
    until: new Date(at.getTime() + requestDays * 86_400_000).toISOString(),
  } as const;
  return { ...made, mac: macOf(dependencies, made) };
}

/**
 * Whether two administrators agreed to restore this very backup: a system administrator and a security administrator, two
 * persons, in office by the backup's own tables. Nothing is written.
 * @param parts - over a copy of the backup
 * @param wanted - `<digest>:<hex>` of the backup's manifest
 * @returns the two accounts
 * @throws IdentityError `restore-not-approved`, naming what is missing.
 */
export async function requireRestoreApproved(
  parts: CertificateParts,
  wanted: string,
  approvals: readonly RestoreApproval[],
): Promise<readonly string[]> {
  const agreed = new Map<string, OfficerRole>();
  for (const approval of approvals.slice(0, 10)) {
    requireCurrent(approval, wanted, parts.clock());
    const accounts =
      approval.kind === 'signature'
        ? [await signerOf(parts, approval)]
        : [approval.asked, requireMac(parts, approval).decided];
    for (const each of accounts) {
      const officer = await officerOf(parts, each);
      const role = officer?.roles.find((held) => pair.includes(held));
      if (role === undefined)
        throw notApproved('Whoever agreed is no system or security administrator by the backup.');
      agreed.set(each, role);
    }
  }
  const missing = pair.filter((role) => ![...agreed.values()].includes(role));
  if (missing.length > 0)
    throw notApproved(
      `The backup has administrators: both must agree to restore ${wanted}. Missing: ${missing.join(', ')}.`,
    );
  return [...agreed.keys()];
}

function requireCurrent(approval: RestoreApproval, wanted: string, now: Date): void {
  if (approval.backup !== wanted) throw notApproved('An agreement is for another backup.');
  const left = Date.parse(approval.until) - now.getTime();
  const longest = approval.kind === 'signature' ? signedHours * 3_600_000 : requestDays * 86_400_000;
  if (left <= 0) throw notApproved('An agreement has lapsed.');
  if (left > longest + clockMinutes * 60_000) throw notApproved('An agreement lasts longer than one may.');
}

/** The account behind a signed agreement. @throws IdentityError `restore-not-approved`. */
async function signerOf(
  parts: CertificateParts,
  approval: Extract<RestoreApproval, { kind: 'signature' }>,
): Promise<string> {
  const der = new Uint8Array(Buffer.from(approval.certificate, 'base64'));
  const judged = await judgeCertificate(parts, der);
  if (typeof judged === 'string') throw notApproved(`A certificate does not hold by the backup: ${judged}.`);
  const certificate = createHash('sha256').update(der).digest('hex');
  const message = agreementBytes({ backup: approval.backup, until: approval.until, certificate });
  const signature = new Uint8Array(Buffer.from(approval.signature, 'base64'));
  const signed = { algorithm: approval.algorithm, message, signature };
  if (!certificateSignatureHolds(judged, signed)) throw notApproved('A signature does not hold.');
  const holder = await holderOf(parts, judged);
  if (holder === null || holder.rung < neededRung)
    throw notApproved('A certificate is that of nobody who could sign in with it.');
  return holder.account;
}

function agreementBytes(agreement: Parameters<typeof restoreAgreementBytes>[0]): Uint8Array {
  try {
    return restoreAgreementBytes(agreement);
  } catch (cause) {
    if (cause instanceof FormatError) throw notApproved('An agreement does not hold.');
    throw cause;
  }
}

function requireMac(
  parts: Pick<CertificateParts, 'index'>,
  approval: Extract<RestoreApproval, { kind: 'request' }>,
): { readonly decided: string } {
  const expected = Buffer.from(macOf(parts, approval));
  const given = Buffer.from(approval.mac);
  if (expected.length !== given.length || !timingSafeEqual(expected, given))
    throw notApproved('An agreement was not made by this installation.');
  if (approval.asked === approval.decided) throw notApproved('Nobody agrees with themselves.');
  return approval;
}

function macOf(
  parts: Pick<CertificateParts, 'index'>,
  told: Omit<Extract<RestoreApproval, { kind: 'request' }>, 'mac'>,
): string {
  const { request, backup: digest, asked, decided, until: last } = told;
  return parts.index.of('restore-approval', JSON.stringify([request, digest, asked, decided, last]));
}

function notApproved(words: string): IdentityError {
  return new IdentityError('restore-not-approved', words);
}
