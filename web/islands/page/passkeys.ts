// WebAuthn between its JSON and the browser's own objects.
import { decodeBase64url, encodeBase64url } from '../../../formats/cose/base64url.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(decodeBase64url(text));
const text = (buffer: ArrayBuffer): string => encodeBase64url(new Uint8Array(buffer));

/** What the server sends to log in. */
export interface RequestOptions {
  readonly challenge: string;
  readonly rpId?: string;
  readonly timeout?: number;
}

/** What the server sends to enrol. */
export interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id?: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[];
  readonly timeout?: number;
  readonly excludeCredentials?: readonly { readonly id: string }[];
}

/** Whether this browser, on this connection, has passkeys at all. */
export function passkeysWork(): boolean {
  return isSecureContext && 'PublicKeyCredential' in window;
}

/** Asks for a passkey of any account. @returns WebAuthn's JSON. @throws DOMException where the person or the browser says no. */
export async function showPasskey(options: RequestOptions): Promise<Readonly<Record<string, unknown>>> {
  const credential = await navigator.credentials.get({
    publicKey: {
      challenge: bytes(options.challenge),
      userVerification: 'required',
      ...(options.rpId === undefined ? {} : { rpId: options.rpId }),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    },
  });
  if (
    !(credential instanceof PublicKeyCredential) ||
    !(credential.response instanceof AuthenticatorAssertionResponse)
  ) {
    throw new Error('The browser gave no passkey.');
  }
  const { response } = credential;
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: 'public-key',
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      ...(response.userHandle === null ? {} : { userHandle: text(response.userHandle) }),
    },
    clientExtensionResults: {},
  };
}

/** Makes a passkey. @returns WebAuthn's JSON. @throws DOMException. */
export async function makePasskey(options: CreationOptions): Promise<Readonly<Record<string, unknown>>> {
  const credential = await navigator.credentials.create({
    publicKey: {
      challenge: bytes(options.challenge),
      rp: { name: options.rp.name, ...(options.rp.id === undefined ? {} : { id: options.rp.id }) },
      user: { ...options.user, id: bytes(options.user.id) },
      pubKeyCredParams: [...options.pubKeyCredParams],
      attestation: 'none',
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
      excludeCredentials: (options.excludeCredentials ?? []).map(({ id }) => ({
        id: bytes(id),
        type: 'public-key' as const,
      })),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    },
  });
  if (
    !(credential instanceof PublicKeyCredential) ||
    !(credential.response instanceof AuthenticatorAttestationResponse)
  ) {
    throw new Error('The browser made no passkey.');
  }
  const { response } = credential;
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: 'public-key',
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports(),
    },
    clientExtensionResults: {},
  };
}
