// OCSP as openssl and GnuTLS read it: who is answered what, which answers are kept, and when they are dropped.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IssuedCertificate } from '../../ca/issue.ts';
import { OcspResponder } from '../../ca/ocsp-responder.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import type { Certificate } from '../../formats/x509/certificate.ts';
import { encodeOcspRequest, parseOcspResponse, type BasicOcspResponse } from '../../formats/x509/ocsp.ts';
import { requireProgram, run } from '../programs.ts';
import { openDistrict, pem, SYSTEM, type District } from './district.ts';
import { certId, issueSeal } from './status-parts.ts';

describe('OCSP', () => {
  let district: District;
  let responder: OcspResponder;
  let issuer: Certificate;
  let good: IssuedCertificate;
  let bad: IssuedCertificate;

  before(async () => {
    district = await openDistrict({ realClock: true });
    responder = new OcspResponder(district.parts, district.hierarchy);
    issuer = district.hierarchy.authority('department-seals').certificate;
    [good, bad] = [await issueSeal(district), await issueSeal(district)];
    await revokeCertificate(district.parts, {
      serial: bad.serial,
      reason: 'cessationOfOperation',
      actor: SYSTEM,
    });
  });
  after(() => district.remove());

  async function ask(ids: readonly Uint8Array[], nonce: Uint8Array | null): Promise<BasicOcspResponse> {
    const answer = parseOcspResponse(
      await responder.respond('department-seals', encodeOcspRequest(ids, nonce)),
    );
    assert.ok(answer.basic);
    return answer.basic;
  }

  it('says good, revoked with reason and time, in the digest asked with, and returns the nonce', async () => {
    for (const algorithm of ['sha1', 'sha256'] as const) {
      const ids = [good, bad].map(({ certificate }) => certId(issuer, certificate.serialNumber, algorithm));
      const nonce = new Uint8Array(32).fill(7);
      const basic = await ask(ids, nonce);
      assert.deepEqual(basic.nonce, nonce);
      assert.deepEqual(
        basic.responses.map(({ certId: { der } }) => der),
        ids,
      );
      const [first, second] = basic.responses.map(({ status }) => status);
      assert.deepEqual(first, { kind: 'good' });
      assert.ok(second?.kind === 'revoked' && second.reason === 'cessationOfOperation');
      const { publicKey } = district.hierarchy.responderKey('department-seals');
      const { tbs: message, signature } = basic;
      assert.ok(verifySignature({ algorithm: 'ES256', publicKey, message, signature }));
    }
    assert.equal((await ask([certId(issuer, good.certificate.serialNumber, 'sha1')], null)).nonce, null);
  });

  it('never says good for a serial that was not issued here', async () => {
    const foreign = district.hierarchy.authority('services').certificate.serialNumber;
    for (const serial of [Uint8Array.of(1, 2, 3), foreign]) {
      const basic = await ask([certId(issuer, serial, 'sha1')], null);
      assert.deepEqual(basic.responses[0]?.status, {
        kind: 'revoked',
        at: new Date(0),
        reason: 'certificateHold',
      });
      assert.ok(basic.extensions.has('1.3.6.1.5.5.7.48.1.9'));
    }
  });

  it('answers unauthorized about other issuers and malformedRequest to noise, both unsigned', async () => {
    const other = district.hierarchy.authority('services').certificate;
    const ids = [certId(other, Uint8Array.of(5), 'sha1'), certId(issuer, Uint8Array.of(5), 'sha384')];
    for (const id of ids) {
      const answer = await responder.respond('department-seals', encodeOcspRequest([id], null));
      assert.deepEqual(parseOcspResponse(answer), { status: 'unauthorized', basic: null });
    }
    const noise = [
      new Uint8Array(0),
      Uint8Array.of(0x30, 0x80),
      new Uint8Array(20_000),
      encodeOcspRequest([], null),
    ];
    for (const request of noise) {
      const answer = await responder.respond('department-seals', request);
      assert.deepEqual(parseOcspResponse(answer), { status: 'malformedRequest', basic: null });
    }
    await assert.rejects(responder.respond('root', noise[0]!), { code: 'authority-not-found' });
  });

  it('is accepted by openssl ocsp, asked by openssl itself', async function () {
    const openssl = requireProgram(this, 'openssl');
    const root = await district.file('root.pem', pem('CERTIFICATE', district.hierarchy.root.der));
    const ca = await district.file('ca.pem', pem('CERTIFICATE', issuer.der));
    for (const [{ der }, word] of [
      [good, 'good'],
      [bad, 'revoked'],
    ] as const) {
      const leaf = await district.file('leaf.pem', pem('CERTIFICATE', der));
      const request = join(district.folder, 'ocsp.req');
      run(openssl, ['ocsp', '-sha256', '-issuer', ca, '-cert', leaf, '-reqout', request]);
      const answer = await responder.respond('department-seals', new Uint8Array(await readFile(request)));
      const file = await district.file('ocsp.der', answer);
      const trust = ['-issuer', ca, '-CAfile', root, '-verify_other', ca];
      // With its own request openssl compares the nonce; with the certificate it prints the status.
      const verified = spawnSync(openssl, ['ocsp', '-respin', file, '-reqin', request, ...trust], {
        encoding: 'utf8',
      });
      assert.equal(verified.stderr.trim(), 'Response verify OK');
      const result = spawnSync(
        openssl,
        ['ocsp', '-sha256', '-no_nonce', '-respin', file, ...trust, '-cert', leaf],
        { encoding: 'utf8' },
      );
      assert.match(result.stderr, /Response verify OK/);
      assert.match(result.stdout, new RegExp(`leaf.pem: ${word}`));
    }
  });

  it('is accepted by ocsptool', async function () {
    const ocsptool = requireProgram(this, 'ocsptool');
    const answer = await responder.respond(
      'department-seals',
      encodeOcspRequest([certId(issuer, good.certificate.serialNumber, 'sha1')], null),
    );
    const file = await district.file('answer.der', answer);
    const ca = await district.file('ca.pem', pem('CERTIFICATE', issuer.der));
    const result = spawnSync(ocsptool, ['--verify-response', '--infile', file, '--load-trust', ca], {
      encoding: 'utf8',
    });
    assert.match(result.stdout + result.stderr, /Verifying OCSP Response: Success/);
  });
});
