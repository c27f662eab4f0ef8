// Licenses issued end to end, beside raw signatures and disk syncs of the same run: page, code, stamp at B-T, record.
import type { Services } from '../api/services.ts';
import { approvalOffice } from '../fixtures/departments.ts';
import { enterprises } from '../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../fixtures/licenses.ts';
import { departmentScopes } from '../identity/principal.ts';
import { issueLicense } from '../licenses/issue.ts';
import type { Actor } from '../storage/actor.ts';
import type { Limits } from './limits.ts';
import { measure, rate, watchingEventLoop, type Measure } from './measure.ts';
import { startBenchService } from './service.ts';

const parallel = 16;
/** What the issue asks for on two cores. */
const demanded = 60;

const system: Actor = {
  id: 'client:bench',
  kind: 'client',
  department: approvalOffice.creditCode,
  scopes: departmentScopes,
};

let serial = 0;

function issuer(services: Services): () => Promise<unknown> {
  return () => {
    const number = (serial += 1);
    const enterprise = enterprises[number % enterprises.length];
    if (enterprise === undefined) throw new Error('The demonstration has no enterprises.');
    const { type, matter, holder, face, number: printed } = foodBusinessLicense(enterprise, number);
    return issueLicense(services.licenses, {
      actor: system,
      idempotencyKey: `bench-license-${number}`,
      type: type.key,
      number: printed,
      holder,
      face,
      matter: matter.code,
      caseNumber: null,
    });
  };
}

/** Yields each measure as it is taken. */
export async function* measureLicenses(
  seconds: number,
  folder: string,
  limits: Limits,
): AsyncGenerator<Measure> {
  const service = await startBenchService(folder);
  const { services } = service;
  try {
    const name = `licenses, one page, B-T, ${parallel} callers`;
    const before = process.cpuUsage();
    const taken = await watchingEventLoop(`longest standstill: ${name}`, () =>
      rate(seconds, issuer(services), parallel),
    );
    const used = process.cpuUsage(before);
    yield measure(name, taken.result, 'licenses/s', 'demanded on two cores', demanded);
    yield measure(name, taken.result, 'licenses/s', 'raw P-256 signature', limits.sign);
    yield measure(name, taken.result, 'licenses/s', 'disk sync', limits.sync);
    yield measure(`cpu ms`, (used.user + used.system) / 1000 / (taken.result * seconds * 1.1), 'ms', 'x', 1);
    yield taken.standstill;
  } finally {
    await service.stop();
  }
}
