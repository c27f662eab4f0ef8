// The second opinion on a finished certificate: what it reads, what it withholds, and who answers when many are asked.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mock } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { OpinionSlots } from '../../ca/opinion-slots.ts';
import { secondOpinion, underWayDuring } from '../../ca/opinion-thread.ts';
import { agrees, readingOf, type OpinionQuestion } from '../../ca/second-opinion.ts';
import { encodeSignatureAlgorithm } from '../../formats/x509/algorithm.ts';
import {
  encodeCertificate,
  encodeTbsCertificate,
  parseCertificateOnce,
} from '../../formats/x509/certificate.ts';
import { encodeAuthorityInfoAccess, extension } from '../../formats/x509/extensions.ts';
import { encodeName } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { scale } from '../scale.ts';

/** Threads for second opinions started since this file was loaded, the newest last; other tests start threads of other kinds. */
const threads: Worker[] = [];
process.on('worker', (thread) => {
  if (thread.threadName === 'second opinion') threads.push(thread);
});

const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const issuerKey = new Uint8Array(issuer.publicKey.export({ format: 'der', type: 'spki' }));
const holder = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ISSUER = encodeName([{ type: OID.commonName, value: '签发CA' }]);

interface Made {
  readonly subject: string;
  readonly organization: string;
  readonly address: string;
}
const PLAIN: Made = { subject: '公章', organization: '民政局', address: 'http://localhost/ocsp/a' };

function questionOf({ subject, organization, address }: Made): OpinionQuestion {
  const algorithm = encodeSignatureAlgorithm('ES256');
  const tbs = encodeTbsCertificate({
    serialNumber: Uint8Array.of(1, 2, 3),
    signatureAlgorithm: algorithm,
    issuer: ISSUER,
    notBefore: new Date('2026-11-02T03:04:05Z'),
    notAfter: new Date('2051-11-02T03:04:05Z'),
    subject: encodeName([
      { type: OID.countryName, value: 'CN' },
      { type: OID.organizationName, value: organization },
      { type: OID.commonName, value: subject },
    ]),
    subjectPublicKeyInfo: new Uint8Array(holder.publicKey.export({ format: 'der', type: 'spki' })),
    extensions: [extension(OID.authorityInfoAccess, false, encodeAuthorityInfoAccess({ ocsp: address }))],
  });
  const der = encodeCertificate(tbs, algorithm, sign('sha256', tbs, issuer.privateKey));
  const read = parseCertificateOnce(der);
  const place = (view: Uint8Array): readonly [number, number] => [
    view.byteOffset - read.der.byteOffset,
    view.byteOffset - read.der.byteOffset + view.length,
  ];
  return {
    der,
    tbs: place(read.tbs),
    signature: place(read.signature),
    algorithm: 'ES256',
    issuerKey,
    reading: readingOf(read),
  };
}

describe('a second opinion', () => {
  it('reads every name that we write as we do (property)', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((each) => {
      // The lints let no control characters through.
      return !/\p{Cc}/u.test(each) && Array.from(each).length <= 64;
    });
    const awkward = fc.constantFrom('#1', ' a', 'a ', 'a,b+c"d\\e<f>;', '=', '/CN=x', '# ', '𠮷𠮷');
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
    const question = questionOf(PLAIN);
    const ask = (count: number): Promise<boolean[]> =>
      Promise.all(Array.from({ length: count }, () => underWayDuring(() => secondOpinion(question))));
    let dead: Worker | undefined;
    for (let round = 0; round < 6; round += 1) {
      await ask(8);
      assert.ok(threads.at(-1) !== dead, 'another thread was started');
      dead = threads.at(-1);
      // Long enough for it to have started.
      await pause(300);
      // As many as have a slot: the thread is at the first of them when it dies.
      const asked = ask(30);
      const ended = dead?.terminate();
      const late = pause(10_000, null, { ref: false }).then(() => assert.fail('Nobody answers.'));
      assert.deepEqual(new Set(await Promise.race([asked, late])), new Set([true]));
      await ended;
      // Whoever watches it hears of it a turn later.
      await pause(100);
    }
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
