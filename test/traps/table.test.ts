// The traps, one row each: where its exploit is run against our code, or which function it is in that we never call.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROOMS = [
  'formats',
  'crypto',
  'storage',
  'ca',
  'signing',
  'verification',
  'identity',
  'licenses',
  'api',
  'web',
  'bin',
  'fixtures',
];

/**
 * | trap | what goes wrong | here |
 * | T1–T6, T8–T11 | paths: length, usage, unknown extensions, loops, other ways, silence, lists, names, policies, order | `paths.test.ts` |
 * | T7, T12–T14 | certificate status by OCSP | `status.test.ts` |
 * | T15–T18 | CMS signatures and time-stamps | `signatures.test.ts` |
 * | T19–T27 | dates, names, digests, serials, bits, BER, limits, re-encoding | `encoding.test.ts` |
 * | T28 | two copies of one ASN.1 library whose objects do not know each other | this file: one copy, in crypto/pkcs12.ts alone |
 * | T29 | a second WebCrypto to trust | this file: never imported outside tests |
 * No library judges a certificate, a list, an answer or a signature here: those questions are put to our own code.
 */
const TESTED: Readonly<Record<string, readonly number[]>> = {
  'paths.test.ts': [1, 2, 3, 4, 5, 6, 8, 9, 10, 11],
  'status.test.ts': [7, 12, 13, 14],
  'signatures.test.ts': [15, 16, 17, 18],
  'encoding.test.ts': [19, 20, 21, 22, 23, 24, 25, 26, 27],
  'table.test.ts': [28, 29],
};

interface Source {
  readonly path: string;
  readonly text: string;
}

function sources(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [{ path, text: readFileSync(join(ROOT, path), 'utf8') }] : [];
  });
}

const all = ROOMS.flatMap(sources);

/** Files that bring in a package, by any of the ways there are. */
function importers(name: string): readonly string[] {
  const pattern = new RegExp(`(?:from|import|import\\(|require\\()\\s*['"]${name}(?:/[^'"]*)?['"]`);
  return all
    .filter(({ path, text }) => !path.endsWith('.d.ts') && pattern.test(text))
    .map(({ path }) => path);
}

/** What a file takes from a package by name. */
function namesFrom(path: string, name: string): readonly string[] {
  const { text } = all.find((each) => each.path === path)!;
  const list = new RegExp(`import\\s*\\{([^}]*)\\}\\s*from\\s*['"]${name}['"]`).exec(text)?.[1] ?? '';
  return list.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]));
}

describe('traps', () => {
  it('every one of 29 is tested in the file that the table names', () => {
    const numbers = Object.entries(TESTED).flatMap(([file, traps]) => {
      const text = readFileSync(join(ROOT, 'test/traps', file), 'utf8');
      const titles = [...text.matchAll(/it\(\s*[`'"](T[^:]*):/g)].flatMap(
        ([, title = '']) => title.match(/\d+/g) ?? [],
      );
      for (const trap of traps) assert.ok(titles.includes(String(trap)), `T${trap} has no test in ${file}`);
      return traps;
    });
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      Array.from({ length: 29 }, (_, at) => at + 1),
    );
  });

  it('T28: one copy of pkijs and asn1js, in the one file that makes and opens PKCS #12', () => {
    assert.deepEqual(importers('pkijs'), ['crypto/pkcs12.ts']);
    assert.deepEqual(importers('asn1js'), ['crypto/pkcs12.ts']);
    const judges = [
      'CertificateChainValidationEngine',
      'BasicOCSPResponse',
      'OCSPResponse',
      'SignedData',
      'TimeStampResp',
      'CertificateRevocationList',
    ];
    for (const name of namesFrom('crypto/pkcs12.ts', 'pkijs')) assert.ok(!judges.includes(name), name);
  });

  it('T28: node-forge is in one worker thread, for two ciphers and a buffer', () => {
    assert.deepEqual(importers('node-forge'), ['crypto/pkcs12-legacy-worker.ts']);
    const { text } = all.find(({ path }) => path === 'crypto/pkcs12-legacy-worker.ts')!;
    const used = new Set(Array.from(text.matchAll(/forge\.([a-z0-9]+)\./gi), ([, part]) => part));
    assert.deepEqual([...used].toSorted(), ['cipher', 'rc2', 'util']);
  });

  it('T29: no other library of certificates or of WebCrypto is in the product', () => {
    for (const name of ['@peculiar/webcrypto', '@peculiar/x509', 'jsrsasign', '@peculiar/asn1-schema']) {
      assert.deepEqual(importers(name), [], name);
    }
    // Tokens of single sign-on are JOSE's own matter; no certificate and no seal is judged by it.
    for (const path of importers('jose'))
      assert.match(path, /^(?:identity\/provider|fixtures\/portal)\//, `jose in ${path}`);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const name of ['pkijs', 'asn1js', 'node-forge']) {
      assert.match(dependencies[name] ?? '', /^\d+\.\d+\.\d+$/, `${name} is pinned to one version`);
    }
  });
});
