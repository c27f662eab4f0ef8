// What is asked of one certificate in a path, and of a path as a whole (RFC 5280 sections 6.1.3 to 6.1.5).
import type { Certificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import { PRIVATE_OID } from '../formats/x509/private-oid.ts';
import type { CertificateNode, TrustAnchor } from './certificate-graph.ts';
import { brokenRule, followsWebProfile } from './conformity.ts';
import type { Position } from './conformity-rule.ts';
import { nameConstraintsOf, namesObey } from './name-constraints.ts';
import type { NameBudget } from './name-constraints.ts';
import { nameKey } from './names.ts';
import { vouchesFor } from './organization.ts';
import type { PathParameters, PathProblem, PathProblemCode, PathPurpose } from './path-model.ts';
import { anyPolicyInputs, policiesOf } from './policies.ts';
import type { PolicyBudget } from './policies.ts';
import { standsFor } from './server-name.ts';
import { stateAt } from './trust-list.ts';
import type { ServiceType } from './trust-list.ts';

const understood: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.nameConstraints,
  OID.certificatePolicies,
  OID.policyMappings,
  OID.policyConstraints,
  OID.inhibitAnyPolicy,
  OID.subjectAltName,
  OID.crlDistributionPoints,
]);

const anyExtendedKeyUsage = '2.5.29.37.0';

/** Usages of which one is enough for a purpose; anyExtendedKeyUsage allows every one of a CA, and of documents and connections. */
const usagesOf: Record<PathPurpose, readonly string[] | null> = {
  // RFC 9336, and what was used for documents before it: e-mail protection, Microsoft's and Adobe's document signing; and
  // whoever signs receipts of verification (核验回执) signs the report behind one.
  signature: [
    OID.documentSigning,
    '1.3.6.1.5.5.7.3.4',
    '1.3.6.1.4.1.311.10.3.12',
    '1.2.840.113583.1.1.5',
    PRIVATE_OID.receiptSigning,
  ],
  timestamp: [OID.timeStamping],
  server: [OID.serverAuth],
  client: [OID.clientAuth],
  any: null,
};

const anchorTypes: Record<PathPurpose, readonly ServiceType[]> = {
  signature: ['ca', 'seal-ca'],
  timestamp: ['ca', 'timestamp'],
  server: ['ca'],
  client: ['ca'],
  any: ['ca', 'seal-ca', 'timestamp'],
};

function isSelfIssued(certificate: Certificate): boolean {
  return nameKey(certificate.subject) === nameKey(certificate.issuer);
}

/** Why the anchor does not stand for the purpose at the instant, or not for this signer; null where it does. */
export function anchorProblem(
  { service }: TrustAnchor,
  leaf: Certificate,
  { purpose, time }: PathParameters,
): PathProblemCode | null {
  if (service === null) return null;
  const granted = stateAt(service, time.at)?.status === 'granted';
  if (!anchorTypes[purpose].includes(service.type) || !granted) return 'anchor-not-trusted';
  return purpose !== 'signature' || vouchesFor(service, leaf) ? null : 'anchor-scope';
}

function usageAllowed(
  certificate: Certificate,
  { purpose, extendedKeyUsages = [] }: PathParameters,
): boolean {
  const usages = certificate.extendedKeyUsage;
  if (usages === null || usages.includes(anyExtendedKeyUsage)) return true;
  const wanted = usagesOf[purpose];
  return (
    (wanted === null || usages.some((usage) => wanted.includes(usage))) &&
    extendedKeyUsages.every((usage) => usages.includes(usage))
  );
}

function endEntityProblem(certificate: Certificate, parameters: PathParameters): PathProblemCode | null {
  const { purpose, keyUsages = [], peerNames = [] } = parameters;
  const { keyUsage, extendedKeyUsage: extended } = certificate;
  if (keyUsage !== null && keyUsages.some((usage) => !keyUsage.has(usage))) return 'key-usage';
  const signs = purpose === 'signature' || purpose === 'timestamp';
  if (signs && keyUsage !== null && !keyUsage.has('digitalSignature') && !keyUsage.has('nonRepudiation'))
    return 'key-usage';
  if (purpose === 'timestamp') {
    // RFC 3161 section 2.3: this usage alone, and critical.
    const critical = certificate.extensions.get(OID.extendedKeyUsage)?.critical === true;
    if (!critical || extended?.length !== 1 || extended[0] !== OID.timeStamping) return 'extended-key-usage';
  }
  if (!usageAllowed(certificate, parameters)) return 'extended-key-usage';
  return peerNames.every((name) => standsFor(certificate, name)) ? null : 'name-mismatch';
}

function authorityProblem(certificate: Certificate): PathProblemCode | null {
  if (certificate.version !== 3 || certificate.basicConstraints?.ca !== true) return 'not-a-ca';
  // RFC 5280 section 6.1.4 (n).
  return certificate.keyUsage?.has('keyCertSign') === false ? 'key-usage' : null;
}

/** What is wrong with one certificate wherever a path holds it, as end entity (`depth` 0) or as CA. */
export function ownProblem(
  node: CertificateNode,
  depth: number,
  parameters: PathParameters,
): PathProblemCode | null {
  const { certificate } = node;
  const { at } = parameters.time;
  if (at.getTime() < certificate.notBefore.getTime()) return 'not-yet-valid';
  // RFC 5280 section 4.1.2.5: the last second belongs to the certificate.
  if (at.getTime() >= certificate.notAfter.getTime() + 1000) return 'expired';
  const critical = [...certificate.extensions.values()].filter((extension) => extension.critical);
  if (critical.some(({ oid }) => !understood.has(oid))) return 'unknown-critical-extension';
  if (depth === 0) return endEntityProblem(certificate, parameters);
  // An anchor of version 1 has no extensions to say that it is a CA; the list says it.
  if (node.anchors.length > 0 && certificate.version === 1) return null;
  return (
    authorityProblem(certificate) ?? (usageAllowed(certificate, parameters) ? null : 'extended-key-usage')
  );
}

/** Names compared with subtrees of name constraints, and policies walked over, in one search. */
const budgets = { names: 1 << 18, policies: 1 << 20 };

/** What one search has found before, and may still spend: names and policies cost much and come on many paths. */
export class PathAnswers {
  readonly policyBudget: PolicyBudget = { left: budgets.policies };
  readonly #budget: NameBudget = { left: budgets.names };
  readonly #known = new Map<Certificate, Map<Certificate, boolean>>();

  /** Whether `subject` obeys what `authority` states; null where the budget is used up. @throws FormatError */
  obeys(subject: Certificate, authority: Certificate): boolean | null {
    const constraints = nameConstraintsOf(authority);
    if (constraints === null) return true;
    const answers = this.#known.get(authority) ?? new Map<Certificate, boolean>();
    this.#known.set(authority, answers);
    const known = answers.get(subject);
    if (known !== undefined) return known;
    const answer = namesObey(subject, constraints, this.#budget);
    if (answer !== null) answers.set(subject, answer);
    return answer;
  }
}

function positionOf(node: CertificateNode, depth: number, length: number): Position {
  if (depth === 0) return 'leaf';
  return depth < length - 1 ? 'intermediate' : node.selfSigned ? 'root' : 'anchor';
}

type Problem = (code: PathProblemCode, depth: number, rule?: PathProblem['rule']) => PathProblem | null;

/** Lengths and names, from the end entity up. */
function structureProblem(
  path: readonly CertificateNode[],
  parameters: PathParameters,
  answers: PathAnswers,
  problem: Problem,
): PathProblem | null {
  const publicly = followsWebProfile(path.slice(1).map(({ certificate }) => certificate));
  let below = 0;
  for (const [depth, node] of path.entries()) {
    const { certificate } = node;
    const position = positionOf(node, depth, path.length);
    const broken = brokenRule(certificate, position, parameters.conformity ?? 'none', publicly);
    if (broken !== null) return problem('not-conforming', depth, broken);
    if (depth > 0) {
      const allowed = certificate.basicConstraints?.pathLength ?? null;
      if (allowed !== null && below > allowed) return problem('path-length', depth);
      if (depth < path.length - 1 && !isSelfIssued(certificate)) below += 1;
    }
    for (let under = depth - 1; under >= 0; under--) {
      const lower = path[under];
      // RFC 5280 section 6.1.3 (b): self-issued certificates are exempt unless they end the path.
      if (lower === undefined || (under > 0 && isSelfIssued(lower.certificate))) continue;
      const obeys = answers.obeys(lower.certificate, certificate);
      if (obeys !== true) return problem(obeys === null ? 'too-much-work' : 'name-constraints', under);
    }
  }
  const limit = parameters.maxIntermediates ?? null;
  return limit !== null && below > limit ? problem('chain-depth', 0) : null;
}

/** Rules that need the whole path, end entity first; without a problem, the policies it is valid under. @throws FormatError */
export function judgePath(
  path: readonly CertificateNode[],
  parameters: PathParameters,
  answers: PathAnswers,
): { readonly problem: PathProblem | null; readonly policies: readonly string[] } {
  const problem: Problem = (code, depth, rule) => {
    const certificate = path[depth]?.certificate;
    return certificate === undefined
      ? null
      : { code, certificate, depth, ...(rule === undefined ? {} : { rule }) };
  };
  const structure = structureProblem(path, parameters, answers, problem);
  if (structure !== null) return { problem: structure, policies: [] };
  const belowAnchor = path
    .slice(0, -1)
    .toReversed()
    .map((node) => node.certificate);
  const policies = policiesOf(belowAnchor, parameters.policies ?? anyPolicyInputs, answers.policyBudget);
  return policies === null || policies === 'too-much-work'
    ? { problem: problem(policies ?? 'policies', 0), policies: [] }
    : { problem: null, policies: [...policies].sort() };
}
