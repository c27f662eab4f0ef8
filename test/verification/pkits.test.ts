// NIST PKITS through our path validation: nothing that must be refused is accepted, and the score is told.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../../formats/bytes.ts';
import { gatherEvidence } from '../../verification/evidence.ts';
import { dsaAt } from '../../verification/historical-dsa.ts';
import { findPath } from '../../verification/path.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import { sha256 } from './pki.ts';

interface PkitsCase {
  readonly test: string;
  readonly certs: readonly string[];
  readonly crls: readonly string[];
  readonly initial_policy_set: readonly string[];
  readonly initial_explicit_policy: boolean;
  readonly initial_policy_mapping_inhibit: boolean;
  readonly initial_inhibit_any_policy: boolean;
  readonly expected_valid: boolean;
}

interface Manifest {
  readonly validation_time: string;
  readonly policy_oids: Readonly<Record<string, string>>;
  readonly cases: readonly PkitsCase[];
}

const folder = join(
  process.env['YINXIN_VECTORS'] ?? join(import.meta.dirname, '../../../shared/vectors'),
  'pkits',
);

async function accepts(manifest: Manifest, each: PkitsCase): Promise<boolean> {
  const certificates = each.certs.map(
    (name) => new Uint8Array(readFileSync(join(folder, 'certs', `${name}.crt`))),
  );
  const crls = each.crls.map((name) => new Uint8Array(readFileSync(join(folder, 'crls', `${name}.crl`))));
  const [anchor, leaf] = [certificates[0], certificates.at(-1)];
  assert.ok(anchor !== undefined && leaf !== undefined);
  const { graph, revocation } = await gatherEvidence({
    verifier,
    anchors: [{ certificate: anchor, service: null, qualification: 'unconfirmed' }],
    certificates,
    crls,
    ocsps: [],
    source: null,
    historical: dsaAt(new Date(manifest.validation_time)),
  });
  const node = graph.nodes.get(toHex(sha256(leaf)));
  if (node === undefined) return false;
  const at = new Date(manifest.validation_time);
  const wanted = each.initial_policy_set.map((name) => manifest.policy_oids[name] ?? name);
  const result = findPath(node, graph, revocation, {
    purpose: 'any',
    time: { at, now: at, skewSeconds: 0, freshnessSeconds: 0 },
    revocation: 'required',
    policies: {
      initialPolicies: each.initial_policy_set.includes('anyPolicy') ? null : new Set(wanted),
      requireExplicitPolicy: each.initial_explicit_policy,
      inhibitPolicyMapping: each.initial_policy_mapping_inhibit,
      inhibitAnyPolicy: each.initial_inhibit_any_policy,
    },
  });
  return result.kind === 'valid';
}

describe('NIST PKITS', () => {
  it('accepts nothing that must be refused', async function () {
    if (!existsSync(folder)) {
      if (process.env['YINXIN_VECTORS'] !== undefined) throw new Error(`There are no vectors at ${folder}.`);
      this.skip();
    }
    const manifest = JSON.parse(readFileSync(join(folder, 'pkits-manifest.json'), 'utf8')) as Manifest;
    const wronglyAccepted: string[] = [];
    const wronglyRefused: string[] = [];
    for (const each of manifest.cases) {
      const accepted = await accepts(manifest, each);
      if (accepted && !each.expected_valid) wronglyAccepted.push(each.test);
      if (!accepted && each.expected_valid) wronglyRefused.push(each.test);
    }
    assert.deepEqual(wronglyAccepted, []);
    assert.deepEqual(wronglyRefused, []);
  });
});
