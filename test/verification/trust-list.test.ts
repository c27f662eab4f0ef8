// The trust list: written, signed, read back; refused when older, stale, foreign or damaged.
import assert from 'node:assert/strict';
import { buildTrustList, stateAt, verifyTrustList } from '../../verification/trust-list.ts';
import type { TrustListReader } from '../../verification/trust-list.ts';
import { VerificationError } from '../../verification/errors.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { makeCodeWorld, signerOf } from './code-world.ts';
import { daysFromNow, now } from './pki.ts';

const world = makeCodeWorld();
const reader: TrustListReader = {
  verifier: nodeSignatureVerifier,
  operatorKeys: [world.operator.key.spki],
  time: now,
};

function refusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof VerificationError && error.code === code;
}

describe('the trust list', () => {
  it('comes back as it went', async () => {
    const text = await buildTrustList(world.list, signerOf(world.operator));
    assert.deepEqual(await verifyTrustList(text, reader), world.list);
  });

  it('has the member names of TS 119 602', async () => {
    const text = await buildTrustList(world.list, signerOf(world.operator));
    const payload = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as {
      LoTE: Record<string, object>;
    };
    assert.deepEqual(Object.keys(payload.LoTE), ['ListAndSchemeInformation', 'TrustedEntitiesList']);
    assert.ok('LoTESequenceNumber' in (payload.LoTE['ListAndSchemeInformation'] ?? {}));
  });

  it('is refused when signed by a key that is not pinned, whatever it carries', async () => {
    const text = await buildTrustList(world.list, signerOf(world.codeSigner));
    await assert.rejects(verifyTrustList(text, reader), refusal('trust-list-signature'));
    await assert.rejects(
      verifyTrustList(text, { ...reader, operatorKeys: [] }),
      refusal('trust-list-signature'),
    );
  });

  it('is refused with a lower sequence, stale, or from the future', async () => {
    const text = await buildTrustList(world.list, signerOf(world.operator));
    await assert.rejects(
      verifyTrustList(text, { ...reader, lowestSequence: 8 }),
      refusal('trust-list-rollback'),
    );
    await assert.rejects(
      verifyTrustList(text, { ...reader, time: daysFromNow(30) }),
      refusal('trust-list-stale'),
    );
    await assert.rejects(
      verifyTrustList(text, { ...reader, time: daysFromNow(-3) }),
      refusal('trust-list-not-yet-valid'),
    );
    await verifyTrustList(text, { ...reader, lowestSequence: 7 });
  });

  it('is refused when anything in it is changed, missing or of another type', async () => {
    const text = await buildTrustList(world.list, signerOf(world.operator));
    const [head = '', body = '', tail = ''] = text.split('.');
    for (const bad of [
      '',
      'x',
      `${head}.${body}`,
      `${head}.${body}.${tail}.x`,
      `${head}.${body}.`,
      `${head}=.${body}.${tail}`,
    ]) {
      await assert.rejects(verifyTrustList(bad, reader), refusal('trust-list-malformed'));
    }
    const other = Buffer.from(JSON.stringify({ LoTE: {} })).toString('base64url');
    await assert.rejects(
      verifyTrustList(`${head}.${other}.${tail}`, reader),
      refusal('trust-list-signature'),
    );
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'trust-list+jwt' })).toString('base64url');
    await assert.rejects(verifyTrustList(`${none}.${body}.`, reader), refusal('trust-list-malformed'));
  });

  it('tells the state of a service at any instant', () => {
    const service = world.list.entities[0]?.services[0];
    assert.ok(service !== undefined);
    const rolled = {
      ...service,
      state: { status: 'withdrawn' as const, since: daysFromNow(5) },
      history: [service.state],
    };
    assert.equal(stateAt(rolled, daysFromNow(-21)), null);
    assert.equal(stateAt(rolled, now)?.status, 'granted');
    assert.equal(stateAt(rolled, daysFromNow(6))?.status, 'withdrawn');
  });
});
