// Whether a signature and a proof of its time can be validated from what stands in the file alone, and what is lacking. Pure.
import { nameText } from '../formats/x509/name.ts';
import type { CertificateGraph, CertificateNode } from './certificate-graph.ts';
import { findPath } from './path.ts';
import type { PathParameters, PathResult } from './path-model.ts';
import type { Words } from './report.ts';
import type { RevocationEvidence } from './revocation.ts';
import { timestampParameters } from './time-evidence.ts';
import type { JudgedTimestamp, TimeContext } from './time-evidence.ts';

/** What stands in a file, or in that part of it that something protects; all named by lower-case hex SHA-256. */
export interface Held {
  certificate(digest: string): boolean;
  /** A list or an OCSP response. */
  revocation(digest: string): boolean;
  /** Where such data is kept in this kind of file. */
  readonly store: Words;
}

export interface Signer {
  readonly node: CertificateNode;
  readonly parameters: PathParameters;
}

function lackOf({ problem }: Extract<PathResult, { kind: 'problem' }>, { store }: Held): Words {
  const name = nameText(problem.certificate.subject);
  return problem.code === 'revocation-unknown'
    ? {
        zh: `${store.zh}没有证书“${name}”可用的吊销信息`,
        en: `${store.en} holds no usable revocation data about "${name}"`,
      }
    : {
        zh: `仅凭文件中的数据，证书“${name}”的证书链不成立`,
        en: `the path of "${name}" does not hold by the file alone (${problem.code})`,
      };
}

/** Why a path could not be validated from what is held alone; null where it can. */
function lackOfPath(
  { node, parameters }: Signer,
  graph: CertificateGraph,
  evidence: RevocationEvidence,
  held: Held,
): Words | null {
  const result = findPath(node, graph, evidence, { ...parameters, revocation: 'required' });
  if (result.kind === 'problem') return lackOf(result, held);
  const absent = result.path.slice(0, -1).find(({ fingerprint }) => !held.certificate(fingerprint));
  if (absent === undefined) return null;
  const name = nameText(absent.certificate.subject);
  return { zh: `文件中没有证书“${name}”`, en: `the certificate of "${name}" is not in the file` };
}

/** Why a signature and some proof of its time cannot be validated from what is held alone; null where they can. */
export function lackOfData(
  signer: Signer,
  proofs: readonly JudgedTimestamp[],
  context: TimeContext,
  held: Held,
): Words | null {
  const stood = ({ digest }: { readonly digest: string }): boolean => held.revocation(digest);
  const evidence = {
    crls: context.evidence.crls.filter(stood),
    ocsps: context.evidence.ocsps.filter(stood),
  };
  const own = lackOfPath(signer, context.graph, evidence, held);
  if (own !== null) return own;
  let first: Words | null = null;
  for (const { facts, genTime, existedBy } of proofs) {
    const authority = facts.cms.certificate;
    if (authority === null || genTime === null) continue;
    const parameters = timestampParameters(genTime, existedBy, context);
    const lack = lackOfPath({ node: authority, parameters }, context.graph, evidence, held);
    if (lack === null) return null;
    first ??= lack;
  }
  return first ?? { zh: '没有时间戳', en: 'there is no time-stamp' };
}
