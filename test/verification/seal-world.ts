// Seals and uses of them over a test PKI in SM2: good by default, one deviation a case, in every version.
import { createHash } from 'node:crypto';
import { joinBytes } from '../../formats/bytes.ts';
import { encodeSeal } from '../../formats/eseal/seal.ts';
import { encodeSealInformation } from '../../formats/eseal/seal-information.ts';
import type { SealInformationInput, SealVersion } from '../../formats/eseal/seal-information.ts';
import { encodeSealSignature, encodeSignedPart } from '../../formats/eseal/signature.ts';
import type { SignedPartInput } from '../../formats/eseal/signature.ts';
import {
  bitString,
  ia5String,
  integer,
  octetString,
  oid,
  sequence,
  utf8String,
} from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { encodeTime } from '../../formats/x509/time.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { depsFor } from './deps.ts';
import {
  daysFromNow,
  listsOf,
  makeParty,
  makePki,
  makeSm2Key,
  signWith,
  urls,
  type CertificateOptions,
  type Party,
  type TestKey,
  type TestPki,
} from './pki.ts';

export function sm3(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sm3').update(bytes).digest());
}

export interface SealWorld extends TestPki {
  readonly maker: Party;
}

export interface WorldOptions {
  readonly key?: () => TestKey;
  readonly maker?: Partial<CertificateOptions>;
  readonly signer?: Partial<CertificateOptions>;
}

/** Root, CA, maker and signer of seals, all in SM2, and an authority for time-stamps. */
export function makeSealWorld({ key = makeSm2Key, ...options }: WorldOptions = {}): SealWorld {
  const pki = makePki({
    root: { key: key() },
    sealCa: { key: key() },
    signer: { key: key(), ...options.signer },
  });
  const maker = makeParty({
    commonName: '演示电子印章制作系统',
    issuer: pki.sealCa,
    crlUrl: urls.seals,
    key: key(),
    ...options.maker,
  });
  return { ...pki, maker, crls: listsOf(pki) };
}

export const original = new TextEncoder().encode('<ofd:Signature>原文</ofd:Signature>');
const algorithmOf = (key: TestKey): string =>
  key.algorithm === 'RS256' ? OID.sha256WithRsa : OID.sm2WithSm3;

export interface SealOptions {
  readonly information?: Partial<Omit<SealInformationInput, 'property'>>;
  readonly property?: Partial<SealInformationInput['property']>;
  /** Instead of what the encoder makes. */
  readonly informationBytes?: (made: Uint8Array) => Uint8Array;
  readonly algorithm?: string;
  readonly makerCertificate?: Uint8Array;
  /** Who signs in the maker's place. */
  readonly key?: TestKey;
  readonly value?: (made: Uint8Array) => Uint8Array;
  readonly timestamp?: (value: Uint8Array) => Uint8Array;
}

export function informationOf(
  world: SealWorld,
  version: 4 | 5,
  { information, property }: SealOptions = {},
): SealInformationInput {
  return {
    version,
    vendor: 'YINXIN',
    id: '12010500000001',
    property: {
      type: 1,
      name: '天津市河北区演示局',
      signers: { kind: 'certificates', certificates: [world.signer.certificate] },
      createDate: daysFromNow(-20),
      validStart: daysFromNow(-20),
      validEnd: daysFromNow(300),
      ...property,
    },
    picture: { type: 'png', data: Uint8Array.of(0x89, 0x50, 0x4e, 0x47), width: 42, height: 42 },
    extensions: [],
    ...information,
  };
}

/** GM/T 0031-2014 has no list type and writes UTCTime. */
function informationOfVersion1(input: SealInformationInput): Uint8Array {
  const { property, picture } = input;
  const listed = property.signers.kind === 'certificates' ? property.signers.certificates : [];
  return sequence(
    sequence(ia5String('ES'), integer(1), ia5String(input.vendor)),
    ia5String(input.id),
    sequence(
      integer(property.type),
      utf8String(property.name),
      sequence(...listed.map(octetString)),
      ...[property.createDate, property.validStart, property.validEnd].map(encodeTime),
    ),
    sequence(
      ia5String(picture.type),
      octetString(picture.data),
      integer(picture.width),
      integer(picture.height),
    ),
  );
}

export function makeSeal(world: SealWorld, version: SealVersion, options: SealOptions = {}): Uint8Array {
  const key = options.key ?? world.maker.key;
  const certificate = options.makerCertificate ?? world.maker.certificate;
  const algorithm = options.algorithm ?? algorithmOf(key);
  const input = informationOf(world, version === 1 ? 4 : version, options);
  const made = version === 1 ? informationOfVersion1(input) : encodeSealInformation(input);
  const information = options.informationBytes?.(made) ?? made;
  const signed =
    version === 1
      ? sequence(joinBytes([information, octetString(certificate), oid(algorithm)]))
      : information;
  const right = signWith(key, signed);
  const signature = options.value?.(right) ?? right;
  if (version === 1)
    return sequence(information, sequence(octetString(certificate), oid(algorithm), bitString(signature)));
  const timestamp = options.timestamp?.(signature);
  return options.informationBytes !== undefined
    ? sequence(information, octetString(certificate), oid(algorithm), bitString(signature))
    : encodeSeal({
        information,
        makerCertificate: certificate,
        signatureAlgorithm: algorithm,
        signature,
        ...(timestamp === undefined ? {} : { timestamp }),
      });
}

export interface UseOptions {
  readonly seal?: Uint8Array;
  readonly signedPart?: Partial<SignedPartInput>;
  /** timeInfo of version 1. */
  readonly timeInfo?: Uint8Array;
  readonly algorithm?: string;
  readonly signerCertificate?: Uint8Array;
  readonly key?: TestKey;
  readonly value?: (made: Uint8Array) => Uint8Array;
  readonly timestamp?: (value: Uint8Array) => Uint8Array;
}

/** One use of a seal on `original`, a day ago. */
export function useSeal(world: SealWorld, version: SealVersion, options: UseOptions = {}): Uint8Array {
  const key = options.key ?? world.signer.key;
  const certificate = options.signerCertificate ?? world.signer.certificate;
  const algorithm = options.algorithm ?? algorithmOf(key);
  const digest = key.algorithm === 'RS256' ? createHash('sha256').update(original).digest() : sm3(original);
  const input: SignedPartInput = {
    version: version === 1 ? 4 : version,
    seal: options.seal ?? makeSeal(world, version),
    signingTime: daysFromNow(-1),
    dataHash: new Uint8Array(digest),
    propertyInformation: '/Doc_0/Signs/Sign_0/Signature.xml',
    ...options.signedPart,
  };
  const signedPart =
    version === 1
      ? sequence(
          integer(1),
          input.seal,
          bitString(options.timeInfo ?? encodeTime(input.signingTime)),
          bitString(input.dataHash),
          ia5String(input.propertyInformation),
          octetString(certificate),
          oid(algorithm),
        )
      : encodeSignedPart(input);
  const right = signWith(key, signedPart);
  const signature = options.value?.(right) ?? right;
  if (version === 1) return sequence(signedPart, bitString(signature));
  const timestamp = options.timestamp?.(signature);
  return encodeSealSignature({
    signedPart,
    signerCertificate: certificate,
    signatureAlgorithm: algorithm,
    signature,
    ...(timestamp === undefined ? {} : { timestamp }),
  });
}

/** Verification of that original now; a seal carries its maker's certificate and nothing above it. */
export function sealDeps(
  world: SealWorld,
  changes: Partial<VerificationDependencies> = {},
): VerificationDependencies {
  return depsFor(world, {
    certificates: [world.sealCa.certificate],
    content: { kind: 'bytes', source: bytesSource(original) },
    ...changes,
  });
}
