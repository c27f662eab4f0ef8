// The suite gm end to end: one setting, and everything a journey makes is SM2, SM3 and SM4, judged by openssl where it can.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import request from 'supertest';
import { departmentAdd } from '../../bin/commands/department-add.ts';
import { init } from '../../bin/commands/init.ts';
import { sealCreate } from '../../bin/commands/seal-create.ts';
import { keyFolderFacts } from '../../crypto/key-folder-facts.ts';
import { backupCommand } from '../../bin/commands/backup.ts';
import { restoreCommand } from '../../bin/commands/restore.ts';
import { writeSettings } from '../../api/settings.ts';
import { demonstrationSettings } from '../../api/demonstration.ts';
import { signatureTimeStampsOf, signingCertificateOf } from '../../formats/cms/attributes.ts';
import { parseSignedData, type SignedData } from '../../formats/cms/signed-data.ts';
import { encodeTimestampRequest, parseTimestampResponse, parseTstInfo } from '../../formats/cms/timestamp.ts';
import { decodeSign1, keyIdOf, sign1Input } from '../../formats/cose/sign1.ts';
import { sameBytes, toHex } from '../../formats/bytes.ts';
import { decodeLicenseCode } from '../../formats/qr/license-code.ts';
import { digestOf, encodeDigestAlgorithm, signatureNameOf } from '../../formats/x509/algorithm.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { parseCrl } from '../../formats/x509/crl.ts';
import { rawToDer } from '../../formats/x509/ecdsa-signature.ts';
import { encodeCertId, encodeOcspRequest, parseOcspResponse } from '../../formats/x509/ocsp.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import { binaryBody } from '../api/binary-body.ts';
import { startService, type Harness } from '../api/harness.ts';
import { lastSignature } from '../api/last-signature.ts';
import { bearer, issue, licenseBody, licenses, stamp } from '../api/samples.ts';
import { requireProgram, run } from '../programs.ts';

const gm = { YINXIN_SUITE: 'gm' };
const sm3 = (bytes: Uint8Array): Uint8Array => createHash('sm3').update(bytes).digest();

describe('the suite gm', function () {
  this.timeout(240_000);
  let service: Harness;
  let dataFolder: string;
  let folder: string;
  let sealed: Buffer;
  let license: { readonly code: string; readonly documentUrl: string; readonly record: string };

  const start = (): Promise<Harness> => startService({ dataFolder, environment: gm });
  const get = async (path: string): Promise<Buffer> => {
    const response = await request(service.url).get(path).buffer(true).parse(binaryBody);
    assert.equal(response.status, 200, path);
    return response.body as Buffer;
  };
  const verified = async (pdf: Buffer, on = service): Promise<string> => {
    const response = await request(on.url).post('/api/v1/verifications').attach('document', pdf, 'file.pdf');
    return (response.body as { conclusion: string }).conclusion;
  };
  const authority = async (name: string) => parseCertificate(await get(`/ca/${name}.cer`));

  /** `openssl dgst` over the signed bytes, under the identifier of GB/T 35276. */
  function opensslHolds(
    context: Mocha.Context,
    spki: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean {
    const openssl = requireProgram(context, 'openssl');
    const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(spki).toString('base64')}\n-----END PUBLIC KEY-----\n`;
    const [key, file, value] = ['key.pem', 'message', 'signature'].map((name) => join(folder, name));
    writeFileSync(key!, pem);
    writeFileSync(file!, message);
    writeFileSync(value!, signature);
    try {
      const options = ['-sm3', '-sigopt', 'distid:1234567812345678', '-verify', key!, '-signature', value!];
      return run(openssl, ['dgst', ...options, file!]).includes('Verified OK');
    } catch {
      return false;
    }
  }

  function signerOf(signedData: SignedData) {
    const [signer, ...more] = signedData.signerInfos;
    assert.ok(signer !== undefined && more.length === 0);
    const certificate = signedData.certificates
      .map((der) => parseCertificate(der))
      .find(
        ({ serialNumber }) =>
          'serialNumber' in signer.signer && sameBytes(serialNumber, signer.signer.serialNumber),
      );
    assert.ok(certificate !== undefined && signer.signedAttributesDer !== null);
    return { signer, certificate, signed: signer.signedAttributesDer };
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-gm-'));
    dataFolder = join(folder, 'data');
    service = await start();
    const stamped = await stamp(service, { accept: 'application/pdf' }).then((response) => response);
    assert.equal(stamped.status, 201, JSON.stringify(stamped.body));
    sealed = await pdfOf(`/api/v1/stamps/${stamped.headers['location']?.split('/').at(-1) ?? ''}/document`);
    for (const each of [licenses.senior, licenses.food]) {
      const department = each.matter.department.key;
      const issued = await issue(service, licenseBody(each), { department });
      assert.equal(issued.status, 201, JSON.stringify(issued.body));
      license = issued.body as typeof license;
    }
  });
  after(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function pdfOf(path: string): Promise<Buffer> {
    const response = await request(service.url)
      .get(path)
      .set('Authorization', bearer(service))
      .buffer(true)
      .parse(binaryBody);
    assert.equal(response.status, 200, path);
    return response.body as Buffer;
  }

  it('verifies its own decision, license and code, and refuses each when a byte is changed', async () => {
    const page = await pdfOf(new URL(license.documentUrl, service.url).pathname);
    assert.equal(await verified(sealed), 'TOTAL-PASSED');
    assert.equal(await verified(page), 'TOTAL-PASSED');
    const changed = Buffer.from(sealed);
    changed[200] = (changed[200] ?? 0) ^ 1;
    assert.notEqual(await verified(changed), 'TOTAL-PASSED');
    const judge = async (code: string): Promise<string> => {
      const response = await request(service.url).post('/api/v1/verifications:code').send({ code });
      return (response.body as { conclusion: string }).conclusion;
    };
    assert.equal(await judge(license.code), 'TOTAL-PASSED');
    const digits = license.code.split('');
    digits[digits.length - 20] = digits.at(-20) === '1' ? '2' : '1';
    assert.notEqual(await judge(digits.join('')), 'TOTAL-PASSED');
  });

  it('seals with SM2 over SM3 of the byte range, time-stamped over SM3, as openssl sees it', function () {
    const { signed, cms } = lastSignature(sealed);
    const parsed = parseSignedData(cms);
    const { signer, certificate, signed: attributes } = signerOf(parsed);
    assert.equal(digestOf(signer.digestAlgorithm)?.name, 'sm3');
    assert.equal(signatureNameOf(signer.signatureAlgorithm), 'SM2SM3');
    assert.ok(
      Buffer.from(attributes).includes(Buffer.from(sm3(signed))),
      'the digest of the byte range is signed',
    );
    const named = signingCertificateOf(signer.signedAttributes ?? []);
    assert.equal(named?.digestAlgorithm, 'sm3');
    assert.equal(toHex(named.certificateDigest), toHex(sm3(certificate.der)));
    const key = certificate.subjectPublicKeyInfo;
    assert.equal(key.keyType, 'sm2');
    assert.ok(opensslHolds(this, key.der, attributes, signer.signature));
    assert.ok(!opensslHolds(this, key.der, signed, signer.signature), 'and openssl tells a wrong one');
    const [token] = signatureTimeStampsOf(signer.unsignedAttributes);
    assert.ok(token !== undefined);
    const stamped = parseSignedData(token);
    const info = parseTstInfo(stamped.eContent ?? new Uint8Array());
    assert.equal(digestOf(info.messageImprint.algorithm)?.name, 'sm3');
    assert.equal(toHex(info.messageImprint.hashedMessage), toHex(sm3(signer.signature)));
    const unit = signerOf(stamped);
    assert.equal(unit.certificate.subjectPublicKeyInfo.keyType, 'sm2');
    const unitKey = unit.certificate.subjectPublicKeyInfo.der;
    assert.ok(opensslHolds(this, unitKey, unit.signed, unit.signer.signature));
  });

  it('chains to its SM2 root, as openssl verifies it', async function () {
    const openssl = requireProgram(this, 'openssl');
    const { certificate } = signerOf(parseSignedData(lastSignature(sealed).cms));
    const pem = (name: string, der: Uint8Array): string => {
      const path = join(folder, name);
      writeFileSync(path, new X509Certificate(der).toString());
      return path;
    };
    const root = pem('root.pem', await get('/ca/sm2-root.cer'));
    const issuing = pem('issuing.pem', await get('/ca/sm2-department-seals.cer'));
    // OpenSSL gives the identifier to the last certificate only, so each link is asked about by itself.
    for (const [below, above] of [
      [pem('seal.pem', certificate.der), issuing],
      [issuing, root],
    ] as const) {
      const options = ['-x509_strict', '-partial_chain', '-vfyopt', 'distid:1234567812345678'];
      assert.match(run(openssl, ['verify', ...options, '-CAfile', above, below]), /: OK/);
    }
  });

  it('signs codes with COSE algorithm −65601, under a key named by SM3', function () {
    const message = decodeSign1(decodeLicenseCode(license.code).envelope);
    assert.equal(message.algorithm, 'SM2SM3');
    const key = service.services.hierarchy.serviceKey('license-code');
    assert.equal(toHex(message.keyId), toHex(keyIdOf(sm3(key.publicKey))));
    const signed = sign1Input(message.protectedHeader, message.payload);
    assert.ok(opensslHolds(this, key.publicKey, signed, rawToDer(message.signature)));
  });

  it('signs trust list, status lists and receipts as JWS with the private alg SM2SM3', async function () {
    const receipt = await request(service.url)
      .post('/api/v1/verifications')
      .set('Authorization', bearer(service))
      .field('case', '120105-2026-000001')
      .field('matter', 'YS1201050100013101000001')
      .attach('document', sealed, 'file.pdf');
    const tokens = {
      'trust-list': (await get('/api/v1/trust-list')).toString('utf8'),
      'status-list': (await get('/api/v1/status-lists/0')).toString('utf8'),
      receipt: (receipt.body as { receipt: string }).receipt,
    } as const;
    for (const [purpose, token] of Object.entries(tokens)) {
      const [header = '', payload = '', signature = ''] = token.split('.');
      const head = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Record<string, unknown>;
      assert.equal(head['alg'], 'SM2SM3', purpose);
      assert.match(String(head['kid']), /^sm3:/);
      const raw = new Uint8Array(Buffer.from(signature, 'base64url'));
      assert.equal(raw.length, 64);
      const { publicKey } = service.services.hierarchy.serviceKey(purpose as keyof typeof tokens);
      const input = new TextEncoder().encode(`${header}.${payload}`);
      assert.ok(opensslHolds(this, publicKey, input, rawToDer(raw)), purpose);
    }
    const claims = JSON.parse(
      Buffer.from(tokens.receipt.split('.')[1] ?? '', 'base64url').toString('utf8'),
    ) as { result: { document: { digest: string } } };
    assert.equal(claims.result.document.digest, `sm3:${toHex(sm3(sealed))}`);
  });

  it('lists the issuing authorities of both hierarchies', async () => {
    const { list } = await service.services.trustList.current();
    const listed = list.entities.flatMap(({ services }) => services);
    for (const name of ['department-seals', 'enterprises', 'residents', 'time-stamps']) {
      for (const prefix of ['', 'sm2-']) {
        const { der } = await authority(`${prefix}${name}`);
        const found = listed.find(({ certificates }) =>
          certificates.some((each) => Buffer.from(each).equals(der)),
        );
        assert.equal(found?.state.status, 'granted', `${prefix}${name}`);
      }
    }
  });

  it('answers OCSP, revocation lists and time-stamps with SM2', async function () {
    const { certificate } = signerOf(parseSignedData(lastSignature(sealed).cms));
    const issuer = await authority('sm2-department-seals');
    const asked = encodeCertId({
      hashAlgorithm: encodeDigestAlgorithm('sha256'),
      issuerNameHash: createHash('sha256').update(issuer.subject.der).digest(),
      issuerKeyHash: createHash('sha256').update(issuer.subjectPublicKeyInfo.publicKey).digest(),
      serialNumber: certificate.serialNumber,
    });
    const answer = await request(service.url)
      .post('/ocsp/sm2-department-seals')
      .set('Content-Type', 'application/ocsp-request')
      .send(Buffer.from(encodeOcspRequest([asked], null)))
      .buffer(true)
      .parse(binaryBody);
    const { basic } = parseOcspResponse(answer.body as Buffer);
    assert.ok(basic !== null);
    assert.equal(signatureNameOf(basic.signatureAlgorithm), 'SM2SM3');
    assert.equal(basic.responses[0]?.status.kind, 'good');
    const [responder] = basic.certificates.map((der) => parseCertificate(der));
    const responderKey = responder?.subjectPublicKeyInfo.der ?? new Uint8Array();
    assert.ok(opensslHolds(this, responderKey, basic.tbs, basic.signature));
    const crl = parseCrl(await get('/crl/sm2-department-seals.crl'));
    assert.ok(opensslHolds(this, issuer.subjectPublicKeyInfo.der, crl.tbs, crl.signature));
    const imprint = {
      digestAlgorithm: 'sm3',
      digest: sm3(sealed),
      nonce: new Uint8Array(8).fill(1),
    } as const;
    const reply = await request(service.url)
      .post('/tsa')
      .set('Content-Type', 'application/timestamp-query')
      .send(Buffer.from(encodeTimestampRequest({ ...imprint, certificateRequested: true })))
      .buffer(true)
      .parse(binaryBody);
    const { token } = parseTimestampResponse(reply.body as Buffer);
    assert.ok(token !== null);
    const unit = signerOf(parseSignedData(token));
    const unitKey = unit.certificate.subjectPublicKeyInfo.der;
    assert.ok(opensslHolds(this, unitKey, unit.signed, unit.signer.signature));
  });

  it('leaves nothing in the database that SHA-256 or AES names, but the names of the other hierarchy’s keys', async () => {
    assert.deepEqual(
      await verifyAuditChain(service.services.database.reader).then((verdict) => verdict.intact),
      true,
    );
    const database = new DatabaseSync(join(dataFolder, 'yinxin.db'), { readOnly: true });
    try {
      const tables = database
        .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
        .all() as { name: string }[];
      const ours: string[] = [];
      let values = 0;
      let digests = 0;
      for (const { name } of tables) {
        for (const row of database.prepare(`select * from "${name}"`).all()) {
          for (const [column, value] of Object.entries(row)) {
            if (typeof value !== 'string') continue;
            values += 1;
            if (/sm3:|sm4-ctr/.test(value)) digests += 1;
            const otherKey =
              column === 'key_id' && !String(row['authority'] ?? row['name']).startsWith('sm2-');
            if (/sha256|aes-256/.test(value) && !otherKey) ours.push(`${name}.${column}: ${value}`);
          }
        }
      }
      assert.deepEqual(ours, []);
      // The scan sees what it is meant to see.
      assert.ok(tables.length > 20 && values > 1000 && digests > 100);
      const rows = database.prepare('select hash from audit_log').all() as { hash: string }[];
      assert.ok(rows.length > 10 && rows.every(({ hash }) => /^sm3:[0-9a-f]{64}$/.test(hash)));
      const fields = database.prepare('select record, number_index from license').all();
      for (const row of fields as { record: string; number_index: string }[]) {
        assert.match(row.record, /^sm4-ctr-hmac-sm3:/);
        assert.match(row.number_index, /^hmac-sm3:/);
      }
    } finally {
      database.close();
    }
    assert.deepEqual(readdirSync(join(dataFolder, 'documents')).sort(), ['sm3', 'tmp']);
  });

  it('opens everything again after a restart, and repeats what was done without signing it', async () => {
    const key = 'gm-restart';
    const { apiKeys } = service;
    const first = await stamp(service, { key });
    assert.equal(first.status, 201);
    await service.stop();
    service = await start();
    const again = await stamp({ ...service, apiKeys }, { key });
    assert.equal(again.status, 201);
    assert.equal((again.body as { id: string }).id, (first.body as { id: string }).id);
    assert.equal(await verified(sealed), 'TOTAL-PASSED');
    const found = await request(service.url)
      .post('/api/v1/licenses:search')
      .set('Authorization', bearer(service))
      .send({ holder: { kind: 'enterprise', code: licenses.food.holder.code }, purpose: '核对' });
    assert.equal((found.body as { licenses: unknown[] }).licenses.length, 1, 'found by its keyed digest');
  });

  it('is backed up and restored, digests and all', async () => {
    await service.stop();
    await writeSettings(dataFolder, { ...demonstrationSettings, suite: 'gm' });
    const terminal = { environment: {}, print: () => undefined, tell: () => undefined, interactive: false };
    const [copy, restored] = [join(folder, 'copy'), join(folder, 'restored')];
    const passphrase = { YINXIN_PASSPHRASE_FILE: join(dataFolder, 'demonstration-passphrase') };
    const at = { ...terminal, environment: passphrase };
    assert.equal(await backupCommand.run(['--data', dataFolder, '--to', copy], at), 0);
    assert.equal(await restoreCommand.run(['--data', restored, '--from', copy], at), 0);
    assert.ok(readdirSync(join(restored, 'root-keys')).length > 2, 'root keys were at hand');
    const other = await startService({ dataFolder: restored, environment: { ...gm, ...passphrase } });
    try {
      assert.equal(await verified(sealed, other), 'TOTAL-PASSED');
      assert.equal((await stamp(other)).status, 201);
    } finally {
      await other.stop();
      service = await start();
    }
    await assert.rejects(
      async () =>
        restoreCommand.run(['--data', join(folder, 'third'), '--from', copy], {
          ...terminal,
          environment: { ...passphrase, YINXIN_SUITE: 'international' },
        }),
      /suite/,
    );
  });

  it('is refused under the other suite, by the folder and by the database', async () => {
    await service.stop();
    const refused = /gm .*cannot be used for international/;
    await assert.rejects(
      startService({ dataFolder, environment: { YINXIN_SUITE: 'international' } }),
      refused,
    );
    rmSync(join(dataFolder, 'yinxin.json'), { force: true });
    await assert.rejects(startService({ dataFolder }), refused);
    service = await start();
    assert.equal(await verified(sealed), 'TOTAL-PASSED');
  });

  it('makes a production installation where keys in files are allowed, and its suite is kept', async () => {
    const place = join(folder, 'production');
    const told: string[] = [];
    const environment = { YINXIN_SUITE: 'gm', YINXIN_PASSPHRASE: 'a passphrase of some length' };
    const terminal = (more: NodeJS.ProcessEnv) => ({
      environment: { YINXIN_PASSPHRASE: environment.YINXIN_PASSPHRASE, ...more },
      print: (line: string) => void told.push(line),
      tell: (line: string) => void told.push(line),
      interactive: false,
    });
    const district = ['--data', place, '--district', '天津市河北区', '--uscc', '11120105000123457H'];
    const args = [...district, '--division', '120105', '--public-url', 'https://zz.example.gov.cn'];
    await assert.rejects(init.run(args, terminal(gm)), /密评/);
    assert.equal(await init.run(args, terminal({ ...gm, YINXIN_ALLOW_KEY_FILES: '1' })), 0);
    assert.match(told.join('\n'), /root-keys: take that folder away/);
    // Without its root keys, and without being told the suite again: the folder knows.
    rmSync(join(place, 'root-keys'), { recursive: true });
    const later = terminal({ YINXIN_ALLOW_KEY_FILES: '1' });
    const office = ['--data', place, '--name', '天津市河北区审批局', '--uscc', '11120105000123457H'];
    assert.equal(await departmentAdd.run(office, later), 0);
    const persons = ['--applicant', 'clerk-1', '--approver', 'chief-1'];
    const making = ['--data', place, '--department', '11120105000123457H', ...persons];
    assert.equal(await sealCreate.run(making, later), 0);
    const keys = (await keyFolderFacts(join(place, 'keys')))?.keys ?? [];
    assert.deepEqual(
      keys.filter(({ purpose }) => purpose === 'seal').map(({ algorithm, cipher }) => [algorithm, cipher]),
      [['SM2SM3', 'sm4-ctr-hmac-sm3']],
    );
  });
});
