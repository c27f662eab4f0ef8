// Archive time-stamps put on CMS signatures by hand, so that each can cover too little, too much or something else.
import { createHash } from 'node:crypto';
import { joinBytes } from '../../formats/bytes.ts';
import { encodeArchiveTimeStamp, encodeAtsHashIndexV3 } from '../../formats/cms/ats-hash-index.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { TAG, readDer } from '../../formats/x509/der.ts';
import { explicit, oid, sequence, setOf, tagged } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { TestPki } from './pki.ts';
import { makeToken } from './signed-pdf.ts';
import type { TokenOptions } from './signed-pdf.ts';

const limits = { maxBytes: 1 << 24, maxDepth: 40, setOrder: 'any' } as const;

/** What a SignedData of one signer is made of; each list may be changed and put together again. */
export interface CmsParts {
  /** Everything before the certificates, as it stands. */
  readonly head: readonly Uint8Array[];
  readonly certificates: readonly Uint8Array[];
  /** RevocationInfoChoice each. */
  readonly revocation: readonly Uint8Array[];
  /** Version to signature of the signer. */
  readonly signer: Uint8Array;
  /** Attribute each. */
  readonly unsigned: readonly Uint8Array[];
}

export function partsOf(cms: Uint8Array): CmsParts {
  const { certificateSet, revocationSet, signerInfos } = parseSignedData(cms);
  const head = readDer(cms, limits, 'cms-malformed', (top) =>
    top.sequence((info) => {
      info.skip();
      return info.inside(0xa0, (inner) =>
        inner.sequence((fields) => {
          const found = [0, 1, 2].map(() => fields.element().bytes);
          while (fields.peek() !== null) fields.skip();
          return found;
        }),
      );
    }),
  );
  return {
    head,
    certificates: certificateSet,
    revocation: revocationSet.map(({ der }) => der),
    signer: signerInfos[0]?.signedFields ?? new Uint8Array(),
    unsigned: (signerInfos[0]?.unsignedAttributes ?? []).map(({ der }) => der),
  };
}

/** Puts the parts together again, in the order given. */
export function assemble({ head, certificates, revocation, signer, unsigned }: CmsParts): Uint8Array {
  const set = (tag: number, members: readonly Uint8Array[]): readonly Uint8Array[] =>
    members.length === 0 ? [] : [tagged(tag, joinBytes([...members]))];
  const signerInfo = tagged(TAG.sequence, joinBytes([signer, ...set(0xa1, unsigned)]));
  return sequence(
    oid(OID.signedData),
    explicit(0, sequence(...head, ...set(0xa0, certificates), ...set(0xa1, revocation), setOf([signerInfo]))),
  );
}

/** One attribute with the given values, in their order. */
export function attributeOf(type: string, ...values: readonly Uint8Array[]): Uint8Array {
  return sequence(oid(type), tagged(TAG.set, joinBytes([...values])));
}

/** OCSP response as other revocation information (RFC 5940). */
export function ocspMember(response: Uint8Array): Uint8Array {
  return tagged(0xa1, joinBytes([oid(OID.ocspRevocationInfo), response]));
}

type Algorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface ArchiveOptions {
  readonly genTime?: Date;
  readonly authority?: TokenOptions['authority'];
  readonly algorithm?: Algorithm;
  /** Of the index, where it is another than the time-stamp's. */
  readonly indexAlgorithm?: Algorithm;
  /** What the index names, where that is not what is there. */
  readonly indexed?: (right: CmsParts) => CmsParts;
  /** Last word on the three lists of hashes. */
  readonly hashes?: (lists: readonly Uint8Array[][]) => readonly (readonly Uint8Array[])[];
  /** Index of ETSI TS 101 733, which hashes whole attributes; its algorithm is left out. */
  readonly older?: boolean;
  /** The unsigned attributes of the token, where they are not the index alone. */
  readonly beside?: (index: Uint8Array) => readonly Uint8Array[];
  /** Last word on what the time-stamp is over. */
  readonly over?: (right: readonly Uint8Array[]) => readonly Uint8Array[];
  readonly breakSignature?: boolean;
}

/** Each value of each attribute with the attribute's type, as EN 319 122-1 has it hashed. */
function attributeValues(attributes: readonly Uint8Array[]): readonly Uint8Array[] {
  return attributes.flatMap((attribute) =>
    readDer(attribute, limits, 'cms-malformed', (top) =>
      top.sequence((fields) => {
        const type = fields.element().bytes;
        return fields.inside(TAG.set, (set) =>
          set.every((value) => joinBytes([type, value.element().bytes])),
        );
      }),
    ),
  );
}

/** The token of an archive time-stamp over a signature as it is now. @param content what was signed */
export function archiveToken(
  pki: TestPki,
  cms: Uint8Array,
  content: Uint8Array,
  options: ArchiveOptions = {},
): Uint8Array {
  const algorithm = options.algorithm ?? 'sha256';
  const by = options.indexAlgorithm ?? algorithm;
  const digest = (name: string, bytes: Uint8Array): Uint8Array =>
    new Uint8Array(createHash(name).update(bytes).digest());
  const right = partsOf(cms);
  const named = options.indexed?.(right) ?? right;
  const older = options.older === true;
  const lists = [
    named.certificates,
    named.revocation,
    older ? named.unsigned : attributeValues(named.unsigned),
  ].map((list) => list.map((bytes) => digest(by, bytes)));
  const [certificates = [], revocation = [], unsignedAttributes = []] = options.hashes?.(lists) ?? lists;
  const full = encodeAtsHashIndexV3({ algorithm: by, certificates, revocation, unsignedAttributes });
  const index = older ? withoutAlgorithm(full) : full;
  const type = older ? OID.atsHashIndex : OID.atsHashIndexV3;
  const { eContentType } = parseSignedData(cms);
  const pieces = [oid(eContentType), digest(algorithm, content), right.signer, index];
  const imprint = digest(algorithm, joinBytes([...(options.over?.(pieces) ?? pieces)]));
  const token = makeToken(pki, new Uint8Array(), {
    imprint,
    ...(algorithm === 'sha256' ? {} : { imprintAlgorithm: algorithm }),
    ...(options.genTime === undefined ? {} : { genTime: options.genTime }),
    ...(options.authority === undefined ? {} : { authority: options.authority }),
    ...(options.breakSignature === undefined ? {} : { breakSignature: options.breakSignature }),
  });
  return assemble({
    ...partsOf(token),
    unsigned: options.beside?.(index) ?? [attributeOf(type, index)],
  });
}

function withoutAlgorithm(index: Uint8Array): Uint8Array {
  return readDer(index, limits, 'cms-malformed', (top) =>
    top.sequence((fields) => {
      fields.skip();
      return sequence(...fields.every((each) => each.element().bytes));
    }),
  );
}

/** The signature with an archive time-stamp over all of it. */
export function archived(
  pki: TestPki,
  cms: Uint8Array,
  content: Uint8Array,
  options: ArchiveOptions = {},
): Uint8Array {
  const parts = partsOf(cms);
  const attribute = encodeArchiveTimeStamp(archiveToken(pki, cms, content, options));
  return assemble({ ...parts, unsigned: [...parts.unsigned, attribute] });
}
