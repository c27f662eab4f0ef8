// What a prepared signature field asks of its signature (ISO 32000-2, 12.7.5.5: seed values and lock), obeyed or refused by name.
import { sameBytes } from '../formats/bytes.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { integerOf, nameOf, numberOf, pdfNull } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';
import { textOf } from '../formats/pdf/text-string.ts';
import type { FieldLock, ModificationLevel } from '../formats/pdf/transforms.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { SigningError } from './errors.ts';

/** What the signature is going to be, as far as a field may have its say in it. */
export interface PlannedSignature {
  /** DER, the signer's first; absent where the key is not known yet, and then a field that asks for one refuses. */
  readonly chain?: readonly Uint8Array[];
  readonly docMdp?: ModificationLevel;
  readonly reason?: string;
  readonly timestamped: boolean;
  /** Whether revocation data will be added (B-LT and above). */
  readonly longTerm: boolean;
}

/** What of it the field decides. */
export interface SeededTerms {
  readonly docMdp?: ModificationLevel;
  readonly reason?: string;
  readonly lock?: FieldLock;
}

/** Bits of /Ff of a seed value dictionary (Table 237): which entries bind. */
const binding = {
  Filter: 1,
  SubFilter: 2,
  V: 4,
  Reasons: 8,
  LegalAttestation: 16,
  AddRevInfo: 32,
  DigestMethod: 64,
  LockDocument: 128,
  AppearanceFilter: 256,
} as const;

/**
 * @param field the dictionary of the prepared field
 * @throws SigningError `seed-value-refused`, naming the entry that cannot be obeyed
 */
export async function obeySeedValues(
  document: PdfDocument,
  field: PdfDictionary,
  planned: PlannedSignature,
): Promise<SeededTerms> {
  const seed = await document.getDictionary(field, 'SV');
  if (seed === null) return {};
  const get = (key: string): Promise<PdfObject> => document.get(seed, key);
  const flags = integerOf(await get('Ff')) ?? 0;
  const binds = (key: keyof typeof binding): boolean => (flags & binding[key]) !== 0;
  const texts = async (key: string): Promise<readonly string[]> => textsOf(document, await get(key));
  const filter = nameOf(await get('Filter'));
  if (binds('Filter') && filter !== null && filter !== 'Adobe.PPKLite')
    throw refused('another signature handler');
  const formats = await texts('SubFilter');
  if (binds('SubFilter') && formats.length > 0 && !formats.includes('ETSI.CAdES.detached'))
    throw refused(`the format ${formats[0] ?? ''}`);
  if (binds('V') && (numberOf(await get('V')) ?? 0) > 3) throw refused('a newer signature handler');
  const digests = await texts('DigestMethod');
  if (binds('DigestMethod') && digests.length > 0 && !digests.includes(digestMethodOf(planned.chain)))
    throw refused(`the digest ${digests.join(' or ')}`);
  if (binds('AppearanceFilter') && (await get('AppearanceFilter')).kind !== 'null')
    throw refused('an appearance that is not known here');
  const addition = await get('AddRevInfo');
  if (binds('AddRevInfo') && addition.kind === 'boolean' && addition.value && !planned.longTerm)
    throw refused('revocation data (level B-LT or B-LTA)');
  await obeyTimeStamp(document, seed, planned);
  await obeyCertificate(document, seed, planned);
  const docMdp = await seededCertification(document, seed, planned);
  if (binds('LegalAttestation') && docMdp !== undefined && (await texts('LegalAttestation')).length > 0)
    throw refused('a legal attestation');
  return {
    ...(docMdp === undefined ? {} : { docMdp }),
    ...(binds('Reasons') ? reasonOf(await texts('Reasons'), planned.reason) : {}),
    ...(binds('LockDocument') && asksForLock(await get('LockDocument'))
      ? { lock: { action: 'All', fields: [] } }
      : {}),
  };
}

/** The digest that goes with the signer's key, as a seed value names it. */
function digestMethodOf(chain: readonly Uint8Array[] = []): string {
  const [own] = chain;
  const keyType = own === undefined ? null : parseCertificate(own).subjectPublicKeyInfo.keyType;
  if (keyType === 'p384') return 'SHA384';
  if (keyType === 'ed25519') return 'SHA512';
  return keyType === 'rsa' || keyType === 'p256' ? 'SHA256' : '';
}

function refused(what: string): SigningError {
  return new SigningError('seed-value-refused', `The field to be signed asks for ${what}.`);
}

async function textsOf(document: PdfDocument, object: PdfObject): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const item of object.kind === 'array' ? object.items.slice(0, 1000) : []) {
    const value = await document.resolve(item);
    const text = nameOf(value) ?? textOf(value);
    if (text !== null) texts.push(text);
  }
  return texts;
}

/** /LockDocument (PDF 2.0): a name, or a boolean as older writers have it; `auto` leaves it to us. */
function asksForLock(object: PdfObject): boolean {
  return nameOf(object) === 'true' || (object.kind === 'boolean' && object.value);
}

/** A list that is absent, or holds a full stop alone, means that no reason may be given. */
function reasonOf(allowed: readonly string[], reason: string | undefined): { readonly reason?: string } {
  const none = allowed.length === 0 || (allowed.length === 1 && allowed[0] === '.');
  if (none && reason !== undefined) throw refused('no reason to be given');
  if (none) return {};
  if (reason === undefined) throw refused(`one of these reasons: ${allowed.join('; ')}`);
  if (!allowed.includes(reason)) throw refused(`one of these reasons: ${allowed.join('; ')}`);
  return {};
}

async function obeyTimeStamp(
  document: PdfDocument,
  seed: PdfDictionary,
  { timestamped }: PlannedSignature,
): Promise<void> {
  const asked = await document.getDictionary(seed, 'TimeStamp');
  if (asked === null) return;
  const flags = integerOf(await document.get(asked, 'Ff')) ?? 0;
  if ((flags & 1) !== 0 && !timestamped) throw refused('a time-stamp (level B-T or above)');
}

/** /MDP (Table 238): 0 asks for an approval, 1 to 3 for a certification of that level. */
async function seededCertification(
  document: PdfDocument,
  seed: PdfDictionary,
  { docMdp }: PlannedSignature,
): Promise<ModificationLevel | undefined> {
  const asked = await document.getDictionary(seed, 'MDP');
  const level = asked === null ? null : integerOf(await document.get(asked, 'P'));
  if (level === null) return undefined;
  if (level === 0) {
    if (docMdp !== undefined) throw refused('an approval, not a certification');
    return undefined;
  }
  if (level !== 1 && level !== 2 && level !== 3) throw refused('an unknown certification');
  if (docMdp !== undefined && docMdp !== level) throw refused(`a certification of level ${level}`);
  return level;
}

/** Bits of /Ff of a certificate seed value dictionary (Table 239). */
const certificateBinding = { Subject: 1, Issuer: 2, OID: 4, SubjectDN: 8, KeyUsage: 32 } as const;

async function obeyCertificate(
  document: PdfDocument,
  seed: PdfDictionary,
  { chain = [] }: PlannedSignature,
): Promise<void> {
  const asked = await document.getDictionary(seed, 'Cert');
  if (asked === null) return;
  const flags = integerOf(await document.get(asked, 'Ff')) ?? 0;
  const bound = async (key: keyof typeof certificateBinding): Promise<readonly PdfObject[]> => {
    const list = (flags & certificateBinding[key]) === 0 ? pdfNull : await document.get(asked, key);
    return list.kind === 'array' ? list.items.slice(0, 100) : [];
  };
  const [own] = chain;
  const bytes = await Promise.all((await bound('Subject')).map((item) => document.resolve(item)));
  const names = (candidates: readonly Uint8Array[]): boolean =>
    candidates.some((der) => bytes.some((each) => each.kind === 'string' && sameBytes(each.bytes, der)));
  if (bytes.length > 0 && !names(own === undefined ? [] : [own]))
    throw refused('another signer’s certificate');
  const issuers = await Promise.all((await bound('Issuer')).map((item) => document.resolve(item)));
  const issued = issuers.some(
    (each) => each.kind === 'string' && chain.some((der) => sameBytes(each.bytes, der)),
  );
  if (issuers.length > 0 && !issued) throw refused('a certificate of another authority');
  const policies = (await bound('OID')).flatMap((item) => textOf(item) ?? []);
  const held = own === undefined ? [] : (parseCertificate(own).certificatePolicies ?? []);
  if (policies.length > 0 && !held.some(({ oid }) => policies.includes(oid)))
    throw refused('a certificate under another policy');
  if ((await bound('SubjectDN')).length > 0) throw refused('a certain name in the certificate');
  const usages = (await bound('KeyUsage')).flatMap((item) => textOf(item) ?? []);
  if (usages.length > 0 && (own === undefined || !usages.some((usage) => allowsUsage(usage, own))))
    throw refused('a certificate for other key usages');
}

const usageOrder = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** `1` must be set, `0` must not, `X` does not matter; what is not written does not matter either (Table 239). */
function allowsUsage(usage: string, der: Uint8Array): boolean {
  const held: ReadonlySet<string> | null = parseCertificate(der).keyUsage;
  return Array.from(usage).every((wish, at) => {
    const name = usageOrder[at];
    if (name === undefined || (wish !== '0' && wish !== '1')) return true;
    return (held?.has(name) === true) === (wish === '1');
  });
}
