// The key of our own trust list is renewed: an edition signed by the old one hands over, and old readers follow.
import assert from 'node:assert/strict';
import { toHex } from '../../formats/bytes.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { followTrustList, verifyTrustList } from '../../verification/trust-list.ts';
import { startService, type Harness } from './harness.ts';

const day = 86_400_000;

describe("the renewal of the trust list's key", function () {
  this.timeout(60_000);
  let service: Harness;
  let offset = 0;
  const key = () => service.services.hierarchy.serviceKey('trust-list');
  const time = (): Date => new Date(Date.now() + offset);
  const fetched = async (path: string): Promise<string> => {
    // What was read lately is taken for current.
    offset += 3000;
    return (await fetch(`${service.url}${path}`)).text();
  };

  before(async () => {
    service = await startService({ world: { clock: time } });
  });
  after(() => service.stop());

  it('leads who pinned the first key through each renewal, and nobody by the last edition alone', async () => {
    const pinned = [key().publicKey];
    await fetched('/api/v1/trust-list');
    const ids = [key().id];
    for (let renewal = 1; renewal <= 2; renewal += 1) {
      const { notAfter } = parseCertificate(key().chain[0] ?? new Uint8Array());
      offset = notAfter.getTime() - 20 * day - Date.now();
      await service.services.hierarchy.maintain();
      ids.push(key().id);
      await fetched('/api/v1/trust-list');
    }
    assert.equal(new Set(ids).size, 3, 'the key was renewed twice');
    const succession = await fetched('/api/v1/trust-list/succession');
    assert.equal(succession.split('\n').length, 3);
    const reader = { verifier: nodeSignatureVerifier, operatorKeys: pinned, time: time() };
    const { list, operatorKeys } = await followTrustList(succession, reader);
    assert.deepEqual(operatorKeys.map(toHex), [toHex(key().publicKey)]);
    const current = await service.services.trustList.current();
    assert.equal(list.sequence, current.list.sequence);
    await assert.rejects(verifyTrustList(current.jws, reader), { code: 'trust-list-signature' });
  });
});
