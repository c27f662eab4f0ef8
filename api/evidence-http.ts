// Adapter of verification's EvidenceSource: where certificates say that their status is, over HTTP; OCSP before lists.
import { createHash } from 'node:crypto';
import { FormatError } from '../formats/errors.ts';
import { encodeDigestAlgorithm } from '../formats/x509/algorithm.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { encodeCertId, encodeOcspRequest, parseOcspResponse } from '../formats/x509/ocsp.ts';
import type { EvidenceSource } from '../verification/evidence.ts';
import { exchange } from './bounded-http.ts';

const listLimit = 16 * 1024 * 1024;
const answerLimit = 64 * 1024;
/** Addresses of one kind that are tried. */
const mostAddresses = 3;

/**
 * Nothing answered is believed here; what answers nothing is passed over, and the status stays unknown.
 * @param patience milliseconds for one exchange
 * @param publicOnly whether addresses of this machine and its networks are refused
 */
export function evidenceOverHttp(patience: number, publicOnly: boolean): EvidenceSource {
  const ask = async (url: string, body?: Uint8Array): Promise<Uint8Array | null> => {
    try {
      const answer = await exchange({
        url: new URL(url),
        method: body === undefined ? 'GET' : 'POST',
        ...(body === undefined
          ? {}
          : {
              body,
              headers: {
                'Content-Type': 'application/ocsp-request',
                Accept: 'application/ocsp-response',
              },
            }),
        limit: body === undefined ? listLimit : answerLimit,
        timeout: patience,
        publicOnly,
      });
      return answer.status === 200 ? answer.body : null;
    } catch {
      return null;
    }
  };
  return {
    async revocation({ certificate, issuer, crlUrls, ocspUrls }) {
      for (const url of ocspUrls.filter(isHttp).slice(0, mostAddresses)) {
        const answer = await ask(url, questionAbout(certificate, issuer));
        if (answer !== null && isAnswer(answer)) return { crls: [], ocsps: [answer] };
      }
      for (const url of crlUrls.filter(isHttp).slice(0, mostAddresses)) {
        const list = await ask(url);
        if (list !== null) return { crls: [list], ocsps: [] };
      }
      return { crls: [], ocsps: [] };
    },
  };
}

function isHttp(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

function questionAbout(certificate: Uint8Array, issuer: Uint8Array): Uint8Array {
  const { subject, subjectPublicKeyInfo } = parseCertificate(issuer);
  const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  const id = encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm('sha256'),
    issuerNameHash: hash(subject.der),
    issuerKeyHash: hash(subjectPublicKeyInfo.publicKey),
    serialNumber: parseCertificate(certificate).serialNumber,
  });
  return encodeOcspRequest([id], null);
}

function isAnswer(bytes: Uint8Array): boolean {
  try {
    return parseOcspResponse(bytes).basic !== null;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
