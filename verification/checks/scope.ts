// The question whether the listed authority behind a signer may vouch for his region.
import { indeterminate, passed, warned, words } from '../check.ts';
import type { Check } from '../check.ts';
import { regionOf } from '../organization.ts';
import type { PathResult } from '../path-model.ts';
import { findingOfProblem } from './path.ts';

/** @param id of the row @param pathOf the signer's path */
export function scopeCheck<Judged>(id: string, pathOf: (judged: Judged) => PathResult | null): Check<Judged> {
  return {
    id,
    question: words(
      '签发机构可否为该签名者所在区域的单位签发证书？',
      "May the authority vouch for organisations of the signer's region?",
    ),
    citation: 'ETSI TS 119 602 (scheme extensions); GB/T 2260; GB 32100',
    applies: (judged) => {
      const path = pathOf(judged);
      return path?.kind === 'valid' ? path.anchor.service !== null : path?.problem.code === 'anchor-scope';
    },
    evaluate: (judged) => {
      const path = pathOf(judged);
      if (path?.kind === 'problem') return findingOfProblem(path.problem, true);
      const [signer] = path?.path ?? [];
      const service = path?.anchor.service ?? null;
      if (signer === undefined || service === null)
        return indeterminate('NO_CERTIFICATE_CHAIN_FOUND', '没有证书。', 'There is no certificate.');
      if (service.regions === null) return passed('不限区域。', 'It may vouch for every region.');
      const regions = service.regions.join('、');
      return regionOf(service, signer.certificate) === 'within'
        ? passed(`在其区域(${regions})内。`, `It may (${service.regions.join(', ')}).`, null, 'trust-list')
        : warned(
            `该机构限于区域${regions}，而证书未写明可定位的单位。`,
            `It is limited to ${service.regions.join(', ')}, and the certificate names no organisation that could be placed.`,
            null,
            'trust-list',
          );
    },
  };
}
