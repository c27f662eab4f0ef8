// Requests that tests of the interface send, good unless changed.
import request, { type Response, type Test } from 'supertest';
import type { DepartmentKey } from '../../fixtures/departments.ts';
import { makeDecision, type Decision } from '../../fixtures/decisions.ts';
import { journeyLicenses, type DemonstrationLicense } from '../../fixtures/licenses.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import type { Harness } from './harness.ts';

/** Seal codes of the demonstration. */
export const officeSeal = '12010500000001';
export const marketSeal = '12010500000002';

let made: Promise<Decision> | null = null;

/** One decision for all tests: making it costs more than stamping it. */
export function decisionPdf(): Promise<Decision> {
  made ??= makeDecision({
    matter: foodBusinessMatter,
    applicant: { name: '天津演示甲餐饮有限公司', kind: 'enterprise' },
    caseNumber: '120105-2026-000001',
    serial: 1,
    contents: ['经营场所：天津市河北区演示道21号'],
    date: new Date('2026-11-22T00:00:00+08:00'),
  });
  return made;
}

export function bearer(service: Harness, department: DepartmentKey = 'approval-office'): string {
  return `Bearer ${service.apiKeys[department]}`;
}

export interface StampSample {
  /** Instead of the department's API key. */
  readonly authorization?: string;
  readonly department?: DepartmentKey;
  readonly key?: string;
  /** Undefined leaves a field out. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
  readonly document?: Uint8Array | null;
  readonly accept?: string;
}

let counter = 0;

/** A key never used before. */
export function freshKey(): string {
  counter += 1;
  return `test-${process.pid}-${counter}`;
}

/** Sends a stamp request. */
export async function stamp(service: Harness, sample: StampSample = {}): Promise<Response> {
  const decision = await decisionPdf();
  const fields: Record<string, string | undefined> = {
    seal: officeSeal,
    matter: foodBusinessMatter.code,
    case: '120105-2026-000001',
    page: String(decision.seal.page),
    x: String(decision.seal.centreX),
    y: String(decision.seal.centreY),
    ...sample.fields,
  };
  let test = request(service.url)
    .post('/api/v1/stamps')
    .set('Authorization', sample.authorization ?? bearer(service, sample.department))
    .set('Idempotency-Key', sample.key ?? freshKey())
    .set('Accept', sample.accept ?? 'application/json');
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) test = test.field(name, value);
  const document = sample.document === undefined ? decision.pdf : sample.document;
  return document === null
    ? await test
    : await test.attach('document', Buffer.from(document), 'decision.pdf');
}

/** The licenses of the demonstration's journey. */
export const licenses = journeyLicenses(2026);

/** The body of POST /api/v1/licenses. */
export function licenseBody(
  license: DemonstrationLicense,
  change: Readonly<Record<string, unknown>> = {},
): object {
  return {
    type: license.type.key,
    number: license.number,
    holder: license.holder,
    face: license.face,
    matter: license.matter.code,
    case: '120105-2026-000002',
    ...change,
  };
}

export function issue(
  service: Harness,
  body: object,
  options: { readonly department?: DepartmentKey; readonly key?: string } = {},
): Test {
  return request(service.url)
    .post('/api/v1/licenses')
    .set('Authorization', bearer(service, options.department))
    .set('Idempotency-Key', options.key ?? freshKey())
    .send(body);
}
