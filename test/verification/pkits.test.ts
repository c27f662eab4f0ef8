// NIST PKITS through our path validation: all 249 scenarios, with the policies that the suite states.
import assert from 'node:assert/strict';
import { readChainCase } from '../../verification/chain-case.ts';
import { dsaAt } from '../../verification/historical-dsa.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import { verifyChain } from '../../verification/verify-chain.ts';
import { pkitsCases, vectors } from './chain-lines.ts';

describe('NIST PKITS', () => {
  const folder = vectors('pkits');
  const now = new Date('2026-11-22T05:00:00Z');

  it('is answered in all 249 scenarios as it says', async function () {
    if (folder === null) return this.skip();
    const cases = pkitsCases(folder);
    assert.equal(cases.length, 249);
    const wrong: string[] = [];
    for (const each of cases) {
      const asked = readChainCase(JSON.stringify(each.line));
      const { conclusion, policies } = await verifyChain(asked, { verifier, now, historical: dsaAt });
      if ((conclusion === 'TOTAL-PASSED') !== each.valid) wrong.push(`${each.name}: ${conclusion}`);
      if (each.valid && each.policies !== null)
        assert.deepEqual(policies, [...each.policies].sort(), each.name);
    }
    assert.deepEqual(wrong, []);
  });

  it('finds nothing valid under DSA with SHA-1 where nobody asks for the past', async function () {
    if (folder === null) return this.skip();
    const wrong: string[] = [];
    for (const each of pkitsCases(folder).filter(({ name }) => ['4.1.4', '4.1.5'].includes(name))) {
      const asked = readChainCase(JSON.stringify(each.line));
      const { conclusion } = await verifyChain(asked, { verifier, now });
      if (conclusion === 'TOTAL-PASSED') wrong.push(each.name);
      const today = readChainCase(JSON.stringify({ ...each.line, at: '2014-01-01T00:00:00Z' }));
      const answer = await verifyChain(today, { verifier, now, historical: dsaAt });
      if (answer.conclusion === 'TOTAL-PASSED') wrong.push(`${each.name} in 2014`);
    }
    assert.deepEqual(wrong, []);
  });

  it('is never answered better for a list that is missing', async function () {
    if (folder === null) return this.skip();
    const wrong: string[] = [];
    for (const each of pkitsCases(folder).filter(({ group }) => /CRL|Dist|Revoc/.test(group))) {
      if (each.valid) continue;
      for (const without of each.line.crls.keys()) {
        const crls = each.line.crls.filter((_, at) => at !== without);
        const asked = readChainCase(JSON.stringify({ ...each.line, crls }));
        const { conclusion } = await verifyChain(asked, { verifier, now });
        if (conclusion === 'TOTAL-PASSED') wrong.push(`${each.name} without ${without}`);
      }
    }
    // Delta lists are a help that nobody need have (RFC 5280 section 5.2.4): the full list is current by itself.
    assert.deepEqual(wrong, ['4.15.4 without 2']);
  });
});
