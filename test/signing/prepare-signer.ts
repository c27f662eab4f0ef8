// A stranger's signer for the tests: openssl with a throw-away key, so that nothing of ours vouches for our own bytes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinBytes } from '../../formats/bytes.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { finishSignature } from '../../signing/finish.ts';
import { prepareSignature, type SignatureOptions } from '../../signing/prepare.ts';

export interface ThrowAwaySigner {
  /** DER. */
  readonly certificate: Uint8Array;
  /** Detached CMS with signing-certificate-v2 (CAdES) over `content`. */
  sign(content: Uint8Array): Uint8Array;
  /** Verifies a detached CMS with the signer's certificate as the only anchor; @throws where it does not hold. */
  verify(content: Uint8Array, cms: Uint8Array): void;
  /** Full path in a folder removed by `remove`. */
  path(name: string): string;
  remove(): void;
}

export function throwAwaySigner(commonName = 'Demonstration signer'): ThrowAwaySigner {
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-signer-'));
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): Buffer =>
    execFileSync('openssl', [...args], { stdio: 'pipe' });
  const newKey = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    path('key.pem'),
  ];
  openssl('req', '-x509', ...newKey, '-subj', `/CN=${commonName}`, '-days', '30', '-out', path('cert.pem'));
  const certificate = openssl('x509', '-in', path('cert.pem'), '-outform', 'DER');
  const signing = ['-sign', '-binary', '-cades', '-md', 'sha256', '-outform', 'DER'];
  return {
    certificate: new Uint8Array(certificate),
    path,
    sign(content) {
      writeFileSync(path('content.bin'), content);
      const key = ['-signer', path('cert.pem'), '-inkey', path('key.pem')];
      return new Uint8Array(openssl('cms', ...signing, ...key, '-in', path('content.bin')));
    },
    verify(content, cms) {
      writeFileSync(path('content.bin'), content);
      writeFileSync(path('value.der'), cms);
      const input = ['-in', path('value.der'), '-inform', 'DER', '-content', path('content.bin')];
      openssl(
        'cms',
        '-verify',
        '-binary',
        '-purpose',
        'any',
        '-CAfile',
        path('cert.pem'),
        ...input,
        '-out',
        path('out.bin'),
      );
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const signingTime = new Date('2026-11-22T05:06:07.000Z');

/** A red ring with a bar through it, leaning to nowhere: what stands upright and what not shows in a picture. */
export const ringAppearance = {
  content: new TextEncoder().encode(
    '0.84 0 0.06 RG 0.84 0 0.06 rg 4 w 60 60 m 110 60 l S 55 20 10 80 re f 35 90 50 10 re f 4 4 112 112 re S',
  ),
  boundingBox: [0, 0, 120, 120],
} as const;

export async function signWith(
  signer: ThrowAwaySigner,
  original: Uint8Array,
  options: Partial<SignatureOptions> = {},
): Promise<Uint8Array> {
  const prepared = await prepareSignature(bytesSource(original), {
    time: signingTime,
    contentsCapacity: 3000,
    ...options,
  });
  const cms = signer.sign(joinBytes([original, prepared.before, prepared.after]));
  return joinBytes([original, finishSignature(prepared, cms)]);
}

/** A 42 mm seal at a place that every page of the producers has free. */
export function visibleAt(page: number, centreX: number, centreY: number): Pick<SignatureOptions, 'visible'> {
  return {
    visible: { page, placement: { centreX, centreY, width: 42, height: 42 }, appearance: ringAppearance },
  };
}
