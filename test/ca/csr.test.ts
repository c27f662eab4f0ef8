// Certification requests that openssl makes: which keys and proofs count, and that nothing asked for is copied.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { checkedRequestKey } from '../../ca/csr-checks.ts';
import { profileOf } from '../../ca/profiles/list.ts';
import { encodeSignatureAlgorithm } from '../../formats/x509/algorithm.ts';
import { encodeSigned } from '../../formats/x509/certificate.ts';
import { encodeCertificationRequestInfo, parseCertificationRequest } from '../../formats/x509/csr.ts';
import { nullValue, oid, sequence } from '../../formats/x509/der-writer.ts';
import { encodeName } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { requireProgram } from '../programs.ts';
import { openDistrict, type District } from './district.ts';
import { bareConfig, ENTERPRISE, requestBy } from './enrolment-office.ts';

describe('certification requests', () => {
  let district: District;
  let openssl: string;
  const seal = profileOf('enterprise-seal', 'international');
  const server = profileOf('server', 'international');
  const sm2 = profileOf('enterprise-seal', 'sm2');

  before(async function () {
    openssl = requireProgram(this, 'openssl');
    district = await openDistrict();
    await bareConfig(district);
  });
  after(() => district.remove());

  const request = (kind: string, args: readonly string[] = [], subject = '/'): Uint8Array =>
    requestBy(district, openssl, kind, args, subject);
  const taken = (der: Uint8Array, profile = seal, subject: object = ENTERPRISE): Uint8Array =>
    checkedRequestKey(der, profile, subject);

  it('prove possession of every kind of key, and only the key is taken', () => {
    const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'];
    const cases: readonly (readonly [string, readonly string[], typeof seal])[] = [
      ['p256', [], seal],
      ['p384', ['-sha384'], seal],
      ['rsa2048', [], seal],
      ['rsa2048', pss, seal],
      ['ed25519', [], seal],
      ['sm2', ['-sm3', '-sigopt', 'distid:1234567812345678'], sm2],
    ];
    for (const [kind, args, profile] of cases) {
      const der = request(kind, args);
      assert.deepEqual(taken(der, profile), parseCertificationRequest(der).subjectPublicKeyInfo.der, kind);
    }
  });

  it('are refused by name for other keys, short ones, weak exponents', () => {
    const refused = (der: Uint8Array, code: string, message: RegExp, profile = seal): void => {
      assert.throws(() => taken(der, profile), { code, message });
    };
    refused(request('p521'), 'profile-violation', /P-521/);
    refused(request('rsa1024'), 'key-weak', /1024/);
    refused(request('rsa2048-e3'), 'key-weak', /exponent/);
    refused(request('p256'), 'profile-violation', /P-256.*SM2/, sm2);
    refused(request('sm2', ['-sm3', '-sigopt', 'distid:1234567812345678']), 'profile-violation', /SM2/);
  });

  it('are refused over SHA-1, with a wrong SM2 identifier, changed, or signed by another key', () => {
    const proof = { code: 'csr-proof-refused' };
    assert.throws(() => taken(request('rsa2048', ['-sha1'])), { ...proof, message: /SHA-1/ });
    assert.throws(() => taken(request('p256', ['-sha1'])), { ...proof, message: /SHA-1/ });
    assert.throws(() => taken(request('sm2', ['-sm3', '-sigopt', 'distid:another']), sm2), proof);
    const good = request('p256');
    const { info, signatureAlgorithm, signature } = parseCertificationRequest(good);
    const other = parseCertificationRequest(request('p256'));
    assert.throws(() => taken(encodeSigned(other.info, signatureAlgorithm.der, signature)), proof);
    assert.throws(() => taken(encodeSigned(info, encodeSignatureAlgorithm('RS256'), signature)), proof);
    assert.throws(() => taken(encodeSigned(info, sequence(oid('1.2.3'), nullValue()), signature)), proof);
    // Every single bit of the signed part counts.
    for (let at = 40; at < good.length - 12; at += 29) {
      const changed = good.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => taken(changed), (error: { code?: string }) =>
        /^(csr-|der-|key-|profile-|ber-|trailing|value)/.test(error.code ?? ''), `octet ${at}`); // prettier-ignore
    }
  });

  it('have their extensions matched and never copied', () => {
    const asking = (...extensions: readonly string[]): Uint8Array =>
      request(
        'p256',
        extensions.flatMap((each) => ['-addext', each]),
      );
    taken(asking('keyUsage=critical,nonRepudiation', 'basicConstraints=critical,CA:FALSE'));
    taken(asking('extendedKeyUsage=serverAuth', 'subjectAltName=DNS:a.example.cn,DNS:b.example.cn'), server, {
      dnsNames: ['b.example.cn', 'a.example.cn'],
    });
    const refused: readonly (readonly [string, RegExp])[] = [
      ['keyUsage=keyCertSign,nonRepudiation', /keyCertSign/],
      ['keyUsage=digitalSignature', /digitalSignature/],
      ['extendedKeyUsage=codeSigning', /extended key usages/],
      ['basicConstraints=CA:TRUE', /authority/],
      ['subjectAltName=DNS:evil.example.cn', /alternative names/],
      ['subjectAltName=otherName:1.2.3;UTF8:x', /alternative names/],
      ['subjectKeyIdentifier=00112233', /key identifier/],
      ['certificatePolicies=2.5.29.32.0', /2\.5\.29\.32/],
      ['nameConstraints=permitted;DNS:cn', /2\.5\.29\.30/],
      ['1.2.3.4=DER:0500', /1\.2\.3\.4/],
    ];
    for (const [extension, message] of refused)
      assert.throws(() => taken(asking(extension)), { code: 'csr-extension-refused', message }, extension);
  });

  it('may name their subject, and must not contradict what was registered', () => {
    taken(request('p256', [], `/C=CN/O=${ENTERPRISE.organization}/CN=${ENTERPRISE.commonName}`));
    taken(request('p256', [], `/O=${ENTERPRISE.organization}（演示）`));
    // What a certificate of ours never takes from a request is not looked at.
    taken(request('p256', [], '/serialNumber=120105199001010014/emailAddress=a@b.cn'));
    for (const subject of ['/O=天津市人民政府', '/C=US', '/CN=root', `/O=${ENTERPRISE.organization}/GN=x`]) {
      assert.throws(() => taken(request('p256', [], subject)), { code: 'csr-subject-refused' }, subject);
    }
  });

  it('that are none, huge, cut, or carry something after them are refused as such', () => {
    const good = request('p256');
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array(1 << 16).fill(0x30),
      good.subarray(0, -1),
      Uint8Array.of(...good, 0),
    ])
      assert.throws(() => taken(bytes), { name: 'FormatError' });
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const extension = { oid: OID.keyUsage, critical: true, value: Uint8Array.of(3, 2, 6, 64) };
    const info = encodeCertificationRequestInfo({
      subject: encodeName([]),
      subjectPublicKeyInfo: publicKey.export({ type: 'spki', format: 'der' }),
      extensions: [extension, extension],
    });
    const twice = encodeSigned(info, encodeSignatureAlgorithm('ES256'), sign('sha256', info, privateKey));
    assert.throws(() => taken(twice), { name: 'FormatError' });
  });
});
