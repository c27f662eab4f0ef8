// OCSP answers about certificates that have expired: they count as far back as their responder says that it remembers.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { toHex } from '../../formats/bytes.ts';
import {
  encodeDigestAlgorithm,
  encodeSignatureAlgorithm,
  parseSubjectPublicKeyInfo,
} from '../../formats/x509/algorithm.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { explicit, implicitPrimitive, octetString, sequence } from '../../formats/x509/der-writer.ts';
import { encodeExtensions, extension } from '../../formats/x509/extensions.ts';
import { encodeCertId, encodeOcspResponse } from '../../formats/x509/ocsp.ts';
import { OID } from '../../formats/x509/oid.ts';
import { encodeGeneralizedTime } from '../../formats/x509/time.ts';
import { gatherEvidence } from '../../verification/evidence.ts';
import { findPath } from '../../verification/path.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import { daysFromNow, makeCrl, makePki, now, sha256, signWith } from './pki.ts';

const expired = makePki({ signer: { notAfter: daysFromNow(-2) } });
const { root, sealCa, signer } = expired;

/** A good answer of today about the certificate that ended two days ago. */
function answer(singleExtensions: Uint8Array | null): Uint8Array {
  const sha1 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha1').update(bytes).digest());
  const key = sha1(parseSubjectPublicKeyInfo(sealCa.key.spki).publicKey);
  const about = parseCertificate(signer.certificate);
  const single = sequence(
    encodeCertId({
      hashAlgorithm: encodeDigestAlgorithm('sha1'),
      issuerNameHash: sha1(about.issuer.der),
      issuerKeyHash: key,
      serialNumber: about.serialNumber,
    }),
    implicitPrimitive(0, new Uint8Array()),
    encodeGeneralizedTime(daysFromNow(-0.1), false),
    explicit(0, encodeGeneralizedTime(daysFromNow(1), false)),
    ...(singleExtensions === null ? [] : [explicit(1, singleExtensions)]),
  );
  const tbs = sequence(
    explicit(2, octetString(key)),
    encodeGeneralizedTime(daysFromNow(-0.1), false),
    sequence(single),
  );
  return encodeOcspResponse(tbs, encodeSignatureAlgorithm('ES256'), signWith(sealCa.key, tbs), []);
}

/** Judged for an instant at which the certificate was still valid. */
async function outcome(ocsp: Uint8Array): Promise<string> {
  const { graph, revocation } = await gatherEvidence({
    verifier,
    anchors: [{ certificate: root.certificate, service: null, qualification: 'unconfirmed' }],
    certificates: [signer.certificate, sealCa.certificate],
    crls: [makeCrl(root)],
    ocsps: [ocsp],
    source: null,
  });
  const node = graph.nodes.get(toHex(sha256(signer.certificate)));
  assert.ok(node !== undefined);
  const result = findPath(node, graph, revocation, {
    purpose: 'signature',
    time: { at: daysFromNow(-5), now, skewSeconds: 300, freshnessSeconds: 86_400 },
    revocation: 'required',
  });
  return result.kind === 'valid' ? 'valid' : result.problem.code;
}

const cutoff = (value: Uint8Array): Uint8Array =>
  encodeExtensions([extension(OID.ocspArchiveCutoff, false, value)]);

describe('an OCSP answer about a certificate that has expired', () => {
  for (const [name, extensions, expected] of [
    ['without an archive cutoff', null, 'revocation-unknown'],
    ['with a cutoff before its end', cutoff(encodeGeneralizedTime(daysFromNow(-400), false)), 'valid'],
    ['with its end as cutoff', cutoff(encodeGeneralizedTime(daysFromNow(-2), false)), 'valid'],
    [
      'with a cutoff after its end',
      cutoff(encodeGeneralizedTime(daysFromNow(-1), false)),
      'revocation-unknown',
    ],
    ['with a cutoff that is no time', cutoff(octetString(Uint8Array.of(1))), 'revocation-unknown'],
  ] as const)
    it(`${name}: ${expected}`, async () => {
      assert.equal(await outcome(answer(extensions)), expected);
    });
});
