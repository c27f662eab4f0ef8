// Every profile judged by other people's programs: openssl, gnutls, Java, pkijs, Node; every algorithm of ours.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBER } from 'asn1js';
import { Certificate as PkijsCertificate } from 'pkijs';
import type { HierarchyAlgorithms } from '../../ca/authority-plan.ts';
import { profiles } from '../../ca/profiles/list.ts';
import { sameBytes, toHex } from '../../formats/bytes.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { OID } from '../../formats/x509/oid.ts';
import { requireProgram, run } from '../programs.ts';
import { pem } from './district.ts';
import { openSamples, type SampleSet } from './sample-set.ts';

const PURPOSES: Readonly<Record<string, string>> = {
  'timestamp-unit': 'timestampsign',
  'ocsp-responder': 'ocsphelper',
  server: 'sslserver',
  'resident-authentication': 'sslclient',
  'enterprise-authentication': 'sslclient',
  seal: 'smimesign',
  'enterprise-seal': 'smimesign',
  'resident-signing': 'smimesign',
  'enterprise-signing': 'smimesign',
};

/** The path validator of the JDK, which shares no line with openssl or gnutls. */
const JAVA = `
import java.io.FileInputStream;
import java.security.cert.*;
import java.util.*;
class PathCheck {
  public static void main(String[] files) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (String file : files) {
      List<Certificate> path = new ArrayList<>(factory.generateCertificates(new FileInputStream(file)));
      X509Certificate root = (X509Certificate) path.remove(path.size() - 1);
      PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
      parameters.setRevocationEnabled(false);
      CertPathValidator.getInstance("PKIX").validate(factory.generateCertPath(path), parameters);
      System.out.println("valid " + file);
    }
  }
}
`;

function nameOf(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}

function judgeByOpenssl(openssl: string, set: SampleSet, hierarchy: 'international' | 'sm2'): number {
  const chained = set.chained(hierarchy);
  for (const sample of chained) {
    const [above] = sample.chain;
    const issuer = set.samples.find(({ der }) => sameBytes(der, above!));
    assert.ok(issuer !== undefined);
    const purpose = PURPOSES[nameOf(sample.path)] ?? 'any';
    const strict = ['verify', '-x509_strict', '-policy_check', '-purpose', purpose];
    // openssl takes the identifier of SM2 for the first signature only, so each link of the chain is judged by itself.
    const how =
      hierarchy === 'sm2'
        ? ['-partial_chain', '-vfyopt', 'distid:1234567812345678', '-trusted', set.file(issuer)]
        : ['-CAfile', set.file(set.samples[0]!), '-untrusted', set.file(issuer)];
    assert.match(run(openssl, [...strict, ...how, set.file(sample)]), /: OK/, sample.path);
  }
  return chained.length;
}

function judgeByCerttool(certtool: string, set: SampleSet): void {
  for (const sample of set.chained('international')) {
    const args = ['--verify-chain', '--infile', set.file(sample, 'chain')];
    const { status, stdout, stderr } = spawnSync(certtool, args, { encoding: 'utf8' });
    assert.equal(status, 0, sample.path + stdout + stderr);
    assert.match(stdout, /Chain verification output: Verified/, sample.path);
  }
}

async function judgeByJava(java: string, set: SampleSet): Promise<void> {
  const source = join(set.folder, 'PathCheck.java');
  await writeFile(source, JAVA);
  const files = set.chained('international').map((sample) => set.file(sample, 'chain'));
  const output = run(java, [source, ...files]);
  assert.equal(output.trim().split('\n').length, files.length);
}

function pkijsOf(der: Uint8Array): PkijsCertificate {
  return new PkijsCertificate({ schema: fromBER(Uint8Array.from(der).buffer).result });
}

/** Our reader, Node's and pkijs see the same serial, dates, names, key, extensions. */
function readAlike(der: Uint8Array, path: string): void {
  const own = parseCertificate(der);
  const node = new X509Certificate(der);
  const pkijs = pkijsOf(der);
  assert.equal(node.serialNumber.toLowerCase(), own.serialHex, path);
  assert.equal(toHex(new Uint8Array(pkijs.serialNumber.valueBlock.valueHexView)), own.serialHex);
  assert.deepEqual([node.validFromDate, node.validToDate], [own.notBefore, own.notAfter]);
  assert.deepEqual([pkijs.notBefore.value, pkijs.notAfter.value], [own.notBefore, own.notAfter]);
  const spki = Buffer.from(own.subjectPublicKeyInfo.der);
  assert.deepEqual(node.publicKey.export({ type: 'spki', format: 'der' }), spki);
  assert.deepEqual(Buffer.from(pkijs.subjectPublicKeyInfo.toSchema().toBER()), spki);
  for (const [name, other] of [
    [own.subject, pkijs.subject],
    [own.issuer, pkijs.issuer],
  ] as const) {
    const attributes = name.rdns.flat().map(({ type, value }) => [type, value]);
    const others = other.typesAndValues.map((each) => [each.type, each.value.valueBlock.value]);
    assert.deepEqual(attributes, others);
  }
  assert.deepEqual((node.keyUsage as readonly string[] | undefined) ?? [], own.extendedKeyUsage ?? []);
  assert.equal(node.ca, own.basicConstraints?.ca ?? false);
  const extensions = (pkijs.extensions ?? []).map(({ extnID, critical, extnValue }) => [
    extnID,
    critical,
    toHex(new Uint8Array(extnValue.valueBlock.valueHexView)),
  ]);
  assert.deepEqual(
    extensions,
    [...own.extensions.values()].map(({ oid, critical, value }) => [oid, critical, toHex(value)]),
  );
}

describe('profiles', () => {
  let set: SampleSet;

  before(async () => {
    set = await openSamples();
  });
  after(() => set.remove());

  it('have each a sample', () => {
    const paths = set.samples.map(({ path }) => path);
    for (const { name, hierarchy, certifies } of profiles) {
      const wanted = `${hierarchy}/${name}${certifies === null ? '' : `-${certifies}`}`;
      assert.ok(paths.includes(wanted), wanted);
    }
    assert.equal(new Set(paths).size, paths.length);
  });

  it('are accepted by openssl under its strictest rules, SM2 too', function () {
    const openssl = requireProgram(this, 'openssl');
    assert.equal(judgeByOpenssl(openssl, set, 'international'), 20);
    assert.equal(judgeByOpenssl(openssl, set, 'sm2'), 21);
  });

  it('are accepted by certtool', function () {
    judgeByCerttool(requireProgram(this, 'certtool'), set);
  });

  it('are read by certtool and keytool', function () {
    const certtool = requireProgram(this, 'certtool');
    const keytool = requireProgram(this, 'keytool');
    for (const sample of set.chained('international')) {
      assert.match(run(certtool, ['-i', '--infile', set.file(sample)]), /Version: 3/, sample.path);
      assert.match(run(keytool, ['-printcert', '-file', set.file(sample)]), /Version: 3/, sample.path);
    }
  });

  it('are accepted by the path validator of the JDK', async function () {
    await judgeByJava(requireProgram(this, 'java'), set);
  });

  it('are read alike by three parsers', () => {
    const certificates = set.samples.filter(({ label }) => label === 'CERTIFICATE');
    assert.equal(certificates.length, 43);
    for (const { der, path } of certificates) readAlike(der, path);
  });

  it('bind names below an issuing authority to the country', function () {
    const openssl = requireProgram(this, 'openssl');
    for (const sample of set.samples.filter(({ path }) => nameOf(path).startsWith('issuing-ca'))) {
      const extension = parseCertificate(sample.der).extensions.get(OID.nameConstraints);
      assert.equal(extension?.critical, true, sample.path);
      const text = run(openssl, ['x509', '-in', set.file(sample), '-noout', '-text']);
      assert.match(text, /Name Constraints: critical\s+Permitted:\s+DirName:\s?C ?= ?CN/, sample.path);
    }
  });

  it('of SM2 seals have subject and code as government seals have them', () => {
    const { der } = set.samples.find(({ path }) => path === 'sm2/seal')!;
    const own = parseCertificate(der);
    const [country, organization, code, ...rest] = own.subject.rdns.flat().map(({ value }) => value);
    assert.deepEqual([country, rest], ['CN', []]);
    assert.match(code ?? '', /^\d{14}$/);
    const extension = own.extensions.get(OID.organizationCode);
    const stated = new TextDecoder().decode(extension?.value.subarray(2));
    assert.ok(organization?.startsWith(stated));
    // 03 02 06 C0: both bits of a signature certificate.
    assert.equal(toHex(own.extensions.get(OID.keyUsage)!.value), '030206c0');
  });

  it('claim nothing that only a licensed authority may', () => {
    for (const { der, path, label } of set.samples) {
      if (label !== 'CERTIFICATE') continue;
      const text = toHex(der);
      // 0.4.0.1862.1 (qualified statements) and 0.4.0.194112 (qualified policies), as they are encoded.
      assert.ok(!text.includes('04008e46') && !text.includes('04008bec40'), path);
    }
  });

  it('are refused by openssl with one octet changed', function () {
    const openssl = requireProgram(this, 'openssl');
    const sample = set.samples.find(({ path }) => path === 'international/seal')!;
    const changed = Uint8Array.from(sample.der);
    changed[60] = (changed[60] ?? 0) ^ 1;
    const issuer = set.samples.find(({ path }) => path === 'international/issuing-ca-department-seals')!;
    const args = ['verify', '-CAfile', set.file(set.samples[0]!), '-untrusted', set.file(issuer)];
    const { status } = spawnSync(openssl, args, { input: pem('CERTIFICATE', changed) });
    assert.notEqual(status, 0);
  });
});

const choices: readonly HierarchyAlgorithms[] = [
  { root: 'RS256', issuing: 'RS256', services: 'ES256' },
  { root: 'PS256', issuing: 'PS256', services: 'RS256' },
  { root: 'Ed25519', issuing: 'Ed25519', services: 'Ed25519' },
  { root: 'ES384', issuing: 'ES384', services: 'ES384' },
  { root: 'ES256', issuing: 'ES256', services: 'PS256' },
];

for (const choice of choices) {
  describe(`a hierarchy of ${Object.values(choice).join(', ')}`, function () {
    // 3072-bit keys take their time.
    this.timeout(240_000);
    let set: SampleSet;

    before(async () => {
      set = await openSamples(choice);
    });
    after(() => set.remove());

    it('is accepted by openssl and certtool', function () {
      const openssl = requireProgram(this, 'openssl');
      const certtool = requireProgram(this, 'certtool');
      judgeByOpenssl(openssl, set, 'international');
      judgeByCerttool(certtool, set);
    });

    it('is accepted by the JDK, and read alike', async function () {
      await judgeByJava(requireProgram(this, 'java'), set);
      for (const { der, path, label } of set.samples) if (label === 'CERTIFICATE') readAlike(der, path);
    });
  });
}
