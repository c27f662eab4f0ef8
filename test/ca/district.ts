// A CA on a real database and real key files, gone after the test.
import { createPrivateKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { establishHierarchy, type Hierarchy, type HierarchySettings } from '../../ca/hierarchy.ts';
import type { CaParts } from '../../ca/parts.ts';
import type { HierarchyAlgorithms } from '../../ca/authority-plan.ts';
import { createBlindIndex } from '../../crypto/blind-index.ts';
import { createFieldCipher } from '../../crypto/field-cipher.ts';
import { openKeyFiles, type KeyFiles } from '../../crypto/key-files.ts';
import { suiteNamed, type SuiteName } from '../../crypto/suite.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import type { Database } from '../../storage/database.ts';
import type { DatabaseLocation } from '../../storage/open.ts';
import { engines, type Engine, type TestDatabase } from '../storage/engines.ts';

/** The first moment of the tests' world. */
export const START = new Date('2026-11-22T05:06:07.250Z');

export const SETTINGS: HierarchySettings = {
  organisation: '天津市河北区政务服务办公室',
  publicUrl: 'http://localhost:8480',
  demonstration: true,
};

export const SYSTEM = { id: 'system', department: null };
export const CREDIT_CODE = '11120105000123457H';

export interface District {
  readonly parts: CaParts & { readonly keys: KeyFiles };
  /** Where the root keys lie, and how they are taken away and brought back. */
  readonly rootKeys: { take(): void; bring(): void };
  readonly database: Database;
  /** Where the database lies: another node joins it there. */
  readonly location: DatabaseLocation;
  readonly hierarchy: Hierarchy;
  readonly folder: string;
  /** Moves the world's clock by so many milliseconds. */
  advance(milliseconds: number): void;
  /** Writes a file into the test's folder. @returns its path. */
  file(name: string, content: Uint8Array | string): Promise<string>;
  remove(): Promise<void>;
}

/**
 * @param options.realClock - a real clock where programs of others judge by the present time; a stepped one otherwise.
 * @param options.algorithms - of the international hierarchy
 */
export async function openDistrict(
  options: {
    readonly realClock?: boolean;
    readonly engine?: Engine;
    readonly suite?: SuiteName;
    readonly algorithms?: HierarchyAlgorithms;
    readonly settings?: Partial<HierarchySettings>;
  } = {},
): Promise<District> {
  const folder = await mkdtemp(join(tmpdir(), 'yinxin-ca-'));
  const engine = options.engine ?? engines[0]!;
  const store: TestDatabase = await engine.open();
  let offset = 0;
  const start = Date.now();
  const clock = (): Date =>
    new Date((options.realClock === true ? Date.now() : START.getTime() + (Date.now() - start)) + offset);
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  const suite = suiteNamed(options.suite ?? 'international');
  const vault = { passphrase: 'test', random, cost: 1024, cipher: suite.cipher };
  const keys = await openKeyFiles({ ...vault, folder: join(folder, 'keys') });
  const rootFolder = await openKeyFiles({ ...vault, folder: join(folder, 'root-keys') });
  let atHand = true;
  const masterKeys = await keys.masterKeys();
  const parts = {
    database: store.database,
    keys,
    audit: auditChain({ node: 'test', digest: suite.digest }),
    clock,
    random,
    suite,
    index: createBlindIndex(masterKeys.first, suite.digest),
    cipher: createFieldCipher({ masterKeys, random, cipher: suite.cipher }),
    rootKeys: () => Promise.resolve(atHand ? rootFolder : null),
  };
  return {
    parts,
    rootKeys: { take: () => void (atHand = false), bring: () => void (atHand = true) },
    database: store.database,
    location: store.location,
    hierarchy: await establishHierarchy(parts, {
      ...SETTINGS,
      ...(options.algorithms === undefined ? {} : { algorithms: options.algorithms }),
      ...options.settings,
    }),
    folder,
    advance: (milliseconds) => void (offset += milliseconds),
    file: async (name, content) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
    remove: async () => {
      await store.cleanup();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PEM of DER bytes. */
export function pem(label: string, der: Uint8Array): string {
  const body = (
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n');
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

/** A key pair outside any store: SPKI DER and the private half. */
export function looseKey(curve: 'P-256' | 'P-384' = 'P-256'): {
  readonly spki: Uint8Array;
  readonly key: KeyObject;
} {
  const pair = generateKeyPairSync('ec', {
    namedCurve: curve,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  return {
    spki: new Uint8Array(pair.publicKey),
    key: createPrivateKey({ key: pair.privateKey, format: 'der', type: 'pkcs8' }),
  };
}
