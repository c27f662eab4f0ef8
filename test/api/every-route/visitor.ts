// Who visits every route: a stranger, departments by their keys, and people signed in on the pages.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request, { type Response, type Test } from 'supertest';
import { district } from '../../../fixtures/district.ts';
import { publicPlaceLicense } from '../../../fixtures/licenses.ts';
import { run } from '../../programs.ts';
import { binaryBody } from '../binary-body.ts';
import type { Harness } from '../harness.ts';
import { signInAs } from '../sign-in.ts';
import {
  bearer,
  decisionPdf,
  freshKey,
  issue,
  licenseBody,
  licenses,
  officeSeal,
  stamp,
} from '../samples.ts';

/** What is refused: status and problem code; null where people get a page. */
type Refused = readonly [send: () => PromiseLike<Response>, status: number, code: string | null];

interface Row {
  readonly good: () => PromiseLike<Response>;
  readonly status: number;
  /** Start of the good answer's media type; null where the answer has no body. */
  readonly type: string | null;
  readonly bad: Readonly<Record<string, Refused>>;
}

/** By method and path, as in the table of routes. */
export type Rows = Readonly<Record<string, Row>>;

/** Well formed, and of no license. */
export const noLicense = `lic_${'0'.repeat(32)}`;

interface SignedIn {
  readonly cookie: string;
  /** Comes back with every form. */
  readonly token: string;
}

export class Visitor {
  readonly service: Harness;
  stampId = '';
  license = { id: '', code: '' };
  officer: SignedIn = { cookie: '', token: '' };
  ocspRequest: Buffer = Buffer.alloc(0);

  constructor(service: Harness) {
    this.service = service;
  }

  /** Makes what the rows ask for. */
  async arrive(openssl: string): Promise<void> {
    this.stampId = String((await stamp(this.service)).body.id);
    this.license = (await issue(this.service, licenseBody(licenses.food))).body as typeof this.license;
    this.officer = await this.signedIn('officer-approval-office');
    const issuer = await this.get('/ca/department-seals.cer').buffer(true).parse(binaryBody);
    this.ocspRequest = ocspRequestFor(openssl, issuer.body as Buffer, this.service.dataFolder);
  }

  readonly get = (path: string): Test => request(this.service.url).get(path);

  readonly asOffice = (test: Test): Test => test.set('Authorization', bearer(this.service));

  readonly asCivil = (test: Test): Test => test.set('Authorization', bearer(this.service, 'civil-affairs'));

  readonly page = (path: string, cookie = ''): Test =>
    this.get(path).set('Accept', 'text/html').set('Cookie', cookie);

  readonly post = (path: string, body: object): Test =>
    this.asOffice(request(this.service.url).post(path)).set('Idempotency-Key', freshKey()).send(body);

  readonly sendForm = (path: string, fields: Record<string, string>, cookie: string): Test =>
    request(this.service.url)
      .post(path)
      .set('Accept', 'text/html')
      .set('Cookie', cookie)
      .type('form')
      .send(fields);

  readonly raw = (path: string, type: string, body: Buffer): Test =>
    request(this.service.url).post(path).set('Content-Type', type).send(body);

  readonly cookieOf = (response: Response, name: string): string =>
    (response.headers['set-cookie'] as unknown as string[] | undefined)
      ?.find((each) => each.startsWith(`${name}=`))
      ?.split(';', 1)[0] ?? '';

  readonly wrongMethod = (path: string): Refused => [
    () => request(this.service.url).delete(path),
    405,
    'method-not-allowed',
  ];

  readonly signedIn = async (choice: string): Promise<SignedIn> => {
    const cookie = await signInAs(this.service, choice);
    return { cookie, token: tokenIn((await this.page('/', cookie)).text) };
  };

  /** Sends a whole case with one license. @param change of the part `case`. */
  readonly handleCase = async (number: string, change: object = {}): Promise<Response> => {
    const { pdf, seal } = await decisionPdf();
    const enterprise = district.enterprises[3];
    if (enterprise === undefined) throw new Error('The district has four enterprises.');
    const { matter, ...order } = licenseBody(publicPlaceLicense(enterprise, 2026, 71), {
      case: undefined,
    }) as Record<string, unknown>;
    const decision = { seal: officeSeal, page: seal.page, x: seal.centreX, y: seal.centreY };
    return this.asOffice(request(this.service.url).post('/api/v1/cases'))
      .set('Idempotency-Key', freshKey())
      .field('case', JSON.stringify({ matter, case: number, decision, licenses: [order], ...change }))
      .attach('document', Buffer.from(pdf), 'decision.pdf');
  };
}

function tokenIn(text: string): string {
  return /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? '';
}

/** OpenSSL's question about the certificate with serial number 1 of an authority. */
function ocspRequestFor(openssl: string, issuer: Buffer, folder: string): Buffer {
  const [der, pem, query] = ['issuer.der', 'issuer.pem', 'query.ocsp'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(der, issuer);
  run(openssl, ['x509', '-inform', 'DER', '-in', der, '-out', pem]);
  run(openssl, ['ocsp', '-issuer', pem, '-serial', '1', '-no_nonce', '-reqout', query]);
  return readFileSync(query);
}
