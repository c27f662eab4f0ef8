// One case of `yinxin verify-chain`: a line of JSON to a question about a certificate, every field looked at.
import { addressOf } from './server-name.ts';
import type { PeerName } from './server-name.ts';
import type { Conformity, PathParameters, PathPurpose } from './path-model.ts';
import type { PolicyInputs } from './policies.ts';
import { OID } from '../formats/x509/oid.ts';
import { instantFrom } from './iso-time.ts';
import type { KeyUsage } from '../formats/x509/extensions.ts';

/** How a case is named by who asks; the answer repeats it. */
export type CaseId = string | number | null;

/** A question about one certificate. */
export interface ChainCase {
  readonly id: CaseId;
  readonly leaf: Uint8Array;
  readonly anchors: readonly Uint8Array[];
  readonly untrusted: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocsps: readonly Uint8Array[];
  /** Null = now. */
  readonly at: Date | null;
  readonly parameters: Omit<PathParameters, 'time'>;
}

/** A line that is no case; `id` where it could be read all the same. */
export class CaseError extends Error {
  readonly id: CaseId;

  constructor(message: string, id: CaseId) {
    super(message);
    this.name = 'CaseError';
    this.id = id;
  }
}

const maxItems = 2000;
const purposes: readonly PathPurpose[] = ['server', 'client', 'signature', 'timestamp', 'any'];
const conformities: readonly Conformity[] = ['none', 'rfc5280', 'webpki', 'strict'];
const revocations: Readonly<Record<string, PathParameters['revocation']>> = {
  none: 'ignored',
  require: 'required',
  prefer: 'offered',
};
const extendedKeyUsages: Readonly<Record<string, string>> = {
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: OID.serverAuth,
  clientAuth: OID.clientAuth,
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: OID.timeStamping,
  OCSPSigning: OID.ocspSigning,
  documentSigning: OID.documentSigning,
};
const keyUsages: Readonly<Record<string, KeyUsage>> = {
  digitalSignature: 'digitalSignature',
  nonRepudiation: 'nonRepudiation',
  contentCommitment: 'nonRepudiation',
  keyEncipherment: 'keyEncipherment',
  dataEncipherment: 'dataEncipherment',
  keyAgreement: 'keyAgreement',
  keyCertSign: 'keyCertSign',
  cRLSign: 'cRLSign',
  encipherOnly: 'encipherOnly',
  decipherOnly: 'decipherOnly',
};

/** @param text well-formed base64, padded */
function bytesOfBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** The fields of one line, read one by one. */
class Fields {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #id: CaseId;

  constructor(value: object, id: CaseId) {
    this.#fields = new Map(Object.entries(value));
    this.#id = id;
  }

  refusal(message: string): CaseError {
    return new CaseError(message, this.#id);
  }

  /** Null where the field is absent or null. */
  get(name: string): unknown {
    return this.#fields.get(name) ?? null;
  }

  text(name: string): string | null {
    const value = this.get(name);
    if (value !== null && typeof value !== 'string') throw this.refusal(`"${name}" is no text.`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.get(name);
    if (value !== null && typeof value !== 'boolean')
      throw this.refusal(`"${name}" is neither true nor false.`);
    return value ?? false;
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name) ?? [];
    if (!Array.isArray(value)) throw this.refusal(`"${name}" is no list.`);
    if (value.length > maxItems) throw this.refusal(`"${name}" has more than ${maxItems} members.`);
    return value as readonly unknown[];
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((value) => {
      if (typeof value !== 'string') throw this.refusal(`A member of "${name}" is no text.`);
      return value;
    });
  }

  choice<T>(name: string, table: ReadonlyMap<string, T>, otherwise: T): T {
    const value = this.text(name);
    if (value === null) return otherwise;
    const found = table.get(value);
    if (found === undefined) throw this.refusal(`"${name}" is none of ${[...table.keys()].join(', ')}.`);
    return found;
  }

  /** PEM, or base64 alone. Several blocks in one text are several values. */
  binaries(name: string, texts: readonly string[]): readonly Uint8Array[] {
    return texts.flatMap((text) => {
      const blocks = [...text.matchAll(/-----BEGIN [A-Z0-9 ]+-----([^-]*)-----END [A-Z0-9 ]+-----/g)];
      const bodies = blocks.length > 0 ? blocks.map(([, body = '']) => body) : [text];
      return bodies.map((body) => {
        const compact = body.replace(/\s/g, '');
        if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact))
          throw this.refusal(`"${name}" holds something that is neither PEM nor base64.`);
        return bytesOfBase64(compact);
      });
    });
  }

  names(name: string, table: Readonly<Record<string, string>>, orIdentifier: boolean): readonly string[] {
    return this.texts(name).map((text) => {
      const known = Object.hasOwn(table, text) ? table[text] : undefined;
      if (known !== undefined) return known;
      if (orIdentifier && /^[0-2](\.[0-9]+)+$/.test(text)) return text;
      throw this.refusal(`"${name}" holds "${text.slice(0, 60)}", which is not known.`);
    });
  }

  peer(name: string, value: unknown): PeerName {
    const { kind, value: text } =
      typeof value === 'object' && value !== null ? (value as Partial<PeerName>) : {};
    if ((kind !== 'DNS' && kind !== 'IP' && kind !== 'RFC822') || typeof text !== 'string' || text === '')
      throw this.refusal(`"${name}" is no {kind: DNS, IP or RFC822, value}.`);
    if (kind === 'IP' && addressOf(text) === null) throw this.refusal(`"${name}" is no IP address.`);
    return { kind, value: text };
  }
}

function instant(fields: Fields): Date | null {
  const text = fields.text('at');
  if (text === null) return null;
  const at = instantFrom(text);
  if (at === null) throw fields.refusal('"at" is no ISO 8601 time.');
  return at;
}

function depthOf(fields: Fields): number | null {
  const value = fields.get('maxChainDepth');
  if (value !== null && !(typeof value === 'number' && Number.isInteger(value) && value >= 0))
    throw fields.refusal('"maxChainDepth" is no whole number from 0.');
  return value;
}

function policiesFrom(fields: Fields): PolicyInputs {
  const initial = fields.names('initialPolicies', { anyPolicy: OID.anyPolicy }, true);
  return {
    initialPolicies: initial.length === 0 || initial.includes(OID.anyPolicy) ? null : new Set(initial),
    requireExplicitPolicy: fields.flag('requireExplicitPolicy'),
    inhibitPolicyMapping: fields.flag('inhibitPolicyMapping'),
    inhibitAnyPolicy: fields.flag('inhibitAnyPolicy'),
  };
}

function parametersOf(fields: Fields): ChainCase['parameters'] {
  const purpose = fields.choice('purpose', new Map(purposes.map((each) => [each, each])), 'any');
  // Peers of a connection are strangers: what they show is held to the standards for making it, too.
  const usual: Conformity = purpose === 'server' || purpose === 'client' ? 'strict' : 'none';
  const peerName = fields.get('peerName');
  return {
    purpose,
    revocation: fields.choice('revocation', new Map(Object.entries(revocations)), 'required'),
    policies: policiesFrom(fields),
    extendedKeyUsages: fields.names('extendedKeyUsage', extendedKeyUsages, true),
    keyUsages: fields
      .names('keyUsage', keyUsages, false)
      .flatMap((name) => (Object.hasOwn(keyUsages, name) ? [keyUsages[name] ?? 'digitalSignature'] : [])),
    peerNames: [
      ...(peerName === null ? [] : [fields.peer('peerName', peerName)]),
      ...fields.list('peerNames').map((value) => fields.peer('peerNames', value)),
    ],
    maxIntermediates: depthOf(fields),
    conformity: fields.choice('profile', new Map(conformities.map((each) => [each, each])), usual),
  };
}

function idIn(text: string): CaseId {
  const match = /"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?[0-9]{1,15}(?=[\s,}]))/.exec(text.slice(0, 4096));
  try {
    return match?.[1] === undefined ? null : (JSON.parse(match[1]) as string | number);
  } catch {
    // An impossible escape: the id is not readable.
    return null;
  }
}

/** Reads one line. @throws CaseError where it is no case. */
export function readChainCase(line: string): ChainCase {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new CaseError('The line is no JSON.', idIn(line));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CaseError('The line is no JSON object.', null);
  const named = 'id' in value ? value.id : null;
  if (named !== null && typeof named !== 'string' && typeof named !== 'number')
    throw new CaseError('"id" is neither text nor number.', null);
  const fields = new Fields(value, named);
  const leaf = fields.text('leaf');
  const [der, ...rest] = leaf === null ? [] : fields.binaries('leaf', [leaf]);
  if (der === undefined) throw fields.refusal('"leaf" is missing.');
  return {
    id: named,
    leaf: der,
    anchors: fields.binaries('anchors', fields.texts('anchors')),
    untrusted: [...rest, ...fields.binaries('untrusted', fields.texts('untrusted'))],
    crls: fields.binaries('crls', fields.texts('crls')),
    ocsps: fields.binaries('ocsp', fields.texts('ocsp')),
    at: instant(fields),
    parameters: parametersOf(fields),
  };
}
