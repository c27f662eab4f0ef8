// The questions asked of the use of a seal that stands in a PDF: its place in the file, the use itself, the seal.
import { failed, passed, warned, words } from '../check.ts';
import type { Check } from '../check.ts';
import type { JudgedSealSignature } from '../judged-seal.ts';
import type { JudgedSignature } from '../judged-signature.ts';
import { sealChecks } from './seal.ts';
import { findingOfPart } from './seal-parts.ts';
import { sealSignatureChecks } from './seal-signature.ts';
import { signatureChecks } from './signature.ts';
import type { SignatureCheck } from './signature-kinds.ts';

/** Names that are met for seals of the commercial cryptography standards. */
const sealSubFilters: ReadonlySet<string> = new Set(['GM.SES', 'GM.SM2']);

/** A check of a part, asked of the whole where the part is there. */
function within<Part>(check: Check<Part>, part: (judged: JudgedSignature) => Part | null): SignatureCheck {
  return {
    id: check.id,
    question: check.question,
    citation: check.citation,
    applies: (judged, policy) => {
      const found = part(judged);
      return found !== null && check.applies(found, policy);
    },
    evaluate: (judged, policy, time) => {
      const found = part(judged);
      if (found === null) throw new TypeError('A check was asked of a part that is not there.');
      return check.evaluate(found, policy, time);
    },
  };
}

const useOf = ({ sealUse }: JudgedSignature): JudgedSealSignature | null => sealUse;

/** What is asked of every signature in a PDF, and of no CMS. */
const placeInFile: ReadonlySet<string> = new Set([
  'signature.coverage',
  'signature.place',
  'signature.padding',
  'signature.changes',
]);

const announced: readonly SignatureCheck[] = [
  {
    id: 'signature.type',
    question: words('签名采用受支持的格式吗？', 'Is the signature of a supported kind?'),
    citation: 'GM/T 0112-2021; ISO 32000-2 12.8.3',
    applies: () => true,
    evaluate: ({ facts }) => {
      const { subFilter } = facts.signature;
      if (subFilter === null)
        return failed('FORMAT_FAILURE', '签名字典缺损。', 'The signature dictionary is damaged.');
      return sealSubFilters.has(subFilter)
        ? passed(`电子签章(${subFilter})。`, `The use of a seal (${subFilter}).`)
        : warned(
            `内容为电子签章，但格式(SubFilter)写作${subFilter}。`,
            `It is the use of a seal, though /SubFilter says ${subFilter}.`,
          );
    },
  },
  {
    id: 'signature.seal',
    question: words('签章数据能否完整解析？', 'Can the use of the seal be read to the end?'),
    citation: 'GB/T 38540 7.1, 7.3 a)',
    applies: () => true,
    evaluate: ({ facts: { sealUse } }) =>
      sealUse !== null && 'part' in sealUse
        ? findingOfPart(sealUse, '签章', 'The use of the seal is malformed')
        : passed('可以解析。', 'It can.'),
  },
];

/** In the order in which the use is read: place in the file, the use, the seal, what was done later. */
export const pdfSealChecks: readonly SignatureCheck[] = [
  ...announced,
  ...signatureChecks.filter(({ id }) => placeInFile.has(id) && id !== 'signature.changes'),
  ...sealSignatureChecks.map((check) => within(check, useOf)),
  ...sealChecks.map((check) => within(check, (judged) => useOf(judged)?.seal ?? null)),
  ...signatureChecks.filter(({ id }) => id === 'signature.changes'),
];
