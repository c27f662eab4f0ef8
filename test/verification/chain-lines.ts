// The foreign suites as lines for `yinxin verify-chain`, so that our score and that of others is over the same questions.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Null where the vectors are not there; a folder that was named must be. */
export function vectors(name: string): string | null {
  const named = process.env['YINXIN_VECTORS'];
  const folder = join(named ?? join(import.meta.dirname, '../../../shared/vectors'), name);
  if (existsSync(folder)) return folder;
  if (named !== undefined) throw new Error(`There are no vectors at ${folder}.`);
  return null;
}

export interface SuiteCase {
  readonly name: string;
  readonly group: string;
  readonly valid: boolean;
  /** What the suite says the case needs; who does not offer it may pass the case over. */
  readonly features: readonly string[];
  /** Policies that the suite states for valid paths; null where it states none. */
  readonly policies: readonly string[] | null;
  readonly line: Record<string, unknown> & {
    readonly anchors: readonly string[];
    readonly untrusted: readonly string[];
    readonly leaf: string;
    readonly crls: readonly string[];
    readonly at: string | null;
  };
}

interface PkitsManifest {
  readonly validation_time: string;
  readonly policy_oids: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly test: string;
    readonly group: string;
    readonly certs: readonly string[];
    readonly crls: readonly string[];
    readonly initial_policy_set: readonly string[];
    readonly initial_explicit_policy: boolean;
    readonly initial_policy_mapping_inhibit: boolean;
    readonly initial_inhibit_any_policy: boolean;
    readonly expected_valid: boolean;
    readonly expected_user_constrained_policies: readonly string[];
  }[];
}

function pem(label: string, der: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
}

/** NIST PKITS. */
export function pkitsCases(folder: string): readonly SuiteCase[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'pkits-manifest.json'), 'utf8')) as PkitsManifest;
  const oids = (names: readonly string[]): readonly string[] =>
    names.map((name) => manifest.policy_oids[name] ?? name);
  return manifest.cases.map((each) => {
    const certificates = each.certs.map((name) =>
      pem('CERTIFICATE', readFileSync(join(folder, 'certs', `${name}.crt`))),
    );
    return {
      name: each.test,
      group: each.group,
      valid: each.expected_valid,
      features: [],
      policies: each.initial_explicit_policy ? oids(each.expected_user_constrained_policies) : null,
      line: {
        id: each.test,
        anchors: certificates.slice(0, 1),
        untrusted: certificates.slice(1, -1),
        leaf: certificates.at(-1) ?? '',
        crls: each.crls.map((name) => pem('X509 CRL', readFileSync(join(folder, 'crls', `${name}.crl`)))),
        ocsp: [],
        at: manifest.validation_time,
        purpose: 'any',
        revocation: 'require',
        initialPolicies: oids(each.initial_policy_set),
        requireExplicitPolicy: each.initial_explicit_policy,
        inhibitPolicyMapping: each.initial_policy_mapping_inhibit,
        inhibitAnyPolicy: each.initial_inhibit_any_policy,
      },
    };
  });
}

interface Limbo {
  readonly testcases: readonly {
    readonly id: string;
    readonly features: readonly string[];
    readonly validation_kind: 'SERVER' | 'CLIENT';
    readonly trusted_certs: readonly string[];
    readonly untrusted_intermediates: readonly string[];
    readonly peer_certificate: string;
    readonly crls: readonly string[];
    readonly validation_time: string | null;
    readonly key_usage: readonly string[];
    readonly extended_key_usage: readonly string[];
    readonly expected_peer_name: object | null;
    readonly expected_peer_names: readonly object[];
    readonly max_chain_depth: number | null;
    readonly expected_result: 'SUCCESS' | 'FAILURE';
  }[];
}

/** x509-limbo. */
export function limboCases(folder: string): readonly SuiteCase[] {
  const limbo = JSON.parse(readFileSync(join(folder, 'limbo-core.json'), 'utf8')) as Limbo;
  return limbo.testcases.map((each) => ({
    name: each.id,
    group: each.id.split('::', 1)[0] ?? '',
    valid: each.expected_result === 'SUCCESS',
    features: each.features,
    policies: null,
    line: {
      id: each.id,
      anchors: each.trusted_certs,
      untrusted: each.untrusted_intermediates,
      leaf: each.peer_certificate,
      crls: each.crls,
      ocsp: [],
      at: each.validation_time,
      purpose: each.validation_kind === 'SERVER' ? 'server' : 'client',
      keyUsage: each.key_usage,
      extendedKeyUsage: each.extended_key_usage,
      peerName: each.expected_peer_name,
      peerNames: each.expected_peer_names,
      maxChainDepth: each.max_chain_depth,
      revocation: each.crls.length > 0 ? 'require' : 'none',
    },
  }));
}
