// Preparing and finishing a signature: the digest that is signed is the digest of the file that results.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { joinBytes } from '../../formats/bytes.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource, type ByteSource } from '../../formats/pdf/source.ts';
import { SigningError } from '../../signing/errors.ts';
import { finishSignature, placeholderCapacity } from '../../signing/finish.ts';
import { prepareSignature, type SignatureOptions } from '../../signing/prepare.ts';
import { asText, handmade, onePage } from '../formats/pdf/handmade.ts';
import { libraryDocument } from '../interop/producers.ts';
import { requireProgram } from '../programs.ts';
import { signWith, signingTime, throwAwaySigner, visibleAt } from './prepare-signer.ts';

const options: SignatureOptions = { time: signingTime, contentsCapacity: 100 };
const value = Uint8Array.of(0x30, 2, 5, 0);

const prepare = (bytes: Uint8Array, more: Partial<SignatureOptions> = {}) =>
  prepareSignature(bytesSource(bytes), { ...options, ...more });

async function signed(bytes: Uint8Array, more: Partial<SignatureOptions> = {}): Promise<Uint8Array> {
  return joinBytes([bytes, finishSignature(await prepare(bytes, more), value)]);
}

async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SigningError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('preparing a signature', () => {
  const original = handmade(onePage);

  it('is a plain value whose parts are the file without Contents', async () => {
    const prepared = structuredClone(
      await prepare(original, { reason: '准予行政许可', name: 'N', location: 'L' }),
    );
    const file = joinBytes([original, finishSignature(prepared, value)]);
    const [start, first, second, last] = prepared.byteRange;
    assert.equal(start, 0);
    assert.equal(prepared.originalSize, original.length);
    assert.equal(second + last, file.length);
    assert.equal(asText(file)[first], '<');
    assert.equal(asText(file)[second - 1], '>');
    assert.equal(asText(file.subarray(first, second)), `<30020500${'0'.repeat(192)}>`);
    const digest = (...parts: readonly Uint8Array[]): string =>
      parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
    assert.equal(
      digest(original, prepared.before, prepared.after),
      digest(file.subarray(0, first), file.subarray(second)),
    );
    const [signature] = await readSignatures(await openPdf(bytesSource(file)));
    assert.equal(signature?.coverage.kind, 'whole-file');
    assert.equal(signature.subFilter, 'ETSI.CAdES.detached');
    assert.equal(signature.filter, 'Adobe.PPKLite');
    assert.equal(signature.reason, '准予行政许可');
    assert.equal(signature.name, 'N');
    assert.equal(signature.location, 'L');
    assert.equal(signature.field.fullName, 'Signature1');
    assert.deepEqual(signature.field.widgets[0]?.rectangle, { left: 0, bottom: 0, right: 0, top: 0 });
  });

  it('gives the same bytes for the same input', async () => {
    assert.deepEqual(await prepare(original), await prepare(original));
    const other = await prepare(original, { time: new Date(0) });
    assert.notDeepEqual(other.after, (await prepare(original)).after);
  });

  it('counts on from the names that are there', async () => {
    const first = await signed(original);
    assert.equal((await prepare(first)).fieldName, 'Signature2');
    assert.equal((await prepare(first, { fieldName: '审批章' })).fieldName, '审批章');
    assert.equal(await code(prepare(first, { fieldName: 'Signature1' })), 'field-already-signed');
    assert.equal(await code(prepare(first, { fieldName: 'a.b' })), 'placement-invalid');
  });

  it('refuses what cannot be signed', async () => {
    assert.equal(await code(prepare(new TextEncoder().encode('<html>'))), 'not-a-pdf');
    assert.equal(await code(prepare(original.subarray(0, original.length - 50))), 'pdf-malformed');
    const encrypted = handmade({ ...onePage, 4: '<</Filter/Standard>>' }, '/Encrypt 4 0 R');
    assert.equal(await code(prepare(encrypted)), 'pdf-encrypted');
    assert.equal(await code(prepare(original, visibleAt(2, 50, 50))), 'page-not-found');
    assert.equal(await code(prepare(original, visibleAt(0, 50, 50))), 'page-not-found');
    assert.equal(await code(prepare(original, visibleAt(1.5, 50, 50))), 'page-not-found');
    assert.equal(await code(prepare(original, visibleAt(1, 10, 50))), 'seal-off-page');
    assert.equal(await code(prepare(original, { contentsCapacity: 0 })), 'placeholder-too-small');
    const first = await signed(original, visibleAt(1, 50, 50));
    assert.equal(await code(prepare(first, visibleAt(1, 70, 70))), 'seal-over-field');
    assert.equal(await code(prepare(first, visibleAt(1, 92, 50))), 'accepted');
  });

  it('keeps off a field the page lists though the widget names no page', async () => {
    const bodies = {
      ...onePage,
      1: '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>',
      3: '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>',
      4: '<</FT/Sig/T(prepared)/Subtype/Widget/Rect[100 700 200 800]>>',
    };
    assert.equal(await code(prepare(handmade(bodies), visibleAt(1, 50, 30))), 'seal-over-field');
    assert.equal(await code(prepare(handmade(bodies), visibleAt(1, 50, 250))), 'accepted');
  });

  it('obeys certification and locks', async () => {
    const certified = await signed(original, { docMdp: 1 });
    assert.equal(await code(prepare(certified)), 'signing-forbidden');
    for (const docMdp of [2, 3] as const) {
      const open = await signed(original, { docMdp });
      const [signature] = await readSignatures(await openPdf(bytesSource(open)));
      assert.equal(signature?.transforms.docMdp, docMdp);
      assert.equal(await code(prepare(open)), 'accepted');
      assert.equal(await code(prepare(open, { docMdp: 2 })), 'signing-forbidden');
    }
    const bodies = {
      ...onePage,
      1: '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>',
      4: '<</FT/Sig/T(locked)/V 5 0 R/Lock<</Action/All/P 1>>>>',
      5: '<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>',
    };
    assert.equal(await code(prepare(handmade(bodies))), 'signing-forbidden');
    const hidden = {
      ...onePage,
      1: '<</Type/Catalog/Pages 2 0 R/Perms<</DocMDP 5 0 R>>>>',
      5: '<</Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>',
    };
    assert.equal(await code(prepare(handmade(hidden))), 'signing-forbidden');
  });

  it('signs files past 10^8, 2^31 and 2^32 bytes, reading little of them', async () => {
    const header = '%PDF-1.7\n';
    for (const hole of [1e8, 2 ** 31, 2 ** 32 + 5, 9_000_000_000]) {
      const body = handmade(onePage, '', header, hole);
      let total = 0;
      const sourceOf = (tail: Uint8Array): ByteSource => ({
        size: header.length + hole + tail.length,
        read: (position, length) => {
          total += length;
          const end = Math.min(position + length, header.length + hole + tail.length);
          const bytes = new Uint8Array(end - position);
          for (let at = position; at < end; at++) {
            bytes[at - position] =
              at < header.length ? header.charCodeAt(at) : (tail[at - header.length - hole] ?? 0);
          }
          return Promise.resolve(bytes);
        },
      });
      const tail = body.subarray(header.length);
      const prepared = await prepareSignature(sourceOf(tail), { ...options, ...visibleAt(1, 50, 50) });
      const file = sourceOf(joinBytes([tail, finishSignature(prepared, value)]));
      const [signature] = await readSignatures(await openPdf(file));
      assert.equal(signature?.coverage.kind, 'whole-file');
      assert.ok((signature.byteRange?.[1] ?? 0) > hole);
      assert.ok(total < 3_000_000, `${total} bytes were read`);
    }
    const large: ByteSource = {
      size: 1e11,
      read: (at, length) => Promise.resolve(new Uint8Array(Math.min(length, 1e11 - at))),
    };
    assert.equal(await code(prepareSignature(large, options)), 'not-a-pdf');
  });

  it('adds little: an invisible signature without its value', async () => {
    const { before, after } = await prepare(await libraryDocument(true));
    assert.ok(before.length + after.length < 1_500, `${before.length + after.length} bytes`);
  });
});

describe('finishing a signature', () => {
  it('refuses a value that does not fit, and takes one that just does', async () => {
    const prepared = await prepare(handmade(onePage));
    assert.equal(finishSignature(prepared, new Uint8Array(100)).at(-1), 10);
    assert.throws(
      () => finishSignature(prepared, new Uint8Array(101)),
      (error) => error instanceof SigningError && error.code === 'placeholder-too-small',
    );
  });

  it('finds the room a real chain needs, without waste', async function () {
    requireProgram(this, 'openssl');
    const signer = throwAwaySigner('A department with quite a long name for a demonstration');
    try {
      const cms = signer.sign(new Uint8Array(10));
      const capacity = placeholderCapacity({ chain: [signer.certificate], timestampSize: 0 });
      assert.ok(cms.length <= capacity && capacity < cms.length + 800, `${cms.length} of ${capacity}`);
      const more = placeholderCapacity({ chain: [signer.certificate], timestampSize: 5000 });
      assert.ok(more >= capacity + 5500);
      const file = await signWith(signer, handmade(onePage), { contentsCapacity: capacity });
      const [signature] = await readSignatures(await openPdf(bytesSource(file)));
      assert.ok(signature?.contents && signature.byteRange);
      const [, a = 0, b = 0] = signature.byteRange;
      signer.verify(joinBytes([file.subarray(0, a), file.subarray(b)]), signature.contents.value);
      assert.throws(() => signer.verify(file.subarray(0, a), signature.contents?.value ?? value));
    } finally {
      signer.remove();
    }
  });
});
