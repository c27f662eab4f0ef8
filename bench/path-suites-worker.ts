// One validator in a thread of its own, so that one that never ends can be ended: cases in, yes or no out.
import { parentPort, workerData } from 'node:worker_threads';
import forge from 'node-forge';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import type { SuiteCase } from '../test/verification/chain-lines.ts';
import { readChainCase } from '../verification/chain-case.ts';
import { dsaAt } from '../verification/historical-dsa.ts';
import { nodeSignatureVerifier as verifier } from '../verification/signature-verifier-node.ts';
import { verifyChain } from '../verification/verify-chain.ts';

export type Validator = 'yinxin' | 'pkijs' | 'node-forge';
type Line = SuiteCase['line'];

function bufferOf(pem: string): ArrayBuffer {
  const bytes = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  return new Uint8Array(bytes).buffer;
}

async function byPkijs(line: Line): Promise<boolean> {
  pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: globalThis.crypto }));
  const certificate = (pem: string): pkijs.Certificate => pkijs.Certificate.fromBER(bufferOf(pem));
  const engine = new pkijs.CertificateChainValidationEngine({
    trustedCerts: line.anchors.map(certificate),
    // The end entity is the last one.
    certs: [...line.untrusted, line.leaf].map(certificate),
    crls: line.crls.map(
      (pem) => new pkijs.CertificateRevocationList({ schema: asn1js.fromBER(bufferOf(pem)).result }),
    ),
    ocsps: [],
    checkDate: line.at === null ? new Date() : new Date(line.at),
  });
  const initial = (line['initialPolicies'] ?? []) as readonly string[];
  const { result } = await engine.verify({
    initialPolicySet: initial.length === 0 ? ['2.5.29.32.0'] : [...initial],
    initialExplicitPolicy: line['requireExplicitPolicy'] === true,
    initialPolicyMappingInhibit: line['inhibitPolicyMapping'] === true,
    initialInhibitPolicy: line['inhibitAnyPolicy'] === true,
  });
  return result;
}

/** The part of node-forge that judges certificates: the product uses none of it, so its declarations do not have it. */
interface ForgePki {
  createCaStore(certificates: readonly string[]): object;
  certificateFromPem(pem: string): object;
  verifyCertificateChain(
    store: object,
    chain: readonly object[],
    options: { readonly validityCheckDate: Date },
  ): boolean;
}

function byForge(line: Line): boolean {
  const { pki } = forge as unknown as { readonly pki: ForgePki };
  const store = pki.createCaStore([...line.anchors]);
  const chain = [line.leaf, ...line.untrusted.toReversed()].map((pem) => pki.certificateFromPem(pem));
  return pki.verifyCertificateChain(store, chain, {
    validityCheckDate: line.at === null ? new Date() : new Date(line.at),
  });
}

async function byYinxin(line: Line): Promise<boolean> {
  const answer = await verifyChain(readChainCase(JSON.stringify(line)), {
    verifier,
    now: new Date(),
    historical: dsaAt,
  });
  return answer.conclusion === 'TOTAL-PASSED';
}

const validators: Record<Validator, (line: Line) => boolean | Promise<boolean>> = {
  yinxin: byYinxin,
  pkijs: byPkijs,
  'node-forge': byForge,
};
const chosen = validators[(workerData as { readonly validator: Validator }).validator];

parentPort?.on('message', (line: Line) => {
  void (async () => {
    let accepted = false;
    try {
      accepted = await chosen(line);
    } catch {
      // Whatever is thrown is a refusal.
    }
    parentPort?.postMessage(accepted);
  })();
});
