// Names and name constraints in every combination (the questions of BetterTLS), and paths through graphs of broken links.
import assert from 'node:assert/strict';
import { encodeBasicConstraints, extension } from '../../formats/x509/extensions.ts';
import type { Extension } from '../../formats/x509/extensions.ts';
import {
  ia5String,
  implicitConstructed,
  implicitPrimitive,
  sequence,
} from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { readChainCase } from '../../verification/chain-case.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import { verifyChain } from '../../verification/verify-chain.ts';
import { daysFromNow, makeKey, makeParty, now } from './pki.ts';
import type { CertificateOptions, Party } from './pki.ts';

const text = (der: Uint8Array): string => Buffer.from(der).toString('base64');
const dns = (name: string): Uint8Array => ia5String(name, 0x82);
const address = (...octets: readonly number[]): Uint8Array => implicitPrimitive(7, Uint8Array.from(octets));

/** What is absent, what fits the name asked for, and what does not. */
type Value = 'none' | 'valid' | 'invalid';
const values: readonly Value[] = ['none', 'valid', 'invalid'];
const pick = (value: Value, valid: Uint8Array, invalid: Uint8Array): readonly Uint8Array[] =>
  value === 'none' ? [] : [value === 'valid' ? valid : invalid];

const validHost = 'test.localhost';
const validAddress = '127.0.0.1';
const alternatives = (host: Value, ip: Value): readonly Uint8Array[] => [
  ...pick(host, dns(validHost), dns('bad.example.com')),
  ...pick(ip, address(127, 0, 0, 1), address(1, 1, 1, 1)),
];
const trees = (host: Value, ip: Value): readonly Uint8Array[] => [
  ...pick(host, dns('localhost'), dns('example.com')),
  ...pick(ip, address(127, 0, 0, 0, 255, 255, 255, 0), address(1, 1, 1, 0, 255, 255, 255, 0)),
];

/** As private authorities are: their keys sign certificates and nothing else. */
const authority = { ca: true, keyUsage: ['keyCertSign'] } as const;
const server = { keyUsage: ['digitalSignature'], extendedKeyUsage: [OID.serverAuth] } as const;

const root = makeParty({ commonName: 'Root', issuer: null, ...authority });
const key = makeKey();

function constrained(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): Party {
  const subtrees = (number: number, bases: readonly Uint8Array[]): readonly Uint8Array[] =>
    bases.length === 0 ? [] : [implicitConstructed(number, ...bases.map((base) => sequence(base)))];
  const value = sequence(...subtrees(0, permitted), ...subtrees(1, excluded));
  const extra = value.length === 2 ? [] : [extension(OID.nameConstraints, true, value)];
  return makeParty({ commonName: 'CA', issuer: root, extra, ...authority });
}

async function passes(
  leaf: Uint8Array,
  untrusted: readonly Party[],
  peer: object,
  anchor: Party = root,
): Promise<boolean> {
  const line = JSON.stringify({
    id: 1,
    leaf: text(leaf),
    anchors: [text(anchor.certificate)],
    untrusted: untrusted.map(({ certificate }) => text(certificate)),
    at: now.toISOString(),
    purpose: 'server',
    peerName: peer,
    revocation: 'none',
  });
  return (await verifyChain(readChainCase(line), { verifier, now })).conclusion === 'TOTAL-PASSED';
}

/** Whether a name of the certificate lies outside what its CA may name. */
function violates(name: Value, permitted: Value, excluded: Value): boolean {
  if (name === 'none') return false;
  const other = name === 'valid' ? 'invalid' : 'valid';
  return permitted === other || excluded === name;
}

describe('alternative names, common names and name constraints', function () {
  this.timeout(120_000);

  const commonNames: readonly (readonly [text: string, kind: 'DNS' | 'IP' | null, value: Value])[] = [
    ['server', null, 'none'],
    [validHost, 'DNS', 'valid'],
    ['bad.example.com', 'DNS', 'invalid'],
    [validAddress, 'IP', 'valid'],
    ['1.1.1.1', 'IP', 'invalid'],
  ];

  for (const host of values)
    for (const ip of values)
      it(`with a host ${host} and an address ${ip}: as constraints and alternative names say, whatever the common name`, async () => {
        for (const permittedHost of values)
          for (const permittedIp of values)
            for (const excludedHost of values)
              for (const excludedIp of values) {
                const ca = constrained(trees(permittedHost, permittedIp), trees(excludedHost, excludedIp));
                for (const [commonName, kind, value] of commonNames) {
                  const names = alternatives(host, ip);
                  const leaf = makeParty({
                    commonName,
                    issuer: ca,
                    key,
                    extra:
                      names.length === 0 ? [] : [extension(OID.subjectAltName, false, sequence(...names))],
                    ...server,
                  });
                  const broken =
                    violates(host, permittedHost, excludedHost) || violates(ip, permittedIp, excludedIp);
                  // Whether a common name must obey constraints is left open: here it names no server.
                  const open =
                    (kind === 'DNS' && violates(value, permittedHost, excludedHost)) ||
                    (kind === 'IP' && violates(value, permittedIp, excludedIp));
                  for (const [peer, own] of [
                    [{ kind: 'DNS', value: validHost }, host],
                    [{ kind: 'IP', value: validAddress }, ip],
                  ] as const) {
                    const found = await passes(leaf.certificate, [ca], peer);
                    const wanted = own === 'valid' && !broken;
                    if (found !== wanted && !(open && !found))
                      assert.fail(
                        JSON.stringify({
                          peer,
                          commonName,
                          permittedHost,
                          permittedIp,
                          excludedHost,
                          excludedIp,
                          wanted,
                        }),
                      );
                  }
                }
              }
      });

  it('hidden in names of other kinds, or behind commas and colons, stand for nothing', async () => {
    const spellings = [
      validHost,
      ...['http', 'https', 'spiffe'].map((scheme) => `${scheme}://${validHost}`),
    ].concat(
      [', ', ',', ';', ':'].flatMap((separator) =>
        ['', 'DNS:'].flatMap((prefix) => [
          `bad.example.com${separator}${prefix}${validHost}`,
          `http://bad.example.com${separator}${prefix}${validHost}`,
        ]),
      ),
    );
    const cas = [constrained([dns('example.com')], []), constrained([], [dns('localhost')])];
    for (let number = 0; number < 16; number += 1)
      for (const spelling of spellings)
        for (const ca of cas) {
          const extra = [
            extension(
              OID.subjectAltName,
              false,
              sequence(dns('bad.example.com'), implicitPrimitive(number, new TextEncoder().encode(spelling))),
            ),
          ];
          const leaf = makeParty({ commonName: 'server', issuer: ca, key, extra, ...server });
          for (const peer of [
            { kind: 'DNS', value: validHost },
            { kind: 'IP', value: validAddress },
          ])
            assert.equal(await passes(leaf.certificate, [ca], peer), false, `${number} ${spelling}`);
        }
  });
});

type Edge = readonly [from: string, to: string];

const graphs: Readonly<Record<string, readonly Edge[]>> = {
  line: [
    ['Anchor', 'CA'],
    ['CA', 'EE'],
  ],
  'two roots': [
    ['Anchor', 'CA'],
    ['Other root', 'CA'],
    ['CA', 'EE'],
  ],
  'figure 7 of RFC 4158': [
    ['B', 'EE'],
    ['C', 'B'],
    ['A', 'B'],
    ['C', 'A'],
    ['A', 'C'],
    ['Anchor', 'C'],
    ['Anchor', 'A'],
  ],
  'bridge of RFC 4158': [
    ['Anchor', 'Bridge'],
    ['Bridge', 'Anchor'],
    ['X', 'Bridge'],
    ['Bridge', 'X'],
    ['Y', 'Bridge'],
    ['Bridge', 'Y'],
    ['X', 'P'],
    ['X', 'Q'],
    ['P', 'R'],
    ['Q', 'R'],
    ['R', 'P'],
    ['P', 'EE'],
  ],
};

/** What makes a link worthless. */
const breaks: Readonly<Record<string, Partial<CertificateOptions>>> = {
  expired: { notAfter: daysFromNow(-1) },
  'names outside': {
    extra: [
      extension(
        OID.nameConstraints,
        true,
        sequence(implicitConstructed(0, sequence(dns('bad.example.com')))),
      ),
    ],
  },
  'usage of another kind': { extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] },
  'no basic constraints': { ca: false },
  'no CA': {
    ca: false,
    extra: [extension(OID.basicConstraints, true, encodeBasicConstraints({ ca: false, pathLength: null }))],
  },
  'signed by another key': {},
};

describe('paths through a graph in which links are broken', () => {
  const names = new Set(Object.values(graphs).flatMap((edges) => edges.flat()));
  const keys = new Map([...names].map((name) => [name, makeKey()]));
  const keyOf = (name: string) => keys.get(name) ?? makeKey();
  const extra: readonly Extension[] = [extension(OID.subjectAltName, false, sequence(dns('localhost')))];
  const selfSigned = (name: string): Party =>
    makeParty({ commonName: name, issuer: null, key: keyOf(name), ...authority });

  function reachable(
    edges: readonly Edge[],
    broken: ReadonlySet<Edge>,
    from: string,
    seen: ReadonlySet<string>,
  ): boolean {
    if (from === 'EE') return true;
    return edges.some(
      (edge) =>
        edge[0] === from &&
        !broken.has(edge) &&
        !seen.has(edge[1]) &&
        reachable(edges, broken, edge[1], new Set([...seen, edge[1]])),
    );
  }

  for (const [graph, edges] of Object.entries(graphs))
    for (const [how, change] of Object.entries(breaks))
      it(`${graph}, ${how}: found where one holds, for every choice of one or two broken links`, async () => {
        const links = edges.filter(([, to]) => to !== 'EE');
        const choices = links.flatMap((one, at) => [[one], ...links.slice(at + 1).map((two) => [one, two])]);
        for (const choice of [[], ...choices]) {
          const broken = new Set<Edge>(choice);
          const made = edges.map((edge): Party => {
            const [from, to] = edge;
            const issuer = selfSigned(from);
            const forged = broken.has(edge) && how === 'signed by another key';
            return makeParty({
              commonName: to,
              issuer: forged ? { ...issuer, key: makeKey() } : issuer,
              key: keyOf(to),
              ...(to === 'EE' ? { ...server, extra } : authority),
              ...(broken.has(edge) ? change : {}),
            });
          });
          const leaf = made[edges.findIndex(([, to]) => to === 'EE')];
          assert.ok(leaf);
          const found = await passes(
            leaf.certificate,
            made.filter((party) => party !== leaf),
            { kind: 'DNS', value: 'localhost' },
            selfSigned('Anchor'),
          );
          const wanted = reachable(edges, broken, 'Anchor', new Set(['Anchor']));
          assert.equal(found, wanted, choice.map((edge) => edge.join(' to ')).join(', '));
        }
      });
});
