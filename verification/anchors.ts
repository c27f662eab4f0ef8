// What the caller trusts: listed services as of their states, and certificates given by hand.
import type { TrustAnchor } from './certificate-graph.ts';
import type { VerificationDependencies } from './dependencies.ts';
import { servicesOfType } from './trust-list.ts';

/** Everything the caller trusts: listed services as of their states, and certificates given by hand. */
export function anchorsOf(dependencies: VerificationDependencies): readonly TrustAnchor[] {
  const list = dependencies.trustList ?? null;
  const listed = list === null ? [] : servicesOfType(list, ['ca', 'seal-ca', 'timestamp']);
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
