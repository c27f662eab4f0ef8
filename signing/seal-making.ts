// One edition of a seal: keys, certificates of both hierarchies, the SESeal, and all of it entered in one write.
import { issueCertificate } from '../ca/issue.ts';
import type { IssuedCertificate } from '../ca/issue-request.ts';
import type { Authority } from '../ca/parts.ts';
import { suiteNamed } from '../crypto/suite.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { SigningError } from './errors.ts';
import { currentEdition, insertEdition, type SealObject } from './seal-edition.ts';
import { makeSealObject } from './seal-object.ts';
import type { SealPictureDescription } from './seal-picture/description.ts';
import type { SealRegisterParts } from './seal-parts.ts';
import { completeSeal, recertifySeal } from './seal-store.ts';
import type { Seal, SealType } from './seal.ts';

/** What an edition is made of. */
interface EditionOrder {
  readonly seal: {
    readonly id: string;
    readonly code: string;
    readonly name: string;
    readonly type: SealType;
    readonly department: string;
    readonly departmentName: string;
    readonly picture: SealPictureDescription;
  };
  readonly edition: number;
  readonly actor: Actor;
  readonly lifetimeDays: number | undefined;
  /** Further rows of the write that enters it. */
  readonly record: (tx: Writer, at: Date, serial: string) => Promise<void>;
}

interface CertifiedKey {
  readonly keyId: string;
  readonly issued: Pick<IssuedCertificate, 'serial' | 'chain' | 'certificate'>;
}

/**
 * Makes an edition and enters it, with whatever `record` writes, at once.
 * @throws CaError, CryptoError, StorageError; SigningError `seal-maker-unusable`, `self-check-failed`, `seal-not-valid` (given
 *   up or cancelled meanwhile)
 */
export async function makeSealEdition(parts: SealRegisterParts, order: EditionOrder): Promise<void> {
  const { maker } = parts;
  if (parts.authority.hierarchy === 'sm2') {
    // The seal's one key is SM2: the SESeal lists its certificate, which must be there first.
    const key = await certify(parts, parts.authority, order);
    const object = maker === undefined ? null : await objectFor(parts, order, key);
    await parts.database.write((tx) => enter(tx, parts, order, key, object));
    return;
  }
  const sm2 = maker === undefined ? null : await certify(parts, maker.authority, order);
  const object = sm2 === null ? null : await objectFor(parts, order, sm2);
  await certify(parts, parts.authority, order, (tx, key) => enter(tx, parts, order, key, object));
}

/** Makes a key of the hierarchy that certifies it. */
async function certify(
  parts: SealRegisterParts,
  authority: Authority,
  order: EditionOrder,
  alongside?: (tx: Writer, key: CertifiedKey) => Promise<void>,
): Promise<CertifiedKey> {
  const { seal, actor, lifetimeDays } = order;
  const suite = suiteNamed(authority.hierarchy === 'sm2' ? 'gm' : 'international');
  const key = await parts.keys.generate('seal', suite.signature);
  const issued = await issueCertificate(parts, {
    profile: 'seal',
    authority,
    // As government seals are certified: O the owner, CN the 14-digit code.
    subject: {
      organization: seal.departmentName,
      creditCode: seal.department,
      commonName: seal.code,
    },
    publicKey: key.publicKey,
    ...(lifetimeDays === undefined ? {} : { lifetimeDays }),
    actor,
    ...(alongside === undefined
      ? {}
      : { alongside: (tx, made) => alongside(tx, { keyId: key.id, issued: made }) }),
  });
  return { keyId: key.id, issued };
}

async function objectFor(
  parts: SealRegisterParts,
  { seal }: EditionOrder,
  { keyId, issued }: CertifiedKey,
): Promise<SealObject> {
  const [own] = issued.chain;
  if (parts.maker === undefined || own === undefined)
    throw new SigningError('seal-maker-unusable', 'There is no seal maker.');
  const at = parts.clock();
  const made = await makeSealObject(parts.maker.key, {
    code: seal.code,
    name: seal.name,
    type: seal.type,
    picture: seal.picture,
    signerCertificate: own,
    at,
    validUntil: issued.certificate.notAfter,
  });
  return { ...made, keyId, serial: issued.serial, chain: issued.chain };
}

async function enter(
  tx: Writer,
  parts: SealRegisterParts,
  order: EditionOrder,
  key: CertifiedKey,
  object: SealObject | null,
): Promise<void> {
  const at = parts.clock();
  const { seal, edition } = order;
  const made = {
    keyId: key.keyId,
    certificateSerial: key.issued.serial,
    chain: key.issued.chain,
    validFrom: at,
    validUntil: key.issued.certificate.notAfter,
  };
  const entered =
    edition === 1
      ? await completeSeal(tx, seal.id, { ...made, by: order.actor.id, at })
      : await recertifySeal(tx, seal.id, made);
  if (!entered) throw new SigningError('seal-not-valid', 'The seal was given up or ended meanwhile.');
  await insertEdition(tx, { sealId: seal.id, edition, ...made, object, madeAt: at });
  await order.record(tx, at, key.issued.serial);
}

/**
 * 续期: another edition with new keys and certificates under the same code; the seal must be re-made, since its list is
 * compared byte for byte (GB/T 38540-2020 clause 7.2). Authorisations given under the old key end with it.
 * @throws SigningError `seal-transition-not-allowed` (lost, cancelled, or a foreign seal), and as `makeSealEdition`
 */
export async function renewSeal(
  parts: SealRegisterParts,
  renewal: {
    readonly actor: Actor;
    readonly seal: Seal;
    readonly lifetimeDays?: number | undefined;
    readonly alongside: (tx: Writer) => Promise<void>;
  },
): Promise<void> {
  const { seal, actor } = renewal;
  if (seal.origin !== 'own' || seal.state === 'lost' || seal.state === 'cancelled')
    throw new SigningError(
      'seal-transition-not-allowed',
      `A ${seal.origin} seal that is ${seal.state} is not renewed.`,
    );
  const last = await currentEdition(parts.database.reader, seal.id);
  const edition = (last?.edition ?? 0) + 1;
  await makeSealEdition(parts, {
    seal,
    edition,
    actor,
    lifetimeDays: renewal.lifetimeDays,
    record: async (tx, at, serial) => {
      await parts.audit.append(tx, {
        at,
        actor,
        action: 'seal.renewed',
        subject: seal.id,
        details: { edition: String(edition), certificate: serial, before: seal.certificateSerial },
      });
      await renewal.alongside(tx);
    },
  });
}
