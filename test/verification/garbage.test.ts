// What is no stamped PDF at all is a report with a reason.
import assert from 'node:assert/strict';
import { joinBytes } from '../../formats/bytes.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { makePki } from './pki.ts';
import { latin1 } from './signed-pdf.ts';

const pki = makePki();

describe('what is no stamped PDF at all', () => {
  for (const [name, bytes] of [
    ['nothing', new Uint8Array()],
    ['text', latin1('hello')],
    ['zeros', new Uint8Array(1000)],
    ['garbage of 8 MiB', new Uint8Array(8 << 20).map((_, at) => (at * 31) & 0xff)],
    ['only a header', latin1('%PDF-1.7\n')],
    ['a header and garbage', joinBytes([latin1('%PDF-1.7\n'), new Uint8Array(2 << 20).fill(65)])],
  ] as const) {
    it(`${name} is a report with a reason`, async () => {
      const started = performance.now();
      const report = await verifyBytes(bytes, depsFor(pki));
      expectReport(report, ['TOTAL-FAILED', 'FORMAT_FAILURE', null]);
      assert.ok(performance.now() - started < 2000);
    });
  }
});
