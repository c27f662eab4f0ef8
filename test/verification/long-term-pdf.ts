// Validation data and document time-stamps put on signed PDFs by hand, so that each can be left out or spoilt alone.
import { createHash } from 'node:crypto';
import { toHex } from '../../formats/bytes.ts';
import { listsOf } from './pki.ts';
import type { TestPki } from './pki.ts';
import { append, baseObjects, cmsIn, fillContents, latin1, makeToken, sizeOf, textOf } from './signed-pdf.ts';
import type { TokenOptions } from './signed-pdf.ts';

/** The entries of the newest catalogue, as text. */
export function catalogueOf(pdf: Uint8Array): string {
  return [...textOf(pdf).matchAll(/1 0 obj\n<< (\/Type \/Catalog[^\n]*) >>\nendobj/g)].at(-1)?.[1] ?? '';
}

export interface StoredData {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocsps?: readonly Uint8Array[];
}

/** Everything that the paths of signer and time-stamping authority need. */
export function fullData(pki: TestPki): StoredData {
  return {
    certificates: [pki.signer, pki.sealCa, pki.root, pki.tsa, pki.tsaCa].map((party) => party.certificate),
    crls: listsOf(pki),
  };
}

function streamOf(bytes: Uint8Array): string {
  return `<< /Length ${bytes.length} >>\nstream\n${textOf(bytes)}\nendstream`;
}

/** Adds a document security store by an update of its own; `vri` puts the data under the signature's key alone. */
export function addStore(pdf: Uint8Array, data: StoredData, vri = false): Uint8Array {
  const first = sizeOf(pdf);
  const objects: Record<number, string> = {};
  let next = first + 1;
  const references = (items: readonly Uint8Array[]): string =>
    `[${items
      .map((item) => {
        objects[next] = streamOf(item);
        return `${next++} 0 R`;
      })
      .join(' ')}]`;
  const lists = [references(data.certificates), references(data.crls), references(data.ocsps ?? [])];
  const key = toHex(new Uint8Array(createHash('sha1').update(cmsIn(pdf)).digest())).toUpperCase();
  objects[first] = vri
    ? `<< /Type /DSS /VRI << /${key} << /Cert ${lists[0] ?? ''} /CRL ${lists[1] ?? ''} /OCSP ${lists[2] ?? ''} >> >> >>`
    : `<< /Type /DSS /Certs ${lists[0] ?? ''} /CRLs ${lists[1] ?? ''} /OCSPs ${lists[2] ?? ''} >>`;
  objects[1] = `<< ${catalogueOf(pdf).replace(/ \/DSS \d+ 0 R/, '')} /DSS ${first} 0 R >>`;
  return append(pdf, objects, next);
}

const capacity = 6000;
const gap = '<'.padEnd(capacity * 2 + 1, '0') + '>';
const hole = '[0 /00000000 /00000000 /00000000]';

/** Adds a document time-stamp over the whole file by an update of its own. */
export function addDocumentTimeStamp(
  pki: TestPki,
  pdf: Uint8Array,
  token: TokenOptions = {},
  subFilter = 'ETSI.RFC3161',
  value: ((digest: Uint8Array) => Uint8Array) | null = null,
): Uint8Array {
  const [field, dictionary] = [sizeOf(pdf), sizeOf(pdf) + 1];
  const annotations = [...textOf(pdf).matchAll(/\/Annots \[([^\]]*)\]/g)].at(-1)?.[1] ?? '';
  const open = textOf(
    append(
      pdf,
      {
        1: `<< ${catalogueOf(pdf).replace(/\/Fields \[([^\]]*)\]/, `/Fields [$1 ${field} 0 R]`)} >>`,
        3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [${annotations} ${field} 0 R] >>`,
        [field]: `<< /Type /Annot /Subtype /Widget /FT /Sig /T (Stamp${field}) /V ${dictionary} 0 R /F 132 /Rect [0 0 0 0] /P 3 0 R >>`,
        [dictionary]: `<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /${subFilter} /ByteRange ${hole} /Contents ${gap} >>`,
      },
      dictionary + 1,
    ),
  );
  const start = open.lastIndexOf(gap);
  const range = [0, start, start + gap.length, open.length - start - gap.length];
  const at = open.lastIndexOf(hole);
  const ranged = latin1(
    open.slice(0, at) + `[${range.join(' ')}]`.padEnd(hole.length) + open.slice(at + hole.length),
  );
  const make = (digest: Uint8Array): Uint8Array =>
    makeToken(pki, digest, token.over === undefined ? { imprint: digest, ...token } : token);
  return fillContents(ranged, value ?? make, range);
}
