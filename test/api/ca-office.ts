// Calls of those who work at the certification authority, good unless changed.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request, { type Response, type Test } from 'supertest';
import type { CaAccountKey } from '../../fixtures/ca-accounts.ts';
import type { Harness } from './harness.ts';
import { postAs } from './officer.ts';
import { freshKey } from './samples.ts';

export const resident = {
  name: '张演示',
  surname: '张',
  givenName: '演示',
  documentType: 'resident-id',
  documentNumber: '120105199001010012',
} as const;

export const evidence = { kind: 'window', reference: 'CK-2026-0001', level: 3, officer: 'officer:w07' };
export const password = 'Correct-Horse-42-staple';
export const enterprise = {
  organization: '天津演示甲餐饮有限公司',
  creditCode: '11120105000123457H',
  commonName: '天津演示甲餐饮有限公司',
};

export function as(service: Harness, account: CaAccountKey, test: Test): Test {
  return test.set('Authorization', `Bearer ${service.caKeys[account]}`);
}

export function post(
  service: Harness,
  account: CaAccountKey,
  path: string,
  body: object = {},
  key = freshKey(),
): Test {
  return as(service, account, request(service.url).post(path)).set('Idempotency-Key', key).send(body);
}

/** Sends text as JSON Lines. */
export function lines(
  service: Harness,
  account: CaAccountKey,
  path: string,
  text: string,
  key = freshKey(),
): Test {
  return as(service, account, request(service.url).post(path))
    .set('Idempotency-Key', key)
    .set('Content-Type', 'application/x-ndjson')
    .send(text);
}

export function get(service: Harness, account: CaAccountKey, path: string): Test {
  return as(service, account, request(service.url).get(path));
}

let made = 0;

/** Runs openssl, whose remarks nobody wants to see. */
function run(openssl: string, args: readonly string[]): void {
  execFileSync(openssl, args, { stdio: 'pipe' });
}

/** A request by openssl for a new P-256 key, PEM, without a subject. */
export function csr(service: Harness, openssl: string, args: readonly string[] = []): string {
  made += 1;
  const key = join(service.dataFolder, `holder-${made}.pem`);
  const out = join(service.dataFolder, `holder-${made}.csr`);
  const config = join(import.meta.dirname, 'bare-request.cnf');
  run(openssl, ['genpkey', '-quiet', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
  run(openssl, ['req', '-new', '-config', config, '-key', key, '-subj', '/', '-out', out, ...args]);
  return readFileSync(out, 'utf8').trim();
}

/** Enrols an enterprise's seal. */
export function enrol(service: Harness, key: object, change: object = {}, idempotencyKey?: string): Test {
  return post(
    service,
    'registration-authority',
    '/api/v1/ca/enrolments',
    { profile: 'enterprise-seal', subject: enterprise, evidence, key, ...change },
    idempotencyKey,
  );
}

/** Asks by one officer's key, approves as another officer who signed in. */
export async function twoOfficers(service: Harness, operation: object): Promise<Response> {
  const asked = await post(service, 'ca-officer-1', '/api/v1/ca/requests', { operation, purpose: '演示' });
  return postAs(service, 'ca-reviewer', `/api/v1/ca/requests/${asked.body.id as string}/approval`);
}

/** A licensed authority by openssl, with a root alone: certifies the key of a request and lists nothing. PEM. */
export function bareListBy(
  service: Harness,
  openssl: string,
  request: string,
): { readonly chain: string; readonly crl: string } {
  made += 1;
  const at = (name: string): string => join(service.dataFolder, `foreign-${made}-${name}`);
  writeFileSync(at('request.pem'), request);
  writeFileSync(at('index'), '');
  writeFileSync(
    at('cnf'),
    `[ca]\ndefault_ca=a\n[a]\ndatabase=${at('index')}\ndefault_md=sha256\ndefault_crl_days=30\n`,
  );
  run(openssl, ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '30', '-subj', '/C=CN/O=Licensed/CN=Root', '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', at('root.key'), '-out', at('root.pem')]); // prettier-ignore
  run(openssl, ['x509', '-req', '-in', at('request.pem'), '-CA', at('root.pem'), '-CAkey', at('root.key'), '-days', '20', '-out', at('own.pem')]); // prettier-ignore
  run(openssl, ['ca', '-gencrl', '-config', at('cnf'), '-keyfile', at('root.key'), '-cert', at('root.pem'), '-out', at('crl.pem')]); // prettier-ignore
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  return { chain: read('own.pem') + read('root.pem'), crl: read('crl.pem') };
}

/** A PKCS #12 file with a key and its certificate by an authority that openssl plays, in base64, and that authority's root. */
export function fileBy(
  service: Harness,
  openssl: string,
  password: string,
): { readonly pkcs12: string; readonly root: string } {
  made += 1;
  const number = made;
  const at = (name: string): string => join(service.dataFolder, `file-${number}-${name}`);
  run(openssl, ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-subj', '/C=CN/O=Office/CN=Seal', '-keyout', at('own.key'), '-out', at('request.pem')]); // prettier-ignore
  const { chain } = bareListBy(service, openssl, readFileSync(at('request.pem'), 'utf8'));
  const [own = '', root = ''] = chain.split(/(?<=-----END CERTIFICATE-----\n)/);
  writeFileSync(at('own.pem'), own);
  run(openssl, ['pkcs12', '-export', '-inkey', at('own.key'), '-in', at('own.pem'), '-passout', `pass:${password}`, '-out', at('own.p12')]); // prettier-ignore
  return { pkcs12: readFileSync(at('own.p12')).toString('base64'), root };
}
