// `yinxin verify-chain`: lines in, lines out, in order; what is no case is told, and stops nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { encodeUri } from '../../formats/x509/general-name.ts';
import { ia5String, sequence } from '../../formats/x509/der-writer.ts';
import { encodeCertificatePolicies, extension } from '../../formats/x509/extensions.ts';
import { OID } from '../../formats/x509/oid.ts';
import { runVerifyChain } from '../../verification/chain-cli.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import type { ChainAnswer } from '../../verification/verify-chain.ts';
import { daysFromNow, makeCrl, makeParty, now } from './pki.ts';

const pem = (der: Uint8Array, label = 'CERTIFICATE'): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;

const policy = extension(OID.certificatePolicies, false, encodeCertificatePolicies(['1.2.3.4']));
const names = extension(
  OID.subjectAltName,
  false,
  sequence(ia5String('www.example.com', 0x82), encodeUri('https://example.com/')),
);
const root = makeParty({ commonName: 'Root', issuer: null, ca: true });
const ca = makeParty({ commonName: 'CA', issuer: root, ca: true, extra: [policy] });
const leaf = makeParty({
  commonName: 'Leaf',
  issuer: ca,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: [OID.serverAuth],
  extra: [policy, names],
});

const lists = [makeCrl(root), makeCrl(ca)].map((list) => pem(list, 'X509 CRL'));
const revoking = pem(
  makeCrl(ca, { revoked: [{ certificate: leaf.certificate, at: daysFromNow(-1), reason: 'keyCompromise' }] }),
  'X509 CRL',
);
const good = {
  id: 'good',
  anchors: [pem(root.certificate)],
  untrusted: [pem(ca.certificate)],
  leaf: pem(leaf.certificate),
  crls: lists,
  ocsp: [],
  at: now.toISOString(),
  purpose: 'server',
  extendedKeyUsage: ['serverAuth'],
  keyUsage: ['digitalSignature'],
  peerName: { kind: 'DNS', value: 'www.example.com' },
  peerNames: [],
  maxChainDepth: null,
  revocation: 'require',
  initialPolicies: [],
  requireExplicitPolicy: false,
  inhibitPolicyMapping: false,
  inhibitAnyPolicy: false,
};

interface Line extends ChainAnswer {
  readonly error?: { readonly code: string; readonly message: string };
}

async function run(
  input: readonly Uint8Array[],
): Promise<{ readonly code: number; readonly lines: readonly Line[] }> {
  const lines: Line[] = [];
  const code = await runVerifyChain({
    verifier,
    now,
    // eslint-disable-next-line @typescript-eslint/require-await -- a generator is the shortest stream
    input: (async function* () {
      yield* input;
    })(),
    out: (line) => {
      lines.push(JSON.parse(line) as Line);
      return Promise.resolve();
    },
  });
  return { code, lines };
}

const bytes = (lines: readonly unknown[]): Uint8Array =>
  new TextEncoder().encode(
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + '\n',
  );

async function answer(change: object): Promise<Line> {
  const { lines } = await run([bytes([{ ...good, ...change }])]);
  assert.equal(lines.length, 1);
  return lines[0]!;
}

describe('yinxin verify-chain', () => {
  it('answers with the conclusion, the policies and the rows', async () => {
    const { conclusion, subIndication, policies, rows, id } = await answer({});
    assert.deepEqual([id, conclusion, subIndication], ['good', 'TOTAL-PASSED', null]);
    assert.deepEqual(policies, ['1.2.3.4']);
    assert.deepEqual(
      rows.map((row) => [row.id, row.outcome]),
      [
        ['chain.format', 'passed'],
        ['chain.path', 'passed'],
        ['chain.names', 'passed'],
        ['chain.policies', 'passed'],
        ['chain.revocation', 'passed'],
        ['chain.algorithms', 'not-applicable'],
      ],
    );
  });

  const cases: readonly (readonly [string, object, string, string | null])[] = [
    ['revoked', { crls: [...lists, revoking] }, 'TOTAL-FAILED', 'REVOKED'],
    ['no list, required', { crls: [] }, 'INDETERMINATE', 'TRY_LATER'],
    ['no list, preferred', { crls: [], revocation: 'prefer' }, 'TOTAL-PASSED', null],
    ['revoked, preferred', { crls: [revoking], revocation: 'prefer' }, 'TOTAL-FAILED', 'REVOKED'],
    ['revoked, not asked', { crls: [revoking], revocation: 'none' }, 'TOTAL-PASSED', null],
    ['expired', { at: daysFromNow(900).toISOString(), revocation: 'none' }, 'TOTAL-FAILED', 'EXPIRED'],
    [
      'not yet valid',
      { at: daysFromNow(-90).toISOString(), revocation: 'none' },
      'TOTAL-FAILED',
      'NOT_YET_VALID',
    ],
    ['now', { at: null }, 'TOTAL-PASSED', null],
    ['no anchor', { anchors: [] }, 'INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND'],
    ['no CA between', { untrusted: [] }, 'INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND'],
    ['anchor below the root', { anchors: [pem(ca.certificate)], untrusted: [] }, 'TOTAL-PASSED', null],
    [
      'another host',
      { peerName: { kind: 'DNS', value: 'example.com' } },
      'INDETERMINATE',
      'CHAIN_CONSTRAINTS_FAILURE',
    ],
    [
      'two hosts of which one',
      { peerNames: [{ kind: 'DNS', value: 'ftp.example.com' }] },
      'INDETERMINATE',
      'CHAIN_CONSTRAINTS_FAILURE',
    ],
    ['as client', { purpose: 'client', extendedKeyUsage: [] }, 'INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE'],
    ['another usage', { extendedKeyUsage: ['1.2.3'] }, 'INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE'],
    ['another key usage', { keyUsage: ['keyAgreement'] }, 'INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE'],
    ['one CA allowed', { maxChainDepth: 1 }, 'TOTAL-PASSED', null],
    ['no CA allowed', { maxChainDepth: 0 }, 'INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE'],
    ['its policy', { initialPolicies: ['1.2.3.4'], requireExplicitPolicy: true }, 'TOTAL-PASSED', null],
    [
      'another policy',
      { initialPolicies: ['1.2.3.5'], requireExplicitPolicy: true },
      'INDETERMINATE',
      'CHAIN_CONSTRAINTS_FAILURE',
    ],
    ['no certificate', { leaf: pem(Uint8Array.of(0x30, 0)) }, 'TOTAL-FAILED', 'FORMAT_FAILURE'],
    [
      'an anchor that is none',
      { anchors: [pem(Uint8Array.of(0x30, 0)), ...good.anchors] },
      'TOTAL-PASSED',
      null,
    ],
    [
      'lists and answers that are none',
      { crls: [...lists, pem(Uint8Array.of(5, 0))], ocsp: ['BQA='] },
      'TOTAL-PASSED',
      null,
    ],
  ];
  for (const [name, change, conclusion, subIndication] of cases) {
    it(`${name}: ${conclusion}`, async () => {
      const found = await answer(change);
      assert.deepEqual([found.conclusion, found.subIndication], [conclusion, subIndication]);
    });
  }

  const wrong: readonly (readonly [string, unknown, string | number | null])[] = [
    ['no JSON', '{"id":"a",', 'a'],
    ['no JSON at all', 'hello', null],
    ['no object', '[1]', null],
    ['no leaf', { id: 'b' }, 'b'],
    ['a leaf that is no PEM', { ...good, id: 7, leaf: 'certificate' }, 7],
    ['an unknown purpose', { ...good, id: 'c', purpose: 'toString' }, 'c'],
    ['an unknown key usage', { ...good, id: 'd', keyUsage: ['constructor'] }, 'd'],
    ['anchors that are no list', { ...good, id: 'e', anchors: 'x' }, 'e'],
    ['a time that is none', { ...good, id: 'f', at: 'yesterday' }, 'f'],
    ['a depth below zero', { ...good, id: 'g', maxChainDepth: -1 }, 'g'],
    ['a peer that is none', { ...good, id: 'h', peerName: { kind: 'DNS' } }, 'h'],
    ['a flag that is none', { ...good, id: 'i', inhibitAnyPolicy: 'yes' }, 'i'],
    ['an id that is none', { ...good, id: {} }, null],
    ['an impossible escape in the id', '{"id":"\\q",', null],
  ];
  for (const [name, line, id] of wrong) {
    it(`tells of ${name}, and goes on`, async () => {
      const { code, lines } = await run([bytes([line, good])]);
      assert.equal(code, 1);
      assert.equal(lines.length, 2);
      assert.equal(lines[0]?.error?.code, 'line-invalid');
      assert.equal(lines[0].id, id);
      assert.equal(lines[1]?.conclusion, 'TOTAL-PASSED');
    });
  }

  it('has an answer for whatever the bytes are, and none is yes', async () => {
    const spoiled = (text: string, at: number): string => {
      const body = Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64');
      const place = (at * 7919) % body.length;
      body[place] = (body[place] ?? 0) ^ (1 + ((at * 31) % 255));
      return at % 5 === 0 ? pem(body.subarray(0, place)) : pem(body);
    };
    const lines = Array.from({ length: 400 }, (_, at) => {
      const part = at % 4;
      return {
        ...good,
        id: at,
        leaf: part === 0 ? spoiled(good.leaf, at) : good.leaf,
        untrusted: part === 1 ? good.untrusted.map((each) => spoiled(each, at)) : good.untrusted,
        anchors: part === 2 ? good.anchors.map((each) => spoiled(each, at)) : good.anchors,
        crls: part === 3 ? good.crls.map((each) => spoiled(each, at)) : good.crls,
      };
    });
    const { lines: answers } = await run([bytes(lines)]);
    assert.equal(answers.length, lines.length);
    // An anchor is a name and a key: its own signature is nobody's matter, so a spoiled one may still be one.
    const accepted = answers.filter(
      ({ conclusion, id }) => conclusion === 'TOTAL-PASSED' && Number(id) % 4 !== 2,
    );
    assert.deepEqual(accepted, []);
  });

  it('reads lines however they come in pieces, and answers in order', async () => {
    const all = bytes([good, '', { ...good, id: 2 }, { ...good, id: '三' }]);
    for (const size of [1, 7, 1000, all.length]) {
      const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
        all.subarray(at * size, (at + 1) * size),
      );
      const { code, lines } = await run(pieces);
      assert.deepEqual([code, lines.map((line) => line.id)], [0, ['good', 2, '三']]);
    }
    const unended = await run([all.subarray(0, -1)]);
    assert.equal(unended.lines.length, 3);
  });

  it('keeps no line that is too long, nor what is no UTF-8', async () => {
    const piece = new Uint8Array(1 << 20).fill(0x20);
    const long = [...Array.from({ length: 17 }, () => piece), Uint8Array.of(0x0a)];
    const { code, lines } = await run([...long, Uint8Array.of(0xff, 0x0a), bytes([good])]);
    assert.equal(code, 1);
    assert.deepEqual(
      lines.map((line) => line.error?.code ?? line.conclusion),
      ['line-too-long', 'line-invalid', 'TOTAL-PASSED'],
    );
  });

  it('streams as a command: an answer comes before the next question', async () => {
    const child = spawn(process.execPath, ['--import=tsx', 'bin/yinxin.ts', 'verify-chain', '--json'], {
      cwd: join(import.meta.dirname, '../..'),
    });
    child.stdin.write(bytes([{ ...good, at: now.toISOString() }]));
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal((JSON.parse(first.toString()) as Line).conclusion, 'TOTAL-PASSED');
    child.stdin.end(bytes(['no case']));
    const rest = await text(child.stdout);
    assert.equal((JSON.parse(rest) as Line).error?.code, 'line-invalid');
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 1);
  });

  it('wants --json', async () => {
    const child = spawn(process.execPath, ['--import=tsx', 'bin/yinxin.ts', 'verify-chain'], {
      cwd: join(import.meta.dirname, '../..'),
    });
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 64);
  });
});
