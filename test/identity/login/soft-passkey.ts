// A passkey in software for tests: makes credentials and answers as a browser with a platform authenticator would.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { encodeCbor } from '../../../formats/cose/cbor.ts';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';

/** What may be otherwise than it should. */
export interface Deviations {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly userVerified?: boolean;
  readonly counter?: number;
  readonly userHandle?: string;
  readonly signWith?: KeyObject;
  readonly credential?: string;
}

const flags = { present: 0x01, verified: 0x04, attested: 0x40 };
const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();

/** `{ fmt: 'none', attStmt: {}, authData }` in CBOR: our own encoder writes maps with integer keys only. */
function attestationObject(authData: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from([0xa3]),
    ...[encodeCbor('fmt'), encodeCbor('none'), encodeCbor('attStmt'), Uint8Array.of(0xa0)],
    ...[encodeCbor('authData'), encodeCbor(new Uint8Array(authData))],
  ]);
}

export class SoftPasskey {
  readonly id = new Uint8Array(randomBytes(32));
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #origin: string;
  readonly #rpId: string;
  #handle = '';
  #counter = 0;

  constructor(origin: string) {
    this.#origin = origin;
    this.#rpId = new URL(origin).hostname;
  }

  get credential(): string {
    return b64(this.id);
  }

  #clientData(type: string, challenge: string, more: Deviations): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: more.type ?? type,
        challenge: more.challenge ?? challenge,
        origin: more.origin ?? this.#origin,
        crossOrigin: false,
      }),
    );
  }

  #authenticatorData(more: Deviations, attested?: Buffer): Buffer {
    const counter = Buffer.alloc(4);
    this.#counter = more.counter ?? this.#counter + 1;
    counter.writeUInt32BE(this.#counter);
    const bits =
      flags.present |
      (more.userVerified === false ? 0 : flags.verified) |
      (attested === undefined ? 0 : flags.attested);
    return Buffer.concat([
      sha256(more.rpId ?? this.#rpId),
      Buffer.from([bits]),
      counter,
      attested ?? Buffer.alloc(0),
    ]);
  }

  register(options: PublicKeyCredentialCreationOptionsJSON, more: Deviations = {}): RegistrationResponseJSON {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    const coseKey = encodeCbor(
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
        [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
      ]),
    );
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    this.#handle = options.user.id;
    const attested = Buffer.concat([Buffer.alloc(16), length, this.id, coseKey]);
    const authData = this.#authenticatorData({ ...more, counter: 0 }, attested);
    return {
      id: this.credential,
      rawId: this.credential,
      type: 'public-key',
      response: {
        clientDataJSON: b64(this.#clientData('webauthn.create', options.challenge, more)),
        attestationObject: b64(attestationObject(authData)),
      },
      clientExtensionResults: {},
    };
  }

  answer(options: PublicKeyCredentialRequestOptionsJSON, more: Deviations = {}): AuthenticationResponseJSON {
    const clientData = this.#clientData('webauthn.get', options.challenge, more);
    const authenticatorData = this.#authenticatorData(more);
    const signature = sign(
      'sha256',
      Buffer.concat([authenticatorData, sha256(clientData)]),
      more.signWith ?? this.#keys.privateKey,
    );
    return {
      id: more.credential ?? this.credential,
      rawId: more.credential ?? this.credential,
      type: 'public-key',
      response: {
        clientDataJSON: b64(clientData),
        authenticatorData: b64(authenticatorData),
        signature: b64(signature),
        userHandle: more.userHandle ?? this.#handle,
      },
      clientExtensionResults: {},
    };
  }
}
