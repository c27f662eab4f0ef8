// A policy of another authority: its true answers are handed on unchanged, and nothing false ever is.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, hash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { timestampService } from '../../api/timestamp-http.ts';
import type { ExternalTimestamps } from '../../ca/external-timestamps.ts';
import { TimestampAuthority } from '../../ca/timestamp-authority.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { TimestampTokenWriter } from '../../formats/cms/timestamp-token.ts';
import {
  encodeTimestampRequest,
  encodeTimestampResponse,
  parseTimestampRequest,
  parseTimestampResponse,
  parseTstInfo,
} from '../../formats/cms/timestamp.ts';
import { OID } from '../../formats/x509/oid.ts';
import { certified, type Certified } from '../crypto/certified.ts';
import { requireProgram, run } from '../programs.ts';
import { openDistrict, pem, type District } from './district.ts';

const POLICY = '1.3.6.1.4.1.99999.7';
const DIGEST = new Uint8Array(createHash('sha256').update('decision').digest());
const NONCE = Uint8Array.of(0x70, 1, 2, 3, 4, 5, 6, 7);
const request = (
  more: { readonly policy?: string; readonly nonce?: Uint8Array; readonly wants?: boolean } = {},
): Uint8Array =>
  encodeTimestampRequest({
    digestAlgorithm: 'sha256',
    digest: DIGEST,
    policy: more.policy ?? POLICY,
    nonce: more.nonce ?? NONCE,
    certificateRequested: more.wants ?? true,
  });

let district: District;
let unit: Certified;
before(async () => {
  district = await openDistrict({ realClock: true });
  const root = await certified('ES256', '外部时间戳根', { ca: true });
  unit = await certified('ES256', '外部时间戳', { issuer: root, usage: OID.timeStamping });
});
after(() => district.remove());

interface Lie {
  readonly policy?: string;
  readonly digest?: Uint8Array;
  readonly nonce?: Uint8Array | null;
  readonly at?: Date;
  readonly signer?: Certified;
  readonly certificates?: readonly Uint8Array[];
  /** Signs these bytes instead of the attributes. */
  readonly otherMessage?: boolean;
  readonly otherContent?: boolean;
}

/** Another authority that can be made to lie in one point. */
function authorityThat(lie: Lie): ExternalTimestamps {
  return {
    async respond(der) {
      const asked = parseTimestampRequest(der);
      const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'));
      const writer = new TimestampTokenWriter({
        policy: lie.policy ?? POLICY,
        accuracy: 1000,
        digestAlgorithm: 'sha256',
        signatureAlgorithm: 'ES256',
        signerCertificate: unit.certificate,
        certificateDigest: sha256(unit.certificate),
        certificates: lie.certificates ?? unit.chain,
      });
      const imprint =
        lie.digest === undefined
          ? asked.messageImprint.der
          : parseTimestampRequest(
              encodeTimestampRequest({
                digestAlgorithm: 'sha256',
                digest: lie.digest,
                certificateRequested: true,
              }),
            ).messageImprint.der;
      const tstInfo = writer.tstInfo({
        messageImprint: imprint,
        serialNumber: Uint8Array.of(1, 2, 3),
        genTime: lie.at ?? new Date(),
        nonce: lie.nonce === undefined ? asked.nonce : lie.nonce,
      });
      const attributes = writer.signedAttributes(sha256(lie.otherContent === true ? DIGEST : tstInfo));
      const signature = await (lie.signer ?? unit).sign(lie.otherMessage === true ? DIGEST : attributes);
      return writer.response(tstInfo, attributes, signature, asked.certificateRequested);
    },
  };
}

function ours(service: ExternalTimestamps): TimestampAuthority {
  return new TimestampAuthority(district.parts, district.hierarchy, {
    external: new Map([[POLICY, service]]),
  });
}

describe("another authority's policy", () => {
  it('is answered by that authority, byte for byte, and our own policy by ourselves', async () => {
    let passed: Uint8Array | null = null;
    let asked: Uint8Array | null = null;
    const service: ExternalTimestamps = {
      async respond(der) {
        asked = der;
        return (passed = await authorityThat({}).respond(der));
      },
    };
    const sent = request();
    assert.deepEqual(await ours(service).respond(sent), passed);
    assert.deepEqual(asked, sent);
    const { token } = parseTimestampResponse(
      await ours(service).respond(
        encodeTimestampRequest({ digestAlgorithm: 'sha256', digest: DIGEST, certificateRequested: false }),
      ),
    );
    assert.notEqual(parseTstInfo(parseSignedData(token!).eContent!).policy, POLICY);
    const unknown = await ours(service).respond(request({ policy: '1.2.3.4' }));
    assert.deepEqual(parseTimestampResponse(unknown).failures, ['unacceptedPolicy']);
    const bare = await ours(service).respond(request({ wants: false }));
    assert.equal(parseSignedData(parseTimestampResponse(bare).token!).certificates.length, 0);
  });

  it('with an answer that lies in one point gives a refusal, never a token', async () => {
    const other = await certified('ES256', '他人', { usage: OID.timeStamping });
    const lies: Readonly<Record<string, Lie>> = {
      policy: { policy: '1.2.3.4' },
      imprint: { digest: DIGEST.toReversed() },
      nonce: { nonce: Uint8Array.of(1) },
      'no nonce': { nonce: null },
      past: { at: new Date(Date.now() - 600_000) },
      future: { at: new Date(Date.now() + 600_000) },
      'signed by another key': { signer: other },
      'signed over something else': { otherMessage: true },
      'over other content': { otherContent: true },
      'without its certificate': { certificates: [other.certificate] },
    };
    for (const [name, lie] of Object.entries(lies)) {
      const answer = parseTimestampResponse(await ours(authorityThat(lie)).respond(request()));
      assert.deepEqual([answer.token, answer.failures], [null, ['systemFailure']], name);
    }
  });

  it('gives its own reason where it refuses, and ours where it is silent or babbles', async () => {
    const cases: readonly (readonly [string, ExternalTimestamps])[] = [
      [
        'badAlg',
        { respond: () => Promise.resolve(encodeTimestampResponse({ failure: 'badAlg', text: 'no' })) },
      ],
      ['timeNotAvailable', { respond: () => Promise.reject(new Error('refused')) }],
      ['systemFailure', { respond: () => Promise.resolve(new Uint8Array(0)) }],
      ['systemFailure', { respond: () => Promise.resolve(new Uint8Array(70_000)) }],
      ['systemFailure', { respond: () => Promise.resolve(Uint8Array.of(0x30, 0x80, 0, 0)) }],
    ];
    for (const [failure, service] of cases) {
      const answer = parseTimestampResponse(await ours(service).respond(request()));
      assert.deepEqual([answer.token, answer.failures], [null, [failure]]);
    }
    // What is broken is refused here already.
    const broken = encodeTimestampRequest({
      digestAlgorithm: 'sha1',
      digest: DIGEST.subarray(0, 20),
      policy: POLICY,
      certificateRequested: true,
    });
    const refused = parseTimestampResponse(await ours(authorityThat({})).respond(broken));
    assert.deepEqual(refused.failures, ['badAlg']);
  });

  it('reaches an authority of openssl over HTTP', async function () {
    const openssl = requireProgram(this, 'openssl');
    const { folder } = district;
    await writeFile(join(folder, 'serial'), '01\n');
    const configuration = await district.file(
      'tsa.cnf',
      `[tsa]\ndefault_tsa=unit\n[unit]\nserial=${join(folder, 'serial')}\nsigner_cert=${join(folder, 'unit.pem')}\ncerts=${join(folder, 'unit.pem')}\nsigner_key=${join(folder, 'unit.key')}\nsigner_digest=sha256\ndefault_policy=${POLICY}\ndigests=sha256\naccuracy=secs:1\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n`,
    );
    await district.file('unit.pem', pem('CERTIFICATE', unit.certificate));
    await district.file('unit.key', pem('PRIVATE KEY', unit.pkcs8));
    const answers = createServer((incoming, outgoing) => {
      const chunks: Uint8Array[] = [];
      incoming.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      incoming.on('end', () => {
        void (async () => {
          const query = await district.file('query.tsq', Buffer.concat(chunks));
          const out = join(folder, 'reply.tsr');
          const args = [
            'ts',
            '-reply',
            '-config',
            configuration,
            '-section',
            'unit',
            '-queryfile',
            query,
            '-out',
            out,
          ];
          const made = spawnSync(openssl, args, { encoding: 'utf8' });
          assert.equal(made.status, 0, made.stderr);
          outgoing.setHeader('Content-Type', 'application/timestamp-reply');
          outgoing.end(await readFile(out));
        })();
      });
    });
    await new Promise<void>((resolve) => answers.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = answers.address() as AddressInfo;
      const http = timestampService(`http://127.0.0.1:${port}/tsr`);
      const service: ExternalTimestamps = {
        respond: (der) => http.respond(der, AbortSignal.timeout(5000)),
      };
      const answer = await ours(service).respond(request());
      const { token, statusText } = parseTimestampResponse(answer);
      assert.ok(token, statusText.join());
      const reply = await district.file('ours.tsr', answer);
      const query = await district.file('ours.tsq', request());
      const root = await district.file('external-root.pem', pem('CERTIFICATE', unit.chain[1]!));
      const verify = ['ts', '-verify', '-in', reply, '-queryfile', query, '-CAfile', root];
      assert.match(run(openssl, verify), /Verification: OK/);
    } finally {
      answers.close();
      answers.closeAllConnections();
    }
  });
});
