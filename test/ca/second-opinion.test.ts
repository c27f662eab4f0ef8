// The second opinion on a finished certificate: what it reads, what it withholds, and who answers when many are asked.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { mock } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { OpinionSlots } from '../../ca/opinion-slots.ts';
import { secondOpinion, underWayDuring } from '../../ca/opinion-thread.ts';
import { agrees } from '../../ca/second-opinion.ts';
import { scale } from '../scale.ts';
import { PLAIN, questionOf } from './opinion-questions.ts';

describe('a second opinion', () => {
  it('reads every name that we write as we do (property)', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((each) => {
      // The lints let no control characters through.
      return !/\p{Cc}/u.test(each) && Array.from(each).length <= 64;
    });
    const awkward = fc.constantFrom(
      '#1',
      ' a',
      'a ',
      'a,b+c"d\\e<f>;',
      '=',
      '/CN=x',
      '# ',
      '#',
      '##',
      ' ',
      '𠮷𠮷',
    );
    fc.assert(
      fc.property(fc.oneof(text, awkward), (subject) => {
        assert.ok(agrees(questionOf({ ...PLAIN, subject })), JSON.stringify(subject));
      }),
      { numRuns: scale(200) },
    );
  });

  it('withholds a certificate that says anything else than was meant', () => {
    const meant = questionOf(PLAIN);
    assert.ok(agrees(meant));
    for (const other of [
      { ...PLAIN, subject: '公童' },
      { ...PLAIN, organization: '民政局,CN=公章' },
      { ...PLAIN, address: 'http://localhost/ocsp/b' },
    ]) {
      const made = questionOf(other);
      assert.ok(agrees(made));
      assert.ok(!agrees({ ...made, reading: meant.reading }), JSON.stringify(other));
    }
    for (const [at, line] of meant.reading.split('\n').entries()) {
      const lines = meant.reading.split('\n');
      lines[at] = `${line}x`;
      assert.ok(!agrees({ ...meant, reading: lines.join('\n') }), `line ${at}`);
    }
  });

  it('withholds a certificate whose signature is not the issuer’s', () => {
    const meant = questionOf(PLAIN);
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const otherKey = new Uint8Array(stranger.export({ format: 'der', type: 'spki' }));
    assert.ok(!agrees({ ...meant, issuerKey: otherKey }));
    const der = Uint8Array.from(meant.der);
    der[der.length - 1]! ^= 1;
    assert.ok(!agrees({ ...meant, der }));
  });

  it('is given for each of many at once, right, wrong and unanswerable alike', async () => {
    const right = questionOf(PLAIN);
    const wrong = { ...right, reading: `${right.reading}x` };
    const broken = { ...right, der: right.der.subarray(1) };
    const large = { ...right, reading: 'x'.repeat(9000) };
    // Long enough for the other thread to have started and to take its part.
    for (let round = 0; round < 20; round += 1) {
      const asked = Array.from({ length: scale(100) }, (_, index) => {
        const question = [right, wrong, broken, large][index % 4]!;
        return underWayDuring(() => secondOpinion(question)).catch((error: unknown) => error);
      });
      for (const [index, answer] of (await Promise.all(asked)).entries()) {
        if (index % 4 === 2) assert.ok(answer instanceof Error);
        else assert.equal(answer, index % 4 === 0);
      }
      await pause(100);
    }
  });

  it('is given for all that were asked where the other thread dies over them', async () => {
    // In a process of its own, where no other test has started a thread.
    const child = join(import.meta.dirname, 'opinion-death-child.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--import=tsx', child], {
      timeout: 90_000,
    });
    assert.equal(stdout, '6 threads died\n');
  });

  it('is taken by one thread alone where two find the question at once', () => {
    const here = new OpinionSlots();
    const there = new OpinionSlots(here.memory);
    const slots = [here.ask(questionOf(PLAIN)), here.ask(questionOf(PLAIN))];
    const { load } = Atomics;
    let other: number | null = null;
    // The other thread comes between finding and taking.
    const between = mock.method(Atomics, 'load', (numbers: Int32Array, at: number): number => {
      const found = load(numbers, at);
      if (found === 1 && between.mock.callCount() < 40 && other === null) {
        other = -1;
        other = there.take();
      }
      return found;
    });
    try {
      assert.notEqual(here.take(), other);
      assert.ok(slots.includes(other));
    } finally {
      between.mock.restore();
    }
    assert.equal(here.take(), null);
  });

  it('crosses to another thread whole, and is taken by one of them alone', () => {
    const question = questionOf(PLAIN);
    const here = new OpinionSlots();
    const there = new OpinionSlots(here.memory);
    const slot = here.ask(question);
    assert.ok(slot !== null);
    assert.equal(there.take(), slot);
    assert.equal(here.take(), null);
    const { der, issuerKey: key, ...rest } = there.question(slot);
    const { der: meantDer, issuerKey: meantKey, ...meant } = question;
    assert.deepEqual([Buffer.from(der), Buffer.from(key)], [Buffer.from(meantDer), Buffer.from(meantKey)]);
    assert.deepEqual(rest, meant);
    assert.equal(here.opinion(slot), undefined);
    assert.ok(!there.answer(slot, true));
    assert.equal(here.opinion(slot), true);
    here.waitForAnswer();
    assert.ok(there.answer(slot, false));
    assert.equal(here.opinion(slot), false);
  });

  it('is laid into no slot where it does not fit, or all are taken', () => {
    const slots = new OpinionSlots();
    const question = questionOf(PLAIN);
    assert.equal(slots.ask({ ...question, reading: '章'.repeat(3000) }), null);
    let count = 0;
    while (slots.ask(question) !== null) count += 1;
    assert.equal(count, 32);
    slots.free(3);
    assert.equal(slots.ask(question), 3);
  });
});
