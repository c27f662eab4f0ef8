// Certification paths (RFC 5280 section 6): every path to an anchor is tried, within a bound; the first that holds is taken.
import { sameBytes } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import type { CertificateGraph, CertificateNode, TrustAnchor } from './certificate-graph.ts';
import type { PathParameters, PathProblem, PathProblemCode, PathResult, ValidPath } from './path-model.ts';
import { PathAnswers, anchorProblem, judgePath, ownProblem } from './path-rules.ts';
import { revocationStatus } from './revocation.ts';
import type { RevocationEvidence } from './revocation.ts';
import { revokedSince } from './revocation-time.ts';
import type { Revocation, RevocationStatus } from './revocation-time.ts';

/** Certificates looked at and paths judged, together. */
const maxSteps = 20_000;
/** The same where it is already known that no path holds and only the reason is looked for. */
const maxStepsForReason = 500;
const maxDepth = 16;
/** Certificates tried as signers of a CA's lists, each with a search of its own. */
const maxListSigners = 32;
const maxStepsForSigner = 1000;

/** Reasons that say nothing against what the key did before (RFC 3161 section 4). */
const orderlyEnds: ReadonlySet<string | null> = new Set([
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
]);

/** Revoked for our purpose: before the instant, or with a key known to be lost before it (EN 319 102-1 5.2.6.4). */
function revokedAt(revocation: Revocation, parameters: PathParameters): boolean {
  const since = revokedSince(revocation);
  if (parameters.lossReachesBack === true && !orderlyEnds.has(revocation.reason))
    return since <= (parameters.existedBy?.getTime() ?? Infinity);
  return since <= parameters.time.at.getTime();
}

/**
 * EN 319 102-1 5.6.2.2, sliding: what a CA signed counts while its key is answered for; once the CA is revoked or has
 * expired, evidence made with its key counts only where it provably existed before.
 */
function existingBy(evidence: RevocationEvidence, control: number): RevocationEvidence {
  const counts = ({ existed }: { readonly existed?: Date }): boolean =>
    existed !== undefined && existed.getTime() <= control;
  return { crls: evidence.crls.filter(counts), ocsps: evidence.ocsps.filter(counts) };
}

type ByIssuer = Map<CertificateNode, RevocationStatus>;

/** What one call of `findPath` works on and remembers, shared by the searches within it. */
interface Context {
  readonly evidence: RevocationEvidence;
  readonly answers: PathAnswers;
  /** Certificates that lead to some anchor, fit or not. */
  readonly leading: ReadonlySet<CertificateNode>;
  /** Whether a certificate may sign lists under an anchor. */
  readonly listSigners: Map<TrustAnchor, Map<CertificateNode, boolean>>;
  readonly statuses: Map<TrustAnchor, Map<CertificateNode, ByIssuer>>;
  /** The same as found for signers of lists, where no further signers count. */
  readonly signerStatuses: Map<TrustAnchor, Map<CertificateNode, ByIssuer>>;
}

function under<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** RFC 9608: the issuer says that it will never publish a status, for lives of a few hours; of no CA, and nowhere else. */
function neverPublished(certificate: Certificate): boolean {
  return (
    certificate.extensions.has(OID.noRevocationAvailable) &&
    certificate.basicConstraints?.ca !== true &&
    certificate.crlDistributionPoints === null &&
    !certificate.extensions.has(OID.freshestCrl) &&
    !(certificate.authorityInfoAccess ?? []).some(({ method }) => method === OID.ocsp)
  );
}

interface SearchOptions {
  readonly context: Context;
  readonly parameters: PathParameters;
  readonly reaching: ReadonlySet<CertificateNode>;
  readonly maxSteps: number;
  /** The only anchor wanted, in the search for a list's signer, which looks for no further ones. */
  readonly only: TrustAnchor | null;
}

class Search {
  readonly #options: SearchOptions;
  #steps = 0;
  #problem: PathProblem | null = null;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  get problem(): PathProblem | null {
    return this.#problem;
  }

  /** Depth-first from the end entity; `trail` ends with `node`. */
  from(trail: readonly CertificateNode[]): ValidPath | null {
    const node = trail.at(-1);
    if (node === undefined) return null;
    const { parameters, reaching, only } = this.#options;
    const depth = trail.length - 1;
    this.#steps += 1;
    if (this.#spent()) return this.#refuse('too-much-work', node, depth);
    const own = ownProblem(node, depth, parameters);
    if (own !== null) return this.#refuse(own, node, depth);
    for (const anchor of node.anchors) {
      if (only !== null && anchor !== only) continue;
      const refused = anchorProblem(anchor, trail[0]?.certificate ?? node.certificate, parameters);
      const found = refused === null ? this.#complete(trail, anchor) : this.#refuse(refused, node, depth);
      if (found !== null) return found;
    }
    if (depth >= maxDepth) return null;
    for (const issuer of node.issuers) {
      if (this.#spent()) return this.#refuse('too-much-work', node, depth);
      if (!reaching.has(issuer) || this.#repeats(trail, issuer)) continue;
      const found = this.from([...trail, issuer]);
      if (found !== null) return found;
    }
    return null;
  }

  #spent(): boolean {
    return this.#steps > this.#options.maxSteps;
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

  /** The first problem is told, but any gives way to having stopped before the end. */
  #keep(problem: PathProblem): void {
    if (this.#problem === null || problem.code === 'too-much-work') this.#problem = problem;
  }

  #complete(path: readonly CertificateNode[], anchor: TrustAnchor): ValidPath | null {
    this.#steps += path.length;
    const { parameters, context } = this.#options;
    let judged: ReturnType<typeof judgePath>;
    try {
      judged = judgePath(path, parameters, context.answers);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const [node] = path;
      return node === undefined ? null : this.#refuse('malformed-extension', node, 0);
    }
    if (judged.problem !== null) {
      this.#keep(judged.problem);
      return null;
    }
    const statuses: RevocationStatus[] = [];
    const now = parameters.time.now.getTime();
    let control = now;
    // From the anchor down (RFC 5280 section 6.1.3 (a)(3)): a revoked CA's own lists are worth nothing.
    for (let depth = path.length - 2; depth >= 0; depth--) {
      const [node, issuer] = [path[depth], path[depth + 1]];
      if (node === undefined || issuer === undefined) return null;
      const status =
        control < now ? this.#slid(node, issuer, anchor, control) : this.#status(node, issuer, anchor);
      if (status.kind === 'revoked' && revokedAt(status, parameters)) {
        this.#keep({ code: 'revoked', certificate: node.certificate, depth, revoked: status });
        return null;
      }
      const unheard =
        parameters.revocation === 'offered' && status.kind === 'unknown' && status.offered === true;
      if (unheard || (status.kind === 'unknown' && parameters.revocation === 'required'))
        return this.#refuse('revocation-unknown', node, depth);
      statuses.unshift(status);
      if (status.kind === 'revoked') control = Math.min(control, revokedSince(status));
      control = Math.min(control, node.certificate.notAfter.getTime());
    }
    return { kind: 'valid', path, anchor, statuses, policies: judged.policies };
  }

  /** A revocation is told whenever it was learnt; that there is none must have been known by `control`. */
  #slid(
    node: CertificateNode,
    issuer: CertificateNode,
    anchor: TrustAnchor,
    control: number,
  ): RevocationStatus {
    const status = this.#status(node, issuer, anchor);
    if (status.kind !== 'good') return status;
    return this.#find(node, issuer, anchor, existingBy(this.#options.context.evidence, control));
  }

  #find(
    node: CertificateNode,
    issuer: CertificateNode,
    anchor: TrustAnchor,
    evidence: RevocationEvidence,
  ): RevocationStatus {
    const { parameters, only } = this.#options;
    const status = revocationStatus(node, issuer, evidence, {
      time: parameters.time,
      conforming: (parameters.conformity ?? 'none') !== 'none',
      counts: (revocation) => revokedAt(revocation, parameters),
      maySign: (signer) => only === null && this.#maySignLists(signer, anchor),
    });
    return status.kind === 'unknown' && neverPublished(node.certificate)
      ? { kind: 'good', thisUpdate: node.certificate.notBefore }
      : status;
  }

  #status(node: CertificateNode, issuer: CertificateNode, anchor: TrustAnchor): RevocationStatus {
    const { context, parameters, only } = this.#options;
    if (parameters.revocation === 'ignored') return { kind: 'unknown' };
    const find = (): RevocationStatus => this.#find(node, issuer, anchor, context.evidence);
    const known = only === null ? context.statuses : context.signerStatuses;
    const byNode = under(known, anchor, () => new Map<CertificateNode, ByIssuer>());
    return under(
      under(byNode, node, () => new Map<CertificateNode, RevocationStatus>()),
      issuer,
      find,
    );
  }

  /** RFC 5280 section 6.3.3 (f): whoever signed a list has a path of his own to the same anchor. */
  #maySignLists(signer: CertificateNode, anchor: TrustAnchor): boolean {
    const { context, parameters } = this.#options;
    const known = under(context.listSigners, anchor, () => new Map<CertificateNode, boolean>());
    if (!known.has(signer) && known.size >= maxListSigners) return false;
    return under(known, signer, () => {
      const search = new Search({
        context,
        // Usages, names, depth and policies are asked of who is verified, not of who publishes lists.
        parameters: { purpose: 'any', time: parameters.time, revocation: 'preferred' },
        reaching: context.leading,
        maxSteps: maxStepsForSigner,
        only: anchor,
      });
      return search.from([signer]) !== null;
    });
  }
}

/** Certificates from which some anchor can be reached at all, over CAs for which `usable` holds. */
function reachingAnchors(
  graph: CertificateGraph,
  usable: (node: CertificateNode) => boolean,
): ReadonlySet<CertificateNode> {
  const children = new Map<CertificateNode, CertificateNode[]>();
  for (const node of graph.nodes.values())
    for (const issuer of node.issuers) under(children, issuer, () => []).push(node);
  const reaching = new Set([...graph.nodes.values()].filter((node) => node.anchors.length > 0));
  // What is no usable CA may still be reached as an end entity, and leads no further.
  for (const node of reaching)
    if (usable(node)) for (const child of children.get(node) ?? []) reaching.add(child);
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
  const any = reachingAnchors(graph, () => true);
  if (!any.has(leaf)) {
    const code =
      leaf.refusedAlgorithm !== null ? 'refused-algorithm' : graph.exhausted ? 'too-much-work' : 'no-anchor';
    return { kind: 'problem', problem: { code, certificate, depth: 0 } };
  }
  const context: Context = {
    evidence,
    answers: new PathAnswers(),
    leading: any,
    listSigners: new Map(),
    statuses: new Map(),
    signerStatuses: new Map(),
  };
  // Dead ends are cut off first: a thicket of expired or unfit CAs must not use up the steps.
  const usable = reachingAnchors(graph, (node) => ownProblem(node, 1, parameters) === null);
  const options = { context, parameters, only: null };
  const search = new Search(
    usable.has(leaf)
      ? { ...options, reaching: usable, maxSteps }
      : { ...options, reaching: any, maxSteps: maxStepsForReason },
  );
  const found = search.from([leaf]);
  if (found !== null) return found;
  const problem = search.problem ?? { code: 'no-anchor', certificate, depth: 0 };
  // Links that could not be looked at might have led to a path that holds, but for what is wrong with the end entity itself.
  if (graph.exhausted && problem.code !== 'revoked' && ownProblem(leaf, 0, parameters) === null)
    return { kind: 'problem', problem: { code: 'too-much-work', certificate, depth: 0 } };
  return { kind: 'problem', problem };
}
