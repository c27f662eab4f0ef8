// Receipts serve one audience, one case, one holder.
import assert from 'node:assert/strict';
import { verifyCode } from '../../verification/code.ts';
import { VerificationError } from '../../verification/errors.ts';
import { readReceipt, receiptClaims, signReceipt } from '../../verification/receipt.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { codeDeps, goodClaims, makeCode, makeCodeWorld, makeStatusToken, signerOf } from './code-world.ts';
import { daysFromNow, now } from './pki.ts';

const world = makeCodeWorld();
const expected = { audience: '11120105MB0000019A', caseNumber: 'case-1', holder: 'commitment', time: now };

async function makeReceipt(): Promise<string> {
  const report = await verifyCode(
    makeCode(world.codeSigner, goodClaims()),
    codeDeps(world, await makeStatusToken(world.statusSigner), { time: now }),
  );
  const claims = receiptClaims(report, {
    issuer: '11120105000123457H',
    audience: expected.audience,
    caseNumber: expected.caseNumber,
    matter: 'm',
    holder: expected.holder,
    id: 'rcp_1',
    lifetime: 3600,
  });
  return signReceipt(claims, signerOf(world.operator));
}

describe('a verification receipt', () => {
  const keys = [world.operator.key.spki];
  const refused = (error: unknown): boolean =>
    error instanceof VerificationError && error.code === 'receipt-invalid';

  it('is read by the one it was made for', async () => {
    const payload = await readReceipt(await makeReceipt(), keys, expected, nodeSignatureVerifier);
    assert.equal((payload['result'] as { conclusion: string }).conclusion, 'TOTAL-PASSED');
  });

  for (const [name, change] of [
    ['audience', { audience: '11120105000123457H' }],
    ['case', { caseNumber: 'case-2' }],
    ['holder', { holder: 'somebody else' }],
    ['time', { time: daysFromNow(1) }],
  ] as const) {
    it(`is refused for another ${name}`, async () => {
      await assert.rejects(
        readReceipt(await makeReceipt(), keys, { ...expected, ...change }, nodeSignatureVerifier),
        refused,
      );
    });
  }

  it('is refused when signed by another key', async () => {
    await assert.rejects(
      readReceipt(await makeReceipt(), [world.codeSigner.key.spki], expected, nodeSignatureVerifier),
      refused,
    );
  });
});
