// Prepared fields, their locks and seed values, certification, and PDF/A: obeyed, or refused with the reason.
import assert from 'node:assert/strict';
import { joinBytes } from '../../formats/bytes.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { dictionaryOf, entry, integerOf, nameOf } from '../../formats/pdf/objects.ts';
import { readPage } from '../../formats/pdf/pages.ts';
import { readSignatures, type PdfSignature } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { SigningError } from '../../signing/errors.ts';
import { finishSignature } from '../../signing/finish.ts';
import { prepareSignature, type SignatureOptions } from '../../signing/prepare.ts';
import { changesAfter } from '../../verification/changes.ts';
import { rulesAsOf } from '../../verification/change-rules.ts';
import { handmade, onePage, streamBody } from '../formats/pdf/handmade.ts';
import { makeParty, makePki } from '../verification/pki.ts';
import { signingTime, visibleAt } from './prepare-signer.ts';

const pki = makePki();
const party = makeParty({ commonName: 'signer', issuer: pki.sealCa });
const chain = [party.certificate, pki.sealCa.certificate];
const value = Uint8Array.of(0x30, 2, 5, 0);

async function sign(bytes: Uint8Array, options: Partial<SignatureOptions> = {}): Promise<Uint8Array> {
  const prepared = await prepareSignature(bytesSource(bytes), {
    time: signingTime,
    contentsCapacity: 50,
    signer: { chain },
    ...options,
  });
  return joinBytes([bytes, finishSignature(prepared, value)]);
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SigningError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

/** Whether the changes after the first signature are all such as it permits. */
async function stillHolds(bytes: Uint8Array): Promise<boolean> {
  const document = await openPdf(bytesSource(bytes));
  const all = await readSignatures(document);
  const revision = all[0]?.coverage.revision ?? -1;
  const changes = await changesAfter(document, revision, await rulesAsOf(document, all, revision));
  return changes.every(({ allowed }) => allowed);
}

async function signatureIn(bytes: Uint8Array, name: string): Promise<PdfSignature> {
  const found = (await readSignatures(await openPdf(bytesSource(bytes)))).find(
    ({ field }) => field.fullName === name,
  );
  assert.ok(found, `no signature in ${name}`);
  return found;
}

/** One prepared field with further entries; `merged` with its widget, or apart from it. */
function form(more = '', merged = true): Uint8Array {
  const widget = '/Subtype/Widget/Type/Annot/Rect[100 700 270 760]/F 6/P 3 0 R';
  return handmade({
    ...onePage,
    1: '<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 6 0 R]>>>>',
    3: `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[${merged ? 4 : 5} 0 R 6 0 R]>>`,
    4: merged ? `<</FT/Sig/T(approval)${widget}${more}>>` : `<</FT/Sig/T(approval)/Kids[5 0 R]${more}>>`,
    5: merged ? 'null' : `<<${widget}/Parent 4 0 R>>`,
    6: '<</FT/Tx/T(amount)/V(100)/Subtype/Widget/Type/Annot/Rect[100 600 270 620]/P 3 0 R>>',
  });
}

describe('a prepared field', () => {
  for (const merged of [true, false])
    it(`is signed where it stands, ${merged ? 'one with its widget' : 'its widget apart'}, and made visible`, async () => {
      const signed = await sign(form('', merged), { ...visibleAt(1, 100, 100), fieldName: 'approval' });
      const signature = await signatureIn(signed, 'approval');
      assert.equal(signature.coverage.kind, 'whole-file');
      const [widget] = signature.field.widgets;
      assert.ok(widget !== undefined && widget.dictionary.entries.has('AP'));
      assert.equal((integerOf(entry(widget.dictionary, 'F')) ?? 0) & 2, 0, 'still hidden');
      const document = await openPdf(bytesSource(signed));
      const catalogue = await document.catalogue();
      const acroForm = await document.getDictionary(catalogue, 'AcroForm');
      assert.equal(integerOf(entry(acroForm ?? assert.fail(), 'SigFlags')), 3);
      const page = await readPage(document, 0);
      const annotations = await document.get(page?.dictionary ?? assert.fail(), 'Annots');
      assert.equal(annotations.kind === 'array' ? annotations.items.length : 0, 2, 'no widget was added');
      assert.match(await refusal(sign(signed, { fieldName: 'approval' })), /^field-already-signed/);
    });

  it('is not another field: text, absent', async () => {
    assert.match(await refusal(sign(form(), { fieldName: 'amount' })), /^field-not-found/);
    assert.match(await refusal(sign(form(), { fieldName: 'a.b' })), /^placement-invalid/);
  });

  it('locks what its lock says, and later filling in is forbidden', async () => {
    const lock = '/Lock<</Type/SigFieldLock/Action/Include/Fields[(amount)]>>';
    const signed = await sign(form(lock), { fieldName: 'approval' });
    assert.deepEqual((await signatureIn(signed, 'approval')).transforms.fieldMdp, [
      { action: 'Include', fields: ['amount'] },
    ]);
    // A signature elsewhere is still possible, and changes nothing of what is locked.
    assert.ok(await stillHolds(await sign(signed)));
  });

  it('gets the lock that is asked for, also under Chinese names', async () => {
    const fieldLock = { action: 'Exclude', fields: ['金额', 'amount'] } as const;
    const signed = await sign(form(), { fieldName: 'approval', fieldLock });
    assert.deepEqual((await signatureIn(signed, 'approval')).transforms.fieldMdp, [fieldLock]);
    const fresh = await sign(form(), { fieldLock: { action: 'All', fields: [] } });
    assert.match(await refusal(sign(fresh)), /^signing-forbidden: The signature in field "Signature1" locks/);
    assert.match(await refusal(sign(fresh, { fieldName: 'approval' })), /locks the field to be signed/);
  });

  it('is not mistaken for one whose name begins alike', async () => {
    const fieldLock = { action: 'Include', fields: ['Signature1'] } as const;
    const signed = await sign(form(), { fieldName: 'approval', fieldLock });
    assert.match(await refusal(sign(signed)), /^signing-forbidden/);
    assert.equal(await refusal(sign(signed, { fieldName: 'Signature10' })), 'accepted');
  });
});

describe('seed values of a prepared field', () => {
  const seeded = (seed: string, options: Partial<SignatureOptions> = {}): Promise<Uint8Array> =>
    sign(form(`/SV<</Type/SV${seed}>>`), { fieldName: 'approval', ...options });
  const hex = (der: Uint8Array): string => `<${Buffer.from(der).toString('hex')}>`;

  for (const [what, seed, options, outcome] of [
    ['our handler', '/Filter/Adobe.PPKLite/Ff 1', {}, /^accepted/],
    ['another handler', '/Filter/Other/Ff 1', {}, /another signature handler/],
    ['another handler, not binding', '/Filter/Other', {}, /^accepted/],
    ['our format among others', '/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]/Ff 2', {}, /^accepted/],
    ['another format', '/SubFilter[/adbe.pkcs7.sha1]/Ff 2', {}, /the format adbe\.pkcs7\.sha1/],
    ['the digest of the key', '/DigestMethod[(SHA256)]/Ff 64', {}, /^accepted/],
    ['another digest', '/DigestMethod[(SHA512)]/Ff 64', {}, /the digest SHA512/],
    ['a newer handler', '/V 9/Ff 4', {}, /newer/],
    ['an appearance', '/AppearanceFilter(x)/Ff 256', {}, /appearance/],
    ['a reason that is given', '/Reasons[(a)(b)]/Ff 8', { reason: 'b' }, /^accepted/],
    ['a reason that is not given', '/Reasons[(a)(b)]/Ff 8', {}, /one of these reasons: a; b/],
    ['another reason', '/Reasons[(a)(b)]/Ff 8', { reason: 'c' }, /one of these reasons/],
    ['no reason', '/Reasons[(.)]/Ff 8', { reason: 'c' }, /no reason/],
    ['no reason, none given', '/Reasons[(.)]/Ff 8', {}, /^accepted/],
    ['a time-stamp', '/TimeStamp<</URL(http://tsa)/Ff 1>>', { level: 'B-T' }, /^accepted/],
    ['a time-stamp, at B-B', '/TimeStamp<</URL(http://tsa)/Ff 1>>', { level: 'B-B' }, /time-stamp/],
    ['revocation data', '/AddRevInfo true/Ff 32', { level: 'B-LT' }, /^accepted/],
    ['revocation data, at B-T', '/AddRevInfo true/Ff 32', { level: 'B-T' }, /revocation data/],
    ['an approval', '/MDP<</P 0>>', { docMdp: 2 }, /an approval/],
    ['another certification', '/MDP<</P 1>>', { docMdp: 2 }, /level 1/],
    ['this signer', `/Cert<</Subject[${hex(party.certificate)}]/Ff 1>>`, {}, /^accepted/],
    ['another signer', `/Cert<</Subject[${hex(pki.root.certificate)}]/Ff 1>>`, {}, /another signer/],
    ['this authority', `/Cert<</Issuer[${hex(pki.sealCa.certificate)}]/Ff 2>>`, {}, /^accepted/],
    ['another authority', `/Cert<</Issuer[${hex(pki.root.certificate)}]/Ff 2>>`, {}, /another authority/],
    ['a policy', '/Cert<</OID[(1.2.3)]/Ff 4>>', {}, /another policy/],
    ['a usage it has', '/Cert<</KeyUsage[(X1)(111111111)]/Ff 32>>', {}, /^accepted/],
    ['a usage it has not', '/Cert<</KeyUsage[(XXXXX1)]/Ff 32>>', {}, /key usages/],
    ['a name', '/Cert<</SubjectDN[<</CN(x)>>]/Ff 8>>', {}, /certain name/],
  ] as const)
    it(`obeys: ${what}`, async () => {
      assert.match(await refusal(seeded(seed, options)), outcome);
    });

  it('certifies where the field asks for it, and locks the whole document', async () => {
    const certified = await seeded('/MDP<</P 2>>');
    assert.equal((await signatureIn(certified, 'approval')).transforms.docMdp, 2);
    const document = await openPdf(bytesSource(certified));
    const permissions = await document.getDictionary(await document.catalogue(), 'Perms');
    assert.equal(entry(permissions ?? assert.fail(), 'DocMDP').kind, 'reference');
    const locked = await seeded('/LockDocument true/Ff 128');
    assert.deepEqual((await signatureIn(locked, 'approval')).transforms.fieldMdp, [
      { action: 'All', fields: [] },
    ]);
  });
});

describe('PDF/A', () => {
  const metadata = (part: number): string =>
    streamBody(
      '/Type/Metadata/Subtype/XML',
      new TextEncoder().encode(`<x:xmpmeta><pdfaid:part>${part}</pdfaid:part></x:xmpmeta>`),
    );

  for (const part of [1, 2, 3, 4])
    it(`part ${part}: keeps its style, version, identifier and print flag, and shows what part 1 wants shown`, async () => {
      const original = handmade(
        { ...onePage, 1: '<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R>>', 4: metadata(part) },
        '/ID[<01><02>]',
      );
      const signed = await sign(original);
      const added = Buffer.from(signed.subarray(original.length)).toString('latin1');
      // ISO 19005-1, 6.1: no cross-reference streams; even hexadecimal digits; line ends around obj and endobj.
      assert.match(added, /\nxref\n/);
      assert.doesNotMatch(added, /ObjStm|\/XRef|\/Encrypt|\/SMask|\/JS|\/AA/);
      for (const [, digits] of added.matchAll(/<([0-9a-f]*)>/g)) assert.equal((digits?.length ?? 0) % 2, 0);
      assert.match(added, /\/ID \[<01> /);
      const [signature] = await readSignatures(await openPdf(bytesSource(signed)));
      const widget = signature?.field.widgets[0]?.dictionary;
      assert.ok(widget !== undefined);
      assert.equal(integerOf(entry(widget, 'F')), 132);
      const document = await openPdf(bytesSource(signed));
      const appearance = await document.getDictionary(widget, 'AP');
      assert.equal(appearance !== null, part === 1, 'ISO 19005-1, 6.9: every field has an appearance');
      if (appearance !== null) {
        const normal = dictionaryOf(await document.get(appearance, 'N'));
        assert.equal(nameOf(entry(normal ?? assert.fail(), 'Subtype')), 'Form');
      }
    });
});
