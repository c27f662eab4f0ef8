// A seal made elsewhere (the city's or the nation's system) taken in: SESeal judged, its certificate's key behind a port.
import type { ForeignCredential } from '../ca/foreign-store.ts';
import { labelledDigest } from '../crypto/algorithms.ts';
import { toBase64 } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { parseSeal, type Seal as SealObjectRead } from '../formats/eseal/seal.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { Report } from '../verification/report.ts';
import { requireListed } from './eseal-stamp.ts';
import { SigningError } from './errors.ts';
import { newIdentifier } from './identifiers.ts';
import { insertEdition } from './seal-edition.ts';
import type { SealPictureDescription } from './seal-picture/description.ts';
import { drawSeal } from './seal-picture/draw-seal.ts';
import type { SealRegisterParts } from './seal-parts.ts';
import { completeSeal, insertIntendedSeal } from './seal-store.ts';
import { isSealType, type SealType } from './seal.ts';

export interface ForeignSealParts extends SealRegisterParts {
  /** Port: a credential of another authority; null where there is none. */
  readonly foreignCredential?: (id: string) => Promise<ForeignCredential | null>;
  /** Port: the judgement on a seal under the trust lists that are recognised here, now. */
  readonly judgeSeal?: (eseal: Uint8Array) => Promise<Pick<Report, 'conclusion' | 'summary'>>;
}

/** What is brought along with a seal. */
export interface ForeignSealOrder {
  /** Owner: credit code, which the credential must be of. */
  readonly department: string;
  readonly departmentName: string;
  /** SESeal, DER. */
  readonly eseal: Uint8Array;
  /** `fcr_…`: certificate and key that the seal lists. */
  readonly credential: string;
  readonly keepers: readonly string[];
  readonly approvalsNeeded: number;
}

/** A seal that may be taken in. */
interface CheckedForeignSeal {
  readonly seal: SealObjectRead;
  readonly credential: ForeignCredential;
  readonly type: SealType;
  readonly picture: SealPictureDescription;
  readonly validUntil: Date;
}

/** Kinds of pictures that can be drawn on a page. */
const pictureFormats: ReadonlyMap<string, 'png' | 'svg'> = new Map([
  ['png', 'png'],
  ['svg', 'svg'],
]);

/**
 * Refuses what could never be used here.
 * @throws SigningError `foreign-seal-refused` (unreadable, of version 1, does not pass verification, no 14-digit code, a
 *   picture of another kind, a credential that is not the department's or not SM2, outside its term),
 *   `seal-object-missing` (the certificate is not in the seal's list), `picture-refused`
 */
export async function checkForeignSeal(
  parts: ForeignSealParts,
  order: ForeignSealOrder,
): Promise<CheckedForeignSeal> {
  const seal = readSeal(order.eseal);
  const { id, property, picture } = seal.information;
  const refuse = (broken: boolean, message: string): void => {
    if (broken) throw refused(message);
  };
  refuse(seal.version === 1, 'Seals of GM/T 0031-2014 are read here, and no longer used.');
  refuse(!/^[1-9]\d{13}$/.test(id), 'The seal has no 14-digit code.');
  const credential = (await parts.foreignCredential?.(order.credential)) ?? null;
  if (credential === null) throw refused('There is no such credential.');
  refuse(credential.department !== order.department, 'The credential is of another department.');
  refuse(credential.state !== 'active', 'The credential has no certificate in force.');
  refuse(credential.algorithm !== 'SM2SM3', 'A seal of GB/T 38540 is used with an SM2 key.');
  const [own] = credential.chain;
  if (own === undefined) throw refused('The credential has no certificate.');
  requireListed({ eseal: order.eseal }, own);
  const { notAfter } = parseCertificate(own);
  const validUntil = property.validEnd < notAfter ? property.validEnd : notAfter;
  const now = parts.clock();
  refuse(now < property.validStart || now > validUntil, 'The seal is outside its term.');
  const report = await parts.judgeSeal?.(order.eseal);
  refuse(report === undefined, 'Nothing here can judge seals of others.');
  refuse(
    report !== undefined && report.conclusion !== 'TOTAL-PASSED',
    `The seal does not pass verification: ${report?.summary.en ?? ''}`,
  );
  const format = pictureFormats.get(picture.type.toLowerCase());
  if (format === undefined) throw refused('The picture of the seal is neither PNG nor SVG.');
  const description: SealPictureDescription = {
    kind: 'filed',
    name: property.name,
    purpose: null,
    code: id,
    centre: null,
    demonstration: parts.authority.demonstration,
    artwork: {
      format,
      data: format === 'svg' ? new TextDecoder().decode(picture.data) : toBase64(picture.data),
    },
    size: { width: picture.width, height: picture.height },
  };
  drawSeal(description);
  const code = String(property.type).padStart(2, '0');
  return { seal, credential, type: isSealType(code) ? code : '99', picture: description, validUntil };
}

/**
 * Takes a seal in: in one write, since nothing is signed. It waits for its filing like our own.
 * @returns its identifier here
 * @throws SigningError as `checkForeignSeal`; `seal-input-invalid` for a code in use
 */
export async function takeInSeal(
  parts: ForeignSealParts,
  actor: Actor,
  order: ForeignSealOrder,
  alongside: (tx: Writer, sealId: string) => Promise<void>,
): Promise<string> {
  const checked = await checkForeignSeal(parts, order);
  const { seal, credential, picture, type, validUntil } = checked;
  const { id: code, property } = seal.information;
  const id = newIdentifier('seal', parts.random);
  const chain = credential.chain.length > 1 ? credential.chain.slice(0, -1) : credential.chain;
  const serial = credential.serial ?? '';
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    const entered = await insertIntendedSeal(tx, {
      id,
      code,
      name: property.name,
      type,
      department: order.department,
      departmentName: order.departmentName,
      picture,
      validFrom: property.validStart,
      validUntil,
      createdAt: at,
      createdBy: actor.id,
      keepers: [...new Set(order.keepers)],
      origin: 'foreign',
      foreignCredential: credential.id,
      replaces: null,
      approvalsNeeded: order.approvalsNeeded,
    });
    if (!entered) throw new SigningError('seal-input-invalid', 'The seal code is in use.');
    const made = {
      keyId: credential.keyId,
      certificateSerial: serial,
      chain,
      validFrom: property.validStart,
      validUntil,
    };
    await completeSeal(tx, id, { ...made, by: actor.id, at });
    await insertEdition(tx, {
      sealId: id,
      edition: 1,
      ...made,
      object: {
        eseal: order.eseal,
        digest: labelledDigest('sm3', order.eseal),
        makerSerial: parseCertificate(seal.makerCertificate).serialHex,
        keyId: credential.keyId,
        serial,
        chain,
      },
      madeAt: at,
    });
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'seal.taken-in',
      subject: id,
      details: { code, department: order.department, credential: credential.id, certificate: serial },
    });
    await alongside(tx, id);
  });
  return id;
}

function readSeal(eseal: Uint8Array): SealObjectRead {
  try {
    return parseSeal(eseal);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new SigningError('foreign-seal-refused', `The seal cannot be read: ${cause.message}`, { cause });
  }
}

function refused(message: string): SigningError {
  return new SigningError('foreign-seal-refused', message);
}
