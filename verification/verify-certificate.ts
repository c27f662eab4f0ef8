// Verifying a certificate by itself: does it lead to a trusted authority, is it valid and not revoked now?
import { toHex } from '../formats/bytes.ts';
import { assembleReport } from './assemble.ts';
import type { CertificateNode } from './certificate-graph.ts';
import { failed, passed, warned, words } from './check.ts';
import type { Check } from './check.ts';
import { findingOfProblem, nameOfCertificate } from './checks/path.ts';
import { trustListChecks, trustListContext } from './checks/trust-list.ts';
import { gatherEvidence } from './evidence.ts';
import { judge } from './judge.ts';
import { findPath } from './path.ts';
import type { PathResult } from './path-model.ts';
import { portalPolicy } from './policy.ts';
import type { Report } from './report.ts';
import { anchorsOf } from './anchors.ts';
import type { VerificationDependencies } from './dependencies.ts';

interface CertificateFacts {
  readonly node: CertificateNode | null;
  readonly path: PathResult | null;
}

const checks: readonly Check<CertificateFacts>[] = [
  {
    id: 'certificate.format',
    question: words('是否为完整的证书？', 'Is it a complete certificate?'),
    citation: 'RFC 5280 4.1',
    applies: () => true,
    evaluate: ({ node }) =>
      node === null
        ? failed('FORMAT_FAILURE', '不是完整的证书。', 'It is not a complete certificate.')
        : passed(nameOfCertificate(node.certificate), nameOfCertificate(node.certificate)),
  },
  {
    id: 'certificate.path',
    question: words(
      '证书是否由受信任的机构签发、有效且未被吊销？',
      'Does it lead to a trusted authority, and is it valid and not revoked?',
    ),
    citation: 'RFC 5280 6; ETSI EN 319 102-1 5.2.6',
    applies: ({ path }) => path !== null,
    evaluate: ({ path }) => {
      if (path?.kind === 'problem') return findingOfProblem(path.problem, true);
      return passed('证书链成立。', 'The path holds.');
    },
  },
  {
    id: 'certificate.revocation',
    question: words('证书是否未被吊销？', 'Are the certificates of the path not revoked?'),
    citation: 'RFC 5280 6.3; RFC 6960; ETSI EN 319 102-1 5.2.5',
    applies: ({ path }, policy) => path?.kind === 'valid' && policy.revocation !== 'ignored',
    evaluate: ({ path }) => {
      const statuses = path?.kind === 'valid' ? path.statuses : [];
      if (statuses.some(({ kind }) => kind !== 'good'))
        return warned('无法确认证书是否被吊销。', 'Whether a certificate is revoked is unknown.');
      const [own] = statuses;
      return own?.kind === 'good'
        ? passed('未被吊销。', 'They are not.', own.thisUpdate, own.source ?? null)
        : passed('证书本身即为信任锚。', 'The certificate is itself trusted.');
    },
  },
];

/** @returns a report, whatever the bytes are. */
export async function verifyCertificate(
  der: Uint8Array,
  dependencies: VerificationDependencies,
): Promise<Report> {
  const policy = dependencies.policy ?? portalPolicy;
  const { time: now, verifier, documentDigest = 'sha256' } = dependencies;
  const fingerprint = toHex(await verifier.digest('sha256', der));
  const { graph, revocation } = await gatherEvidence({
    verifier,
    anchors: anchorsOf(dependencies),
    certificates: [der, ...(dependencies.certificates ?? [])],
    crls: dependencies.crls ?? [],
    ocsps: dependencies.ocsps ?? [],
    source: dependencies.evidence ?? null,
  });
  const node = graph.nodes.get(fingerprint) ?? null;
  const path =
    node === null
      ? null
      : findPath(node, graph, revocation, {
          purpose: 'any',
          time: {
            at: now,
            now,
            skewSeconds: policy.clockSkewSeconds,
            freshnessSeconds: policy.freshnessSeconds,
          },
          revocation:
            policy.revocation === 'ignored'
              ? 'ignored'
              : policy.revocation === 'required'
                ? 'required'
                : 'preferred',
        });
  return assembleReport({
    kind: 'certificate',
    time: now,
    policy,
    document: {
      digest: `${documentDigest}:${toHex(await verifier.digest(documentDigest, der))}`,
      size: der.length,
    },
    trustList: dependencies.trustList ?? null,
    qualification: path?.kind === 'valid' ? path.anchor.qualification : 'none',
    rows: [
      ...judge(checks, { node, path }, policy, now),
      ...judge(trustListChecks, trustListContext(dependencies), policy, now),
    ],
    passedWords: words('证书有效。', 'The certificate is valid.'),
  });
}
