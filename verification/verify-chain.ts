// One certificate, everything given with the question, one answer: whether some path from it to an anchor holds.
import type { CaseId, ChainCase } from './chain-case.ts';
import { nodeOf } from './certificate-graph.ts';
import type { CertificateNode } from './certificate-graph.ts';
import { failed, passed, warned, words } from './check.ts';
import type { Check, Finding } from './check.ts';
import { findingOfProblem, nameOfCertificate } from './checks/path.ts';
import { gatherEvidence } from './evidence.ts';
import { conclude, judge } from './judge.ts';
import { findPath } from './path.ts';
import type { PathProblemCode, PathResult } from './path-model.ts';
import { portalPolicy } from './policy.ts';
import type { Conclusion, Row, SubIndication } from './report.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import type { HistoricalAlgorithm } from './signature-work.ts';

export interface ChainDependencies {
  readonly verifier: SignatureVerifier;
  readonly now: Date;
  /** Algorithms that counted at an instant and do so no more; absent = none. */
  readonly historical?: (at: Date) => HistoricalAlgorithm | null;
}

/** The answer, as it is written. */
export interface ChainAnswer {
  readonly id: CaseId;
  readonly conclusion: Conclusion;
  readonly subIndication: SubIndication | null;
  /** Policies under which the path is valid. */
  readonly policies: readonly string[];
  readonly rows: readonly Row[];
}

interface ChainFacts {
  readonly node: CertificateNode | null;
  readonly path: PathResult | null;
  readonly asked: ChainCase['parameters'];
  /** Name of the algorithm of the past that carries the path; null where none does. */
  readonly historical: string | null;
}

/** Problems with a question of their own; all others are the path's. */
const questions = {
  names: new Set<PathProblemCode>(['name-mismatch', 'name-constraints']),
  policies: new Set<PathProblemCode>(['policies']),
  revocation: new Set<PathProblemCode>(['revoked', 'revocation-unknown']),
};

function isPathQuestion(code: PathProblemCode): boolean {
  return !Object.values(questions).some((codes) => codes.has(code));
}

/** A row that answers for some problems: it applies where one of them is met, or where the path holds. */
function answersFor(
  belongs: (code: PathProblemCode) => boolean,
  also: (facts: ChainFacts) => boolean,
  good: (facts: ChainFacts) => Finding,
): Pick<Check<ChainFacts>, 'applies' | 'evaluate'> {
  return {
    applies: (facts) =>
      facts.path?.kind === 'problem'
        ? belongs(facts.path.problem.code)
        : facts.path?.kind === 'valid' && also(facts),
    evaluate: (facts) =>
      facts.path?.kind === 'problem' ? findingOfProblem(facts.path.problem, true) : good(facts),
  };
}

function statusFinding({ path }: ChainFacts): Finding {
  const statuses = path?.kind === 'valid' ? path.statuses : [];
  const unknown = statuses.filter((status) => status.kind === 'unknown').length;
  if (unknown > 0) {
    return warned(
      `有${unknown}个证书的吊销状态未知。`,
      `The status of ${unknown} of the certificates is unknown.`,
    );
  }
  const times = statuses.flatMap((status) => (status.kind === 'good' ? [status.thisUpdate.getTime()] : []));
  const oldest = times.length === 0 ? null : new Date(Math.min(...times));
  return passed('证书链上无证书被吊销。', 'No certificate of the path is revoked.', oldest);
}

const checks: readonly Check<ChainFacts>[] = [
  {
    id: 'chain.format',
    question: words('是否为完整的证书？', 'Is it a complete certificate?'),
    citation: 'RFC 5280 4.1',
    applies: () => true,
    evaluate: ({ node }) =>
      node === null
        ? failed('FORMAT_FAILURE', '不是完整的证书。', 'It is not a complete certificate.')
        : passed(nameOfCertificate(node.certificate), nameOfCertificate(node.certificate)),
  },
  {
    id: 'chain.path',
    question: words('是否有一条成立的证书链通向信任锚？', 'Does a path to a trust anchor hold?'),
    citation: 'RFC 5280 6.1; ETSI EN 319 102-1 5.2.6',
    ...answersFor(
      isPathQuestion,
      () => true,
      ({ path }) => {
        const length = path?.kind === 'valid' ? path.path.length : 0;
        return passed(`证书链成立，共${length}个证书。`, `A path of ${length} certificates holds.`);
      },
    ),
  },
  {
    id: 'chain.names',
    question: words('证书的名称是否符合所问及限制？', 'Are its names those asked for and allowed?'),
    citation: 'RFC 5280 4.2.1.10; RFC 9525 6',
    ...answersFor(
      (code) => questions.names.has(code),
      ({ asked }) => (asked.peerNames ?? []).length > 0,
      () => passed('名称相符。', 'It stands for the names asked for.'),
    ),
  },
  {
    id: 'chain.policies',
    question: words('证书策略是否允许？', 'Do the certificate policies allow the path?'),
    citation: 'RFC 5280 6.1; RFC 9618 5',
    ...answersFor(
      (code) => questions.policies.has(code),
      () => true,
      () => passed('证书策略允许。', 'The certificate policies allow the path.'),
    ),
  },
  {
    id: 'chain.revocation',
    question: words('证书链上的证书是否被吊销？', 'Is a certificate of the path revoked?'),
    citation: 'RFC 5280 6.3; RFC 6960 3.2',
    ...answersFor(
      (code) => questions.revocation.has(code),
      ({ asked }) => asked.revocation !== 'ignored',
      statusFinding,
    ),
  },
  {
    id: 'chain.algorithms',
    question: words('所用算法今天是否仍可接受？', 'Are the algorithms still accepted today?'),
    citation: 'NIST SP 800-131A',
    applies: ({ path, historical }) => path?.kind === 'valid' && historical !== null,
    evaluate: ({ historical }) =>
      warned(
        `证书链使用了当时可接受、今已淘汰的算法${historical ?? ''}。`,
        `The path relies on ${historical ?? ''}, accepted at that time and refused today.`,
      ),
  },
];

function historicalIn(path: PathResult | null, algorithm: HistoricalAlgorithm | null): string | null {
  if (algorithm === null || path?.kind !== 'valid') return null;
  const used = path.path.some(
    ({ certificate }) =>
      certificate.signatureAlgorithm.oid === algorithm.signature ||
      certificate.subjectPublicKeyInfo.algorithm.oid === algorithm.key,
  );
  return used ? algorithm.name : null;
}

/** Judges one case. A pure function of the case, the time and the verifier; total for whatever the bytes are. */
export async function verifyChain(asked: ChainCase, dependencies: ChainDependencies): Promise<ChainAnswer> {
  const { verifier } = dependencies;
  const at = asked.at ?? dependencies.now;
  const historical = dependencies.historical?.(at) ?? null;
  const { graph, revocation } = await gatherEvidence({
    verifier,
    anchors: asked.anchors.map((certificate) => ({
      certificate,
      service: null,
      qualification: 'unconfirmed' as const,
    })),
    certificates: [asked.leaf, ...asked.untrusted],
    crls: asked.crls,
    ocsps: asked.ocsps,
    source: null,
    historical,
  });
  const node = await nodeOf(asked.leaf, graph, verifier);
  // Everything is judged as if at the instant: nothing from after it counts.
  const time = { at, now: at, skewSeconds: 0, freshnessSeconds: portalPolicy.freshnessSeconds };
  const path = node === null ? null : findPath(node, graph, revocation, { ...asked.parameters, time });
  const facts: ChainFacts = {
    node,
    path,
    asked: asked.parameters,
    historical: historicalIn(path, historical),
  };
  const rows = judge(checks, facts, portalPolicy, at);
  const { conclusion, subIndication } = conclude(rows);
  const policies = path?.kind === 'valid' ? path.policies : [];
  return { id: asked.id, conclusion, subIndication, policies, rows };
}
