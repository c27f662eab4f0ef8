// OCSP as openssl and GnuTLS read it: who is answered what, which answers are kept, and when they are dropped.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { IssuedCertificate } from '../../ca/issue-request.ts';
import { OcspResponder } from '../../ca/ocsp-responder.ts';
import { releaseCertificate, revokeCertificate, suspendCertificate } from '../../ca/revoke.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import type { Certificate } from '../../formats/x509/certificate.ts';
import { encodeOcspRequest, parseOcspResponse, type BasicOcspResponse } from '../../formats/x509/ocsp.ts';
import { openDatabase } from '../../storage/open.ts';
import { requireProgram, run } from '../programs.ts';
import { openDistrict, pem, SYSTEM, type District } from './district.ts';
import { certId, issueSeal } from './status-parts.ts';

const NAME = 'department-seals';

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

  it('returns nonces of 1 to 32 octets, answers longer ones without, refuses those over 128', async () => {
    const id = certId(issuer, good.certificate.serialNumber);
    for (const length of [1, 16, 32]) {
      const nonce = new Uint8Array(length).fill(length);
      assert.deepEqual((await ask([id], nonce)).nonce, nonce);
    }
    for (const length of [33, 128]) assert.equal((await ask([id], new Uint8Array(length))).nonce, null);
    for (const length of [0, 129]) {
      const refused = await responder.respond(NAME, encodeOcspRequest([id], new Uint8Array(length)));
      assert.equal(parseOcspResponse(refused).status, 'malformedRequest');
    }
  });

  it('refuses what is critical and not understood', async () => {
    const plain = encodeOcspRequest([certId(issuer, good.certificate.serialNumber)], new Uint8Array(16));
    const nonce = Buffer.from('06092b0601050507300102', 'hex');
    const at = Buffer.from(plain).indexOf(nonce);
    assert.ok(at > 0);
    // Another identifier of the same length, first as it is, then marked critical in place of two octets of its value.
    const strange = Uint8Array.from(plain);
    strange[at + nonce.length - 1] = 0x7f;
    assert.equal(parseOcspResponse(await responder.respond(NAME, strange)).status, 'successful');
    const critical = Buffer.concat([
      strange.subarray(0, at + nonce.length),
      Buffer.from('0101ff040f040d', 'hex'),
      Buffer.alloc(13),
    ]);
    assert.equal(critical.length, strange.length);
    assert.equal(parseOcspResponse(await responder.respond(NAME, critical)).status, 'malformedRequest');
  });

  it('of an SM2 authority verifies by openssl over the signed bytes', async function () {
    const openssl = requireProgram(this, 'openssl');
    const name = 'sm2-department-seals';
    const { certificate } = await issueSeal(district, name);
    const id = certId(district.hierarchy.authority(name).certificate, certificate.serialNumber, 'sha256');
    const der = await responder.respond(name, encodeOcspRequest([id], null));
    const { basic } = parseOcspResponse(der);
    assert.equal(basic?.responses[0]?.status.kind, 'good');
    const key = new X509Certificate(basic.certificates[0]!).publicKey;
    const paths = {
      key: await district.file('responder.pem', key.export({ format: 'pem', type: 'spki' })),
      tbs: await district.file('tbs.bin', basic.tbs),
      signature: await district.file('sig.bin', basic.signature),
      answer: await district.file('sm2.der', der),
    };
    const judged = run(openssl, [
      ...['dgst', '-sm3', '-sigopt', 'distid:1234567812345678', '-verify', paths.key],
      ...['-signature', paths.signature, paths.tbs],
    ]);
    assert.match(judged, /Verified OK/);
    assert.match(run(openssl, ['asn1parse', '-inform', 'DER', '-in', paths.answer]), /Basic OCSP Response/);
  });
});

describe('OCSP answers that are kept', () => {
  let district: District;
  let issuer: Certificate;

  before(async () => {
    district = await openDistrict();
    issuer = district.hierarchy.authority(NAME).certificate;
  });
  after(() => district.remove());

  const requestFor = (serialNumber: Uint8Array, nonce: Uint8Array | null = null): Uint8Array =>
    encodeOcspRequest([certId(issuer, serialNumber)], nonce);

  async function statusIn(responder: OcspResponder, request: Uint8Array): Promise<string> {
    const { status, basic } = parseOcspResponse(await responder.respond(NAME, request));
    const single = basic?.responses[0]?.status;
    if (single === undefined) return status;
    return single.kind === 'revoked' ? `revoked ${single.reason ?? 'unspecified'}` : single.kind;
  }

  it('are the same bytes until a change, which shows at once in this process', async () => {
    const responder = new OcspResponder(district.parts, district.hierarchy);
    const [one, other] = [await issueSeal(district), await issueSeal(district)];
    const [request, beside] = [one, other].map(({ certificate }) => requestFor(certificate.serialNumber));
    const both = encodeOcspRequest(
      [one, other].map(({ certificate }) => certId(issuer, certificate.serialNumber)),
      null,
    );
    const first = await responder.answer(NAME, request!);
    assert.ok(first.cacheable);
    const untouched = await responder.respond(NAME, beside!);
    await responder.respond(NAME, both);
    assert.equal((await responder.answer(NAME, request!)).der, first.der);
    const { serial } = one;
    const steps = [
      [() => suspendCertificate(district.parts, { serial, actor: SYSTEM }), 'revoked certificateHold'],
      [() => releaseCertificate(district.parts, { serial, actor: SYSTEM }), 'good'],
      [
        () => revokeCertificate(district.parts, { serial, reason: 'unspecified', actor: SYSTEM }),
        'revoked unspecified',
      ],
    ] as const;
    for (const [change, wanted] of steps) {
      await change();
      assert.equal(await statusIn(responder, request!), wanted);
      assert.equal(await statusIn(responder, both), wanted);
    }
    assert.equal(await responder.respond(NAME, beside!), untouched, 'what did not change is kept');
  });

  it('are made anew when half their life is over', async () => {
    const responder = new OcspResponder(district.parts, district.hierarchy);
    const { certificate } = await issueSeal(district);
    const request = requestFor(certificate.serialNumber);
    const first = await responder.answer(NAME, request);
    const life = first.cacheable!.nextUpdate.getTime() - first.cacheable!.thisUpdate.getTime();
    district.advance(life / 2 - 5000);
    assert.equal((await responder.answer(NAME, request)).der, first.der);
    district.advance(6000);
    const second = await responder.answer(NAME, request);
    assert.ok(second.cacheable!.thisUpdate > first.cacheable!.thisUpdate);
  });

  it('are dropped on another node within a second of the change', async () => {
    const second = await openDatabase({ file: district.database.file! });
    try {
      const there = new OcspResponder({ ...district.parts, database: second }, district.hierarchy);
      const { certificate, serial } = await issueSeal(district);
      const request = requestFor(certificate.serialNumber);
      assert.equal(await statusIn(there, request), 'good');
      await revokeCertificate(district.parts, { serial, reason: 'superseded', actor: SYSTEM });
      const changed = performance.now();
      while ((await statusIn(there, request)) === 'good') await pause(5);
      assert.ok(performance.now() - changed < 1000);
    } finally {
      await second.close();
    }
  });

  it('never speak of a serial that was merely intended or given up, and of one issued later at once', async () => {
    const responder = new OcspResponder(district.parts, district.hierarchy);
    const { certificate, serial } = await issueSeal(district);
    const request = requestFor(certificate.serialNumber);
    const whole = await district.database.reader
      .selectFrom('ca_certificate')
      .select(['state', 'der', 'issued_at'])
      .where('serial', '=', serial)
      .executeTakeFirstOrThrow();
    const set = (row: typeof whole): Promise<unknown> =>
      district.database.write((tx) =>
        tx.updateTable('ca_certificate').set(row).where('serial', '=', serial).execute(),
      );
    for (const state of ['intended', 'abandoned'] as const) {
      await set({ state, der: null, issued_at: null });
      assert.equal(await statusIn(responder, request), 'revoked certificateHold');
      assert.equal((await responder.answer(NAME, request)).cacheable, null);
    }
    await set(whole);
    assert.equal(await statusIn(responder, request), 'good');
  });

  it('go on where signing at once is capped: a nonce and an unknown serial are told to try later', async () => {
    let left = 0;
    const responder = new OcspResponder(district.parts, district.hierarchy, () => {
      left -= 1;
      return left >= 0;
    });
    const { certificate } = await issueSeal(district);
    const fresh = requestFor(certificate.serialNumber, new Uint8Array(16).fill(1));
    assert.equal(await statusIn(responder, requestFor(certificate.serialNumber)), 'good');
    assert.equal(await statusIn(responder, fresh), 'tryLater');
    assert.equal(await statusIn(responder, requestFor(Uint8Array.of(1, 2, 3))), 'tryLater');
    left = 1;
    assert.equal(await statusIn(responder, fresh), 'good');
    assert.equal(await statusIn(responder, fresh), 'tryLater');
  });
});

describe('OCSP of every algorithm', () => {
  it('is accepted by openssl ocsp', async function () {
    const openssl = requireProgram(this, 'openssl');
    for (const algorithm of ['ES384', 'RS256', 'Ed25519'] as const) {
      const district = await openDistrict({
        realClock: true,
        algorithms: { root: 'ES384', issuing: algorithm, services: algorithm },
      });
      try {
        const responder = new OcspResponder(district.parts, district.hierarchy);
        const { der, certificate } = await issueSeal(district);
        const issuer = district.hierarchy.authority(NAME).certificate;
        const request = encodeOcspRequest([certId(issuer, certificate.serialNumber)], null);
        const answer = await district.file('ocsp.der', await responder.respond(NAME, request));
        const root = await district.file('root.pem', pem('CERTIFICATE', district.hierarchy.root.der));
        const ca = await district.file('ca.pem', pem('CERTIFICATE', issuer.der));
        const leaf = await district.file('leaf.pem', pem('CERTIFICATE', der));
        const result = spawnSync(
          openssl,
          [
            'ocsp',
            '-no_nonce',
            '-respin',
            answer,
            '-issuer',
            ca,
            '-CAfile',
            root,
            '-verify_other',
            ca,
          ].concat(['-cert', leaf]),
          { encoding: 'utf8' },
        );
        assert.match(result.stderr, /Response verify OK/, algorithm);
        assert.match(result.stdout, /leaf.pem: good/, algorithm);
      } finally {
        await district.remove();
      }
    }
  });
});
