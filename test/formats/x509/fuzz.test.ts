// Mutated certificates, requests, lists, answers, time-stamps and CMS: a value or a FormatError, quickly, and nothing that openssl refuses.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes, sign, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { joinBytes, sameBytes } from '../../../formats/bytes.ts';
import {
  contentTypeOf,
  messageDigestOf,
  signatureTimeStampsOf,
  signingCertificateOf,
  signingTimeOf,
} from '../../../formats/cms/attributes.ts';
import { parseSignedData } from '../../../formats/cms/signed-data.ts';
import {
  encodeTimestampRequest,
  encodeTimestampResponse,
  encodeTstInfo,
  parseTimestampRequest,
  parseTimestampResponse,
  parseTstInfo,
} from '../../../formats/cms/timestamp.ts';
import { FormatError } from '../../../formats/errors.ts';
import { parsePfx } from '../../../formats/pkcs12/pfx.ts';
import { digestOf, encodeSignatureAlgorithm, signatureNameOf } from '../../../formats/x509/algorithm.ts';
import { berToDer } from '../../../formats/x509/ber.ts';
import { encodeSigned, encodeTbsCertificate, parseCertificate } from '../../../formats/x509/certificate.ts';
import { parseCrl } from '../../../formats/x509/crl.ts';
import { encodeCertificationRequestInfo, parseCertificationRequest } from '../../../formats/x509/csr.ts';
import { readDer } from '../../../formats/x509/der.ts';
import { encodeKeyUsage, extension } from '../../../formats/x509/extensions.ts';
import { nameText } from '../../../formats/x509/name.ts';
import { encodeOcspRequest, parseOcspRequest, parseOcspResponse } from '../../../formats/x509/ocsp.ts';
import { OID } from '../../../formats/x509/oid.ts';
import { looseKey, openDistrict } from '../../ca/district.ts';
import { requireProgram } from '../../programs.ts';
import { scale } from '../../scale.ts';
import { makeOcsp } from '../../traps/world.ts';
import { makeCrl, makePki, daysFromNow, nameOf } from '../../verification/pki.ts';
import { makeCms, makeToken } from '../../verification/signed-pdf.ts';
import { mutate, mutation } from './mutation.ts';

interface Target {
  readonly name: string;
  readonly samples: () => readonly Uint8Array[];
  /** Reads everything there is to read. */
  readonly parse: (der: Uint8Array) => unknown;
  /** What we write of what was read; null where this value is none that we write. */
  readonly encode?: (der: Uint8Array) => Uint8Array | null;
}

const pki = makePki();
const NONCE = Uint8Array.of(0x7f, ...randomBytes(15));
const DIGEST = new Uint8Array(createHash('sha256').update('x').digest());
let ours: readonly Uint8Array[] = [];
let requests: readonly Uint8Array[] = [];

const token = makeToken(pki, DIGEST);
const timestampRequest = encodeTimestampRequest({
  digestAlgorithm: 'sha256',
  digest: DIGEST,
  policy: '1.2.3.4',
  nonce: NONCE,
  certificateRequested: true,
});

function encodeAgain(der: Uint8Array): Uint8Array | null {
  const read = parseCertificate(der);
  if (read.version !== 3) return null;
  return encodeTbsCertificate({
    serialNumber: read.serialNumber,
    signatureAlgorithm: read.signatureAlgorithm.der,
    issuer: read.issuer.der,
    notBefore: read.notBefore,
    notAfter: read.notAfter,
    subject: read.subject.der,
    subjectPublicKeyInfo: read.subjectPublicKeyInfo.der,
    extensions: [...read.extensions.values()],
  });
}

const targets: readonly Target[] = [
  {
    name: 'certificates',
    samples: () => ours,
    parse(der) {
      const read = parseCertificate(der);
      nameText(read.subject);
      signatureNameOf(read.signatureAlgorithm);
    },
    encode(der) {
      const tbs = encodeAgain(der);
      if (tbs === null) return null;
      const { signatureAlgorithm, signature } = parseCertificate(der);
      return encodeSigned(tbs, signatureAlgorithm.der, signature);
    },
  },
  {
    name: 'certification requests',
    samples: () => requests,
    parse(der) {
      nameText(parseCertificationRequest(der).subject);
    },
  },
  {
    name: 'revocation lists',
    samples: () => [
      ...pki.crls,
      makeCrl(pki.sealCa, {
        revoked: [{ certificate: pki.signer.certificate, at: daysFromNow(-1), reason: 'keyCompromise' }],
      }),
    ],
    parse: parseCrl,
  },
  {
    name: 'OCSP requests',
    samples: () => {
      const { basic } = parseOcspResponse(makeOcsp({ about: pki.signer, issuer: pki.sealCa }));
      const certIds = basic!.responses.map(({ certId }) => certId.der);
      return [encodeOcspRequest(certIds, null), encodeOcspRequest([...certIds, ...certIds], NONCE)];
    },
    parse: parseOcspRequest,
    encode(der) {
      const { requests: asked, nonce } = parseOcspRequest(der);
      return encodeOcspRequest(
        asked.map((certId) => certId.der),
        nonce,
      );
    },
  },
  {
    name: 'OCSP answers',
    samples: () => [
      makeOcsp({ about: pki.signer, issuer: pki.sealCa, certificates: [pki.sealCa.certificate] }),
      makeOcsp({
        about: pki.signer,
        issuer: pki.sealCa,
        status: { kind: 'revoked', at: daysFromNow(-1), reason: 'keyCompromise' },
      }),
    ],
    parse: parseOcspResponse,
  },
  {
    name: 'time-stamp requests',
    samples: () => [timestampRequest],
    parse(der) {
      digestOf(parseTimestampRequest(der).messageImprint.algorithm);
    },
    encode(der) {
      const { messageImprint, policy, nonce, certificateRequested, extensions } = parseTimestampRequest(der);
      const digest = digestOf(messageImprint.algorithm);
      if (digest === null || extensions.size > 0) return null;
      return encodeTimestampRequest({
        digestAlgorithm: digest.name,
        digest: messageImprint.hashedMessage,
        certificateRequested,
        ...(policy === null ? {} : { policy }),
        ...(nonce === null ? {} : { nonce }),
      });
    },
  },
  {
    name: 'time-stamp answers',
    samples: () => [
      encodeTimestampResponse({ token }),
      encodeTimestampResponse({ failure: 'badAlg', text: '不接受该摘要算法' }),
    ],
    parse: parseTimestampResponse,
  },
  {
    name: 'times in tokens',
    samples: () => [parseSignedData(token).eContent!],
    parse: parseTstInfo,
    encode(der) {
      const { policy, messageImprint, serialNumber, genTime, accuracy, nonce, ...rest } = parseTstInfo(der);
      const whole = accuracy !== null && Number.isInteger(accuracy) && accuracy > 0;
      if (!whole || rest.ordering || rest.tsa !== null || rest.extensions.size > 0) return null;
      return encodeTstInfo({
        policy,
        messageImprint: messageImprint.der,
        serialNumber,
        genTime,
        accuracy,
        nonce,
      });
    },
  },
  {
    name: 'CMS',
    samples: () => [
      makeCms(pki, DIGEST),
      makeCms(pki, DIGEST, { token: null, signingTime: daysFromNow(0) }),
      token,
    ],
    parse(der) {
      for (const { signedAttributes, unsignedAttributes } of parseSignedData(der).signerInfos) {
        const attributes = signedAttributes ?? [];
        contentTypeOf(attributes);
        messageDigestOf(attributes);
        signingTimeOf(attributes);
        signingCertificateOf(attributes);
        signatureTimeStampsOf(unsignedAttributes);
      }
    },
  },
];

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yinxin-fuzz-'));
  const district = await openDistrict();
  try {
    const { hierarchy } = district;
    ours = [
      ...hierarchy.authorities().map(({ certificate }) => certificate.der),
      ...(['international', 'sm2'] as const).map((name) => hierarchy.serviceKey('timestamp', name).chain[0]!),
      pki.signer.certificate,
    ];
  } finally {
    await district.remove();
  }
  const { spki, key } = looseKey();
  const info = encodeCertificationRequestInfo({
    subject: nameOf('章'),
    subjectPublicKeyInfo: spki,
    extensions: [extension(OID.keyUsage, true, encodeKeyUsage(['digitalSignature']))],
  });
  requests = [encodeSigned(info, encodeSignatureAlgorithm('ES256'), sign('sha256', info, key))];
});
after(() => rm(folder, { recursive: true, force: true }));

/** Read, or refused as a codec refuses; within a second. */
function attempt(parse: (der: Uint8Array) => unknown, der: Uint8Array): boolean {
  const started = performance.now();
  let accepted = true;
  try {
    parse(der);
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
    accepted = false;
  }
  assert.ok(performance.now() - started < 1000, 'a second is far too long');
  return accepted;
}

describe('mutated structures', () => {
  for (const { name, samples, parse, encode } of targets) {
    it(`${name} are read or refused, quickly, and what is read is DER to openssl too`, async function () {
      const openssl = requireProgram(this, 'openssl');
      const all = samples();
      const accepted = new Map<string, Uint8Array>();
      for (const sample of all) assert.ok(attempt(parse, sample), 'the sample itself is read');
      fc.assert(
        fc.property(fc.nat(), fc.array(mutation, { minLength: 1, maxLength: 3 }), (which, mutations) => {
          const sample = all[which % all.length]!;
          const mutant = mutations.reduce(
            (der, each) => (der.length === 0 ? der : mutate(der, each)),
            sample,
          );
          if (sameBytes(mutant, sample) || !attempt(parse, mutant)) return;
          if (accepted.size < scale(150)) accepted.set(Buffer.from(mutant).toString('latin1'), mutant);
          if (encode === undefined) return;
          const written = encode(mutant);
          if (written === null) return;
          parse(written);
          assert.deepEqual(encode(written), written, 'what is written and read is written the same again');
        }),
        { numRuns: scale(3000) },
      );
      assert.ok(accepted.size > 0, 'some mutations leave sound values');
      const path = join(folder, 'mutant.der');
      for (const mutant of accepted.values()) {
        await writeFile(path, mutant);
        const { status, stderr } = spawnSync(
          openssl,
          ['asn1parse', '-inform', 'DER', '-in', path, '-noout'],
          {
            encoding: 'utf8',
          },
        );
        assert.equal(status, 0, `${stderr} ${Buffer.from(mutant).toString('hex')}`);
      }
    });
  }

  it('certificates that are read are read alike by node:crypto, serial number and dates', () => {
    fc.assert(
      fc.property(fc.nat(), mutation, (which, change) => {
        const mutant = mutate(ours[which % ours.length]!, change);
        if (!attempt(parseCertificate, mutant)) return;
        let theirs: X509Certificate;
        try {
          theirs = new X509Certificate(mutant);
        } catch {
          return;
        }
        const read = parseCertificate(mutant);
        if ((read.serialNumber[0] ?? 0) < 128) {
          assert.equal(theirs.serialNumber.toLowerCase(), read.serialHex.replace(/^00(?=.)/, ''));
        }
        assert.equal(theirs.validToDate.getTime(), read.notAfter.getTime());
        assert.equal(theirs.validFromDate.getTime(), read.notBefore.getTime());
      }),
      { numRuns: scale(2000) },
    );
  });

  it('random bytes, deep nests and huge lengths are refused at once by every reader', () => {
    const parsers = [
      ...targets.map(({ parse }) => parse),
      parsePfx,
      (der: Uint8Array) => berToDer(der, { maxBytes: 1 << 20, maxDepth: 24 }),
    ];
    const hostile = [
      new Uint8Array(0),
      Uint8Array.of(0x30),
      Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0),
      Uint8Array.from({ length: 60_000 }, (_, at) => (at % 2 === 0 ? 0x30 : 0x80)),
      joinBytes(
        Array.from({ length: 20_000 }, (_, at) =>
          Uint8Array.of(0x30, 0x83, (60_000 - at) >> 16, ((60_000 - at) >> 8) & 255, (60_000 - at) & 255),
        ),
      ),
      Uint8Array.from({ length: 60_000 }, () => 0x30),
      new Uint8Array(900_000).fill(5, 4).fill(0x30, 0, 1),
    ];
    for (const parse of parsers) {
      for (const bytes of hostile) assert.ok(!attempt(parse, bytes));
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 300 }),
          (bytes) => void attempt(parse, Uint8Array.from(bytes)),
        ),
        { numRuns: scale(200) },
      );
    }
  });

  it('BER made DER is what the strict reader takes, and DER stays as it is', () => {
    const limits = { maxBytes: 1 << 20, maxDepth: 40 };
    for (const { samples } of targets) {
      for (const sample of samples()) assert.deepEqual(berToDer(sample, limits), sample);
    }
    fc.assert(
      fc.property(fc.nat(), fc.array(mutation, { minLength: 1, maxLength: 4 }), (which, mutations) => {
        const mutant = mutations.reduce(
          (der, each) => (der.length === 0 ? der : mutate(der, each)),
          ours[which % ours.length]!,
        );
        let der: Uint8Array;
        try {
          der = berToDer(mutant, limits);
        } catch (error) {
          assert.ok(error instanceof FormatError);
          return;
        }
        assert.deepEqual(berToDer(der, limits), der);
        attempt((bytes) => readDer(bytes, limits, 'der-malformed', (reader) => reader.element()), der);
      }),
      { numRuns: scale(1000) },
    );
  });
});
