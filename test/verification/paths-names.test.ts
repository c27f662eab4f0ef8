// Names: what a certificate stands for (RFC 9525, RFC 9598), and what name constraints of every form let pass.
import assert from 'node:assert/strict';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import type { Certificate } from '../../formats/x509/certificate.ts';
import {
  explicit,
  ia5String,
  implicitConstructed,
  implicitPrimitive,
  oid,
  sequence,
  utf8String,
} from '../../formats/x509/der-writer.ts';
import { extension } from '../../formats/x509/extensions.ts';
import { OID } from '../../formats/x509/oid.ts';
import { nameConstraintsOf, namesObey } from '../../verification/name-constraints.ts';
import { addressOf, standsFor } from '../../verification/server-name.ts';
import type { PeerName } from '../../verification/server-name.ts';
import { makeParty, nameOf } from './pki.ts';

const dns = (text: string): Uint8Array => ia5String(text, 0x82);
const email = (text: string): Uint8Array => ia5String(text, 0x81);
const uri = (text: string): Uint8Array => ia5String(text, 0x86);
const ip = (...octets: number[]): Uint8Array => implicitPrimitive(7, Uint8Array.from(octets));
const directory = (commonName: string): Uint8Array => explicit(4, nameOf(commonName));
const other = (type: string, value: Uint8Array): Uint8Array =>
  implicitConstructed(0, oid(type), explicit(0, value));
const mailbox = (text: string): Uint8Array => other('1.3.6.1.5.5.7.8.9', utf8String(text));

const certificates = new Map<string, Certificate>();

function withNames(...names: readonly Uint8Array[]): Certificate {
  const key = Buffer.concat(names).toString('hex');
  const known = certificates.get(key);
  if (known !== undefined) return known;
  const made = parseCertificate(
    makeParty({
      commonName: 'Leaf',
      issuer: null,
      extra: names.length === 0 ? [] : [extension(OID.subjectAltName, false, sequence(...names))],
    }).certificate,
  );
  certificates.set(key, made);
  return made;
}

function withConstraints(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): Certificate {
  const trees = (number: number, bases: readonly Uint8Array[]): Uint8Array[] =>
    bases.length === 0 ? [] : [implicitConstructed(number, ...bases.map((base) => sequence(base)))];
  const value = sequence(...trees(0, permitted), ...trees(1, excluded));
  const extra = [extension(OID.nameConstraints, true, value)];
  return parseCertificate(makeParty({ commonName: 'CA', issuer: null, ca: true, extra }).certificate);
}

describe('a certificate stands for a name', () => {
  const cases: readonly (readonly [Uint8Array, PeerName['kind'], string, boolean])[] = [
    [dns('example.com'), 'DNS', 'example.com', true],
    [dns('Example.COM'), 'DNS', 'eXample.com', true],
    [dns('example.com'), 'DNS', 'example.com.', true],
    [dns('example.com'), 'DNS', 'www.example.com', false],
    [dns('www.example.com'), 'DNS', 'example.com', false],
    [dns('*.example.com'), 'DNS', 'www.example.com', true],
    [dns('*.example.com'), 'DNS', 'example.com', false],
    [dns('*.example.com'), 'DNS', 'a.b.example.com', false],
    [dns('*.example.com'), 'DNS', '*.example.com', false],
    [dns('w*.example.com'), 'DNS', 'www.example.com', false],
    [dns('www.*.com'), 'DNS', 'www.example.com', false],
    [dns('*.*.com'), 'DNS', 'www.example.com', false],
    [dns('*.com'), 'DNS', 'example.com', false],
    [dns('*'), 'DNS', 'com', false],
    [dns('.example.com'), 'DNS', 'www.example.com', false],
    [dns('example.com.'), 'DNS', 'example.com', false],
    [dns('under_score.example.com'), 'DNS', 'under_score.example.com', false],
    [dns('xn--fiq228c.example'), 'DNS', '中文.example', true],
    [dns('*.example.com'), 'DNS', '印信.example.com', true],
    [dns('example.com\0.evil.test'), 'DNS', 'example.com', false],
    [dns('192.0.2.1'), 'DNS', '192.0.2.1', false],
    [dns('192.0.2.1'), 'IP', '192.0.2.1', false],
    [ip(192, 0, 2, 1), 'IP', '192.0.2.1', true],
    [ip(192, 0, 2, 1), 'IP', '192.0.2.2', false],
    [ip(192, 0, 2, 1, 255, 255, 255, 0), 'IP', '192.0.2.1', false],
    [ip(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 'IP', '::1', true],
    [ip(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1), 'IP', '::ffff:192.0.2.1', true],
    [ip(192, 0, 2, 1), 'DNS', '192.0.2.1', false],
    [email('a@example.com'), 'RFC822', 'a@EXAMPLE.com', true],
    [email('a@example.com'), 'RFC822', 'A@example.com', false],
    [email('a@b@example.com'), 'RFC822', 'a@b@example.com', false],
    [mailbox('张三@example.com'), 'RFC822', '张三@example.com', true],
    [uri('https://example.com/'), 'DNS', 'example.com', false],
    [directory('example.com'), 'DNS', 'example.com', false],
  ];
  for (const [name, kind, value, expected] of cases) {
    const shown = Buffer.from(name.subarray(2))
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, '?');
    it(`${shown} ${expected ? 'is' : 'is not'} ${kind} ${value}`, () => {
      assert.equal(standsFor(withNames(name), { kind, value }), expected);
    });
  }

  it('never by its common name', () => {
    const leaf = parseCertificate(makeParty({ commonName: 'example.com', issuer: null }).certificate);
    assert.equal(standsFor(leaf, { kind: 'DNS', value: 'example.com' }), false);
  });

  it('and addresses are read in their standard forms only', () => {
    for (const text of [
      '1.2.3',
      '01.2.3.4',
      '256.1.1.1',
      '1::2::3',
      ':::',
      '1:2:3:4:5:6:7',
      '12345::',
      '::1%eth0',
      '',
    ])
      assert.equal(addressOf(text), null, text);
    assert.deepEqual(addressOf('2001:db8::8:800:200c:417a')?.[15], 0x7a);
  });
});

describe('name constraints', () => {
  type Case = readonly [
    permitted: readonly Uint8Array[],
    excluded: readonly Uint8Array[],
    names: readonly Uint8Array[],
    expected: boolean,
  ];
  const tables: Readonly<Record<string, readonly Case[]>> = {
    'of host names': [
      [[dns('example.com')], [], [dns('example.com')], true],
      [[dns('example.com')], [], [dns('a.b.Example.com')], true],
      [[dns('example.com')], [], [dns('notexample.com')], false],
      [[dns('example.com')], [], [dns('*.example.com')], true],
      [[dns('a.example.com')], [], [dns('*.example.com')], false],
      [[dns('')], [], [dns('anything.test')], true],
      [[], [dns('')], [dns('anything.test')], false],
      [[], [dns('bar.example.com')], [dns('*.example.com')], false],
      [[], [dns('a.bar.example.com')], [dns('*.example.com')], true],
      [[], [dns('.example.com')], [dns('www.example.com')], false],
      [[dns('*.example.com')], [], [dns('www.example.com')], false],
      [[dns('example.com')], [], [dns('.example.com')], false],
      [[dns('example.com')], [dns('bad.example.com')], [dns('bad.example.com')], false],
      [[dns('one.test'), dns('two.test')], [], [dns('one.test'), dns('a.two.test')], true],
      [[dns('one.test')], [], [dns('one.test'), dns('two.test')], false],
      [[dns('one.test')], [], [], true],
      [[dns('one.test')], [], [email('a@two.test')], true],
    ],
    'of mailboxes': [
      [[email('a@example.com')], [], [email('a@Example.com')], true],
      [[email('a@example.com')], [], [email('A@example.com')], false],
      [[email('example.com')], [], [email('a@example.com')], true],
      [[email('example.com')], [], [email('a@mail.example.com')], false],
      [[email('.example.com')], [], [email('a@mail.example.com')], true],
      [[email('.example.com')], [], [email('a@example.com')], false],
      [[], [email('example.com')], [email('a@example.com')], false],
      [[], [email('a@b@example.com')], [email('c@example.com')], false],
      [[email('example.com')], [], [email('a@b@example.com')], false],
      [[email('example.com')], [], [mailbox('张三@example.com')], true],
      [[], [email('example.com')], [mailbox('张三@example.com')], false],
    ],
    'of addresses': [
      [[ip(192, 0, 2, 0, 255, 255, 255, 0)], [], [ip(192, 0, 2, 9)], true],
      [[ip(192, 0, 2, 0, 255, 255, 255, 0)], [], [ip(192, 0, 3, 9)], false],
      [[], [ip(192, 0, 2, 0, 255, 255, 255, 0)], [ip(192, 0, 2, 9)], false],
      [[], [ip(192, 0, 2, 0)], [ip(198, 51, 100, 1)], false],
      [[ip(192, 0, 2, 0, 255, 255, 255, 0)], [], [ip(192, 0, 2, 0, 255, 255, 255, 0)], false],
      [[ip(...new Array<number>(32).fill(0))], [], [ip(192, 0, 2, 9)], false],
      [[], [ip(...new Array<number>(32).fill(0))], [ip(192, 0, 2, 9)], true],
    ],
    'of resources': [
      [[uri('example.com')], [], [uri('https://example.com:8443/path')], true],
      [[uri('example.com')], [], [uri('https://www.example.com/')], false],
      [[uri('.example.com')], [], [uri('https://www.example.com/')], true],
      [[uri('.example.com')], [], [uri('urn:example:1')], false],
      [[], [uri('.example.com')], [uri('https://192.0.2.1/')], false],
      [[uri('example.com')], [], [uri('https://example.com@evil.test/')], false],
    ],
    'of directory names': [
      [[directory('Leaf')], [], [], true],
      [[directory('Else')], [], [], false],
      [[], [directory('Leaf')], [], false],
      [[directory('Leaf')], [], [directory('Else')], false],
      [[], [directory('Else')], [directory('Else')], false],
    ],
    'of forms that nobody understands': [
      [[], [other('1.2.3', utf8String('x'))], [other('1.2.3', utf8String('y'))], false],
      [[other('1.2.3', utf8String('x'))], [], [other('1.2.3', utf8String('x'))], false],
      [[], [other('1.2.3', utf8String('x'))], [other('1.2.4', utf8String('x'))], true],
      [[], [other('1.2.3', utf8String('x'))], [dns('example.com')], true],
    ],
  };
  for (const [form, cases] of Object.entries(tables)) {
    it(form, () => {
      for (const [at, [permitted, excluded, names, expected]] of cases.entries()) {
        const constraints = nameConstraintsOf(withConstraints(permitted, excluded));
        assert.ok(constraints !== null);
        const found = namesObey(withNames(...names), constraints, { left: 1000 });
        assert.equal(found, expected, `case ${at}`);
      }
    });
  }

  it('with bounds, or that say nothing, are obeyed by nobody', () => {
    const [zero, one] = [implicitPrimitive(0, Uint8Array.of(0)), implicitPrimitive(0, Uint8Array.of(1))];
    const maximum = implicitPrimitive(1, Uint8Array.of(9));
    for (const [value, expected] of [
      [sequence(implicitConstructed(0, sequence(dns('example.com'), zero))), true],
      [sequence(implicitConstructed(0, sequence(dns('example.com'), one))), false],
      [sequence(implicitConstructed(0, sequence(dns('example.com'), maximum))), false],
      [sequence(), false],
      [sequence(implicitConstructed(0)), false],
    ] as const) {
      const extra = [{ oid: OID.nameConstraints, critical: true, value }];
      const ca = parseCertificate(makeParty({ commonName: 'CA', issuer: null, ca: true, extra }).certificate);
      const constraints = nameConstraintsOf(ca);
      assert.ok(constraints !== null);
      assert.equal(namesObey(withNames(dns('example.com')), constraints, { left: 1000 }), expected);
    }
  });
});
