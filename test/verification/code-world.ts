// A trust list, a signed license code and its status list, good by default, one deviation per case.
import { deflateSync } from 'node:zlib';
import { encodeClaims } from '../../formats/cose/cwt.ts';
import type { LicenseClaims } from '../../formats/cose/cwt.ts';
import { encodeProtectedHeader, encodeSign1, keyIdOf, sign1Input } from '../../formats/cose/sign1.ts';
import {
  emptyStatusList,
  encodeStatusListClaims,
  setStatus,
  STATUS_LIST_TYPE,
} from '../../formats/qr/status-list.ts';
import { encodeEnvelope } from '../../formats/qr/license-code.ts';
import { FACE } from '../../formats/qr/labels.ts';
import { derToRaw } from '../../formats/x509/ecdsa-signature.ts';
import type { CodeDependencies } from '../../verification/code.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import { signJws } from '../../verification/jws.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import type { TrustedService, TrustList } from '../../verification/trust-list.ts';
import { daysFromNow, makeParty, now, sha256, signWith } from './pki.ts';
import type { Party } from './pki.ts';

export const typeCode = '11100000000013338W001';
export const issuer = '11120105000123457H';
export const prefix = 'https://verify.test/v#';
const words = (text: string): { zh: string; en: string } => ({ zh: text, en: text });

export interface CodeWorld {
  readonly codeSigner: Party;
  readonly statusSigner: Party;
  readonly operator: Party;
  readonly list: TrustList;
}

function service(type: TrustedService['type'], party: Party): TrustedService {
  return {
    name: words(type),
    type,
    certificates: [party.certificate],
    state: { status: 'granted', since: daysFromNow(-20) },
    history: [],
    licenseTypes: null,
    regions: null,
  };
}

export function makeCodeWorld(): CodeWorld {
  const root = makeParty({ commonName: '演示服务CA', issuer: null, ca: true });
  const party = (commonName: string): Party =>
    makeParty({ commonName, issuer: root, keyUsage: ['digitalSignature'] });
  const [codeSigner, statusSigner, operator] = [
    party('演示证照码'),
    party('演示状态'),
    party('演示信任列表'),
  ];
  const list: TrustList = {
    sequence: 7,
    issued: daysFromNow(-1),
    nextUpdate: daysFromNow(20),
    operator: words('演示运营者'),
    territory: '120105',
    entities: [
      {
        name: words('演示政务服务办公室'),
        identifier: issuer,
        qualification: 'internal',
        services: [service('license-code', codeSigner), service('status-list', statusSigner)],
      },
    ],
    licenseTypes: [
      {
        typeCode,
        name: words('食品经营许可证'),
        fields: [{ key: 16, name: 'KZ_JYXM', label: words('经营项目') }],
        printedOnly: [words('经营场所')],
        publicStatus: true,
      },
    ],
    next: null,
    verifyHosts: ['verify.test'],
  };
  return { codeSigner, statusSigner, operator, list };
}

export function goodClaims(): LicenseClaims {
  return {
    issuer,
    issuedAt: daysFromNow(-10),
    expires: daysFromNow(300),
    id: new Uint8Array(16).fill(7),
    version: 1,
    status: { list: 3, index: 4711 },
    recordHash: new Uint8Array(16).fill(9),
    face: new Map([
      [FACE.typeCode, typeCode],
      [FACE.licenseNumber, 'JY11201050000001'],
      [FACE.holder, '演示餐饮有限公司'],
      [16, '热食类食品制售'],
    ]),
  };
}

export function makeEnvelope(signer: Party, claims: LicenseClaims, key: Party = signer): Uint8Array {
  const protectedHeader = encodeProtectedHeader('ES256', keyIdOf(sha256(signer.key.spki)));
  const payload = encodeClaims(claims);
  const signature = derToRaw(signWith(key.key, sign1Input(protectedHeader, payload)), 32);
  return encodeSign1({ protectedHeader, payload, signature });
}

export function makeCode(signer: Party, claims: LicenseClaims, key: Party = signer): string {
  return prefix + encodeEnvelope(makeEnvelope(signer, claims, key));
}

export interface StatusOptions {
  readonly value?: number;
  readonly list?: number;
  readonly issuedAt?: Date;
  readonly expires?: Date | null;
}

export function makeStatusToken(signer: Party, options: StatusOptions = {}): Promise<string> {
  const list = emptyStatusList();
  setStatus(list, 4711, options.value ?? 0);
  const claims = encodeStatusListClaims(
    {
      subject: `https://verify.test/api/v1/status-lists/${options.list ?? 3}`,
      issuedAt: options.issuedAt ?? now,
      expires: options.expires === undefined ? daysFromNow(1) : options.expires,
      timeToLive: 60,
      list,
    },
    (bytes) => new Uint8Array(deflateSync(bytes)),
  );
  return signJws(STATUS_LIST_TYPE, claims, signerOf(signer));
}

export function signerOf(party: Party): {
  algorithm: 'ES256';
  certificate: Uint8Array;
  sign: (message: Uint8Array) => Promise<Uint8Array>;
} {
  return {
    algorithm: 'ES256',
    certificate: party.certificate,
    sign: (message) => Promise.resolve(signWith(party.key, message)),
  };
}

export function codeDeps(
  world: CodeWorld,
  token: string | null,
  changes: Partial<CodeDependencies> = {},
): CodeDependencies {
  return {
    verifier: nodeSignatureVerifier,
    inflate: inflateWeb,
    time: new Date(now.getTime() + 60_000),
    trustList: world.list,
    statusLists: { statusList: () => Promise.resolve(token) },
    ...changes,
  };
}
