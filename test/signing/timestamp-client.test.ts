// A time-stamp service that lies, stutters or dies is believed in nothing.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { issueCertificate } from '../../ca/issue.ts';
import { TimestampAuthority } from '../../ca/timestamp-authority.ts';
import type { SigningKey } from '../../crypto/signing-key.ts';
import { encodeSignedAttributes } from '../../formats/cms/attributes.ts';
import { encodeSignedData } from '../../formats/cms/signed-data.ts';
import {
  encodeTimestampRequest,
  encodeTimestampResponse,
  encodeTstInfo,
  parseTimestampRequest,
  parseTimestampResponse,
} from '../../formats/cms/timestamp.ts';
import { OID } from '../../formats/x509/oid.ts';
import { PRIVATE_OID } from '../../formats/x509/private-oid.ts';
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts';
import { timestampClient, type Timestamp } from '../../signing/timestamp-client.ts';
import { openDistrict, type District } from '../ca/district.ts';
import { scale } from '../scale.ts';

function refusal(code: SigningErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof SigningError && error.code === code;
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const digest = sha256(new TextEncoder().encode('signature value'));

describe('the time-stamp client', () => {
  let world: District;
  let authority: TimestampAuthority;
  /** Another district with an authority of its own: genuine tokens, foreign root. */
  let foreign: District;
  let foreignAuthority: TimestampAuthority;

  before(async () => {
    world = await openDistrict();
    authority = new TimestampAuthority(world.parts, world.hierarchy);
    foreign = await openDistrict();
    foreignAuthority = new TimestampAuthority(foreign.parts, foreign.hierarchy);
  });
  after(async () => {
    await world.remove();
    await foreign.remove();
  });

  type Answer = (request: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;
  const ask = (respond: Answer, budget = 5000): Promise<Timestamp> =>
    timestampClient({
      service: { respond },
      random: world.parts.random,
      clock: world.parts.clock,
      issuers: () => [world.hierarchy.authority('time-stamps').certificate.der],
    }).timestamp(digest, budget);

  interface Lies {
    readonly certificate?: Uint8Array;
    readonly key?: SigningKey;
    readonly genTime?: Date;
    readonly contentType?: string;
    readonly messageDigest?: Uint8Array;
    readonly named?: Uint8Array;
    readonly eContentType?: string;
    readonly nonce?: Uint8Array | null;
    readonly signature?: (signature: Uint8Array) => Uint8Array;
    readonly withoutCertificate?: boolean;
  }

  /** A token made by hand with the service's own key (or another), true but for the lies told. */
  async function token(request: Uint8Array, lies: Lies): Promise<Uint8Array> {
    const key = lies.key ?? world.hierarchy.serviceKey('timestamp');
    const certificate = lies.certificate ?? key.chain[0]!;
    const { messageImprint, nonce } = parseTimestampRequest(request);
    const info = encodeTstInfo({
      policy: PRIVATE_OID.timestampPolicy,
      messageImprint: messageImprint.der,
      serialNumber: new Uint8Array(randomBytes(16)),
      genTime: lies.genTime ?? world.parts.clock(),
      accuracy: 1000,
      nonce: lies.nonce === undefined ? nonce : lies.nonce,
    });
    const signedAttributes = encodeSignedAttributes({
      contentType: lies.contentType ?? OID.tstInfo,
      messageDigest: lies.messageDigest ?? sha256(info),
      signingCertificate: { digestAlgorithm: 'sha256', certificateDigest: lies.named ?? sha256(certificate) },
    });
    const signature = await key.sign(signedAttributes);
    return encodeSignedData({
      digestAlgorithm: 'sha256',
      signedAttributes,
      signatureAlgorithm: 'ES256',
      signature: lies.signature?.(signature) ?? signature,
      signerCertificate: certificate,
      certificates: lies.withoutCertificate === true ? [] : [certificate],
      eContent: { type: lies.eContentType ?? OID.tstInfo, content: info },
    });
  }
  const lying =
    (lies: Lies): Answer =>
    async (request) =>
      encodeTimestampResponse({ token: await token(request, lies) });

  it('takes a true token and tells its time and serial number', async () => {
    const stamp = await ask((request) => authority.respond(request));
    assert.ok(Math.abs(stamp.time.getTime() - world.parts.clock().getTime()) < 5000);
    assert.match(stamp.serialNumber, /^[0-9a-f]{16,}$/);
    await ask(lying({}));
  });

  it('remembers how large a token was', async () => {
    const client = timestampClient({
      service: { respond: (request) => authority.respond(request) },
      random: world.parts.random,
      clock: world.parts.clock,
      issuers: () => [world.hierarchy.authority('time-stamps').certificate.der],
    });
    const guess = client.tokenSize();
    const { token: der } = await client.timestamp(digest, 5000);
    assert.ok(guess > der.length);
    assert.equal(client.tokenSize(), der.length);
  });

  it('refuses a token over another digest, or for another request', async () => {
    const askedFor = (nonce: Uint8Array, other: Uint8Array): Promise<Uint8Array> =>
      authority.respond(
        encodeTimestampRequest({
          digestAlgorithm: 'sha256',
          digest: other,
          nonce,
          certificateRequested: true,
        }),
      );
    const nonceOf = (request: Uint8Array): Uint8Array => parseTimestampRequest(request).nonce!;
    await assert.rejects(
      ask((request) => askedFor(nonceOf(request), sha256(digest))),
      refusal('timestamp-invalid'),
    );
    await assert.rejects(
      ask(() => askedFor(new Uint8Array(randomBytes(16)), digest)),
      refusal('timestamp-invalid'),
    );
    await assert.rejects(ask(lying({ nonce: null })), refusal('timestamp-invalid'));
    let first: Uint8Array | undefined;
    const replayed: Answer = async (request) => (first ??= await authority.respond(request));
    await ask(replayed);
    await assert.rejects(ask(replayed), refusal('timestamp-invalid'), 'an old answer');
  });

  it('refuses a token that does not hold in itself', async () => {
    const day = 86_400_000;
    const now = world.parts.clock().getTime();
    const cases: readonly Lies[] = [
      { genTime: new Date(now - day) },
      { genTime: new Date(now + day) },
      { contentType: OID.data },
      { messageDigest: digest },
      { named: digest },
      { eContentType: OID.data },
      { withoutCertificate: true },
      {
        signature: (signature) =>
          signature.map((octet, i) => (i === signature.length - 1 ? octet ^ 1 : octet)),
      },
      { signature: () => new Uint8Array(70) },
    ];
    for (const [index, lies] of cases.entries()) {
      await assert.rejects(ask(lying(lies)), refusal('timestamp-invalid'), `lie ${index}`);
    }
  });

  it('refuses a signer that is not certified for time-stamping, or by another authority', async () => {
    const pair = await world.parts.keys.generate('seal', 'ES256');
    const issued = await issueCertificate(world.parts, {
      profile: 'seal',
      authority: world.hierarchy.authority('department-seals'),
      subject: { organization: '演示', creditCode: '11120105000123457H', commonName: '12010500000001' },
      publicKey: pair.publicKey,
      actor: { id: 'system', department: null },
    });
    const key = await world.parts.keys.open(pair.id, 'seal', issued.chain);
    await assert.rejects(ask(lying({ key })), refusal('timestamp-invalid'));
    await assert.rejects(
      ask((request) => foreignAuthority.respond(request)),
      refusal('timestamp-invalid'),
    );
  });

  it('passes a refusal on as a service that gives none', async () => {
    await assert.rejects(
      ask(() => Promise.resolve(encodeTimestampResponse({ failure: 'timeNotAvailable', text: 'no clock' }))),
      refusal('timestamp-unavailable'),
    );
  });

  it('keeps to its budget, whether the service hears the signal or not', async () => {
    const started = Date.now();
    await assert.rejects(
      ask(() => new Promise(() => undefined), 50),
      refusal('timestamp-unavailable'),
    );
    const hears: Answer = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    await assert.rejects(ask(hears, 50), refusal('timestamp-unavailable'));
    assert.ok(Date.now() - started < 3000);
  });

  it('refuses a token with an element that is no certificate among its certificates', async () => {
    const { chain } = world.hierarchy.serviceKey('timestamp');
    for (const certificate of chain) {
      // Obsolete and attribute certificates are [0] to [3]; the rest is nothing.
      for (const tag of [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0x31, 0x70, 0xcf, 0xf8]) {
        await assert.rejects(
          ask(async (request) => {
            const answer = Buffer.from(await authority.respond(request));
            const at = answer.indexOf(certificate);
            assert.ok(at > 0);
            answer[at] = tag;
            return answer;
          }),
          refusal('timestamp-invalid'),
          tag.toString(16),
        );
      }
    }
  });

  it('refuses garbage, and any change to a true answer, without crashing', async () => {
    await assert.rejects(
      ask(() => Promise.resolve(new Uint8Array(0))),
      refusal('timestamp-invalid'),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (garbage) => {
        await assert.rejects(
          ask(() => Promise.resolve(garbage)),
          refusal('timestamp-invalid'),
        );
      }),
      { numRuns: scale(100) },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (where, flip) => {
        let truth: Uint8Array = new Uint8Array(0);
        const changed: Answer = async (request) => {
          truth = await authority.respond(request);
          const answer = truth.slice();
          const at = where % answer.length;
          answer[at] = (answer[at] ?? 0) ^ flip;
          return answer;
        };
        try {
          const { token: believed } = await ask(changed);
          // Only the words around the token are not part of it.
          assert.ok(Buffer.from(parseTimestampResponse(truth).token ?? []).equals(believed));
        } catch (error) {
          assert.ok(error instanceof SigningError, String(error));
        }
      }),
      { numRuns: scale(400) },
    );
  });
});
