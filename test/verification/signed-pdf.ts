// Small PDFs signed by hand, byte by byte, so that every rule can be broken on its own.
import { encodeSignatureTimeStamp, encodeSignedAttributes } from '../../formats/cms/attributes.ts';
import { encodeSignedData, parseSignedData } from '../../formats/cms/signed-data.ts';
import { encodeTstInfo } from '../../formats/cms/timestamp.ts';
import { encodeDigestAlgorithm } from '../../formats/x509/algorithm.ts';
import { octetString, sequence } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { joinBytes, toHex } from '../../formats/bytes.ts';
import { now, sha256, signWith } from './pki.ts';
import type { Party, TestPki } from './pki.ts';

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** An object body by its number. */
export type Objects = Readonly<Record<number, string>>;

function section(objects: Objects, offset: number, trailer: string): string {
  let body = '';
  const places = new Map<number, number>();
  for (const [number, content] of Object.entries(objects)) {
    places.set(Number(number), offset + body.length);
    body += `${number} 0 obj\n${content}\nendobj\n`;
  }
  const start = offset + body.length;
  let table = 'xref\n0 1\n0000000000 65535 f \n';
  for (const [number, place] of places) table += `${number} 1\n${String(place).padStart(10, '0')} 00000 n \n`;
  return `${body}${table}trailer\n${trailer}\nstartxref\n${start}\n%%EOF\n`;
}

const pageText = 'BT /F1 12 Tf 72 700 Td (Approved: license 0001 for Alice) Tj ET';

export const baseObjects: Objects = {
  1: '<< /Type /Catalog /Pages 2 0 R >>',
  2: '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
  3: '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
  4: `<< /Length ${pageText.length} >>\nstream\n${pageText}\nendstream`,
  5: '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  6: '<< /Title (Decision) >>',
};

/** A one-page PDF, unsigned. */
export function unsignedPdf(objects: Objects = baseObjects): Uint8Array {
  const header = '%PDF-1.7\n';
  return latin1(header + section(objects, header.length, '<< /Size 7 /Root 1 0 R /Info 6 0 R >>'));
}

/** Appends one incremental update. */
export function append(
  pdf: Uint8Array,
  objects: Objects,
  size: number,
  root = 1,
  trailerExtra = '',
): Uint8Array {
  const text = textOf(pdf);
  const previous = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(text)?.[1] ?? '0';
  const trailer = `<< /Size ${size} /Root ${root} 0 R /Info 6 0 R /Prev ${previous} ${trailerExtra} >>`;
  return latin1(text + section(objects, text.length, trailer));
}

export interface TokenOptions {
  /** What the token is over; default the signature value. */
  readonly over?: Uint8Array;
  /** Digest of what the token is over, where only that is known. */
  readonly imprint?: Uint8Array;
  /** SHA-256 where left out. */
  readonly imprintAlgorithm?: 'sm3' | 'sha1' | 'sha384' | 'sha512';
  readonly genTime?: Date;
  readonly authority?: Party;
  readonly withoutEss?: boolean;
  readonly breakSignature?: boolean;
  /** Last word on the token. */
  readonly finish?: (token: Uint8Array) => Uint8Array;
}

/** An RFC 3161 token over `value`. */
export function makeToken(pki: TestPki, value: Uint8Array, options: TokenOptions = {}): Uint8Array {
  const authority = options.authority ?? pki.tsa;
  const content = encodeTstInfo({
    policy: '1.2.3.4.1',
    messageImprint: sequence(
      encodeDigestAlgorithm(options.imprintAlgorithm ?? 'sha256'),
      octetString(options.imprint ?? sha256(options.over ?? value)),
    ),
    serialNumber: Uint8Array.of(1, 2, 3),
    genTime: options.genTime ?? now,
    accuracy: 1000,
    nonce: null,
  });
  const attributes = encodeSignedAttributes({
    contentType: OID.tstInfo,
    messageDigest: sha256(content),
    signingCertificate: {
      digestAlgorithm: 'sha256',
      certificateDigest: sha256(options.withoutEss === true ? content : authority.certificate),
    },
  });
  const signature = signWith(authority.key, options.breakSignature === true ? content : attributes);
  const token = encodeSignedData({
    digestAlgorithm: 'sha256',
    signedAttributes: attributes,
    signatureAlgorithm: 'ES256',
    signature,
    signerCertificate: authority.certificate,
    certificates: [authority.certificate, pki.tsaCa.certificate],
    eContent: { type: OID.tstInfo, content },
  });
  return options.finish?.(token) ?? token;
}

export interface SigningOptions {
  readonly signer?: Party;
  readonly certificates?: readonly Uint8Array[];
  /** Null = no time-stamp. */
  readonly token?: TokenOptions | null;
  readonly subFilter?: string;
  readonly fieldName?: string;
  readonly contentType?: string;
  readonly messageDigest?: (right: Uint8Array) => Uint8Array;
  readonly essCertificate?: Uint8Array;
  readonly signingTime?: Date;
  readonly eContent?: Uint8Array;
  /** Last word on the CMS. */
  readonly cms?: (cms: Uint8Array) => Uint8Array;
  /** Signed with this instead of the signer's key. */
  readonly wrongKey?: Party;
  /** Last word on the signature dictionary's other entries. */
  readonly dictionaryExtra?: string;
  /** Last word on the four numbers, before anything is hashed. */
  readonly byteRange?: (right: readonly number[]) => readonly number[];
  readonly certify?: 1 | 2 | 3;
  /** /Rect of the widget. */
  readonly rectangle?: string;
  /** Leaves /Type to `dictionaryExtra`. */
  readonly withoutType?: boolean;
  /** Entries the catalogue keeps. */
  readonly catalogueExtra?: string;
  /** Entries of the form beside its fields. */
  readonly formExtra?: string;
  /** Entries of the widget and of its picture. */
  readonly widgetExtra?: string;
  readonly pictureExtra?: string;
  /** Further objects of the same update, by the number of the new field. */
  readonly moreObjects?: (field: number) => Objects;
  /** Entries of the update's trailer. */
  readonly trailerExtra?: string;
  /** What a writer leaves between trailer and `startxref`. */
  readonly beforeStartxref?: string;
}

export function makeCms(pki: TestPki, digest: Uint8Array, options: SigningOptions = {}): Uint8Array {
  const signer = options.signer ?? pki.signer;
  const attributes = encodeSignedAttributes({
    contentType: options.contentType ?? OID.data,
    messageDigest: options.messageDigest?.(digest) ?? digest,
    signingCertificate: {
      digestAlgorithm: 'sha256',
      certificateDigest: sha256(options.essCertificate ?? signer.certificate),
    },
    ...(options.signingTime === undefined ? {} : { signingTime: options.signingTime }),
  });
  const signature = signWith((options.wrongKey ?? signer).key, attributes);
  const cms = encodeSignedData({
    digestAlgorithm: 'sha256',
    signedAttributes: attributes,
    signatureAlgorithm: 'ES256',
    signature,
    signerCertificate: signer.certificate,
    certificates: options.certificates ?? [signer.certificate, pki.sealCa.certificate],
    ...(options.token === null
      ? {}
      : { unsignedAttributes: [encodeSignatureTimeStamp(makeToken(pki, signature, options.token))] }),
    ...(options.eContent === undefined ? {} : { eContent: { type: OID.data, content: options.eContent } }),
  });
  return options.cms?.(cms) ?? cms;
}

const capacity = 6000;
const gap = '<'.padEnd(capacity * 2 + 1, '0') + '>';
const rangeHole = '[0 /00000000 /00000000 /00000000]';

/** How many objects a PDF's newest trailer counts. */
export function sizeOf(pdf: Uint8Array): number {
  return Number([...textOf(pdf).matchAll(/\/Size (\d+)/g)].at(-1)?.[1] ?? '0');
}

/** Signs by one incremental update with a visible field on page 1. `objects` go into the same update. */
export function signPdf(
  pki: TestPki,
  pdf: Uint8Array = unsignedPdf(),
  options: SigningOptions = {},
): Uint8Array {
  const first = sizeOf(pdf);
  const [field, value, picture] = [first, first + 1, first + 2];
  const text = textOf(pdf);
  const fields = /\/Fields \[([^\]]*)\]/g;
  const earlier = [...text.matchAll(fields)].at(-1)?.[1] ?? '';
  const annotations = [...text.matchAll(/\/Annots \[([^\]]*)\]/g)].at(-1)?.[1] ?? '';
  const certifying =
    options.certify === undefined
      ? ''
      : `/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P ${options.certify} /V /1.2 >> >>]`;
  const permissions = [...text.matchAll(/\/Perms << \/DocMDP (\d+) 0 R >>/g)].at(-1)?.[1];
  const perms =
    options.certify === undefined
      ? permissions === undefined
        ? ''
        : `/Perms << /DocMDP ${permissions} 0 R >>`
      : `/Perms << /DocMDP ${value} 0 R >>`;
  const form = 'q 1 0 0 RG 3 w 10 10 100 100 re S Q';
  const objects: Objects = {
    1: `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${earlier} ${field} 0 R] /SigFlags 3 ${options.formExtra ?? ''} >> ${perms} ${options.catalogueExtra ?? ''} >>`,
    3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [${annotations} ${field} 0 R] >>`,
    [field]: `<< /Type /Annot /Subtype /Widget /FT /Sig /T (${options.fieldName ?? `Seal${field}`}) /V ${value} 0 R /F 132 /Rect ${options.rectangle ?? '[400 100 519 219]'} /P 3 0 R /AP << /N ${picture} 0 R >> ${options.widgetExtra ?? ''} >>`,
    [value]: `<< ${options.withoutType === true ? '' : '/Type /Sig'} /Filter /Adobe.PPKLite /SubFilter /${options.subFilter ?? 'ETSI.CAdES.detached'} /M (D:20261122050000Z) /Reason (Test) ${certifying} ${options.dictionaryExtra ?? ''} /ByteRange ${rangeHole} /Contents ${gap} >>`,
    [picture]: `<< /Type /XObject /Subtype /Form /BBox [0 0 119 119] ${options.pictureExtra ?? ''} /Length ${form.length} >>\nstream\n${form}\nendstream`,
    ...options.moreObjects?.(field),
  };
  const size = Math.max(picture, ...Object.keys(objects).map(Number)) + 1;
  const plain = textOf(append(pdf, objects, size, 1, options.trailerExtra));
  const last = plain.lastIndexOf('startxref');
  const open = plain.slice(0, last) + (options.beforeStartxref ?? '') + plain.slice(last);
  const start = open.lastIndexOf(gap);
  const right = [0, start, start + gap.length, open.length - start - gap.length];
  const written = options.byteRange?.(right) ?? right;
  const range = `[${written.join(' ')}]`.padEnd(rangeHole.length);
  const at = open.lastIndexOf(rangeHole);
  const ranged = latin1(open.slice(0, at) + range + open.slice(at + rangeHole.length));
  return fillContents(ranged, (digest) => makeCms(pki, digest, options), written);
}

/** Puts a CMS over the given ranges into the last open gap. */
export function fillContents(
  pdf: Uint8Array,
  make: (digest: Uint8Array) => Uint8Array,
  range: readonly number[],
): Uint8Array {
  const [a = 0, b = 0, c = 0, d = 0] = range;
  const digest = sha256(joinBytes([pdf.subarray(a, a + b), pdf.subarray(c, c + d)]));
  const hex = toHex(make(digest));
  const text = textOf(pdf);
  const at = text.lastIndexOf(gap) + 1;
  return latin1(text.slice(0, at) + hex + text.slice(at + hex.length));
}

/** The CMS inside the last signature of a PDF. */
export function cmsIn(pdf: Uint8Array): Uint8Array {
  const hex = [...textOf(pdf).matchAll(/\/Contents <([0-9a-f]+)>/g)].at(-1)?.[1] ?? '';
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  const length = ((bytes[2] ?? 0) << 8) + (bytes[3] ?? 0) + 4;
  const cms = bytes.subarray(0, length);
  parseSignedData(cms);
  return cms;
}

/** Replaces the first occurrence of a text by another of the same length. */
export function overwrite(pdf: Uint8Array, from: string, to: string): Uint8Array {
  if (from.length !== to.length) throw new Error('An overwrite keeps the length.');
  const text = textOf(pdf);
  const at = text.indexOf(from);
  if (at < 0) throw new Error(`The PDF does not hold ${from}.`);
  return latin1(text.slice(0, at) + to + text.slice(at + from.length));
}
