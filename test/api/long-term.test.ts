// What goes into documents for good: our roots and those we recognise as ends of paths; our own books, and others' services, for status.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { longTermParts } from '../../api/long-term.ts';
import { CrlPublisher } from '../../ca/crl-publisher.ts';
import { OcspResponder } from '../../ca/ocsp-responder.ts';
import { sameBytes } from '../../formats/bytes.ts';
import type { LongTermParts } from '../../signing/long-term.ts';
import { signBytes } from '../../signing/sign-bytes.ts';
import { stampDocument } from '../../signing/stamp.ts';
import type { TrustList } from '../../verification/trust-list.ts';
import { openSealOffice, samplePdf, type SealOffice } from '../signing/seal-office.ts';
import { makeCrl, makePki, signWith, type TestPki } from '../verification/pki.ts';

describe('long-term data of the service', function () {
  this.timeout(60_000);
  let office: SealOffice;
  let authority: Server;
  let world: TestPki;
  let parts: LongTermParts;
  const asked: string[] = [];

  before(async () => {
    office = await openSealOffice();
    authority = createServer((request, response) => {
      asked.push(request.url ?? '');
      const at = Date.now();
      const dates = { thisUpdate: new Date(at - 60_000), nextUpdate: new Date(at + 86_400_000) };
      response.end(makeCrl(world.sealCa, dates));
    });
    await new Promise<void>((resolve) => authority.listen(0, '127.0.0.1', resolve));
    const crlUrl = `http://127.0.0.1:${(authority.address() as AddressInfo).port}/city.crl`;
    world = makePki({ signer: { crlUrl } });
    const { hierarchy, parts: ca } = office.district;
    const issuing = hierarchy.authority('department-seals').certificate.der;
    const service = (certificate: Uint8Array) => ({ type: 'seal-ca', certificates: [certificate] });
    const trustList = {
      entities: [{ services: [service(world.sealCa.certificate), service(issuing)] }],
    } as unknown as TrustList;
    parts = longTermParts(
      {
        hierarchy,
        crls: new CrlPublisher({ ...ca, documents: office.documents }, hierarchy, () => undefined),
        ocsp: new OcspResponder(ca, hierarchy, () => true),
        recognised: { current: () => Promise.resolve({ trustList, anchors: [world.root.certificate] }) },
      },
      false,
    );
  });
  after(async () => {
    authority.close();
    await office.close();
  });

  it('ends paths at our roots and at what is recognised, never at our own issuing authorities', async () => {
    const { hierarchy } = office.district;
    const anchors = await parts.anchors();
    const has = (der: Uint8Array): boolean => anchors.some((each) => sameBytes(each, der));
    for (const { der } of hierarchy.roots()) assert.ok(has(der));
    assert.ok(has(world.sealCa.certificate) && has(world.root.certificate));
    assert.ok(
      !has(hierarchy.authority('department-seals').certificate.der),
      'what is between goes into the file',
    );
  });

  it('asks our books about ours and nobody else, and others where their certificates say', async () => {
    const { hierarchy } = office.district;
    const [own] = office.approvalSeal.chain;
    assert.ok(own !== undefined);
    const question = { certificate: own, issuer: hierarchy.authority('department-seals').certificate.der };
    const trap = `http://127.0.0.1:${(authority.address() as AddressInfo).port}/trap`;
    const ours = await parts.status.revocation({ ...question, crlUrls: [trap], ocspUrls: [trap] });
    assert.deepEqual([ours.ocsps.length, asked.length], [1, 0]);
    const theirs = await parts.status.revocation({
      certificate: world.signer.certificate,
      issuer: world.sealCa.certificate,
      crlUrls: [`http://127.0.0.1:${(authority.address() as AddressInfo).port}/city.crl`],
      ocspUrls: [],
    });
    assert.deepEqual([theirs.crls.length, asked], [1, ['/city.crl']]);
  });

  it('lets a document with a stranger’s signature have its level, whoever that stranger is', async () => {
    const stranger = makePki();
    const key = {
      id: 'stranger',
      purpose: 'seal' as const,
      algorithm: 'ES256' as const,
      publicKey: stranger.signer.key.spki,
      chain: [stranger.signer.certificate, stranger.sealCa.certificate],
      sign: (message: Uint8Array) => Promise.resolve(signWith(stranger.signer.key, message)),
      signPieces: () => Promise.reject(new Error('not asked')),
    };
    const { document } = await signBytes(
      samplePdf(),
      { key, timestamps: null, timestampBudget: 1000, longTerm: null },
      { level: 'B-B', lower: false, options: { time: new Date() } },
    );
    const digest = await office.store(document);
    const order = { ...office.request(digest, 'beside-a-stranger'), level: 'B-LTA' as const };
    const result = await stampDocument({ ...office.parts, longTerm: parts }, order);
    assert.equal(result.level, 'B-LTA');
  });
});
