// A registration authority over the CA of the tests: holders, evidence, requests made by openssl.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnrolmentParts, EnrolmentRequest } from '../../ca/enrolment.ts';
import type { Actor } from '../../storage/actor.ts';
import { run } from '../programs.ts';
import { CREDIT_CODE, type District } from './district.ts';

export const REGISTRAR: Actor = {
  id: 'client:ra-1',
  kind: 'client',
  department: CREDIT_CODE,
  scopes: ['ca:enrol'],
};

export const RESIDENT = {
  name: '张演示',
  surname: '张',
  givenName: '演示',
  documentType: 'resident-id',
  documentNumber: '120105199001010012',
} as const;

export const ENTERPRISE = {
  organization: '天津演示甲餐饮有限公司',
  creditCode: CREDIT_CODE,
  commonName: '天津演示甲餐饮有限公司',
};

export const EVIDENCE = {
  kind: 'window',
  reference: 'CK-2026-0001',
  level: 3,
  officer: 'officer:w07',
} as const;

export const PASSWORD = 'Correct-Horse-42-staple';

let counter = 0;

/** A good enrolment of an enterprise's seal by a CSR, unless changed. */
export function enrolmentOf(
  change: Partial<EnrolmentRequest> & Pick<EnrolmentRequest, 'key'>,
): EnrolmentRequest {
  counter += 1;
  return {
    actor: REGISTRAR,
    idempotencyKey: `enrol-${counter}`,
    profile: 'enterprise-seal',
    subject: ENTERPRISE,
    evidence: EVIDENCE,
    ...change,
  };
}

export function officeOf(district: District): EnrolmentParts {
  return { ...district.parts, hierarchy: district.hierarchy };
}

/** How openssl makes a key of each kind. */
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  p256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  p521: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  rsa1024: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
  rsa2048: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'rsa2048-e3': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'],
  ed25519: ['-algorithm', 'ED25519'],
  sm2: ['-algorithm', 'SM2'],
};

/** A request by openssl. @param args - further ones for `openssl req`. */
export function requestBy(
  district: District,
  openssl: string,
  kind: string,
  args: readonly string[] = [],
  subject = '/',
): Uint8Array {
  counter += 1;
  const key = join(district.folder, `key-${counter}.pem`);
  const out = join(district.folder, `request-${counter}.der`);
  run(openssl, ['genpkey', '-quiet', ...(KEYS[kind] ?? []), '-out', key]);
  const config = join(district.folder, 'req.cnf');
  run(openssl, [
    'req', '-new', '-config', config, '-key', key, '-subj', subject, '-utf8', '-outform', 'DER', '-out', out,
    ...args,
  ]); // prettier-ignore
  return new Uint8Array(readFileSync(out));
}

/** The bare configuration that `requestBy` needs: no extension unless asked for. */
export function bareConfig(district: District): Promise<string> {
  return district.file('req.cnf', '[req]\ndistinguished_name=dn\n[dn]\n');
}
