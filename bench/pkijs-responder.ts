// An OCSP responder as one writes it with pkijs: what ours is measured against, on the same question and key type.
import { fromBER, OctetString, Primitive } from 'asn1js';
import {
  BasicOCSPResponse,
  Certificate,
  CryptoEngine,
  OCSPRequest,
  OCSPResponse,
  ResponseBytes,
  SingleResponse,
  setEngine,
} from 'pkijs';
import { OID } from '../formats/x509/oid.ts';

/**
 * @param certificateDer - the responder's certificate, whose key the answers name
 * @returns reads a request and signs an answer that says good about everything asked, with P-256 through WebCrypto
 */
export async function pkijsResponder(
  certificateDer: Uint8Array,
): Promise<(request: Uint8Array) => Promise<ArrayBuffer>> {
  const engine = new CryptoEngine({ name: 'node', crypto: globalThis.crypto });
  setEngine('node', engine);
  const pair = await globalThis.crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ]);
  const certificate = Certificate.fromBER(certificateDer);
  const keyHash = await globalThis.crypto.subtle.digest(
    'SHA-1',
    certificate.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView.slice(),
  );
  const responder = new OctetString({ valueHex: keyHash });
  return async (bytes) => {
    const request = new OCSPRequest({ schema: fromBER(bytes).result });
    const basic = new BasicOCSPResponse();
    basic.tbsResponseData.responderID = responder;
    // Whole seconds: with a fraction the answer would be malformed (RFC 6960 section 4.2.2.1).
    const now = new Date(Math.floor(Date.now() / 1000) * 1000);
    basic.tbsResponseData.producedAt = now;
    for (const { reqCert } of request.tbsRequest.requestList) {
      const single = new SingleResponse({ certID: reqCert, thisUpdate: now, nextUpdate: now });
      single.certStatus = new Primitive({ idBlock: { tagClass: 3, tagNumber: 0 } });
      basic.tbsResponseData.responses.push(single);
    }
    basic.certs = [certificate];
    await basic.sign(pair.privateKey, 'SHA-256');
    const response = new OCSPResponse();
    response.responseStatus.valueBlock.valueDec = 0;
    response.responseBytes = new ResponseBytes({
      responseType: OID.ocspBasic,
      response: new OctetString({ valueHex: basic.toSchema().toBER(false) }),
    });
    return response.toSchema().toBER(false);
  };
}
