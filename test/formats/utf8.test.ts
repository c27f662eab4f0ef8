// Short UTF-8 read letter by letter: what the platform's strict decoder says, text or refusal, for every sequence.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { decodeUtf8 } from '../../formats/utf8.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function answer(read: () => string): string | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function agrees(bytes: Uint8Array): void {
  // What stands around the text must not count.
  const around = Uint8Array.of(0xe4, 0xb8, ...bytes, 0xad, 0x80);
  const ours = answer(() => decodeUtf8(around, 2, 2 + bytes.length));
  assert.equal(
    ours,
    answer(() => strict.decode(bytes)),
    bytes.join(),
  );
}

describe('decodeUtf8', () => {
  it('agrees on every sequence of two octets, and of three and four at the edges', () => {
    const edges = [
      0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4,
      0xff,
    ];
    for (let first = 0; first < 256; first += 1) {
      agrees(Uint8Array.of(first));
      for (let second = 0; second < 256; second += 1) agrees(Uint8Array.of(first, second));
      for (const second of edges)
        for (const third of edges) {
          agrees(Uint8Array.of(first, second, third));
          agrees(Uint8Array.of(first, second, third, 0x80));
        }
    }
  });

  it('agrees on words, long ones and those with a byte order mark', () => {
    for (const text of ['', '食品经营许可证', 'Zoë 😀', '\ufeff证', '证'.repeat(200)])
      agrees(new TextEncoder().encode(text));
  });
});
