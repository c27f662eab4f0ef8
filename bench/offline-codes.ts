// Codes verified offline: a kit filled over HTTP, the service stopped, and then every code is one never seen before.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../api/services.ts';
import { approvalOffice } from '../fixtures/departments.ts';
import { enterprises } from '../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../fixtures/licenses.ts';
import { toBase64 } from '../formats/bytes.ts';
import { decodeClaims } from '../formats/cose/cwt.ts';
import { decodeSign1 } from '../formats/cose/sign1.ts';
import { decodeEnvelope } from '../formats/qr/license-code.ts';
import { departmentScopes, type Principal } from '../identity/principal.ts';
import { signCode } from '../licenses/code.ts';
import { issueLicense } from '../licenses/issue.ts';
import { inflateWeb } from '../verification/inflate-web.ts';
import { emptyOfflineKit } from '../verification/offline-kit.ts';
import { openOfflineKit } from '../verification/offline-reader.ts';
import { refreshOfflineKit } from '../verification/offline-refresh.ts';
import { offlineSourceAt } from '../verification/offline-source.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import { measure, type Measure } from './measure.ts';
import { startBenchService } from './service.ts';

/** Suites with the microseconds that half of the codes may take. */
const suites = [
  { suite: 'international', name: 'ES256', permitted: 500 },
  { suite: 'gm', name: 'SM2', permitted: 1000 },
] as const;

const office: Principal = {
  id: 'client:bench-offline',
  kind: 'client',
  department: approvalOffice.creditCode,
  scopes: departmentScopes,
  roles: ['approval-system'],
  level: 0,
  actingFor: null,
};

async function makeCodes(services: Services, count: number): Promise<readonly string[]> {
  const { type, number, holder, face, matter } = foodBusinessLicense(enterprises[0]!, 1);
  const license = await issueLicense(services.licenses, {
    actor: office,
    idempotencyKey: 'bench-offline',
    type: type.key,
    number,
    holder,
    face,
    matter: matter.code,
    caseNumber: null,
  });
  const key = services.hierarchy.serviceKey('license-code');
  const claims = decodeClaims(decodeSign1(decodeEnvelope(license.code.digits)).payload);
  const codes: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const { prefix, digits } = await signCode(key, license.code.prefix, {
      ...claims,
      id: services.random(16),
    });
    codes.push(Buffer.from(prefix + digits, 'latin1').toString('latin1'));
  }
  return codes;
}

async function textAt(address: string): Promise<string | null> {
  const response = await fetch(address);
  return response.ok ? response.text() : null;
}

/** Microseconds each code took, sorted; the first fifth warms up. */
async function timesOf(
  codes: readonly string[],
  verify: (code: string) => Promise<void>,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (const [at, code] of codes.entries()) {
    const started = performance.now();
    await verify(code);
    if (at >= codes.length / 5) times.push((performance.now() - started) * 1000);
  }
  return times.sort((a, b) => a - b);
}

export async function* measureOfflineCodes(seconds: number, folder: string): AsyncGenerator<Measure> {
  for (const { suite, name, permitted } of suites) {
    const own = join(folder, suite);
    mkdirSync(own);
    const service = await startBenchService(own, { YINXIN_SUITE: suite });
    const { services } = service;
    let codes: readonly string[];
    let kit = emptyOfflineKit((await services.trustList.operatorKeys()).map(toBase64));
    const now = new Date();
    try {
      codes = await makeCodes(services, Math.ceil(400 * seconds) + 20);
      const filled = await refreshOfflineKit(kit, {
        source: offlineSourceAt(services.address, textAt),
        verifier: nodeSignatureVerifier,
        inflate: inflateWeb,
        now,
      });
      kit = filled.kit;
    } finally {
      await service.stop();
    }
    const reader = await openOfflineKit(kit, {
      verifier: nodeSignatureVerifier,
      inflate: inflateWeb,
      time: now,
    });
    const times = await timesOf(codes, async (code) => {
      const { conclusion, summary } = await reader.verify(code, now);
      if (conclusion !== 'TOTAL-PASSED') throw new Error(summary.en);
    });
    for (const [share, label] of [
      [0.5, 'half of them within'],
      [0.99, '99 of 100 within'],
    ] as const)
      yield measure(
        `${name} codes verified offline, ${label}`,
        times[Math.floor(times.length * share)] ?? Number.NaN,
        'us',
        `permitted for half of them`,
        permitted,
      );
  }
}
