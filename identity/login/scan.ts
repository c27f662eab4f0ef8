// Scan to log in, built so that a relayed picture is noticed: who asks, from where, and two digits to compare (RFC 8628's states inside).
import { encodeBase64url } from '../../formats/cose/base64url.ts';
import type { ScanTransactionTable } from '../../storage/schema/login.ts';
import { IdentityError } from '../errors.ts';
import { randomIdentifier } from '../identifier.ts';
import { isRung, type Rung } from '../levels.ts';
import { attemptRules, countAttempt, returnAttempt } from './attempts.ts';
import { failed } from './outcome.ts';
import type { AttemptSource, Factor, LoginParts } from './parts.ts';

/** What the phone is told of who asks: said by the other browser's connection, never by its page. */
export interface ScanShown {
  /** Name of the client, both languages. */
  readonly client: { readonly zh: string; readonly en: string };
  /** Where the other browser's request came from, in words. */
  readonly place: { readonly zh: string; readonly en: string };
  /** Browser and system, in words. */
  readonly browser: string;
}

/** What the other browser shows. */
export interface ScanPicture {
  readonly id: string;
  /** Goes into the picture's address; null where only the time passed on and the last one still counts. */
  readonly code: string;
  /** Two digits, 10 to 99. */
  readonly number: number;
  readonly expires: Date;
}

/** The picture is another one after so long: a photograph of it soon opens nothing. */
const codeSeconds = 45;
/** The whole attempt. */
const transactionSeconds = 5 * 60;
/** The page asks every two seconds; one that asks faster is told to slow down (RFC 8628 section 3.5). */
const pollSeconds = 1;
const codePattern = /^[A-Za-z0-9_-]{22}$/;
const phonePattern = /^[A-Za-z0-9_-]{43}$/;

export type ScanPoll =
  | { readonly state: 'waiting'; readonly picture: ScanPicture | null }
  | { readonly state: 'scanned'; readonly number: number }
  | { readonly state: 'approved' | 'refused' | 'expired' | 'slow-down' };

/** Begins a scan login for one interaction; an earlier one of the same interaction ends. */
export async function beginScan(
  parts: LoginParts,
  begun: { readonly boundTo: string; readonly shown: ScanShown; readonly floor: Rung | null },
): Promise<ScanPicture> {
  const id = randomIdentifier('scn', parts.random);
  const code = freshCode(parts);
  const now = parts.clock();
  const expires = inSeconds(now, codeSeconds);
  // 10 … 99, nearly evenly: 65536 mod 90 tilts by less than a thousandth.
  const [high = 0, low = 0] = parts.random(2);
  const number = 10 + (((high << 8) | low) % 90);
  await parts.database.write(async (tx) => {
    await tx
      .updateTable('scan_transaction')
      .set({ state: 'refused' })
      .where('bound_to', '=', begun.boundTo)
      .where('state', 'in', ['waiting', 'scanned', 'approved'])
      .execute();
    await tx
      .insertInto('scan_transaction')
      .values({
        id,
        bound_to: begun.boundTo,
        code_mac: macOf(parts, code),
        code_expires_at: expires.toISOString(),
        number,
        shown: JSON.stringify(begun.shown),
        phone_mac: null,
        state: 'waiting',
        authentication: null,
        polled_at: null,
        floor: begun.floor,
        created_at: now.toISOString(),
        expires_at: inSeconds(now, transactionSeconds).toISOString(),
      })
      .execute();
  });
  return { id, code, number, expires };
}

/** The other browser asks how far it is. An old picture is replaced by a new one. */
export async function pollScan(
  parts: LoginParts,
  asked: { readonly boundTo: string; readonly id: string },
): Promise<ScanPoll> {
  const now = parts.clock();
  const fresh = freshCode(parts);
  return parts.database.write(async (tx): Promise<ScanPoll> => {
    const row = await tx
      .selectFrom('scan_transaction')
      .selectAll()
      .where('id', '=', asked.id)
      .where('bound_to', '=', asked.boundTo)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined || row.expires_at <= now.toISOString()) return { state: 'expired' };
    if (row.polled_at !== null && now.getTime() - Date.parse(row.polled_at) < pollSeconds * 1000) {
      return { state: 'slow-down' };
    }
    const stale = row.state === 'waiting' && row.code_expires_at <= now.toISOString();
    const expires = inSeconds(now, codeSeconds);
    await tx
      .updateTable('scan_transaction')
      .set({
        polled_at: now.toISOString(),
        ...(stale ? { code_mac: macOf(parts, fresh), code_expires_at: expires.toISOString() } : {}),
      })
      .where('id', '=', row.id)
      .execute();
    switch (row.state) {
      case 'waiting':
        return {
          state: 'waiting',
          picture: stale ? { id: row.id, code: fresh, number: row.number, expires } : null,
        };
      case 'scanned':
        return { state: 'scanned', number: row.number };
      case 'consumed':
        return { state: 'expired' };
      default:
        return { state: row.state };
    }
  });
}

/** A scan as the phone shows it. */
export interface OpenScan {
  readonly id: string;
  readonly shown: ScanShown;
  /** The right one is among them. */
  readonly numbers: readonly number[];
  /** The level the login must reach; null for any. */
  readonly floor: Rung | null;
}

/**
 * A phone opens the picture's address. The first one is the only one that may answer.
 * @param opened.phone - the phone's cookie for this, or null where it has none yet
 * @returns who asks, the three numbers to choose from, and the cookie.
 * @throws IdentityError `scan-not-found`, `login-delayed`.
 */
export async function openScan(
  parts: LoginParts,
  source: AttemptSource,
  opened: { readonly code: string; readonly phone: string | null },
): Promise<OpenScan & { readonly phone: string }> {
  const scope = { rule: attemptRules.scan, subject: source.address };
  await countAttempt(parts, [scope]);
  const now = parts.clock().toISOString();
  const phone =
    opened.phone !== null && phonePattern.test(opened.phone)
      ? opened.phone
      : encodeBase64url(parts.random(32));
  const mac = phoneMac(parts, phone);
  const row = await parts.database.write(async (tx) => {
    const code = codePattern.test(opened.code) ? macOf(parts, opened.code) : '';
    const claimed = await tx
      .updateTable('scan_transaction')
      .set({ state: 'scanned', phone_mac: mac })
      .where('code_mac', '=', code)
      .where('state', '=', 'waiting')
      .where('code_expires_at', '>', now)
      .returning(openColumns)
      .executeTakeFirst();
    if (claimed !== undefined) return claimed;
    // The same phone may load its page again.
    return tx
      .selectFrom('scan_transaction')
      .select(openColumns)
      .where('code_mac', '=', code)
      .where('phone_mac', '=', mac)
      .where('state', '=', 'scanned')
      .where('expires_at', '>', now)
      .executeTakeFirst();
  });
  if (row === undefined) {
    throw new IdentityError('scan-not-found', 'This picture was used or has expired: scan the new one.');
  }
  await returnAttempt(parts, scope);
  return { ...openOf(parts, row), phone };
}

/** What this phone may still answer: it comes back to its page, or its page begins the passkey. @throws IdentityError `scan-not-found`. */
export async function requireScanned(
  parts: LoginParts,
  asked: { readonly id: string; readonly phone: string | null },
): Promise<OpenScan> {
  const row = await parts.database.reader
    .selectFrom('scan_transaction')
    .select(openColumns)
    .where('id', '=', asked.id)
    .where('phone_mac', '=', phoneMac(parts, asked.phone ?? ''))
    .where('state', '=', 'scanned')
    .where('expires_at', '>', parts.clock().toISOString())
    .executeTakeFirst();
  if (row === undefined) throw new IdentityError('scan-not-found', 'This scan was answered or has expired.');
  return openOf(parts, row);
}

/**
 * The phone answers. The wrong number ends the attempt: whoever sees other digits is looking at somebody else's screen.
 * @param answered.factors - what the phone showed: a passkey, or what a fresh login on it was made with; null to refuse
 * @throws IdentityError `scan-not-found`, `scan-refused` (wrong number, or refused).
 */
export async function answerScan(
  parts: LoginParts,
  answered: {
    readonly id: string;
    readonly phone: string | null;
    readonly number: number | null;
    readonly factors: readonly Factor[] | null;
  },
): Promise<void> {
  const now = parts.clock();
  const outcome = await parts.database.write(async (tx) => {
    const row = await tx
      .selectFrom('scan_transaction')
      .select(['id', 'number', 'bound_to'])
      .where('id', '=', answered.id)
      .where('phone_mac', '=', phoneMac(parts, answered.phone ?? ''))
      .where('state', '=', 'scanned')
      .where('expires_at', '>', now.toISOString())
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) return null;
    const factors = answered.number === row.number ? answered.factors : null;
    const account = factors?.[0]?.account;
    await tx
      .updateTable('scan_transaction')
      .set(
        factors === null || account === undefined
          ? { state: 'refused' }
          : { state: 'approved', authentication: JSON.stringify(factors) },
      )
      .where('id', '=', row.id)
      .execute();
    await parts.audit.append(tx, {
      at: now,
      actor: { id: account === undefined ? 'anonymous' : `account:${account}`, department: null },
      action: account === undefined ? 'scan.refused' : 'scan.approved',
      subject: row.id,
      details: {
        reason: account !== undefined ? '' : answered.factors === null ? 'refused' : 'wrong-number',
      },
    });
    return account === undefined ? 'refused' : 'approved';
  });
  if (outcome === null) throw new IdentityError('scan-not-found', 'This scan was answered or has expired.');
  if (outcome === 'refused') throw new IdentityError('scan-refused', 'The scan login was refused.');
}

/**
 * The other browser takes the approval, once.
 * @returns what the phone showed, one factor at least, all of one account
 * @throws IdentityError `scan-refused`.
 */
export async function takeScan(
  parts: LoginParts,
  taken: { readonly boundTo: string; readonly id: string },
): Promise<readonly Factor[]> {
  const row = await parts.database.write((tx) =>
    tx
      .updateTable('scan_transaction')
      .set({ state: 'consumed' })
      .where('id', '=', taken.id)
      .where('bound_to', '=', taken.boundTo)
      .where('state', '=', 'approved')
      .where('expires_at', '>', parts.clock().toISOString())
      .returning('authentication')
      .executeTakeFirst(),
  );
  const text = row?.authentication ?? null;
  if (text === null) return failed(parts, 'scan', null, 'not-approved', 'scan-refused');
  const factors = JSON.parse(text) as readonly Factor[];
  const account = factors[0]?.account ?? '';
  if (!(await parts.accounts.isActive(account))) {
    return failed(parts, 'scan', account, 'account-not-active', 'scan-refused');
  }
  // Whoever lost the phone, and removed what is on it, is not signed in by what it confirmed just before.
  if (!(await allActive(parts, factors))) {
    return failed(parts, 'scan', account, 'authenticator-ended', 'scan-refused');
  }
  // What stands behind it is a passkey in another device: the picture alone proves nothing.
  return factors.map((factor) =>
    factor.used.kind === 'passkey' ? { ...factor, used: { ...factor.used, kind: 'scan-device' } } : factor,
  );
}

async function allActive(parts: Pick<LoginParts, 'database'>, factors: readonly Factor[]): Promise<boolean> {
  const ids = new Set(
    factors.flatMap(({ authenticator }) => (authenticator === null ? [] : [authenticator])),
  );
  if (ids.size === 0) return true;
  const active = await parts.database.reader
    .selectFrom('authenticator')
    .select('id')
    .where('id', 'in', [...ids])
    .where('state', '=', 'active')
    .execute();
  return active.length === ids.size;
}

const openColumns = ['id', 'number', 'shown', 'floor'] as const;

function openOf(
  parts: Pick<LoginParts, 'index'>,
  row: Pick<ScanTransactionTable, (typeof openColumns)[number]>,
): OpenScan {
  return {
    id: row.id,
    shown: JSON.parse(row.shown) as ScanShown,
    numbers: choices(parts, row.id, row.number),
    floor: row.floor !== null && isRung(row.floor) ? row.floor : null,
  };
}

/**
 * The number among two others, the same each time the page is loaded. Others and order come of a key: nothing about the
 * three tells which one the screen shows, to nobody who has the page alone.
 */
function choices(parts: Pick<LoginParts, 'index'>, id: string, number: number): readonly number[] {
  const drawn = Buffer.from(parts.index.of('scan-numbers', id).slice(-18), 'hex');
  const step = (position: number, of: number): number => drawn.readUIntBE(position, 3) % of;
  // Steps of 1 to 89 around the circle of 90: never the number itself, and never twice the same.
  const near = 1 + step(0, 89);
  const other = 1 + step(3, 88);
  const far = other < near ? other : other + 1;
  const others = [near, far].map((each) => 10 + ((number - 10 + each) % 90));
  const at = step(6, 3);
  return [...others.slice(0, at), number, ...others.slice(at)];
}

function freshCode(parts: LoginParts): string {
  return encodeBase64url(parts.random(16));
}

function inSeconds(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

function macOf(parts: LoginParts, code: string): string {
  return parts.index.of('scan-code', code);
}

function phoneMac(parts: LoginParts, phone: string): string {
  return parts.index.of('scan-phone', phone);
}
