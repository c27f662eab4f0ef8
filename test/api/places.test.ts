// Where a request comes from, in words: the operator's list of networks, and honest words for what no list names.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { placeOf } from '../../api/caller-words.ts';
import { ApiError } from '../../api/errors.ts';
import { readPlaces } from '../../api/places.ts';

describe('places', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-places-'));
    file = join(folder, 'places.json');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const read = (value: unknown): ReturnType<typeof readPlaces> => {
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return readPlaces(file);
  };
  const tianjin = { network: '203.0.113.0/24', zh: '天津市', en: 'Tianjin' };
  const hebei = { network: '203.0.113.128/25', zh: '天津市河北区', en: 'Hebei District, Tianjin' };
  const hall = { network: '10.20.0.0/16', zh: '政务服务大厅', en: 'Service hall' };
  const six = { network: '2001:db8:1::/48', zh: '区政务外网', en: 'District network' };

  it('names an address by the narrowest network that holds it, and shows the network beside', () => {
    const places = read([tianjin, hebei, hall, six]);
    assert.deepEqual(placeOf('203.0.113.200', places), {
      zh: '天津市河北区（203.0.*.*）',
      en: 'Hebei District, Tianjin (203.0.*.*)',
    });
    assert.equal(placeOf('203.0.113.5', places).zh, '天津市（203.0.*.*）');
    assert.equal(placeOf('10.20.3.4', places).zh, '政务服务大厅（10.20.*.*）');
    assert.equal(placeOf('2001:db8:1:2::/64', places).zh, '区政务外网（2001:db8:1:2::/64）');
  });

  it('guesses nothing: loopback, private networks and the Internet are told as what they are', () => {
    for (const places of [[], read([tianjin])]) {
      assert.deepEqual(placeOf('127.0.0.1', places), { zh: '本机', en: 'this computer' });
      assert.deepEqual(placeOf('::1', places), { zh: '本机', en: 'this computer' });
      for (const address of ['10.1.2.3', '172.16.9.9', '192.168.1.1', '100.64.0.1', 'fd00::/64'])
        assert.match(placeOf(address, places).zh, /^内网 /, address);
      assert.equal(placeOf('198.51.100.1', places).zh, '互联网 198.51.*.*');
      assert.equal(placeOf('2001:db8:9::/64', places).zh, '互联网 2001:db8:9::/64');
      for (const nonsense of ['unknown', '', '999.1.1.1', '<b>'])
        assert.equal(placeOf(nonsense, places).en, 'an unknown network');
    }
    // This computer is never somewhere else, whatever a list says.
    assert.equal(placeOf('127.0.0.1', read([{ ...tianjin, network: '0.0.0.0/0' }])).zh, '本机');
  });

  it('refuses a list that does not hold, naming the entry', () => {
    const refused = (value: unknown, words: RegExp): void =>
      assert.throws(
        () => read(value),
        (error: unknown) =>
          error instanceof ApiError && error.code === 'configuration-invalid' && words.test(error.message),
      );
    refused('{', /cannot be read as JSON/);
    refused({}, /do not hold/);
    refused([tianjin, { ...hebei, network: '203.0.113.0' }], /1\.network/);
    refused([{ ...hebei, network: '203.0.113.0/33' }], /0\.network/);
    refused([{ ...hebei, network: 'example.cn/24' }], /0\.network/);
    refused([{ ...hebei, zh: '<script>' }], /0\.zh/);
    refused([{ ...hebei, zh: '' }], /0\.zh/);
    refused([{ ...hebei, more: 1 }], /do not hold/);
    assert.throws(() => readPlaces(join(folder, 'absent.json')), { code: 'configuration-invalid' });
    assert.deepEqual(readPlaces(null), []);
  });

  it('answers any file with a list or one refusal, and any address with words', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.string()),
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
        (value, address) => {
          try {
            read(value);
          } catch (error) {
            assert.ok(error instanceof ApiError && error.code === 'configuration-invalid', String(error));
          }
          const { zh, en } = placeOf(address, read([tianjin, six]));
          assert.ok(zh.length > 0 && en.length > 0);
        },
      ),
      { numRuns: 200 },
    );
  });
});
