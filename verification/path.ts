// Certification paths (RFC 5280 section 6): every path to an anchor is tried, within a bound; the first that holds is taken.
import { sameBytes } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import type { CertificateGraph, CertificateNode, TrustAnchor } from './certificate-graph.ts';
import { nameConstraintsOf, namesObey } from './name-constraints.ts';
import { nameKey } from './names.ts';
import { anyPolicyInputs, policiesAllow } from './policies.ts';
import type { PolicyInputs } from './policies.ts';
import { revocationStatus } from './revocation.ts';
import type { RevocationEvidence, RevocationStatus, RevocationTime } from './revocation.ts';
import { stateAt } from './trust-list.ts';
import type { ServiceType } from './trust-list.ts';

/** What the end entity's key was used for. */
type PathPurpose = 'signature' | 'timestamp' | 'any';

export interface PathParameters {
  readonly purpose: PathPurpose;
  /** For which instant the path must hold, and the time of verification. */
  readonly time: RevocationTime;
  readonly revocation: 'required' | 'preferred' | 'ignored';
  readonly policies?: PolicyInputs;
  /** Whether a revocation for any reason but an orderly end counts for all times (time-stamping keys). */
  readonly lossReachesBack?: boolean;
}

/** Why a path does not hold. */
export type PathProblemCode =
  | 'no-anchor'
  | 'anchor-not-trusted'
  | 'not-yet-valid'
  | 'expired'
  | 'refused-algorithm'
  | 'unknown-critical-extension'
  | 'malformed-extension'
  | 'not-a-ca'
  | 'key-usage'
  | 'extended-key-usage'
  | 'path-length'
  | 'name-constraints'
  | 'policies'
  | 'revoked'
  | 'revocation-unknown'
  | 'too-much-work';

export interface PathProblem {
  readonly code: PathProblemCode;
  readonly certificate: Certificate;
  /** 0 = the end entity, rising towards the anchor. */
  readonly depth: number;
  /** Set for `revoked`. */
  readonly revoked?: Extract<RevocationStatus, { kind: 'revoked' }>;
}

/** A path that holds. */
interface ValidPath {
  readonly kind: 'valid';
  /** End entity first, anchor last. */
  readonly path: readonly CertificateNode[];
  readonly anchor: TrustAnchor;
  /** Status of each certificate below the anchor, end entity first. */
  readonly statuses: readonly RevocationStatus[];
}

export type PathResult = ValidPath | { readonly kind: 'problem'; readonly problem: PathProblem };

/** Certificates looked at and paths judged, together. */
const maxSteps = 2000;
const maxDepth = 16;
/** Certificates tried as signers of a CA's lists, each with a search of its own. */
const maxListSigners = 32;

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
/** RFC 9336, and what was used for documents before it: e-mail protection, Microsoft's and Adobe's document signing. */
const documentUsages = [
  OID.documentSigning,
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.4.1.311.10.3.12',
  '1.2.840.113583.1.1.5',
  anyExtendedKeyUsage,
];

const anchorTypes: Record<PathPurpose, readonly ServiceType[]> = {
  signature: ['ca', 'seal-ca'],
  timestamp: ['ca', 'timestamp'],
  any: ['ca', 'seal-ca', 'timestamp'],
};

function isSelfIssued(certificate: Certificate): boolean {
  return nameKey(certificate.subject) === nameKey(certificate.issuer);
}

function trusted(anchor: TrustAnchor, parameters: PathParameters): boolean {
  if (anchor.service === null) return true;
  return (
    anchorTypes[parameters.purpose].includes(anchor.service.type) &&
    stateAt(anchor.service, parameters.time.at)?.status === 'granted'
  );
}

function endEntityProblem(certificate: Certificate, purpose: PathPurpose): PathProblemCode | null {
  if (purpose === 'any') return null;
  const { keyUsage, extendedKeyUsage: extended } = certificate;
  if (keyUsage !== null && !keyUsage.has('digitalSignature') && !keyUsage.has('nonRepudiation'))
    return 'key-usage';
  if (purpose === 'timestamp') {
    // RFC 3161 section 2.3: this usage alone, and critical.
    const critical = certificate.extensions.get(OID.extendedKeyUsage)?.critical === true;
    return critical && extended?.length === 1 && extended[0] === OID.timeStamping
      ? null
      : 'extended-key-usage';
  }
  return extended === null || extended.some((usage) => documentUsages.includes(usage))
    ? null
    : 'extended-key-usage';
}

function authorityProblem(certificate: Certificate): PathProblemCode | null {
  if (certificate.version !== 3 || certificate.basicConstraints?.ca !== true) return 'not-a-ca';
  // RFC 5280 section 6.1.4 (n).
  return certificate.keyUsage?.has('keyCertSign') === false ? 'key-usage' : null;
}

/** What is wrong with one certificate wherever it stands. */
function ownProblem(
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
  if (depth === 0) return endEntityProblem(certificate, parameters.purpose);
  // An anchor of version 1 has no extensions to say that it is a CA; the list says it.
  if (node.anchors.length > 0 && certificate.version === 1) return null;
  return authorityProblem(certificate);
}

function usageAllowed(certificate: Certificate, purpose: PathPurpose): boolean {
  const usages = certificate.extendedKeyUsage;
  if (usages === null || purpose === 'any' || usages.includes(anyExtendedKeyUsage)) return true;
  return purpose === 'timestamp'
    ? usages.includes(OID.timeStamping)
    : usages.some((usage) => documentUsages.includes(usage));
}

/** Rules that need the whole path: lengths, name constraints, nested usages, policies. */
function pathProblem(path: readonly CertificateNode[], parameters: PathParameters): PathProblem | null {
  const problem = (code: PathProblemCode, depth: number): PathProblem | null => {
    const certificate = path[depth]?.certificate;
    return certificate === undefined ? null : { code, certificate, depth };
  };
  let below = 0;
  for (const [depth, { certificate }] of path.entries()) {
    if (depth > 0) {
      const allowed = certificate.basicConstraints?.pathLength ?? null;
      if (allowed !== null && below > allowed) return problem('path-length', depth);
      if (!usageAllowed(certificate, parameters.purpose)) return problem('extended-key-usage', depth);
      if (!isSelfIssued(certificate)) below += 1;
    }
    const constraints = nameConstraintsOf(certificate);
    if (constraints === null) continue;
    for (let under = depth - 1; under >= 0; under--) {
      const node = path[under];
      // RFC 5280 section 6.1.3 (b): self-issued certificates are exempt unless they end the path.
      if (node === undefined || (under > 0 && isSelfIssued(node.certificate))) continue;
      if (!namesObey(node.certificate, constraints)) return problem('name-constraints', under);
    }
  }
  const belowAnchor = path
    .slice(0, -1)
    .toReversed()
    .map((node) => node.certificate);
  return policiesAllow(belowAnchor, parameters.policies ?? anyPolicyInputs) ? null : problem('policies', 0);
}

/** Reasons that say nothing against what the key did before (RFC 3161 section 4). */
const orderlyEnds: ReadonlySet<string | null> = new Set([
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
]);

/** Revoked for our purpose: before the instant, or with a key known to be lost before it (EN 319 102-1 5.2.6.4). */
function revokedAt(
  status: Extract<RevocationStatus, { kind: 'revoked' }>,
  parameters: PathParameters,
): boolean {
  if (parameters.lossReachesBack === true && !orderlyEnds.has(status.reason)) return true;
  const since = Math.min(status.at.getTime(), status.invalidityDate?.getTime() ?? Infinity);
  return since <= parameters.time.at.getTime();
}

class Search {
  readonly #evidence: RevocationEvidence;
  readonly #parameters: PathParameters;
  readonly #reaching: ReadonlySet<CertificateNode>;
  /** True inside the search for a list's signer, which looks for no further ones. */
  readonly #nested: boolean;
  readonly #listSigners = new Map<CertificateNode, boolean>();
  #steps = 0;
  #problem: PathProblem | null = null;

  constructor(
    evidence: RevocationEvidence,
    parameters: PathParameters,
    reaching: ReadonlySet<CertificateNode>,
    nested = false,
  ) {
    this.#evidence = evidence;
    this.#parameters = parameters;
    this.#reaching = reaching;
    this.#nested = nested;
  }

  get problem(): PathProblem | null {
    return this.#problem;
  }

  /** Depth-first from the end entity; `trail` ends with `node`. */
  from(trail: readonly CertificateNode[]): ValidPath | null {
    const node = trail.at(-1);
    if (node === undefined) return null;
    const depth = trail.length - 1;
    this.#steps += 1;
    if (this.#steps > maxSteps) return this.#refuse('too-much-work', node, depth);
    const own = ownProblem(node, depth, this.#parameters);
    if (own !== null) return this.#refuse(own, node, depth);
    for (const anchor of node.anchors) {
      const found = trusted(anchor, this.#parameters)
        ? this.#complete(trail, anchor)
        : this.#refuse('anchor-not-trusted', node, depth);
      if (found !== null) return found;
    }
    if (depth >= maxDepth) return null;
    for (const issuer of node.issuers) {
      if (this.#steps > maxSteps || !this.#reaching.has(issuer) || this.#repeats(trail, issuer)) continue;
      const found = this.from([...trail, issuer]);
      if (found !== null) return found;
    }
    return null;
  }

  /** RFC 4158 section 2.4.2: the same name with the same key again is a loop. */
  #repeats(trail: readonly CertificateNode[], { certificate }: CertificateNode): boolean {
    return trail.some(
      ({ certificate: earlier }) =>
        sameBytes(earlier.subject.der, certificate.subject.der) &&
        sameBytes(earlier.subjectPublicKeyInfo.der, certificate.subjectPublicKeyInfo.der),
    );
  }

  #refuse(code: PathProblemCode, { certificate }: CertificateNode, depth: number): null {
    this.#keep({ code, certificate, depth });
    return null;
  }

  /** The first problem is told, but a plain one gives way to one found on a path that reached an anchor. */
  #keep(problem: PathProblem): void {
    if (this.#problem === null || problem.code === 'too-much-work') this.#problem = problem;
  }

  #complete(path: readonly CertificateNode[], anchor: TrustAnchor): ValidPath | null {
    this.#steps += path.length;
    let problem: PathProblem | null;
    try {
      problem = pathProblem(path, this.#parameters);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const certificate = path[0]?.certificate;
      problem = certificate === undefined ? null : { code: 'malformed-extension', certificate, depth: 0 };
    }
    if (problem !== null) {
      this.#keep(problem);
      return null;
    }
    const statuses: RevocationStatus[] = [];
    // From the anchor down (RFC 5280 section 6.1.3 (a)(3)): a revoked CA's own lists are worth nothing.
    for (let depth = path.length - 2; depth >= 0; depth--) {
      const [node, issuer] = [path[depth], path[depth + 1]];
      if (node === undefined || issuer === undefined) return null;
      const status = this.#status(node, issuer, anchor);
      const { revocation } = this.#parameters;
      if (status.kind === 'revoked' && revokedAt(status, this.#parameters)) {
        this.#keep({ code: 'revoked', certificate: node.certificate, depth, revoked: status });
        return null;
      }
      if (status.kind === 'unknown' && revocation === 'required')
        return this.#refuse('revocation-unknown', node, depth);
      statuses.unshift(status);
    }
    return { kind: 'valid', path, anchor, statuses };
  }

  #status(node: CertificateNode, issuer: CertificateNode, anchor: TrustAnchor): RevocationStatus {
    if (this.#parameters.revocation === 'ignored') return { kind: 'unknown' };
    // RFC 9608: the issuer says that it will never publish a status, for lives of a few hours.
    if (node.certificate.extensions.has(OID.noRevocationAvailable)) {
      return { kind: 'good', thisUpdate: node.certificate.notBefore };
    }
    return revocationStatus(node, issuer, this.#evidence, this.#parameters.time, (signer) =>
      this.#maySignLists(signer, issuer, anchor),
    );
  }

  /** A key of the same CA by another certificate: same name, and a path of its own to the same anchor. */
  #maySignLists(signer: CertificateNode, issuer: CertificateNode, anchor: TrustAnchor): boolean {
    if (this.#nested || nameKey(signer.certificate.subject) !== nameKey(issuer.certificate.subject))
      return false;
    let allowed = this.#listSigners.get(signer);
    if (allowed === undefined) {
      if (this.#listSigners.size >= maxListSigners) return false;
      const parameters: PathParameters = { ...this.#parameters, purpose: 'any', revocation: 'preferred' };
      const search = new Search(this.#evidence, parameters, this.#reaching, true);
      const found = search.from([signer]);
      allowed = found?.anchor === anchor;
      this.#listSigners.set(signer, allowed);
    }
    return allowed;
  }
}

/** Certificates from which some anchor can be reached at all. */
function reachingAnchors(graph: CertificateGraph): ReadonlySet<CertificateNode> {
  const children = new Map<CertificateNode, CertificateNode[]>();
  for (const node of graph.nodes.values()) {
    for (const issuer of node.issuers) children.set(issuer, [...(children.get(issuer) ?? []), node]);
  }
  const reaching = new Set([...graph.nodes.values()].filter((node) => node.anchors.length > 0));
  for (const node of reaching) for (const child of children.get(node) ?? []) reaching.add(child);
  return reaching;
}

/** Finds a path from `leaf` to an anchor that holds at the given time, or says why none does. Pure and bounded. */
export function findPath(
  leaf: CertificateNode,
  graph: CertificateGraph,
  evidence: RevocationEvidence,
  parameters: PathParameters,
): PathResult {
  const certificate = leaf.certificate;
  const reaching = reachingAnchors(graph);
  if (!reaching.has(leaf)) {
    const code =
      leaf.refusedAlgorithm !== null ? 'refused-algorithm' : graph.exhausted ? 'too-much-work' : 'no-anchor';
    return { kind: 'problem', problem: { code, certificate, depth: 0 } };
  }
  const search = new Search(evidence, parameters, reaching);
  const found = search.from([leaf]);
  if (found !== null) return found;
  return { kind: 'problem', problem: search.problem ?? { code: 'no-anchor', certificate, depth: 0 } };
}
