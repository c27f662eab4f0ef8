// The suite gm chooses the SM2 seal by itself; the request wins, and what cannot be is left out or refused.
import assert from 'node:assert/strict';
import request from 'supertest';
import { openPdf } from '../../formats/pdf/document.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import type { DepartmentKey } from '../../fixtures/departments.ts';
import { binaryBody } from '../api/binary-body.ts';
import { startService, type Harness } from '../api/harness.ts';
import { bearer, issue, licenseBody, licenses, stamp } from '../api/samples.ts';

describe('seals of the suite gm', function () {
  this.timeout(240_000);
  let service: Harness;

  before(async () => {
    service = await startService({ environment: { YINXIN_SUITE: 'gm' } });
  });
  after(() => service.stop());

  async function pdfOf(path: string, department?: DepartmentKey): Promise<Buffer> {
    const response = await request(service.url)
      .get(path)
      .set('Authorization', bearer(service, department))
      .buffer(true)
      .parse(binaryBody);
    assert.equal(response.status, 200, path);
    return response.body as Buffer;
  }

  it('chooses the SM2 seal by itself: SES_Signature first, then the signature that covers it', async () => {
    const form = async (bytes: Uint8Array) => {
      const found = await readSignatures(await openPdf(bytesSource(bytes)));
      return found.map(({ subFilter, coverage }) => [subFilter, coverage.kind]);
    };
    const both = [
      ['GM.SES', 'revision'],
      ['ETSI.CAdES.detached', 'whole-file'],
    ];
    const plain = await stamp(service);
    assert.equal((plain.body as { sm2: string }).sm2, 'ses', JSON.stringify(plain.body));
    assert.deepEqual(await form(await pdfOf(`${plain.headers['location'] ?? ''}/document`)), both);
    const each = licenses.food;
    const issued = await issue(service, licenseBody(each), { department: each.matter.department.key });
    const { documentUrl } = issued.body as { readonly documentUrl: string };
    const page = await pdfOf(new URL(documentUrl, service.url).pathname, each.matter.department.key);
    assert.deepEqual(await form(page), both);
    const said = await stamp(service, { fields: { sm2: 'none' } });
    assert.equal((said.body as { sm2: string }).sm2, 'none', 'the request wins');
    // A certification that permits nothing after it has room for one signature.
    const certified = await stamp(service, { fields: { docMdp: '1' } });
    assert.equal((certified.body as { sm2: string }).sm2, 'none', JSON.stringify(certified.body));
    const insisted = await stamp(service, { fields: { docMdp: '1', sm2: 'ses' } });
    assert.equal((insisted.body as { code: string }).code, 'signing-forbidden');
  });
});
