// A license that one department verifies for another, which then relies on the receipt: good unless changed.
import request, { type Test } from 'supertest';
import type { DepartmentKey } from '../../fixtures/departments.ts';
import { district } from '../../fixtures/district.ts';
import { foodBusinessLicense } from '../../fixtures/licenses.ts';
import type { Harness } from './harness.ts';
import { bearer, freshKey, issue, licenseBody } from './samples.ts';

/** What a department asks for. */
export interface ReceiptOrder {
  readonly receipt: string;
  readonly case: string;
  readonly matter: string;
  readonly holder: string;
}

/** The license behind it. */
export interface VerifiedLicense {
  readonly id: string;
  readonly digest: string;
  readonly code: string;
  readonly holder: string;
}

export const otherCase = '120105-2026-000777';
let serial = 5000;

export function creditCodeOf(key: DepartmentKey): string {
  return district.departments.find((department) => department.key === key)?.creditCode ?? '';
}

/** Issues a food business license. */
export async function newLicense(service: Harness): Promise<VerifiedLicense> {
  const [enterprise] = district.enterprises;
  if (enterprise === undefined) throw new Error('The district has enterprises.');
  serial += 1;
  const order = foodBusinessLicense(enterprise, serial);
  const issued = await issue(service, licenseBody(order));
  if (issued.status !== 201) throw new Error(`No license: ${issued.text}`);
  const { id, code, document } = issued.body as { id: string; code: string; document: { digest: string } };
  return { id, code, digest: document.digest, holder: order.holder.code };
}

/** The approval office verifies a stored license for another department. */
export async function receiptOrder(
  service: Harness,
  audience: DepartmentKey = 'civil-affairs',
  of?: VerifiedLicense,
): Promise<ReceiptOrder> {
  const license = of ?? (await newLicense(service));
  const matter = 'YS1201050100013101000001';
  const { body, status } = await request(service.url)
    .post('/api/v1/verifications')
    .set('Authorization', bearer(service))
    .send({
      digest: license.digest,
      case: otherCase,
      matter,
      audience: creditCodeOf(audience),
      holder: license.holder,
    });
  const { receipt } = body as { receipt?: string };
  if (receipt === undefined) throw new Error(`No receipt: ${status} ${JSON.stringify(body).slice(0, 400)}`);
  return { receipt, case: otherCase, matter, holder: license.holder };
}

/** Asks for its recognition. */
export function recognition(
  service: Harness,
  order: object,
  options: { readonly department?: DepartmentKey; readonly key?: string } = {},
): Test {
  return request(service.url)
    .post('/api/v1/recognitions')
    .set('Authorization', bearer(service, options.department ?? 'civil-affairs'))
    .set('Idempotency-Key', options.key ?? freshKey())
    .send(order);
}
