// Questions for a second opinion: finished certificates made up on the spot, with what they are meant to say.
import { generateKeyPairSync, sign } from 'node:crypto';
import { readingOf, type OpinionQuestion } from '../../ca/second-opinion.ts';
import { encodeSignatureAlgorithm } from '../../formats/x509/algorithm.ts';
import {
  encodeCertificate,
  encodeTbsCertificate,
  parseCertificateOnce,
} from '../../formats/x509/certificate.ts';
import { encodeAuthorityInfoAccess, extension } from '../../formats/x509/extensions.ts';
import { encodeName } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';

const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const issuerKey = new Uint8Array(issuer.publicKey.export({ format: 'der', type: 'spki' }));
const holder = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ISSUER = encodeName([{ type: OID.commonName, value: '签发CA' }]);

export interface Made {
  readonly subject: string;
  readonly organization: string;
  readonly address: string;
}
export const PLAIN: Made = { subject: '公章', organization: '民政局', address: 'http://localhost/ocsp/a' };

export function questionOf({ subject, organization, address }: Made): OpinionQuestion {
  const algorithm = encodeSignatureAlgorithm('ES256');
  const tbs = encodeTbsCertificate({
    serialNumber: Uint8Array.of(1, 2, 3),
    signatureAlgorithm: algorithm,
    issuer: ISSUER,
    notBefore: new Date('2026-11-02T03:04:05Z'),
    notAfter: new Date('2051-11-02T03:04:05Z'),
    subject: encodeName([
      { type: OID.countryName, value: 'CN' },
      { type: OID.organizationName, value: organization },
      { type: OID.commonName, value: subject },
    ]),
    subjectPublicKeyInfo: new Uint8Array(holder.publicKey.export({ format: 'der', type: 'spki' })),
    extensions: [extension(OID.authorityInfoAccess, false, encodeAuthorityInfoAccess({ ocsp: address }))],
  });
  const der = encodeCertificate(tbs, algorithm, sign('sha256', tbs, issuer.privateKey));
  const read = parseCertificateOnce(der);
  const place = (view: Uint8Array): readonly [number, number] => [
    view.byteOffset - read.der.byteOffset,
    view.byteOffset - read.der.byteOffset + view.length,
  ];
  return {
    der,
    tbs: place(read.tbs),
    signature: place(read.signature),
    algorithm: 'ES256',
    issuerKey,
    reading: readingOf(read),
  };
}

/** A question whose answer is yes. */
export function plainQuestion(): OpinionQuestion {
  return questionOf(PLAIN);
}
