// Authorities on the trust list: both hierarchies, every generation, and what was revoked withdrawn since its key was lost.
import assert from 'node:assert/strict';
import { revokeAuthority } from '../../ca/revoke.ts';
import { succeedAuthority } from '../../ca/succeed.ts';
import type { TrustedService } from '../../verification/trust-list.ts';
import { stateAt } from '../../verification/trust-list.ts';
import { startService, type Harness } from './harness.ts';

const actor = { id: 'system', department: null };

describe('the authorities of a trust list', function () {
  this.timeout(60_000);
  let service: Harness;
  let offset = 0;

  const listed = async (): Promise<readonly TrustedService[]> => {
    // What was read lately is taken for current.
    offset += 3000;
    const { list } = await service.services.trustList.current();
    return list.entities.flatMap(({ services }) => services);
  };
  const named = async (name: string): Promise<TrustedService | undefined> => {
    const { certificate } = service.services.hierarchy.authority(name);
    return (await listed()).find(({ certificates }) =>
      certificates.some((der) => Buffer.from(der).equals(certificate.der)),
    );
  };

  before(async () => {
    service = await startService({ world: { clock: () => new Date(Date.now() + offset) } });
  });
  after(() => service.stop());

  it('are those for seals, enterprises, residents and time-stamps, of both hierarchies, in one order', async () => {
    const first = await listed();
    const authorities = first.filter(({ type }) => ['seal-ca', 'ca', 'timestamp'].includes(type));
    assert.deepEqual(
      authorities.map(({ name, type }) => [name.en, type]),
      [
        ['Issuing CA for department seals', 'seal-ca'],
        ['Issuing CA for department seals (SM2)', 'seal-ca'],
        ['Issuing CA for enterprises', 'ca'],
        ['Issuing CA for enterprises (SM2)', 'ca'],
        ['Issuing CA for residents', 'ca'],
        ['Issuing CA for residents (SM2)', 'ca'],
        ['Issuing CA for time-stamps', 'timestamp'],
        ['Issuing CA for time-stamps (SM2)', 'timestamp'],
      ],
    );
    const { list } = await service.services.trustList.current();
    offset += 3000;
    assert.equal(
      (await service.services.trustList.current()).list.sequence,
      list.sequence,
      'no news, no edition',
    );
  });

  it('keep a predecessor granted beside its successor, by which seals are made from then on', async () => {
    const { hierarchy } = service.services;
    await succeedAuthority(service.services, hierarchy, 'department-seals', actor);
    for (const name of ['department-seals', 'department-seals-g2'])
      assert.equal((await named(name))?.state.status, 'granted', name);
    assert.equal(service.services.seals.authority.name, 'department-seals-g2');
  });

  it('are withdrawn when revoked, since the key was lost and not before', async () => {
    const { hierarchy } = service.services;
    await succeedAuthority(service.services, hierarchy, 'sm2-enterprises', actor);
    const { certificate } = hierarchy.authority('sm2-enterprises');
    const lost = new Date(certificate.notBefore.getTime() + 60_000);
    await revokeAuthority(service.services, {
      serial: certificate.serialHex,
      reason: 'cACompromise',
      invalidityDate: lost,
      actor,
    });
    const found = await named('sm2-enterprises');
    assert.equal(found?.state.status, 'withdrawn');
    assert.equal(found.state.since.getTime(), lost.getTime());
    assert.equal(stateAt(found, new Date(lost.getTime() - 1000))?.status, 'granted');
    assert.equal((await named('sm2-enterprises-g2'))?.state.status, 'granted');
  });
});
