// Certificates of a licensed authority that openssl plays: chains and statuses that hold and that do not; signing servers that lie and hang.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { signingServer } from '../../api/signing-server-http.ts';
import { statusSource } from '../../api/status-source-http.ts';
import {
  bringChain,
  fetchStatus,
  keepStatus,
  openForeignKey,
  requestForeign,
  requiredForeign,
  retireForeign,
  settleForeign,
  type ForeignParts,
  type ForeignRequest,
} from '../../ca/foreign-credential.ts';
import { keptEvidence, keptStatuses } from '../../ca/foreign-store.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { dersOf } from '../../api/pem.ts';
import type { Actor } from '../../storage/actor.ts';
import { requireProgram, run } from '../programs.ts';
import { CREDIT_CODE, openDistrict, pem, type District } from './district.ts';

const OFFICER: Actor = { id: 'person:officer-1', kind: 'person', department: null, scopes: ['ca:operate'] };

/** How the signing server behaves. */
type Mood = 'honest' | 'lies' | 'hangs' | 'huge' | 'broken' | 'other-key';

describe('foreign credentials', () => {
  let district: District;
  let parts: ForeignParts;
  let openssl: string;
  let server: Server;
  let mood: Mood = 'honest';
  let counter = 0;
  const pairs = { ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }), other: generateKeyPairSync('ec', { namedCurve: 'P-256' }) }; // prettier-ignore
  const served = new Map<string, Uint8Array>();

  const at = (name: string): string => join(district.folder, name);
  const ossl = (...args: readonly string[]): string =>
    execFileSync(openssl, args, { encoding: 'utf8', stdio: 'pipe' });
  const derOfFile = (name: string): Uint8Array =>
    dersOf(readFileSync(at(name), 'utf8'), ['CERTIFICATE', 'X509 CRL'], 'file')[0] ?? new Uint8Array();

  before(async function () {
    openssl = requireProgram(this, 'openssl');
    district = await openDistrict({ realClock: true });
    server = createServer((request, response) => {
      answer(request).then(
        (body) => {
          response.writeHead(body === null ? 404 : 200);
          response.end(body ?? '');
        },
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const hsm = signingServer({ name: 'hsm', url, token: 'secret', timeout: 500 });
    parts = { ...district.parts, signingServer: (name) => (name === 'hsm' ? hsm : null), statusSource: statusSource(false) }; // prettier-ignore
    await makeAuthority(url);
  });
  after(async () => {
    (server as Server | undefined)?.closeAllConnections();
    (server as Server | undefined)?.close();
    await (district as District | undefined)?.remove();
  });

  /** A real signing server on loopback, and the place where the licensed authority publishes. */
  async function answer(request: IncomingMessage): Promise<string | Uint8Array | null> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const file = served.get(request.url ?? '');
    if (file !== undefined) return file;
    if (!(request.url ?? '').startsWith('/keys/seal')) return null;
    assert.equal(request.headers.authorization, 'Bearer secret');
    if (mood === 'hangs') return new Promise(() => undefined);
    if (mood === 'huge') return 'x'.repeat(1 << 20);
    if (mood === 'broken') return '{"signature":';
    if (request.method === 'GET') {
      const key = mood === 'other-key' ? pairs.other.publicKey : pairs.ec.publicKey;
      return JSON.stringify({ algorithm: 'ES256', publicKey: key.export({ type: 'spki', format: 'der' }).toString('base64') }); // prettier-ignore
    }
    const { digest, value } = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
    assert.equal(digest, 'sha256');
    const key = mood === 'lies' ? pairs.other.privateKey : pairs.ec.privateKey;
    return JSON.stringify({
      signature: signDigest(key, Buffer.from(value ?? '', 'base64')).toString('base64'),
    });
  }

  /** openssl signs a bare digest. */
  function signDigest(key: KeyObject, digest: Uint8Array): Buffer {
    const file = `${at(`server-${(counter += 1)}`)}.pem`;
    return Buffer.from(signBy(file, key, digest));
  }

  function signBy(file: string, key: KeyObject, digest: Uint8Array): Uint8Array {
    writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(`${file}.digest`, digest);
    run(openssl, ['pkeyutl', '-sign', '-inkey', file, '-in', `${file}.digest`, '-out', `${file}.sig`, '-pkeyopt', 'digest:sha256']); // prettier-ignore
    return readFileSync(`${file}.sig`);
  }

  /** Root, issuing authority, and a stranger of the same names. */
  async function makeAuthority(url: string): Promise<void> {
    await district.file(
      'x.cnf',
      `[req]\ndistinguished_name=dn\n[dn]\n[root]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash
[ca]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign
[own]\nkeyUsage=critical,nonRepudiation\ncrlDistributionPoints=URI:${url}/list.crl\nauthorityInfoAccess=OCSP;URI:${url}/ocsp
[quiet]\nkeyUsage=critical,nonRepudiation
[strange]\nkeyUsage=critical,nonRepudiation\n1.2.3.4=critical,DER:0500
[tls]\nkeyUsage=critical,keyEncipherment
[responder]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning
`,
    );
    for (const who of ['root', 'stranger']) {
      ossl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '900', '-config', at('x.cnf'), '-extensions', 'root', '-subj', '/C=CN/O=Licensed/CN=Root', '-keyout', at(`${who}.key`), '-out', at(`${who}.pem`)); // prettier-ignore
    }
    await certify('issuing', '/C=CN/O=Licensed/CN=Issuing', 'ca', 'root');
    await certify('deeper', '/C=CN/O=Licensed/CN=Deeper', 'ca', 'issuing');
    await certify('responder', '/C=CN/O=Licensed/CN=OCSP', 'responder', 'issuing');
  }

  /** A certificate for a new key. */
  async function certify(name: string, subject: string, section: string, issuer: string): Promise<void> {
    ossl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-config', at('x.cnf'), '-subj', subject, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)); // prettier-ignore
    issue(name, section, issuer);
    return Promise.resolve();
  }

  function issue(name: string, section: string, issuer: string, days = 300): void {
    ossl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at(`${issuer}.pem`), '-CAkey', at(`${issuer}.key`), '-days', String(days), '-extfile', at('x.cnf'), '-extensions', section, '-out', at(`${name}.pem`)); // prettier-ignore
  }

  const orderOf = (change: Partial<ForeignRequest> = {}): ForeignRequest => ({
    actor: OFFICER,
    idempotencyKey: `foreign-${(counter += 1)}`,
    department: CREDIT_CODE,
    organization: '天津市河北区政务服务办公室',
    commonName: '演示印章',
    authorityName: '某某电子认证有限公司（演示）',
    key: { place: 'store', algorithm: 'ES256' },
    ...change,
  });

  /** Requests, and has the request certified. @returns the credential and its file's name. */
  async function requested(section = 'own', key?: ForeignRequest['key'], issuer = 'issuing') {
    const credential = await requestForeign(parts, orderOf(key === undefined ? {} : { key }));
    const name = `own-${(counter += 1)}`;
    await district.file(`${name}.csr`, pem('CERTIFICATE REQUEST', credential.csr));
    ossl('req', '-in', at(`${name}.csr`), '-noout', '-verify');
    issue(name, section, issuer);
    return { id: credential.id, name };
  }

  const chainOf = (...names: readonly string[]): readonly Uint8Array[] =>
    names.map((name) => derOfFile(`${name}.pem`));

  async function active(section = 'own', key?: ForeignRequest['key']) {
    const made = await requested(section, key);
    await bringChain(parts, OFFICER, made.id, chainOf(made.name, 'issuing', 'root'));
    return made;
  }

  /** A list of the issuing authority, or of who says so. */
  async function list(
    revoked: readonly string[],
    issuer = 'issuing',
    days = '30',
    key = issuer,
  ): Promise<Uint8Array> {
    const name = `list-${(counter += 1)}`;
    await district.file(`${name}.index`, '');
    await district.file(
      `${name}.cnf`,
      `[ca]\ndefault_ca=a\n[a]\ndatabase=${at(name)}.index\ndefault_md=sha256\n`,
    );
    for (const own of revoked)
      ossl('ca', '-revoke', at(`${own}.pem`), '-crl_reason', 'keyCompromise', '-config', at(`${name}.cnf`), '-keyfile', at(`${issuer}.key`), '-cert', at(`${issuer}.pem`)); // prettier-ignore
    const when = days === 'past' ? ['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200201000000Z'] : ['-crldays', days]; // prettier-ignore
    ossl('ca', '-gencrl', '-config', at(`${name}.cnf`), '-keyfile', at(`${key}.key`), '-cert', at(`${issuer}.pem`), '-out', at(`${name}.pem`), ...when); // prettier-ignore
    return derOfFile(`${name}.pem`);
  }

  /** What openssl's responder says. */
  async function answered(own: string, signer: string, revoked = false): Promise<Uint8Array> {
    const name = `ocsp-${(counter += 1)}`;
    const serial =
      ossl('x509', '-in', at(`${own}.pem`), '-noout', '-serial')
        .trim()
        .split('=')[1] ?? '';
    const line = revoked ? `R\t350101000000Z\t260101000000Z,keyCompromise\t${serial}\tunknown\t/CN=x\n` : `V\t350101000000Z\t\t${serial}\tunknown\t/CN=x\n`; // prettier-ignore
    await district.file(`${name}.index`, line);
    ossl(
      'ocsp',
      '-issuer',
      at('issuing.pem'),
      '-cert',
      at(`${own}.pem`),
      '-no_nonce',
      '-reqout',
      at(`${name}.req`),
    );
    ossl('ocsp', '-index', at(`${name}.index`), '-CA', at('issuing.pem'), '-rsigner', at(`${signer}.pem`), '-rkey', at(`${signer}.key`), '-reqin', at(`${name}.req`), '-respout', at(`${name}.der`), '-ndays', '2'); // prettier-ignore
    return new Uint8Array(readFileSync(at(`${name}.der`)));
  }

  it('go out as a request, come in with their chain, and sign', async () => {
    const order = orderOf();
    const made = await requestForeign(parts, order);
    assert.equal((await requestForeign(parts, order)).id, made.id);
    await assert.rejects(requestForeign(parts, { ...order, commonName: 'x' }), {
      code: 'idempotency-mismatch',
    });
    for (const algorithm of ['ES384', 'RS256', 'PS256', 'Ed25519'] as const) {
      const { id, name } = await active('own', { place: 'store', algorithm });
      const key = await openForeignKey(parts, id);
      assert.equal(key.chain.length, 2);
      const message = Buffer.from('文件');
      const signature = await key.sign(message);
      assert.ok(verifySignature({ algorithm, publicKey: key.publicKey, message, signature }), name);
    }
    const shown = await requiredForeign(parts, (await active()).id);
    assert.deepEqual([shown.state, shown.qualification, shown.chain.length], ['active', 'licensed', 3]);
  });

  it('refuse what is no request of a department', async () => {
    for (const change of [
      { department: '111201050001234570' },
      { authorityName: ' ' },
      { organization: '局'.repeat(65) },
      { key: { place: 'server', server: 'none', name: 'seal' } },
    ] as Partial<ForeignRequest>[])
      await assert.rejects(requestForeign(parts, orderOf(change)), { code: 'foreign-credential-invalid' });
  });

  it('refuse chains that do not hold, each for its reason', async () => {
    const { id, name } = await requested();
    const other = await requested();
    const refused = async (ders: readonly Uint8Array[], message: RegExp): Promise<void> => {
      await assert.rejects(bringChain(parts, OFFICER, id, ders), { code: 'foreign-chain-refused', message });
    };
    await refused([], /two at least/);
    await refused(chainOf(name), /two at least/);
    await refused(chainOf(other.name, 'issuing', 'root'), /another key/);
    await refused(chainOf(name, 'root'), /names another issuer/);
    await refused(chainOf(name, 'issuing'), /not end in a root/);
    await refused(chainOf(name, 'issuing', 'stranger'), /Certificate 2 is not signed/);
    await refused(Array(9).fill(derOfFile('root.pem')) as Uint8Array[], /at most 8/);
    for (const [section, message] of [
      ['ca', /not one to sign/],
      ['tls', /not one to sign/],
      ['strange', /1\.2\.3\.4/],
    ] as const) {
      // prettier-ignore
      issue(name, section, 'issuing');
      await refused(chainOf(name, 'issuing', 'root'), message);
    }
    issue(name, 'own', 'deeper');
    await refused(chainOf(name, 'deeper', 'issuing', 'root'), /fewer authorities/);
    issue(name, 'own', 'responder');
    await refused(chainOf(name, 'responder', 'issuing', 'root'), /not one of an authority/);
    issue(name, 'own', 'issuing', 1);
    district.advance(2 * 86_400_000);
    await refused(chainOf(name, 'issuing', 'root'), /not valid now/);
    district.advance(-2 * 86_400_000);
    assert.equal((await requiredForeign(parts, id)).state, 'requested');
    await assert.rejects(openForeignKey(parts, id), { code: 'transition-not-allowed' });
    await assert.rejects(bringChain(parts, OFFICER, id, [new Uint8Array(9), new Uint8Array(9)]), {
      name: 'FormatError',
    });
  });

  it('keep lists and answers that hold as evidence, and sign no more once revoked', async () => {
    const { id, name } = await active();
    const keep = (kind: 'crl' | 'ocsp', der: Uint8Array) => keepStatus(parts, OFFICER, id, { kind, der, source: 'imported' }); // prettier-ignore
    assert.equal((await keep('crl', await list([]))).status, 'good');
    assert.equal((await keep('ocsp', await answered(name, 'issuing'))).status, 'good');
    assert.equal((await keep('ocsp', await answered(name, 'responder'))).status, 'good');
    await openForeignKey(parts, id);
    const last = await list([name]);
    const kept = await keep('crl', last);
    assert.deepEqual([kept.status, kept.reason], ['revoked', 'keyCompromise']);
    assert.deepEqual((await keptEvidence(district.database.reader, id, kept.id))?.der, last);
    await assert.rejects(openForeignKey(parts, id), { code: 'transition-not-allowed', message: /revoked/ });
    const { serial } = await requiredForeign(parts, id);
    assert.equal((await keptStatuses(district.database.reader, id, serial ?? '')).length, 4);
  });

  it('refuse lists and answers of others, forged, out of date, or about somebody else', async () => {
    const { id, name } = await active();
    const other = await active();
    const refused = async (kind: 'crl' | 'ocsp', der: Uint8Array, message: RegExp): Promise<void> => {
      await assert.rejects(keepStatus(parts, OFFICER, id, { kind, der, source: 'imported' }), {
        code: 'foreign-status-refused',
        message,
      });
    };
    await refused('crl', await list([], 'root'), /another authority/);
    await refused('crl', await list([], 'issuing', 'past'), /out of date/);
    const good = await list([]);
    const forged = good.slice();
    forged[forged.length - 9] = (forged[forged.length - 9] ?? 0) ^ 1;
    await refused('crl', forged, /not signed/);
    await refused('ocsp', await answered(other.name, 'issuing'), /does not speak/);
    await refused('ocsp', await answered(name, 'stranger'), /not signed by the authority/);
    // An end entity of the same authority is no responder.
    await certify('plain', '/C=CN/O=Licensed/CN=Plain', 'own', 'issuing');
    await refused('ocsp', await answered(name, 'plain'), /not signed by the authority/);
    const tomorrow = await answered(name, 'issuing');
    district.advance(5 * 86_400_000);
    await refused('ocsp', tomorrow, /out of date/);
    district.advance(-5 * 86_400_000);
    for (const kind of ['crl', 'ocsp'] as const)
      await assert.rejects(
        keepStatus(parts, OFFICER, id, { kind, der: new Uint8Array(99), source: 'imported' }),
        {
          name: 'FormatError',
        },
      );
  });

  it('have their status fetched from where the certificate says', async () => {
    const { id, name } = await active();
    served.clear();
    await assert.rejects(fetchStatus(parts, OFFICER, id), { code: 'foreign-status-refused' });
    served.set('/list.crl', await list([]));
    assert.equal((await fetchStatus(parts, OFFICER, id)).kind, 'crl');
    served.set('/ocsp', await answered(name, 'responder', true));
    const told = await fetchStatus(parts, OFFICER, id);
    assert.deepEqual([told.kind, told.source, told.status], ['ocsp', 'fetched', 'revoked']);
    const careful = { ...parts, statusSource: statusSource(true) };
    await assert.rejects(fetchStatus(careful, OFFICER, id), { code: 'foreign-status-refused' });
    const quiet = await active('quiet');
    await assert.rejects(fetchStatus(parts, OFFICER, quiet.id), { message: /does not say/ });
  });

  it('have a key at a signing server, which is believed only after verification', async () => {
    const key = { place: 'server', server: 'hsm', name: 'seal' } as const;
    mood = 'honest';
    const { id } = await active('own', key);
    const message = Buffer.alloc(300_000, 7);
    const handle = await openForeignKey(parts, id);
    const pieces = (): AsyncIterable<Uint8Array> =>
      Readable.from([message.subarray(0, 100_000), message.subarray(100_000)]);
    for (const signature of [await handle.sign(message), await handle.signPieces(pieces())])
      assert.ok(verifySignature({ algorithm: 'ES256', publicKey: handle.publicKey, message, signature }));
    for (const bad of ['lies', 'hangs', 'huge', 'broken'] as const) {
      mood = bad;
      await assert.rejects(handle.sign(message), { code: 'signing-server-failed' }, bad);
      await assert.rejects(handle.signPieces(pieces()), { code: 'signing-server-failed' }, bad);
      await assert.rejects(requestForeign(parts, orderOf({ key })), { code: 'signing-server-failed' }, bad);
    }
    // Another key under the same name: the request is not made, because its proof does not verify.
    mood = 'other-key';
    const order = orderOf({ key });
    await assert.rejects(requestForeign(parts, order), { code: 'signing-server-failed' });
    await assert.rejects(requestForeign(parts, order), { code: 'idempotency-abandoned' });
    mood = 'honest';
  });

  it('are retired for good, and left-overs of a crash are given up', async () => {
    const { id, name } = await active();
    assert.equal((await retireForeign(parts, OFFICER, id)).state, 'retired');
    await assert.rejects(retireForeign(parts, OFFICER, id), { code: 'transition-not-allowed' });
    await assert.rejects(bringChain(parts, OFFICER, id, chainOf(name, 'issuing', 'root')), { code: 'transition-not-allowed' }); // prettier-ignore
    await assert.rejects(openForeignKey(parts, id), { code: 'transition-not-allowed' });
    await assert.rejects(openForeignKey(parts, 'fcr_none'), { code: 'foreign-credential-not-found' });
    assert.equal(await settleForeign(parts, new Date(parts.clock().getTime() + 1)), 0);
  });
});
