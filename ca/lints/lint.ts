// The shape of one lint, and what lints ask of a certificate again and again.
import { sameBytes } from '../../formats/bytes.ts';
import type { Certificate } from '../../formats/x509/certificate.ts';
import type { NameAttribute } from '../../formats/x509/name.ts';
import type { Profile } from '../profile.ts';
import { rawFields, type RawFields } from './raw-fields.ts';

/** What a lint looks at. */
export interface LintSubject {
  readonly certificate: Certificate;
  readonly profile: Profile;
  /** The signer's certificate; the certificate itself for a root. */
  readonly issuer: Certificate;
  /** Of the signer: its name, lists and addresses stand in what it signs. */
  readonly authority: { readonly name: string; readonly shards: number; readonly publicUrl: string };
}

/** The same, with what many lints ask for, found once. */
export interface LintView extends LintSubject {
  /** Attributes of the subject, in order. */
  readonly attributes: readonly NameAttribute[];
  readonly raw: RawFields;
}

export function viewOf(subject: LintSubject): LintView {
  const { certificate } = subject;
  return { ...subject, attributes: certificate.subject.rdns.flat(), raw: rawFields(certificate) };
}

export interface Lint {
  readonly id: string;
  readonly citation: string;
  readonly applies: (subject: LintView) => boolean;
  /** True where the certificate is as it must be. */
  readonly check: (subject: LintView) => boolean;
}

export const always = (): boolean => true;
export const isRoot = ({ profile }: LintSubject): boolean => profile.name === 'root';
export const notRoot = (subject: LintSubject): boolean => !isRoot(subject);

export function stands({ certificate }: LintSubject, oid: string): boolean {
  return certificate.extensions.has(oid);
}

/** Where an extension stands, it is critical or not as wanted; whether it may stand at all is another lint's question. */
export function criticality(id: string, oid: string, wanted: boolean, citation: string): Lint {
  return {
    id,
    citation,
    applies: (subject) => stands(subject, oid),
    check: ({ certificate }) => certificate.extensions.get(oid)?.critical === wanted,
  };
}

/** Where an extension stands, its value is these very bytes: the one DER form of what it says. */
export function encoding(
  id: string,
  oid: string,
  write: (certificate: Certificate) => Uint8Array | null,
  citation: string,
): Lint {
  return {
    id,
    citation,
    applies: (subject) => stands(subject, oid),
    check: ({ certificate }) => {
      const written = write(certificate);
      const found = certificate.extensions.get(oid);
      return written !== null && found !== undefined && sameBytes(found.value, written);
    },
  };
}

const written = new Map<string, Uint8Array>();

/** What `write` makes of the texts, made once: few addresses and policies stand in very many certificates. */
export function writtenOnce(kind: string, texts: readonly string[], write: () => Uint8Array): Uint8Array {
  const name = `${kind}\n${texts.join('\n')}`;
  const known = written.get(name);
  if (known !== undefined) return known;
  const made = write();
  if (written.size >= 1024) written.clear();
  written.set(name, made);
  return made;
}

export function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && b.every((item) => a.includes(item));
}

/** Attributes of the subject, in order. */
export function attributesOf({ attributes }: LintView): readonly NameAttribute[] {
  return attributes;
}

/** Value of a subject attribute, null where it is absent. */
export function attributeOf({ attributes }: LintView, type: string): string | null {
  return attributes.find((attribute) => attribute.type === type)?.value ?? null;
}
