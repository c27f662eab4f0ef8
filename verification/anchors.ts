// What the caller trusts: services of a current list as of their states, and certificates given by hand.
import type { TrustAnchor } from './certificate-graph.ts';
import type { VerificationDependencies } from './dependencies.ts';
import { portalPolicy } from './policy.ts';
import { isCurrent, servicesOfType } from './trust-list.ts';

/** Everything the caller trusts: services of a current list as of their states, and certificates given by hand. */
export function anchorsOf(dependencies: VerificationDependencies): readonly TrustAnchor[] {
  const { trustList: list = null, policy = portalPolicy, time } = dependencies;
  const current = list !== null && isCurrent(list, time, policy.clockSkewSeconds);
  const listed = !current ? [] : servicesOfType(list, ['ca', 'seal-ca', 'timestamp']);
  return [
    ...listed.flatMap(({ entity, service }) =>
      service.certificates.map((certificate) => ({
        certificate,
        service,
        qualification: entity.qualification,
      })),
    ),
    ...(dependencies.anchors ?? []).map((certificate) => ({
      certificate,
      service: null,
      qualification: 'unconfirmed' as const,
    })),
  ];
}
