// x509-limbo through our path validation: passed over only by features that the suite names, the rest named here.
import assert from 'node:assert/strict';
import { readChainCase } from '../../verification/chain-case.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import { verifyChain } from '../../verification/verify-chain.ts';
import { limboCases, vectors } from './chain-lines.ts';
import type { SuiteCase } from './chain-lines.ts';

/** What we do not offer, by the suite's own words. */
const notOffered: Readonly<Record<string, string>> = {
  'pedantic-public-suffix-wildcard': 'no list of public suffixes is carried along',
};

/** Where the Baseline Requirements and RFC 5280 contradict each other, `strict` takes RFC 5280. */
const contradictions = [
  'webpki::eku::ee-without-eku',
  'webpki::nc::permitted-dns-match-noncritical',
  'webpki::ca-as-leaf',
];

const now = new Date('2026-11-22T05:00:00Z');

describe('x509-limbo', () => {
  const folder = vectors('x509-limbo');
  const cases = folder === null ? [] : limboCases(folder);
  const offered = cases.filter(({ features }) => !features.some((feature) => feature in notOffered));

  async function wrongAmong(chosen: readonly SuiteCase[], profile?: string): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const each of chosen) {
      const line = JSON.stringify(profile === undefined ? each.line : { ...each.line, profile });
      const started = performance.now();
      const { conclusion } = await verifyChain(readChainCase(line), { verifier, now });
      const took = performance.now() - started;
      if (took > 1000) wrong.push(`${each.name}: ${took.toFixed(0)} ms`);
      if ((conclusion === 'TOTAL-PASSED') !== each.valid) wrong.push(each.name);
    }
    return wrong;
  }

  for (const group of ['rfc5280', 'pathlen', 'pathological', 'crl', 'cve', 'invalid', 'online']) {
    it(`${group}: every case as it says, none over a second`, async function () {
      if (folder === null) return this.skip();
      assert.deepEqual(await wrongAmong(offered.filter((each) => each.group === group)), []);
    });
  }

  it('webpki: every case as it says under its own profile', async function () {
    if (folder === null) return this.skip();
    assert.deepEqual(
      await wrongAmong(
        offered.filter((each) => each.group === 'webpki'),
        'webpki',
      ),
      [],
    );
  });

  it('webpki under the profile of connections: as it says but where RFC 5280 says otherwise', async function () {
    if (folder === null) return this.skip();
    const wrong = await wrongAmong(offered.filter((each) => each.group === 'webpki'));
    assert.deepEqual(wrong, contradictions);
  });

  it('passes over three cases in two hundred at most', function () {
    if (folder === null) return this.skip();
    assert.ok(cases.length - offered.length <= cases.length * 0.015);
  });
});
