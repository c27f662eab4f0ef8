// `yinxin stamp --seal --level B-LT` against a real service: its certificates, OCSP, lists and SM2 time-stamps; verified after it is gone.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealMaker } from '../../api/seal-parts.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { embeddedEvidence } from '../../verification/pdf-evidence.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { makeSealObject } from '../../signing/seal-object.ts';
import type { Report, Row } from '../../verification/report.ts';
import { enrol, password, post } from '../api/ca-office.ts';
import { startService, type Harness } from '../api/harness.ts';
import { samplePdf } from '../signing/seal-office.ts';
import { yinxin } from './stamp-setting.ts';

function pem(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
}

describe('yinxin stamp with a seal, with validation data from a real service', function () {
  this.timeout(120_000);
  let folder: string;
  let service: Harness;
  /** Where the certificates say that the service is: what is asked passes by here, and may be cut off. */
  let front: Server;
  let address: string;
  let stopped = false;
  let serial = '';
  const asked: string[] = [];
  let cut: RegExp | null = null;
  let count = 0;
  const path = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-seal-lt-'));
    front = createServer((incoming, outgoing) => {
      const url = incoming.url ?? '/';
      asked.push(`${incoming.method ?? ''} ${url}`);
      if (cut?.test(url) === true) return void outgoing.writeHead(503).end();
      const target = new URL(url, service.url);
      const { headers, method } = incoming;
      const onward = ask(target, { method, headers: { ...headers, host: target.host } }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
    service = await startService({ environment: { YINXIN_PUBLIC_URL: address } });
    const made = await enrol(
      service,
      { generate: 'SM2SM3', password },
      { profile: 'enterprise-seal', hierarchy: 'sm2' },
    );
    assert.equal(made.status, 201, made.text);
    const { pkcs12, certificate, serial: number } = made.body as Record<'pkcs12' | 'certificate' | 'serial', string>; // prettier-ignore
    serial = number;
    const signerCertificate = new Uint8Array(
      Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64'),
    );
    const { hierarchy } = service.services;
    const now = new Date();
    const { eseal } = await makeSealObject(sealMaker(hierarchy).key, {
      code: '12010500009901',
      name: '天津演示甲餐饮有限公司',
      type: '02',
      picture: {
        kind: 'contract',
        name: '天津演示甲餐饮有限公司',
        purpose: null,
        code: '12010500009901',
        centre: null,
        demonstration: true,
      },
      signerCertificate,
      at: now,
      validUntil: new Date(now.getTime() + 30 * 86_400_000),
    });
    writeFileSync(path('own.p12'), Buffer.from(pkcs12, 'base64'));
    writeFileSync(path('pass'), `${password}\n`, { mode: 0o600 });
    writeFileSync(path('own.esl'), eseal);
    writeFileSync(path('a.pdf'), samplePdf());
    const roots = hierarchy
      .roots()
      .filter(({ der }) => parseCertificate(der).subjectPublicKeyInfo.keyType === 'sm2');
    assert.equal(roots.length, 1);
    writeFileSync(path('root.pem'), roots.map(({ der }) => pem(der)).join(''));
    writeFileSync(path('between.pem'), pem(hierarchy.authority('sm2-department-seals').certificate.der));
  });
  after(async () => {
    if (!stopped) await service.stop();
    front.closeAllConnections();
    front.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Stamped {
    readonly code: number;
    readonly line: Readonly<Record<string, unknown>>;
    readonly file: string;
    /** What was asked of the service. */
    readonly asked: readonly string[];
  }

  async function stamp(
    level: string,
    more: readonly string[] = [],
    paths = ['--trusted', path('root.pem'), '--untrusted', path('between.pem')],
  ): Promise<Stamped> {
    count += 1;
    asked.length = 0;
    const out = path(`out-${count}`);
    const key = ['--p12', path('own.p12'), '--passphrase-file', path('pass'), '--seal', path('own.esl')];
    const { code, out: lines } = await yinxin([
      ...(['stamp', path('a.pdf'), '--out-dir', out, ...key, ...paths] as const),
      ...['--visible', '1,150,230,40,40', '--level', level, '--tsa', `${address}/tsa/sm2`, '--json', ...more],
    ]);
    const line = JSON.parse(lines[0] ?? '{}') as Stamped['line'];
    return { code, line, file: join(out, 'a.pdf'), asked: [...asked] };
  }

  async function verified(file: string): Promise<readonly [number, string, Report]> {
    const { code, out, err } = await yinxin([
      'verify',
      file,
      '--offline',
      '--anchor',
      path('root.pem'),
      '--json',
    ]);
    const report = JSON.parse(out[0] ?? `{"err":${JSON.stringify(err)}}`) as Report;
    return [code, report.conclusion, report];
  }

  async function storeOf(
    file: string,
  ): Promise<readonly [certificates: number, ocsps: number, crls: number]> {
    const store = await embeddedEvidence(await openPdf(bytesSource(new Uint8Array(readFileSync(file)))));
    return [store.certificates.length, store.ocsps.length, store.crls.length];
  }

  it('reaches SES-LT by OCSP, by lists where OCSP is down, and refuses where neither answers', async () => {
    const byOcsp = await stamp('B-LT');
    assert.equal(byOcsp.code, 0, JSON.stringify([byOcsp.line, byOcsp.asked]));
    assert.deepEqual([byOcsp.code, byOcsp.line['level'], byOcsp.line['shortfall']], [0, 'SES-LT', null]);
    assert.ok(
      byOcsp.asked.some((each) => each.startsWith('POST /ocsp/')),
      byOcsp.asked.join(', '),
    );
    assert.ok(byOcsp.asked.some((each) => each === 'POST /tsa/sm2'));
    const [certificates, ocsps] = await storeOf(byOcsp.file);
    assert.ok(certificates >= 2 && ocsps >= 3, `${certificates} certificates, ${ocsps} answers`);

    // The maker's authority stands in nobody's file: without it no path leads from the maker to the root.
    const without = await stamp('B-LT', [], ['--trusted', path('root.pem')]);
    assert.deepEqual([without.code, without.line['code']], [1, 'self-check-failed']);
    assert.match(String(without.line['reason']), /电子印章制作系统.*no-anchor/);

    cut = /^\/ocsp/;
    const byList = await stamp('B-LT');
    assert.deepEqual([byList.code, byList.line['level']], [0, 'SES-LT']);
    const [, answers, lists] = await storeOf(byList.file);
    assert.ok(answers === 0 && lists >= 2, `${answers} answers, ${lists} lists`);

    cut = /^\/(ocsp|crl)/;
    const none = await stamp('B-LT');
    assert.deepEqual([none.code, none.line['code']], [1, 'status-unavailable']);
    const lower = await stamp('B-LT', ['--lower']);
    assert.deepEqual([lower.code, lower.line['level']], [0, 'SES-T']);

    cut = null;
    const archive = await stamp('B-LTA');
    assert.deepEqual([archive.code, archive.line['level']], [0, 'SES-LTA']);
    // Revoked by a registration authority: the next use of the seal is refused at once.
    const revoking = `/api/v1/ca/certificates/${serial}/revocation`;
    const revoked = await post(service, 'registration-authority', revoking, { reason: 'keyCompromise' });
    assert.equal(revoked.status, 200, revoked.text);
    const refused = await stamp('B-LT');
    assert.deepEqual([refused.code, refused.line['code']], [1, 'certificate-revoked']);

    // The service is gone: the file alone says everything.
    await service.stop();
    stopped = true;
    cut = /./;
    asked.length = 0;
    for (const [{ file }, evidence] of [
      [byOcsp, 'ocsp'],
      [byList, 'crl'],
      [archive, 'ocsp'],
    ] as const) {
      const [code, conclusion, report] = await verified(file);
      assert.deepEqual([code, conclusion], [0, 'TOTAL-PASSED'], JSON.stringify(report.summary));
      const [signature] = report.signatures;
      assert.notEqual(signature?.provenTime ?? null, null);
      // Levels B-B to B-LTA are those of PAdES, and none is told for a seal: that its data suffices is seen by its rows.
      assert.equal(signature?.level, 'none');
      for (const id of ['certificate.revocation', 'seal.maker-revocation']) {
        const row: Row | undefined = signature.rows.find((each) => each.id === id);
        assert.deepEqual([row?.outcome, row?.evidence], ['passed', evidence], id);
      }
    }
    assert.deepEqual(asked, [], 'nobody was asked');
    // Without the data: open, not passed. With one byte of the document changed: failed.
    const [code, conclusion] = await verified(lower.file);
    assert.deepEqual([code, conclusion], [2, 'INDETERMINATE']);
    const bytes = readFileSync(byOcsp.file);
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    writeFileSync(byOcsp.file, bytes);
    assert.equal((await verified(byOcsp.file))[0], 1);
  });
});
