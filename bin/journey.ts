// The demonstration's journey through the service's own HTTP interface, as approval systems would go it.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import qrcode from 'qrcode';
import type { DemonstrationApiKey } from '../api/demonstration.ts';
import { makeDecision } from '../fixtures/decisions.ts';
import { journeyLicenses, type DemonstrationLicense } from '../fixtures/licenses.ts';
import type { DemonstrationDepartment } from '../fixtures/departments.ts';
import { seals } from '../fixtures/seals.ts';
import { finishJourney, type JourneyResult } from './journey-result.ts';

export interface JourneyOptions {
  /** `http://127.0.0.1:8480` */
  readonly url: string;
  /** `data/demo` */
  readonly folder: string;
  readonly keys: readonly DemonstrationApiKey[];
  readonly now: Date;
  /** By which documents are named. */
  readonly digest: 'sha256' | 'sm3';
  /** Hears of each step before it begins. */
  readonly step: (words: string) => void;
}

/** A call that the service refused. */
class JourneyError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'JourneyError';
    this.code = code;
  }
}

/** Goes the journey. A repetition after a crash finds what was done by its idempotency keys. */
export async function goJourney(options: JourneyOptions): Promise<JourneyResult> {
  const { folder, now, step } = options;
  await mkdir(folder, { recursive: true });
  const year = Number(new Date(now.getTime() + 8 * 3_600_000).toISOString().slice(0, 4));
  const licenses = journeyLicenses(year);
  const files: string[] = [];
  const conclusions: Record<string, string> = {};
  const save = async (name: string, content: Uint8Array | string): Promise<void> => {
    await writeFile(join(folder, name), content);
    files.push(join(folder, name));
  };

  step('盖章：审批决定书 · sealing an approval decision');
  const { original, sealed: decision } = await stampDecision(options, licenses.food);
  await save('decision.pdf', original);
  await save('decision-sealed.pdf', decision);

  step('颁发电子证照：企业（食品经营许可证） · issuing an enterprise’s license');
  const food = await issue(options, licenses.food, `120105-${year}-YS0001`);
  await save('license-food-business.pdf', await document(options, licenses.food, food.documentUrl));

  step('颁发电子证照：居民（老年人优待证） · issuing a resident’s license');
  const senior = await issue(options, licenses.senior, `120105-${year}-YS0002`);
  await save('license-senior-citizen.pdf', await document(options, licenses.senior, senior.documentUrl));

  // What the README's curl line issues: a license of another holder.
  const next = journeyLicenses(year).next;
  await save(
    'license-request.json',
    `${JSON.stringify({ ...orderOf(next), matter: next.matter.code, case: `120105-${year}-YS0004` }, null, 2)}\n`,
  );

  step('办件：决定书与公共场所卫生许可证一次办结 · a whole case, decision and license together');
  const whole = await handleCase(options, licenses.hygiene, `120105-${year}-YS0003`);
  await save(
    'case-decision-sealed.pdf',
    await document(options, licenses.hygiene, whole.decision.documentUrl),
  );
  await save(
    'license-public-place-hygiene.pdf',
    await document(options, licenses.hygiene, whole.license.documentUrl),
  );

  step('证照码 · the printed code as a picture');
  await save('code.svg', await document(options, licenses.food, food.codeUrl));
  await save('code.png', await codePng(food.code));

  step('核验 · verifying all of it');
  const report = await verifyFile(options, decision);
  await save('report.json', `${JSON.stringify(report, null, 2)}\n`);
  conclusions['decision-sealed.pdf'] = conclusionOf(report);
  for (const name of [
    'license-food-business.pdf',
    'license-senior-citizen.pdf',
    'license-public-place-hygiene.pdf',
  ]) {
    conclusions[name] = conclusionOf(await verifyFile(options, await readFile(join(folder, name))));
  }
  conclusions['code'] = conclusionOf(
    await answerOf(options, '/api/v1/verifications:code', jsonRequest({ code: food.code })),
  );

  const result: JourneyResult = { files, codeUrl: food.code, conclusions };
  await finishJourney(folder, result);
  return result;
}

/** The first two fields of the face, as a decision names them. */
function contentsOf({ type, face }: DemonstrationLicense): string[] {
  return type.fields
    .flatMap(({ name, label }) => (face[name] === undefined ? [] : [`${label}：${face[name]}`]))
    .slice(0, 2);
}

async function stampDecision(
  options: JourneyOptions,
  license: DemonstrationLicense,
): Promise<{ readonly original: Uint8Array; readonly sealed: Uint8Array }> {
  const { matter, holder } = license;
  const caseNumber = 'YS-DECISION-0001';
  const decision = await makeDecision({
    matter,
    applicant: holder,
    caseNumber,
    serial: 1,
    contents: contentsOf(license),
    // One day, so that a repetition sends the same bytes.
    date: beginningOfDay(options.now),
  });
  const sealed = await once(options, matter.department, 'stamp', async (key) => {
    const form = new FormData();
    form.set('seal', mainSealOf(matter.department));
    form.set('matter', matter.code);
    form.set('case', caseNumber);
    form.set('page', String(decision.seal.page));
    form.set('x', String(decision.seal.centreX));
    form.set('y', String(decision.seal.centreY));
    form.set('requester', clerk);
    form.set('approvals', JSON.stringify(approvalsOf(options, decision.pdf)));
    // An SM2 seal for domestic readers, and PAdES over it for the world's.
    form.set('sm2', 'ses');
    form.set(
      'document',
      new Blob([new Uint8Array(decision.pdf)], { type: 'application/pdf' }),
      'decision.pdf',
    );
    return bytesOf(options, '/api/v1/stamps', {
      method: 'POST',
      body: form,
      headers: {
        ...authorization(options, matter.department),
        'Idempotency-Key': key,
        Accept: 'application/pdf',
      },
    });
  });
  return { original: decision.pdf, sealed };
}

interface IssuedLicense {
  readonly documentUrl: string;
  readonly codeUrl: string;
  readonly code: string;
}

function issue(
  options: JourneyOptions,
  license: DemonstrationLicense,
  caseNumber: string,
): Promise<IssuedLicense> {
  const { department } = license.matter;
  return once(options, department, `license-${license.type.key}`, async (key) => {
    const request = jsonRequest({ ...orderOf(license), matter: license.matter.code, case: caseNumber });
    return issuedOf(await answerOf(options, '/api/v1/licenses', withKey(options, department, request, key)));
  });
}

async function handleCase(
  options: JourneyOptions,
  license: DemonstrationLicense,
  caseNumber: string,
): Promise<{ readonly decision: { readonly documentUrl: string }; readonly license: IssuedLicense }> {
  const { matter, holder } = license;
  const decision = await makeDecision({
    matter,
    applicant: holder,
    caseNumber,
    serial: 2,
    contents: contentsOf(license),
    date: beginningOfDay(options.now),
  });
  return once(options, matter.department, 'case', async (key) => {
    const { page, centreX, centreY } = decision.seal;
    const order = {
      matter: matter.code,
      case: caseNumber,
      decision: {
        seal: mainSealOf(matter.department),
        page,
        x: centreX,
        y: centreY,
        requester: clerk,
        approvals: approvalsOf(options, decision.pdf),
      },
      licenses: [orderOf(license)],
    };
    const form = new FormData();
    form.set('case', JSON.stringify(order));
    form.set(
      'document',
      new Blob([new Uint8Array(decision.pdf)], { type: 'application/pdf' }),
      'decision.pdf',
    );
    const answer = await answerOf(
      options,
      '/api/v1/cases',
      withKey(options, matter.department, { method: 'POST', body: form, headers: {} }, key),
    );
    const [issued] = answer['licenses'] as readonly Record<string, unknown>[];
    const sealed = answer['decision'] as Record<string, unknown>;
    return { decision: { documentUrl: String(sealed['documentUrl']) }, license: issuedOf(issued ?? {}) };
  });
}

/** Persons as the demonstration's approval system names them. */
const clerk = 'ys-clerk-1';
const approver = 'ys-approver-1';

/** 用印审批 of this very decision. */
function approvalsOf(options: JourneyOptions, document: Uint8Array): readonly object[] {
  const digest = `${options.digest}:${createHash(options.digest).update(document).digest('hex')}`;
  return [{ person: approver, level: 1, at: beginningOfDay(options.now).toISOString(), digest }];
}

/** Does `work` under a stable idempotency key; a key whose first use a crash cut off is given up for the next one. */
async function once<T>(
  options: JourneyOptions,
  department: DemonstrationDepartment,
  name: string,
  work: (key: string) => Promise<T>,
): Promise<T> {
  options.step(`  ${department.name}`);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(`demonstration-${name}-${attempt}`);
    } catch (error) {
      if (!(error instanceof JourneyError) || error.code !== 'idempotency-abandoned' || attempt >= 20)
        throw error;
    }
  }
}

function orderOf(license: DemonstrationLicense): object {
  return { type: license.type.key, number: license.number, holder: license.holder, face: license.face };
}

function issuedOf(answer: Readonly<Record<string, unknown>>): IssuedLicense {
  return {
    documentUrl: String(answer['documentUrl']),
    codeUrl: String(answer['codeUrl']),
    code: String(answer['code']),
  };
}

interface JourneyRequest {
  readonly method: string;
  readonly body: FormData | string;
  readonly headers: Readonly<Record<string, string>>;
}

function jsonRequest(value: unknown): JourneyRequest {
  return { method: 'POST', body: JSON.stringify(value), headers: { 'Content-Type': 'application/json' } };
}

function withKey(
  options: JourneyOptions,
  department: DemonstrationDepartment,
  request: JourneyRequest,
  key: string,
): JourneyRequest {
  return {
    ...request,
    headers: { ...request.headers, ...authorization(options, department), 'Idempotency-Key': key },
  };
}

function authorization(
  options: JourneyOptions,
  department: DemonstrationDepartment,
): { Authorization: string } {
  const key = options.keys.find((known) => known.creditCode === department.creditCode)?.apiKey ?? '';
  return { Authorization: `Bearer ${key}` };
}

function mainSealOf(department: DemonstrationDepartment): string {
  return seals.find((seal) => seal.department.key === department.key && seal.kind === '01')?.sealCode ?? '';
}

async function document(
  options: JourneyOptions,
  license: DemonstrationLicense,
  address: string,
): Promise<Uint8Array> {
  // Links name the public address; here they are followed on this computer.
  const headers = authorization(options, license.matter.department);
  return bytesOf(options, `${new URL(address).pathname}?purpose=demonstration`, { headers });
}

async function verifyFile(options: JourneyOptions, content: Uint8Array): Promise<Record<string, unknown>> {
  const request = {
    method: 'POST',
    body: new Uint8Array(content),
    headers: { 'Content-Type': 'application/pdf' },
  };
  return jsonOf(await called(options, '/api/v1/verifications', request));
}

function conclusionOf(report: Readonly<Record<string, unknown>>): string {
  return String(report['conclusion']);
}

async function answerOf(
  options: JourneyOptions,
  path: string,
  request: RequestInit,
): Promise<Record<string, unknown>> {
  return jsonOf(await called(options, path, request));
}

async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

async function bytesOf(options: JourneyOptions, path: string, request: RequestInit): Promise<Uint8Array> {
  return new Uint8Array(await (await called(options, path, request)).arrayBuffer());
}

async function called(options: JourneyOptions, path: string, request: RequestInit): Promise<Response> {
  const response = await fetch(`${options.url}${path}`, request);
  if (response.ok) return response;
  const problem = await jsonOf(response);
  throw new JourneyError(
    String(problem['code']),
    `The journey stopped at ${path}: ${response.status} ${JSON.stringify(problem['detail'] ?? problem['title'])}`,
  );
}

async function codePng(code: string): Promise<Uint8Array> {
  const hash = code.indexOf('#') + 1;
  return qrcode.toBuffer(
    [
      { data: new TextEncoder().encode(code.slice(0, hash)), mode: 'byte' },
      { data: code.slice(hash), mode: 'numeric' },
    ],
    { errorCorrectionLevel: 'M', margin: 4, scale: 8 },
  );
}

function beginningOfDay(now: Date): Date {
  const beijing = new Date(now.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
  return new Date(`${beijing}T00:00:00+08:00`);
}
