// A small world for the code's page: one listed issuer with its keys, a trust list, a status list that can change.
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { digest, signingAlgorithm } from '../../crypto/algorithms.ts';
import { signatureEngine } from '../../crypto/key-engine.ts';
import { toBase64 } from '../../formats/bytes.ts';
import { encodeClaims } from '../../formats/cose/cwt.ts';
import {
  encodeProtectedHeader,
  encodeSign1,
  keyIdOf,
  sign1Input,
  type Sign1,
} from '../../formats/cose/sign1.ts';
import { FACE } from '../../formats/qr/labels.ts';
import { encodeEnvelope } from '../../formats/qr/license-code.ts';
import { derToRaw } from '../../formats/x509/ecdsa-signature.ts';
import {
  emptyStatusList,
  encodeStatusListClaims,
  setStatus,
  STATUS_LIST_TYPE,
} from '../../formats/qr/status-list.ts';
import { approvalOffice } from '../../fixtures/departments.ts';
import { foodBusinessLicense } from '../../fixtures/licenses.ts';
import { enterprises } from '../../fixtures/enterprises.ts';
import { faceDictionary } from '../../licenses/type.ts';
import { signJws, type JwsSigner } from '../../verification/jws.ts';
import { buildTrustList, type TrustList } from '../../verification/trust-list.ts';
import { run } from '../programs.ts';

/** What a world signs with. */
export type WorldAlgorithm = 'ES256' | 'SM2SM3';

interface Identity {
  readonly algorithm: WorldAlgorithm;
  /** @returns DER `SEQUENCE { r, s }`. */
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
  /** DER. */
  readonly certificate: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

function makeIdentity(openssl: string, folder: string, name: string, algorithm: WorldAlgorithm): Identity {
  const sm2 = algorithm === 'SM2SM3';
  const [keyPath, certificatePath] = [join(folder, `${name}.key`), join(folder, `${name}.der`)];
  const kind = sm2 ? ['-algorithm', 'SM2'] : ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  run(openssl, ['genpkey', ...kind, '-out', keyPath]);
  run(openssl, [
    ...['req', '-x509', '-key', keyPath, '-days', '30', '-subj', `/CN=${name} test`],
    ...(sm2 ? ['-sm3', '-sigopt', 'distid:1234567812345678'] : []),
    ...['-outform', 'DER', '-out', certificatePath],
  ]);
  const privateKey = createPrivateKey(readFileSync(keyPath));
  const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }));
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  return {
    algorithm,
    sign: signatureEngine({ algorithm, privateKey, publicKey, random }).sign,
    certificate: new Uint8Array(readFileSync(certificatePath)),
    publicKey,
  };
}

function signerOf(identity: Identity): JwsSigner {
  return { algorithm: identity.algorithm, sign: identity.sign };
}

export interface CodeWorld {
  /** Base64 SubjectPublicKeyInfo that the page pins. */
  readonly operatorKey: string;
  /** Digits of a printed food business license. */
  readonly digits: string;
  /** What they spell. */
  readonly envelope: Pick<Sign1, 'protectedHeader' | 'payload' | 'signature'>;
  /** The trust list as JWS. @param sequence edition, 7 unless told. */
  trustList(sequence?: number): Promise<string>;
  /** The status list as JWT, dated `now`. @param value status of the license. */
  statusList(value: number): Promise<string>;
}

/** Makes keys, a license and its code. @param openssl path of the program. */
export async function makeCodeWorld(
  openssl: string,
  algorithm: WorldAlgorithm = 'ES256',
): Promise<CodeWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'code-world-'));
  const operator = makeIdentity(openssl, folder, 'operator', algorithm);
  const issuer = makeIdentity(openssl, folder, 'issuer', algorithm);
  rmSync(folder, { recursive: true });
  const started = new Date();
  const license = foodBusinessLicense(enterprises[0]!, 1);
  const list: TrustList = {
    sequence: 7,
    issued: started,
    nextUpdate: new Date(started.getTime() + 86_400_000),
    operator: { zh: '测试', en: 'test' },
    territory: '120105',
    entities: [
      {
        name: { zh: approvalOffice.name, en: approvalOffice.englishName },
        identifier: approvalOffice.creditCode,
        qualification: 'internal',
        services: (['license-code', 'status-list'] as const).map((type) => ({
          name: { zh: '测试服务', en: 'test service' },
          type,
          certificates: [issuer.certificate],
          state: { status: 'granted', since: new Date(started.getTime() - 86_400_000) },
          history: [],
          licenseTypes: null,
          regions: null,
        })),
      },
    ],
    licenseTypes: [faceDictionary(license.type)],
    next: null,
    verifyHosts: ['localhost'],
  };
  const protectedHeader = encodeProtectedHeader(
    algorithm,
    keyIdOf(digest(signingAlgorithm(algorithm).digest, issuer.publicKey)),
  );
  const payload = encodeClaims({
    issuer: approvalOffice.creditCode,
    issuedAt: new Date(started.getTime() - 3_600_000),
    expires: new Date(started.getTime() + 5 * 365 * 86_400_000),
    id: new Uint8Array(randomBytes(16)),
    version: 1,
    status: { list: 1, index: 4711 },
    recordHash: new Uint8Array(randomBytes(16)),
    face: new Map([
      [FACE.typeCode, license.type.typeCode],
      [FACE.licenseNumber, license.number],
      [FACE.holder, license.holder.name],
      [FACE.mark, '样章'],
      [16, license.face['KZ_FDDBR'] ?? ''],
      [17, license.face['KZ_JYXM'] ?? ''],
    ]),
  });
  const signature = derToRaw(await issuer.sign(sign1Input(protectedHeader, payload)), 32);
  return {
    operatorKey: toBase64(operator.publicKey),
    envelope: { protectedHeader, payload, signature },
    digits: encodeEnvelope(encodeSign1({ protectedHeader, payload, signature })),
    trustList: (sequence = list.sequence) => buildTrustList({ ...list, sequence }, signerOf(operator)),
    statusList(value) {
      const statuses = emptyStatusList();
      setStatus(statuses, 4711, value);
      const now = new Date();
      const claims = encodeStatusListClaims(
        {
          subject: 'https://localhost/api/v1/status-lists/1',
          issuedAt: now,
          expires: new Date(now.getTime() + 3_600_000),
          timeToLive: 60,
          list: statuses,
        },
        (bytes) => new Uint8Array(deflateSync(bytes)),
      );
      return signJws(STATUS_LIST_TYPE, claims, signerOf(issuer));
    },
  };
}
