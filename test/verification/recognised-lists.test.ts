// Lists of several operators together: each speaks for its own licenses, in its own region, and never for another's.
import assert from 'node:assert/strict';
import { verifyCode } from '../../verification/code.ts';
import { speaksForRegion, withRecognised } from '../../verification/recognised-lists.ts';
import type { TrustList } from '../../verification/trust-list.ts';
import {
  codeDeps,
  goodClaims,
  issuer,
  makeCode,
  makeCodeWorld,
  makeStatusToken,
  typeCode,
} from './code-world.ts';

const own = makeCodeWorld();
const other = makeCodeWorld();
const supplyPoint = 'https://other.test/api/v1/status-lists/';

/** As the other operator publishes it: the same issuing authority, another region unless told. */
function listOfOther(territory = '120105', point: string | null = supplyPoint): TrustList {
  return {
    ...other.list,
    territory,
    entities: other.list.entities.map((entity) => ({
      ...entity,
      services: entity.services.map((service) =>
        service.type === 'status-list' && point !== null ? { ...service, supplyPoint: point } : service,
      ),
    })),
  };
}

async function verdict(
  trustList: TrustList,
  signedBy: 'own' | 'other',
  statusBy: 'own' | 'other' = signedBy,
): Promise<{ conclusion: string; asked: (string | null)[]; failing: string[] }> {
  const asked: (string | null)[] = [];
  const worlds = { own, other };
  const token = await makeStatusToken(worlds[statusBy].statusSigner);
  const report = await verifyCode(makeCode(worlds[signedBy].codeSigner, goodClaims()), {
    ...codeDeps(own, token),
    trustList,
    statusLists: {
      statusList: (_list, point) => {
        asked.push(point);
        return Promise.resolve(token);
      },
    },
  });
  const failing = report.rows.filter(({ outcome }) => outcome === 'failed' || outcome === 'indeterminate');
  return { conclusion: report.conclusion, asked, failing: failing.map(({ id }) => id) };
}

describe('trust lists of several operators', () => {
  const both = withRecognised(own.list, [{ name: 'other', list: listOfOther() }]);

  it('let each operator vouch for its own licenses, and ask each for its own status lists', async () => {
    assert.deepEqual(await verdict(both, 'own'), { conclusion: 'TOTAL-PASSED', asked: [null], failing: [] });
    assert.deepEqual(await verdict(both, 'other'), {
      conclusion: 'TOTAL-PASSED',
      asked: [supplyPoint],
      failing: [],
    });
    assert.deepEqual((await verdict(own.list, 'other')).failing, ['code.signer-key']);
  });

  it('never take one operator’s word for the status of another’s license', async () => {
    for (const [signed, status] of [
      ['own', 'other'],
      ['other', 'own'],
    ] as const)
      assert.deepEqual((await verdict(both, signed, status)).failing, ['code.status']);
  });

  it('never ask our own status lists about a license of an operator that names none', async () => {
    const silent = withRecognised(own.list, [{ name: 'other', list: listOfOther('120105', null) }]);
    assert.deepEqual(await verdict(silent, 'other'), {
      conclusion: 'INDETERMINATE',
      asked: [],
      failing: ['code.status'],
    });
  });

  it('keep an operator within the territory of its scheme', async () => {
    const elsewhere = withRecognised(own.list, [{ name: 'other', list: listOfOther('110101') }]);
    assert.deepEqual((await verdict(elsewhere, 'other')).failing, ['code.scope']);
    const service = elsewhere.entities.at(-1)?.services[0];
    assert.deepEqual(service?.regions, ['110101']);
  });

  it('do not lend one operator the name of another’s department', async () => {
    const renamed = {
      ...listOfOther(),
      entities: listOfOther().entities.map((e) => ({ ...e, identifier: 'x' })),
    };
    const list = withRecognised(own.list, [{ name: 'other', list: renamed }]);
    // The issuing authority named in the code is listed by us, the key by the other.
    assert.ok((await verdict(list, 'other')).failing.includes('code.issuer'));
  });

  it('take the first description of a license type, and every host', () => {
    const list = withRecognised(own.list, [
      {
        name: 'other',
        list: {
          ...listOfOther(),
          verifyHosts: ['other.test'],
          licenseTypes: other.list.licenseTypes.map((type) => ({ ...type, name: { zh: '别', en: 'other' } })),
        },
      },
    ]);
    assert.equal(list.licenseTypes.filter((type) => type.typeCode === typeCode).length, 1);
    assert.equal(list.licenseTypes[0]?.name.zh, own.list.licenseTypes[0]?.name.zh);
    assert.deepEqual(list.verifyHosts, ['verify.test', 'other.test']);
    assert.equal(withRecognised(own.list, []), own.list);
  });

  it('read regions as GB/T 2260 divides them', () => {
    const service = own.list.entities[0]?.services[0];
    assert.ok(service !== undefined);
    for (const [region, speaks] of [
      ['120105', true],
      ['120000', true],
      ['12', true],
      ['120100', true],
      ['1201', true],
      ['110000', false],
      ['120106', false],
    ] as const)
      assert.equal(speaksForRegion({ ...service, regions: [region] }, issuer), speaks, region);
    assert.equal(speaksForRegion(service, issuer), true);
    assert.equal(speaksForRegion({ ...service, regions: [] }, issuer), false);
  });
});
