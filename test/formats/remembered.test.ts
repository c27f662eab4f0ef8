// The memory of pure parsers: equal bytes, equal values; bounded; refusals and callers' later writes leave no trace.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { remembered } from '../../formats/remembered.ts';

interface Read {
  readonly bytes: Uint8Array;
}

describe('a remembered parser', () => {
  function counted(memory: { readonly entries: number; readonly longest: number }) {
    const calls: string[] = [];
    const parse = remembered((bytes): Read => {
      calls.push(bytes.join());
      if (bytes[0] === 0) throw new Error('refused');
      return { bytes };
    }, memory);
    return { calls, parse };
  }

  it('answers equal bytes with the same value', () => {
    const { calls, parse } = counted({ entries: 4, longest: 8 });
    const first = parse(Uint8Array.of(1, 2));
    assert.equal(parse(Uint8Array.of(1, 2)), first);
    assert.notEqual(parse(Uint8Array.of(1, 3)), first);
    assert.deepEqual(calls, ['1,2', '1,3']);
  });

  it('keeps its own copy: what a caller writes later does not reach the value', () => {
    const { parse } = counted({ entries: 4, longest: 8 });
    const input = Uint8Array.of(1, 2);
    const first = parse(input);
    input[1] = 9;
    assert.deepEqual([...first.bytes], [1, 2]);
    assert.deepEqual([...parse(input).bytes], [1, 9]);
    assert.equal(parse(Buffer.from([1, 2])), first);
  });

  it('forgets what was unused for longest, and never keeps what is too long', () => {
    const { calls, parse } = counted({ entries: 2, longest: 2 });
    for (const byte of [1, 2, 1, 3, 1, 2]) parse(Uint8Array.of(byte));
    assert.deepEqual(calls, ['1', '2', '3', '2']);
    parse(Uint8Array.of(7, 7, 7));
    parse(Uint8Array.of(7, 7, 7));
    assert.equal(calls.filter((call) => call === '7,7,7').length, 2);
  });

  it('tells inputs apart whose places collide', () => {
    const { parse } = counted({ entries: 4096, longest: 8 });
    const bytesOf = (number: number): Uint8Array => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, number);
      return bytes;
    };
    for (let number = 1 << 24; number < (1 << 24) + 100_000; number += 1) {
      assert.deepEqual(parse(bytesOf(number)).bytes, bytesOf(number));
    }
  });

  it('refuses again what it refused', () => {
    const { calls, parse } = counted({ entries: 4, longest: 8 });
    assert.throws(() => parse(Uint8Array.of(0)), /refused/);
    assert.throws(() => parse(Uint8Array.of(0)), /refused/);
    assert.equal(calls.length, 2);
  });
});
