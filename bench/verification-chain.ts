// Chains of three certificates with a leaf never seen before, and the two signatures of each that have to be checked.
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { pemOf } from '../api/pem.ts';
import { makeParty, now, type Party } from '../test/verification/pki.ts';
import { readChainCase } from '../verification/chain-case.ts';
import type { ChainCase } from '../verification/chain-case.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import { verifyChain } from '../verification/verify-chain.ts';

interface RawSignature {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly key: KeyObject;
}

interface BenchChain {
  /** A line as `yinxin verify-chain` reads it. */
  readonly line: string;
  readonly signatures: readonly RawSignature[];
}

function signatureOf(party: Party, issuer: Party): RawSignature {
  const { tbs, signature } = parseCertificate(party.certificate);
  return {
    message: tbs,
    signature,
    key: createPublicKey({ key: Buffer.from(issuer.key.spki), format: 'der', type: 'spki' }),
  };
}

function makeChain(id: number, root: Party, authority: Party): BenchChain {
  const leaf = makeParty({ commonName: `Leaf ${id}`, issuer: authority });
  const [anchor, middle, end] = [root, authority, leaf].map((party) =>
    pemOf('CERTIFICATE', party.certificate),
  );
  const line = JSON.stringify({
    id,
    anchors: [anchor],
    untrusted: [middle],
    leaf: end,
    crls: [],
    ocsps: [],
    at: now.toISOString(),
    purpose: 'any',
    revocation: 'none',
  });
  return { line, signatures: [signatureOf(authority, root), signatureOf(leaf, authority)] };
}

/** As many chains: one root, one authority, a leaf each, as a verifier meets them. */
export function verifyChainCases(count: number): {
  readonly cases: readonly BenchChain[];
  /** What stands in the line: JSON and PEM. */
  readonly read: (chain: BenchChain) => ChainCase;
  readonly verify: (read: ChainCase) => Promise<void>;
  readonly raw: (chain: BenchChain) => void;
} {
  const root = makeParty({ commonName: 'Root', issuer: null, ca: true });
  const authority = makeParty({ commonName: 'CA', issuer: root, ca: true, pathLength: 0 });
  return {
    cases: Array.from({ length: count }, (_, index) => makeChain(index, root, authority)),
    read: ({ line }) => readChainCase(line),
    async verify(read) {
      const answer = await verifyChain(read, { verifier: nodeSignatureVerifier, now });
      if (answer.conclusion !== 'TOTAL-PASSED') throw new Error(JSON.stringify(answer));
    },
    raw({ signatures }) {
      for (const { message, signature, key } of signatures)
        if (!verify('sha256', message, key, signature)) throw new Error('A signature does not hold.');
    },
  };
}
