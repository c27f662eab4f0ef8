// Lints: each one broken alone by a certificate made for it, none by what we issue.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { issueCertificate } from '../../ca/issue.ts';
import type { IssueRequest } from '../../ca/issue-request.ts';
import { brokenLints, lints } from '../../ca/lint.ts';
import type { Authority } from '../../ca/parts.ts';
import type { Profile } from '../../ca/profile.ts';
import { profileOf } from '../../ca/profiles/list.ts';
import { sameBytes } from '../../formats/bytes.ts';
import { parseCertificate, type Certificate } from '../../formats/x509/certificate.ts';
import { CREDIT_CODE, looseKey, openDistrict, SYSTEM, type District } from './district.ts';
import { nameAndFieldCases } from './lint-cases-fields.ts';
import { extensionCases } from './lint-cases-extensions.ts';
import { type Good, partsOf, assembled, type Sort, PERSON, rsaKey } from './lint-changes.ts';

const cases = [...nameAndFieldCases, ...extensionCases];

describe('lints', () => {
  let district: District;
  const good = new Map<Sort, Good>();

  async function make(sort: Sort, request: Omit<IssueRequest, 'actor'>): Promise<void> {
    const { certificate } = await issueCertificate(district.parts, { ...request, actor: SYSTEM });
    keep(
      sort,
      certificate,
      request.authority as Authority,
      profileOf(request.profile, request.authority.hierarchy),
    );
  }

  function keep(sort: Sort, certificate: Certificate, authority: Authority, profile: Profile): void {
    const subject = { certificate, profile, issuer: authority.certificate, authority };
    good.set(sort, { certificate, subject, parts: partsOf(certificate) });
  }

  before(async () => {
    district = await openDistrict();
    const { hierarchy } = district;
    const organization = '天津市河北区民政局';
    const seal = { organization, creditCode: CREDIT_CODE, commonName: '12010500000001' };
    const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
    const sealRequest = {
      profile: 'seal',
      authority: hierarchy.issuer('department-seals'),
      subject: seal,
    } as const;
    await make('seal', { ...sealRequest, publicKey: looseKey().spki });
    await make('rsa', { ...sealRequest, publicKey: rsaKey(2048) });
    await make('ed25519', { ...sealRequest, publicKey: new Uint8Array(ed25519) });
    await make('person', {
      profile: 'resident-signing',
      authority: hierarchy.issuer('residents'),
      subject: { commonName: PERSON.name },
      publicKey: looseKey().spki,
      holder: { subjectKey: null, identity: PERSON },
    });
    await make('server', {
      profile: 'server',
      authority: hierarchy.issuer('services'),
      subject: { organization, dnsNames: ['a.example.cn'] },
      publicKey: looseKey().spki,
    });
    const sm2 = await district.parts.keys.generate('seal', 'SM2SM3');
    await make('sm2-seal', {
      profile: 'seal',
      authority: hierarchy.issuer('department-seals', 'sm2'),
      subject: seal,
      publicKey: sm2.publicKey,
    });
    const root = hierarchy.authority('root');
    keep('root', root.certificate, root, profileOf('root', 'international'));
    keep(
      'ca',
      hierarchy.authority('residents').certificate,
      root,
      profileOf('issuing-ca', 'international', 'residents'),
    );
    const unit = parseCertificate(hierarchy.serviceKey('timestamp').chain[0]!);
    keep('unit', unit, hierarchy.authority('time-stamps'), profileOf('timestamp-unit', 'international'));
    const responder = parseCertificate(hierarchy.responderKey('services').chain[0]!);
    keep(
      'responder',
      responder,
      hierarchy.authority('services'),
      profileOf('ocsp-responder', 'international'),
    );
  });
  after(() => district.remove());

  it('have each an identifier of its own and a citation', () => {
    assert.equal(new Set(lints.map(({ id }) => id)).size, lints.length);
    assert.ok(lints.length >= 80, String(lints.length));
    assert.ok(lints.every(({ citation }) => citation.length > 9));
  });

  it('have each a case that breaks it', () => {
    const broken = new Set(['version-3', ...cases.map(([id]) => id)]);
    assert.deepEqual(
      lints.map(({ id }) => id).filter((id) => !broken.has(id)),
      [],
    );
  });

  it('version-3 is broken alone', () => {
    // The reader knows no extensions in older versions, so this one is not written but said.
    const { certificate, subject } = good.get('seal')!;
    const older = { ...subject, certificate: { ...certificate, version: 1 as const } };
    assert.deepEqual(
      brokenLints(older).map(({ id }) => id),
      ['version-3'],
    );
  });

  it('pass what is good, put together again octet by octet', () => {
    for (const [sort, { certificate, subject, parts }] of good) {
      const again = assembled(parts);
      assert.ok(sameBytes(again.tbs, certificate.tbs), sort);
      assert.deepEqual(brokenLints({ ...subject, certificate: again }), [], sort);
    }
  });

  for (const [at, [id, sort, change]] of cases.entries()) {
    it(`${id} is broken alone (${at + 1}, ${sort})`, () => {
      const each = good.get(sort);
      assert.ok(each !== undefined);
      const certificate = assembled({ ...each.parts, ...change(each) });
      const { subject } = each;
      const issuer = sort === 'root' ? certificate : subject.issuer;
      assert.deepEqual(
        brokenLints({ ...subject, certificate, issuer }).map((lint) => lint.id),
        [id],
      );
    });
  }
});
