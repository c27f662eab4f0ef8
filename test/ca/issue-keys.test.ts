// Keys to certify: refused where they are weak, lost or somebody else's; one key asked for twice at once.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { issueCertificate } from '../../ca/issue.ts';
import type { IssueRequest } from '../../ca/issue-request.ts';
import { certificatesOfSubject } from '../../ca/store.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { engines } from '../storage/engines.ts';
import { CREDIT_CODE, looseKey, openDistrict, SYSTEM, type District } from './district.ts';
import { sealRequest } from './issue-requests.ts';

describe('keys to certify', () => {
  let district: District;

  before(async () => {
    district = await openDistrict();
  });
  after(() => district.remove());

  it('are refused where they are weak, and nothing is recorded', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    await assert.rejects(issueCertificate(district.parts, sealRequest(district, { publicKey: weak })), {
      code: 'key-weak',
    });
    const off = Uint8Array.from(looseKey().spki);
    off[40] = (off[40] ?? 0) ^ 1;
    await assert.rejects(issueCertificate(district.parts, sealRequest(district, { publicKey: off })), {
      code: 'key-weak',
    });
  });

  it('belong to one subject and one purpose; the same one may have a key certified again', async () => {
    const publicKey = looseKey().spki;
    const request = sealRequest(district, { publicKey });
    const first = await issueCertificate(district.parts, request);
    const again = await issueCertificate(district.parts, { ...request, replaces: first.serial });
    assert.notEqual(again.serial, first.serial);
    const { subject } = request;
    const others: readonly Partial<IssueRequest>[] = [
      { subject: { ...subject, organization: '天津市河北区教育局' } },
      { subject: { ...subject, commonName: '12010500000002' } },
      { subject: { ...subject, creditCode: '91110000600037341L' } },
      { profile: 'enterprise-seal', authority: district.hierarchy.issuer('enterprises') },
    ];
    for (const change of others)
      await assert.rejects(issueCertificate(district.parts, { ...request, ...change }), {
        code: 'key-reused',
      });
    // An authority's own key, and a service's, are no subscriber's.
    for (const key of [district.hierarchy.authority('root').key, district.hierarchy.serviceKey('receipt')]) {
      const stolen = sealRequest(district, { publicKey: key.publicKey });
      await assert.rejects(issueCertificate(district.parts, stolen), { code: 'key-reused' });
    }
    const rows = await certificatesOfSubject(district.database.reader, `org:${CREDIT_CODE}`);
    assert.deepEqual(
      rows.map(({ serial, replaces }) => [serial, replaces]).sort(),
      [
        [again.serial, first.serial],
        [first.serial, null],
      ].sort(),
    );
  });

  it('never come back once they were lost', async () => {
    const request = sealRequest(district);
    const { serial } = await issueCertificate(district.parts, request);
    await revokeCertificate(district.parts, { serial, reason: 'keyCompromise', actor: SYSTEM });
    await assert.rejects(issueCertificate(district.parts, request), { code: 'key-compromised' });
    const orderly = sealRequest(district);
    const other = await issueCertificate(district.parts, orderly);
    await revokeCertificate(district.parts, { serial: other.serial, reason: 'superseded', actor: SYSTEM });
    await issueCertificate(district.parts, orderly);
  });
});

for (const engine of engines) {
  describe(`one key asked for twice at once on ${engine.name}`, () => {
    it('goes to one of the two', async function () {
      engine.require(this);
      const district = await openDistrict({ engine });
      for (let round = 0; round < 5; round += 1) {
        const request = sealRequest(district);
        const other = { ...request, subject: { ...request.subject, organization: '天津市河北区教育局' } };
        const outcomes = await Promise.allSettled([
          issueCertificate(district.parts, request),
          issueCertificate(district.parts, other),
        ]);
        assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      }
      await district.remove();
    });

    it('draws another serial where one is taken, once', async function () {
      engine.require(this);
      const district = await openDistrict({ engine });
      const { parts } = district;
      const { certificate } = await issueCertificate(parts, sealRequest(district));
      const taken = certificate.serialNumber.slice(1);
      let draws = 0;
      const stuck = (times: number): typeof parts => ({
        ...parts,
        random: (length) => {
          if (length !== 16) return parts.random(length);
          draws += 1;
          return draws <= times ? taken : parts.random(length);
        },
      });
      await issueCertificate(stuck(1), sealRequest(district));
      assert.equal(draws, 2);
      draws = 0;
      await assert.rejects(issueCertificate(stuck(2), sealRequest(district)), { code: 'unique-violation' });
      await district.remove();
    });
  });
}
