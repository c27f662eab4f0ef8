// T15–T18: a CMS signature and a time-stamp count only with a trusted path, a status of their own, and attributes that fit.
import assert from 'node:assert/strict';
import { joinBytes } from '../../formats/bytes.ts';
import { encodeSignedAttributes } from '../../formats/cms/attributes.ts';
import { encodeSignedData, parseSignedData } from '../../formats/cms/signed-data.ts';
import { encodeTstInfo } from '../../formats/cms/timestamp.ts';
import { encodeDigestAlgorithm } from '../../formats/x509/algorithm.ts';
import { TAG, readDer, type DerReader } from '../../formats/x509/der.ts';
import { explicit, octetString, oid, sequence, tagged } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { respondExternally } from '../../ca/external-timestamps.ts';
import {
  encodeTimestampRequest,
  parseTimestampRequest,
  parseTimestampResponse,
} from '../../formats/cms/timestamp.ts';
import { integer } from '../../formats/x509/der-writer.ts';
import type { Conclusion } from '../../verification/report.ts';
import { depsFor, verifyBytes } from '../verification/deps.ts';
import {
  daysFromNow,
  makeCrl,
  makeKey,
  makeParty,
  makePki,
  now,
  sha256,
  signWith,
  type TestPki,
} from '../verification/pki.ts';
import { signPdf, type SigningOptions } from '../verification/signed-pdf.ts';
import { makeOcsp } from './world.ts';

const pki = makePki();

async function concludes(options: SigningOptions, of: TestPki = pki): Promise<Conclusion> {
  return (await verifyBytes(signPdf(of, undefined, options), depsFor(of))).conclusion;
}

/** The SignedData with other members: `change` gets each as it stands. */
function rewritten(cms: Uint8Array, change: (members: Uint8Array[]) => readonly Uint8Array[]): Uint8Array {
  const limits = { maxBytes: 1 << 20, maxDepth: 40, setOrder: 'any' } as const;
  const read = (top: DerReader): Uint8Array[] =>
    top.sequence((info) => {
      info.oid();
      return info.inside(0xa0, (content) =>
        content.sequence((fields) => fields.every((each) => each.element().bytes)),
      );
    });
  const members = change(readDer(cms, limits, 'cms-malformed', read));
  return sequence(oid(OID.signedData), explicit(0, sequence(...members)));
}

/** With revocation data inside, as a signer may put it there. */
function withOcsp(cms: Uint8Array, ocsp: Uint8Array): Uint8Array {
  const other = tagged(0xa1, joinBytes([oid(OID.ocspRevocationInfo), ocsp]));
  return rewritten(cms, (members) => [...members.slice(0, -1), tagged(0xa1, other), members.at(-1)!]);
}

describe('traps of signatures', () => {
  it('the good one holds, so that every refusal below is for its own reason', async () => {
    assert.equal(await concludes({}), 'TOTAL-PASSED');
  });

  it('T15: a self-signed stranger, and a stranger with our CA’s name', async () => {
    const stranger = makeParty({ commonName: '陌生', issuer: null });
    assert.notEqual(
      await concludes({ signer: stranger, certificates: [stranger.certificate] }),
      'TOTAL-PASSED',
    );
    const forgedCa = makeParty({ commonName: '演示印章CA', issuer: null, ca: true });
    const forged = makeParty({ commonName: '演示部门印章', issuer: forgedCa });
    for (const certificates of [
      [forged.certificate, forgedCa.certificate],
      [forged.certificate, pki.sealCa.certificate],
    ]) {
      assert.notEqual(await concludes({ signer: forged, certificates }), 'TOTAL-PASSED');
    }
  });

  it('T16: a revoked signer stays revoked whatever answer comes inside the signature', async () => {
    const lost = makeCrl(pki.sealCa, {
      revoked: [{ certificate: pki.signer.certificate, at: daysFromNow(-20), reason: 'keyCompromise' }],
    });
    const revoked = { ...pki, crls: [makeCrl(pki.root), lost, makeCrl(pki.tsaCa)] };
    // REVOKED_NO_POE: its time-stamp says only that it is older than that.
    assert.equal(await concludes({}, revoked), 'INDETERMINATE');
    const about = { about: pki.signer, issuer: pki.sealCa } as const;
    const forgeries = [
      makeOcsp({
        ...about,
        key: makeKey(),
        namedKey: pki.sealCa.key,
        certificates: [pki.sealCa.certificate],
      }),
      makeOcsp({ ...about, key: pki.signer.key, certificates: [pki.signer.certificate] }),
      makeOcsp({ ...about, thisUpdate: daysFromNow(-400), nextUpdate: daysFromNow(-399) }),
    ];
    for (const ocsp of forgeries) {
      assert.equal(await concludes({ cms: (cms) => withOcsp(cms, ocsp) }, revoked), 'INDETERMINATE');
      // Nor is it taken where no list is there at all.
      const silent = { ...pki, crls: [makeCrl(pki.root), makeCrl(pki.tsaCa)] };
      assert.notEqual(await concludes({ cms: (cms) => withOcsp(cms, ocsp) }, silent), 'TOTAL-PASSED');
    }
  });

  it('T17: attributes that name another content type, another certificate, or are not there', async () => {
    assert.notEqual(await concludes({ contentType: OID.tstInfo }), 'TOTAL-PASSED');
    assert.notEqual(await concludes({ essCertificate: pki.tsa.certificate }), 'TOTAL-PASSED');
    assert.notEqual(await concludes({ messageDigest: (right) => right.toReversed() }), 'TOTAL-PASSED');
    // The attributes of a true signature, put forward as content that was signed without attributes.
    const bare = (cms: Uint8Array): Uint8Array => {
      const [signer] = parseSignedData(cms).signerInfos;
      const der = rewritten(cms, (members) => {
        const info = readDer(
          members.at(-1)!,
          { maxBytes: 1 << 20, maxDepth: 40, setOrder: 'any' },
          'cms-malformed',
          (top) =>
            top.inside(TAG.set, (set) => set.sequence((fields) => fields.every((each) => each.element()))),
        );
        const without = info.filter(({ tag }) => tag !== 0xa0).map(({ bytes }) => bytes);
        const content = sequence(oid(OID.data), explicit(0, octetString(signer!.signedAttributesDer!)));
        return [members[0]!, members[1]!, content, members[3]!, tagged(TAG.set, sequence(...without))];
      });
      assert.equal(parseSignedData(der).signerInfos[0]?.signedAttributes, null);
      return der;
    };
    assert.notEqual(await concludes({ cms: bare }), 'TOTAL-PASSED');
    // A type that stands twice: the first would be right, the second says another digest.
    const twice = (cms: Uint8Array): Uint8Array => {
      const second = sequence(oid(OID.messageDigest), tagged(TAG.set, octetString(new Uint8Array(32))));
      return rewritten(cms, (members) => {
        const set = members.at(-1)!;
        const info = readDer(
          set,
          { maxBytes: 1 << 20, maxDepth: 40, setOrder: 'any' },
          'cms-malformed',
          (top) =>
            top.inside(TAG.set, (one) => one.sequence((fields) => fields.every((each) => each.element()))),
        );
        const doubled = info.map(({ tag, bytes, content }) =>
          tag === 0xa0 ? tagged(0xa0, joinBytes([content, second])) : bytes,
        );
        return [...members.slice(0, -1), tagged(TAG.set, sequence(...doubled))];
      });
    };
    assert.notEqual(await concludes({ cms: twice }), 'TOTAL-PASSED');
  });

  it('T18: a time-stamp of an authority for other uses, revoked, unnamed or over other data proves no time', async () => {
    // Without a proof of time, a certificate that has run out since makes the signature undecided at best.
    const brief = makePki({ signer: { notAfter: daysFromNow(1) } });
    const later = async (options: SigningOptions, of: TestPki = brief): Promise<Conclusion> => {
      const deps = depsFor(of, { time: daysFromNow(3), crls: of.crls });
      return (await verifyBytes(signPdf(of, undefined, options), deps)).conclusion;
    };
    assert.equal(await later({}), 'TOTAL-PASSED');
    const lies: Readonly<Record<string, SigningOptions>> = {
      none: { token: null },
      'another use': { token: { authority: brief.signer } },
      'another use, not critical': {
        token: {
          authority: makeParty({
            commonName: '演示时间戳',
            issuer: brief.tsaCa,
            keyUsage: ['digitalSignature'],
            extendedKeyUsage: [OID.timeStamping],
            extendedKeyUsageCritical: false,
          }),
        },
      },
      'unnamed certificate': { token: { withoutEss: true } },
      'other data': { token: { over: new Uint8Array(3) } },
      'a broken signature': { token: { breakSignature: true } },
      'a time to come': { token: { genTime: daysFromNow(30) } },
    };
    for (const [name, options] of Object.entries(lies)) {
      assert.notEqual(await later(options), 'TOTAL-PASSED', name);
    }
    const lost = makeCrl(brief.tsaCa, {
      revoked: [{ certificate: brief.tsa.certificate, at: daysFromNow(2), reason: 'keyCompromise' }],
      thisUpdate: daysFromNow(2.5),
      nextUpdate: daysFromNow(9),
    });
    const revoked = { ...brief, crls: [makeCrl(brief.root), makeCrl(brief.sealCa), lost] };
    assert.notEqual(await later({}, revoked), 'TOTAL-PASSED', 'revoked since, for a lost key');
  });

  it('T18: a token handed on for another authority has the nonce, policy and imprint of its request', async () => {
    const nonce = Uint8Array.of(1, 2, 3);
    const digest = sha256(nonce);
    const der = encodeTimestampRequest({
      digestAlgorithm: 'sha256',
      digest,
      policy: '1.2.3',
      nonce,
      certificateRequested: true,
    });
    const answer = async (change: {
      policy?: string;
      nonce?: Uint8Array;
      digest?: Uint8Array;
      bare?: boolean;
    }) => {
      const content = encodeTstInfo({
        policy: change.policy ?? '1.2.3',
        messageImprint: sequence(encodeDigestAlgorithm('sha256'), octetString(change.digest ?? digest)),
        serialNumber: Uint8Array.of(9),
        genTime: now,
        accuracy: 1000,
        nonce: change.nonce ?? nonce,
      });
      const signedAttributes = encodeSignedAttributes({
        contentType: OID.tstInfo,
        messageDigest: sha256(content),
        signingCertificate: { digestAlgorithm: 'sha256', certificateDigest: sha256(pki.tsa.certificate) },
      });
      const token = encodeSignedData({
        digestAlgorithm: 'sha256',
        signedAttributes,
        signatureAlgorithm: 'ES256',
        signature: signWith(pki.tsa.key, signedAttributes),
        signerCertificate: pki.tsa.certificate,
        certificates: [pki.tsa.certificate],
        eContent: { type: OID.tstInfo, content },
      });
      const service = { respond: () => Promise.resolve(sequence(sequence(integer(0)), token)) };
      return parseTimestampResponse(await respondExternally(service, parseTimestampRequest(der), der, now));
    };
    assert.ok((await answer({})).token);
    for (const change of [
      { policy: '1.2.4' },
      { nonce: Uint8Array.of(1, 2, 4) },
      { digest: sha256(digest) },
    ]) {
      assert.equal((await answer(change)).token, null);
    }
  });
});
