// Certificate logins against our own CA: what a certificate is worth, and everything that must not get in.
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { enrol } from '../../../ca/enrol.ts';
import { releaseCertificate, revokeCertificate, suspendCertificate } from '../../../ca/revoke.ts';
import type { EnrolmentRequest } from '../../../ca/enrolment.ts';
import { startSm2, type Sm2Signer } from '../../../crypto/sm2.ts';
import { certificateLoginBytes, type CertificateLogin } from '../../../formats/login/certificate-message.ts';
import { parseCertificate } from '../../../formats/x509/certificate.ts';
import { PRIVATE_OID } from '../../../formats/x509/private-oid.ts';
import { IdentityError } from '../../../identity/errors.ts';
import type { CertificateParts } from '../../../identity/login/certificate-judge.ts';
import {
  answerCertificateTls,
  beginCertificate,
  beginCertificateTls,
  finishCertificate,
  finishCertificateTls,
} from '../../../identity/login/certificate.ts';
import { authenticatorsOf, endAuthenticator } from '../../../identity/login/authenticators.ts';
import { authenticationOf } from '../../../identity/login/progress.ts';
import { openDistrict, type District } from '../../ca/district.ts';
import {
  bareConfig,
  enrolmentOf,
  officeOf,
  REGISTRAR,
  requestBy,
  RESIDENT,
} from '../../ca/enrolment-office.ts';
import { requireProgram } from '../../programs.ts';
import { engines } from '../../storage/engines.ts';
import { HOME, ORIGIN } from './world.ts';

const coded = (code: string) => (error: unknown) => error instanceof IdentityError && error.code === code;
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** As `requestBy` calls kinds of keys. */
const kinds = { ES256: 'p256', RS256: 'rsa2048', SM2SM3: 'sm2', Ed25519: 'ed25519' } as const;

function sm2Signature(signer: Sm2Signer, message: Uint8Array): Uint8Array {
  const running = startSm2(signer);
  running.update(message);
  return running.finish();
}

/** The key that openssl wrote last. */
function newestKey(folder: string): string {
  const files = readdirSync(folder)
    .filter((name) => /^key-\d+\.pem$/.test(name))
    .map((name) => join(folder, name))
    .toSorted(
      (a, b) =>
        statSync(b).mtimeMs - statSync(a).mtimeMs ||
        Number(/(\d+)\.pem/.exec(b)![1]) - Number(/(\d+)\.pem/.exec(a)![1]),
    );
  return files[0]!;
}

interface Held {
  readonly certificate: Uint8Array;
  readonly serial: string;
  answer(login: Partial<CertificateLogin> & { nonce: string; interaction?: string }): {
    nonce: string;
    certificate: Uint8Array;
    algorithm: string;
    signature: Uint8Array;
  };
}

for (const engine of engines) {
  describe(`certificate logins on ${engine.name}`, function () {
    this.timeout(120_000);
    let district: District;
    let parts: CertificateParts;
    let active = true;
    let openssl: string;
    let opened = false;

    before(async function () {
      engine.require(this);
      openssl = requireProgram(this, 'openssl');
      district = await openDistrict({ engine });
      opened = true;
      await bareConfig(district);
      parts = {
        ...district.parts,
        hierarchy: district.hierarchy,
        deviceKeyPolicies: [PRIVATE_OID.deviceKeyPolicy],
        messages: null,
        accounts: {
          isActive: () => Promise.resolve(active),
          rungOf: () => Promise.resolve(4),
          ofDocument: (type, number) =>
            Promise.resolve(
              type === 'resident-id' && number === RESIDENT.documentNumber ? 'acc_zhang' : null,
            ),
        },
      };
    });
    after(async () => {
      if (opened) await district.remove();
    });

    async function held(
      algorithm: 'ES256' | 'RS256' | 'SM2SM3' | 'Ed25519',
      change: Partial<EnrolmentRequest> = {},
    ): Promise<Held> {
      // A request by openssl: stretching the password of a file for each case would take minutes.
      const identifier = algorithm === 'SM2SM3' ? ['-sm3', '-sigopt', 'distid:1234567812345678'] : [];
      const csr = requestBy(district, openssl, kinds[algorithm], identifier);
      const made = await enrol(
        officeOf(district),
        enrolmentOf({
          profile: 'resident-authentication',
          hierarchy: algorithm === 'SM2SM3' ? 'sm2' : 'international',
          subject: { person: RESIDENT },
          key: { kind: 'csr', der: csr },
          ...change,
        }),
      );
      const key = createPrivateKey(readFileSync(newestKey(district.folder)));
      const publicKey = parseCertificate(made.certificate).subjectPublicKeyInfo.der;
      return {
        certificate: made.certificate,
        serial: made.serial,
        answer(login) {
          const message = certificateLoginBytes({
            origin: ORIGIN,
            client: 'portal',
            interaction: 'i1',
            certificate: createHash('sha256').update(made.certificate).digest('hex'),
            ...login,
          });
          const signature =
            algorithm === 'SM2SM3'
              ? sm2Signature({ privateKey: key, publicKey, random }, message)
              : new Uint8Array(sign(algorithm === 'Ed25519' ? null : 'sha256', message, key));
          return { nonce: login.nonce, certificate: made.certificate, algorithm, signature };
        },
      };
    }

    const asked = { boundTo: 'i1', client: 'portal', origin: ORIGIN };
    const login = async (key: Held, more: Partial<CertificateLogin> = {}) => {
      const { nonce } = await beginCertificate(parts, 'i1');
      return finishCertificate(parts, HOME, asked, key.answer({ nonce, ...more }));
    };

    for (const algorithm of ['ES256', 'RS256', 'SM2SM3', 'Ed25519'] as const) {
      it(`a key of ${algorithm} logs in the person the CA identified, at rung 3`, async () => {
        const key = await held(algorithm);
        const factor = await login(key);
        assert.equal(factor.account, 'acc_zhang');
        assert.equal(factor.certificate?.serial, key.serial);
        const { aal, amr } = authenticationOf({ account: 'acc_zhang', factors: [factor] }, new Date());
        assert.equal(aal, 3);
        assert.ok(amr.includes('swk'));
      });
    }

    it('the same certificate under a policy for device keys reaches rung 4, and no further than its evidence', async () => {
      // A CA whose residents' keys all lie in devices: what no demonstration claims.
      const device = { ...parts, deviceKeyPolicies: [PRIVATE_OID.residentAuthenticationPolicy] };
      const once = async (level: number) => {
        const key = await held('ES256', {
          evidence: { kind: 'window', reference: 'CK', level, officer: 'officer:w07' },
        });
        const { nonce } = await beginCertificate(parts, 'i1');
        const factor = await finishCertificate(device, HOME, asked, key.answer({ nonce }));
        return authenticationOf({ account: factor.account, factors: [factor] }, new Date());
      };
      const four = await once(4);
      assert.equal(four.aal, 4);
      assert.ok(four.amr.includes('hwk') && four.amr.includes('pin'));
      assert.equal((await once(3)).aal, 3);
    });

    it('the nonce is answered once, also by a wrong answer, and only in its interaction', async () => {
      const key = await held('ES256');
      const { nonce } = await beginCertificate(parts, 'i1');
      const answer = key.answer({ nonce });
      await assert.rejects(
        finishCertificate(parts, HOME, { ...asked, boundTo: 'i2' }, answer),
        coded('challenge-refused'),
      );
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () => finishCertificate(parts, HOME, asked, answer)),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      const second = await beginCertificate(parts, 'i1');
      const wrong = { ...key.answer({ nonce: second.nonce }), signature: new Uint8Array(70) };
      await assert.rejects(finishCertificate(parts, HOME, asked, wrong), coded('certificate-refused'));
      await assert.rejects(
        finishCertificate(parts, HOME, asked, key.answer({ nonce: second.nonce })),
        coded('challenge-refused'),
      );
    });

    const attacks: Readonly<Record<string, Partial<CertificateLogin>>> = {
      'signed on another origin (a relaying page)': { origin: 'https://evil.example' },
      'signed for another client': { client: 'other' },
      'signed for another interaction': { interaction: 'i2' },
      'signed for another certificate': { certificate: '0'.repeat(64) },
      'signed over another nonce': {},
    };
    for (const [what, more] of Object.entries(attacks)) {
      it(`refuses what was ${what}`, async () => {
        const key = await held('ES256');
        if (Object.keys(more).length > 0) {
          await assert.rejects(login(key, more), coded('certificate-refused'));
          return;
        }
        const { nonce } = await beginCertificate(parts, 'i1');
        const other = await beginCertificate(parts, 'i1');
        await assert.rejects(
          finishCertificate(parts, HOME, asked, { ...key.answer({ nonce: other.nonce }), nonce }),
          coded('certificate-refused'),
        );
      });
    }

    it('refuses a held and a revoked certificate at once, and takes a released one', async () => {
      const key = await held('ES256');
      await login(key);
      await suspendCertificate(district.parts, { serial: key.serial, actor: REGISTRAR });
      await assert.rejects(login(key), coded('certificate-refused'));
      await releaseCertificate(district.parts, { serial: key.serial, actor: REGISTRAR });
      await login(key);
      await revokeCertificate(district.parts, {
        serial: key.serial,
        reason: 'keyCompromise',
        actor: REGISTRAR,
      });
      await assert.rejects(login(key), coded('certificate-refused'));
    });

    it('refuses a certificate to sign with, of somebody without an account, and bytes that are none', async () => {
      await assert.rejects(
        login(await held('ES256', { profile: 'resident-signing' })),
        coded('certificate-refused'),
      );
      const stranger = { ...RESIDENT, documentNumber: '120105195603150022' };
      await assert.rejects(
        login(await held('ES256', { subject: { person: stranger } })),
        coded('certificate-refused'),
      );
      const key = await held('ES256');
      const { nonce } = await beginCertificate(parts, 'i1');
      const answer = { ...key.answer({ nonce }), certificate: key.certificate.subarray(0, 200) };
      await assert.rejects(finishCertificate(parts, HOME, asked, answer), coded('certificate-refused'));
    });

    it('refuses a certificate that somebody wrote into the database himself', async () => {
      const key = await held('ES256');
      const thief = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const own = thief.publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
      const theirs = parseCertificate(key.certificate).subjectPublicKeyInfo.publicKey;
      // The thief's key in the victim's certificate: record and bytes agree, the authority's signature does not.
      const forged = Buffer.from(key.certificate);
      own.copy(forged, forged.indexOf(theirs));
      await district.database.write(async (tx) => {
        await tx
          .updateTable('ca_certificate')
          .set({ der: forged.toString('base64') })
          .where('serial', '=', key.serial)
          .execute();
      });
      const { nonce } = await beginCertificate(parts, 'i1');
      const message = certificateLoginBytes({
        origin: ORIGIN,
        client: 'portal',
        interaction: 'i1',
        nonce,
        certificate: createHash('sha256').update(forged).digest('hex'),
      });
      const answer = {
        nonce,
        certificate: new Uint8Array(forged),
        algorithm: 'ES256',
        signature: new Uint8Array(sign('sha256', message, thief.privateKey)),
      };
      await assert.rejects(finishCertificate(parts, HOME, asked, answer), coded('certificate-refused'));
    });

    it('refuses an algorithm that is not the key’s', async () => {
      const key = await held('ES256');
      for (const algorithm of ['RS256', 'SM2SM3', 'ES384', 'none', 'HS256']) {
        const { nonce } = await beginCertificate(parts, 'i1');
        await assert.rejects(
          finishCertificate(parts, HOME, asked, { ...key.answer({ nonce }), algorithm }),
          coded('certificate-refused'),
        );
      }
    });

    it('a certificate whose holder removed it does not come back by itself', async () => {
      const key = await held('ES256');
      await login(key);
      const enrolled = (await authenticatorsOf(district.database.reader, 'acc_zhang', 'certificate')).find(
        ({ publicPart }) => publicPart['serial'] === key.serial,
      );
      await district.database.write((tx) =>
        endAuthenticator(parts, tx, REGISTRAR, { account: 'acc_zhang', id: enrolled!.id, reason: 'removed' }),
      );
      await assert.rejects(login(key), coded('certificate-refused'));
    });

    it('over mutual TLS: ticket and answer count once, in their own interaction, and status is asked twice', async () => {
      const key = await held('ES256');
      const ticket = await beginCertificateTls(parts, 'i7');
      const { answer, interaction } = await answerCertificateTls(parts, HOME, ticket, key.certificate);
      assert.equal(interaction, 'i7');
      await assert.rejects(
        answerCertificateTls(parts, HOME, ticket, key.certificate),
        coded('challenge-refused'),
      );
      await assert.rejects(finishCertificateTls(parts, 'i8', answer), coded('challenge-refused'));
      assert.equal((await finishCertificateTls(parts, 'i7', answer)).account, 'acc_zhang');
      await assert.rejects(finishCertificateTls(parts, 'i7', answer), coded('challenge-refused'));
      const again = await answerCertificateTls(
        parts,
        HOME,
        await beginCertificateTls(parts, 'i7'),
        key.certificate,
      );
      await revokeCertificate(district.parts, { serial: key.serial, reason: 'superseded', actor: REGISTRAR });
      await assert.rejects(finishCertificateTls(parts, 'i7', again.answer), coded('certificate-refused'));
    });

    it('an account that is not active is refused', async () => {
      const key = await held('ES256');
      active = false;
      await assert.rejects(login(key), coded('login-refused'));
      active = true;
    });
  });
}

describe('the text a certificate signs', () => {
  const good: CertificateLogin = {
    origin: 'https://a.example',
    nonce: 'A'.repeat(43),
    client: 'portal',
    interaction: 'i1',
    certificate: 'ab'.repeat(32),
  };
  it('says in its first line that it is a login and no document', () => {
    const text = new TextDecoder().decode(certificateLoginBytes(good));
    assert.match(
      text,
      /^yinxin certificate login v1: this signs you in, it is no signature under a document\norigin: /,
    );
  });
  it('is one text for one login: two different logins never sign the same bytes', () => {
    fc.assert(
      fc.property(
        fc.record({
          client: fc.string({ maxLength: 40 }),
          interaction: fc.string({ maxLength: 40 }),
          origin: fc.string({ maxLength: 40 }),
        }),
        fc.record({
          client: fc.string({ maxLength: 40 }),
          interaction: fc.string({ maxLength: 40 }),
          origin: fc.string({ maxLength: 40 }),
        }),
        (a, b) => {
          const textOf = (facts: object): string | null => {
            try {
              return Buffer.from(certificateLoginBytes({ ...good, ...facts })).toString('latin1');
            } catch {
              return null;
            }
          };
          const [one, two] = [textOf(a), textOf(b)];
          assert.ok(one === null || one !== two || JSON.stringify(a) === JSON.stringify(b));
        },
      ),
    );
  });
  for (const [name, value] of [
    ['client', 'portal\norigin: https://b.example'],
    ['origin', 'https://a.example/path'],
    ['nonce', 'short'],
    ['interaction', 'a b'],
  ] as const) {
    it(`refuses a ${name} that does not hold`, () => {
      assert.throws(() => certificateLoginBytes({ ...good, [name]: value }));
    });
  }
});
