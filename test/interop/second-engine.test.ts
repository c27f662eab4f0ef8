// A second engine: our certificates and signatures checked by @peculiar/webcrypto, which shares no code with ours.
import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import { Crypto } from '@peculiar/webcrypto';
import { derToRaw } from '../../formats/x509/ecdsa-signature.ts';
import { parseCertificate, type Certificate } from '../../formats/x509/certificate.ts';
import { openDistrict, type District } from '../ca/district.ts';

const curves = { 'P-256': { bytes: 32, hash: 'SHA-256' }, 'P-384': { bytes: 48, hash: 'SHA-384' } } as const;
type Curve = keyof typeof curves;

// The package's own types name a base class that is not installed; what it makes is the standard's interface.
const { subtle } = new Crypto() as unknown as { readonly subtle: webcrypto.SubtleCrypto };

/** Plain buffers only: the engine brings its own asn1js. */
function buffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

async function verifies(
  curve: Curve,
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const { bytes, hash } = curves[curve];
  const key = await subtle.importKey('spki', buffer(spki), { name: 'ECDSA', namedCurve: curve }, false, [
    'verify',
  ]);
  const raw = buffer(derToRaw(signature, bytes));
  return subtle.verify({ name: 'ECDSA', hash }, key, raw, buffer(message));
}

function signedBy(issuer: Certificate, curve: Curve, subject: Certificate): Promise<boolean> {
  return verifies(curve, issuer.subjectPublicKeyInfo.der, subject.tbs, subject.signature);
}

describe('a second engine', function () {
  this.timeout(60_000);
  let district: District;
  before(async () => void (district = await openDistrict()));
  after(() => district.remove());

  it('verifies each authority under the root and each service key under its authority', async () => {
    const { hierarchy } = district;
    const root = hierarchy.authority('root').certificate;
    assert.equal(await signedBy(root, 'P-384', root), true);
    for (const name of ['department-seals', 'time-stamps', 'services'] as const) {
      assert.equal(await signedBy(root, 'P-384', hierarchy.authority(name).certificate), true, name);
    }
    const services = hierarchy.authority('services').certificate;
    const seals = hierarchy.authority('department-seals').certificate;
    for (const purpose of ['license-code', 'status-list', 'trust-list', 'receipt'] as const) {
      const [own] = hierarchy.serviceKey(purpose).chain;
      assert.ok(own);
      assert.equal(await signedBy(services, 'P-256', parseCertificate(own)), true, purpose);
      assert.equal(await signedBy(seals, 'P-256', parseCertificate(own)), false, purpose);
    }
  });

  it('verifies what a service key signs, and nothing else', async () => {
    const key = district.hierarchy.serviceKey('receipt');
    const message = new TextEncoder().encode('核验回执');
    const signature = await key.sign(message);
    assert.equal(await verifies('P-256', key.publicKey, message, signature), true);
    assert.equal(await verifies('P-256', key.publicKey, message.subarray(1), signature), false);
  });
});
