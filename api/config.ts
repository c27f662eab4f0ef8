// Configuration: the environment and flags over what `init` left in the data folder, validated once.
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { SuiteName } from '../crypto/suite.ts';
import type { Sm2Form } from '../signing/use-terms.ts';
import { ApiError } from './errors.ts';
import { loginConfigOf, loginVariables, type LoginConfig } from './login-config.ts';
import { readSettings, type Settings } from './settings.ts';
import { externalPoliciesText, timeSourceText, type TimeConfig } from './time-settings.ts';

/** The port used where none is said. */
const defaultPort = 8480;

export type Mode = 'demonstration' | 'production';

export interface Config {
  readonly mode: Mode;
  /** Absolute path. */
  readonly dataFolder: string;
  /** `postgresql://…`, or null for the embedded database in the data folder. */
  readonly databaseUrl: string | null;
  /** Host to listen on. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Without trailing slash; null where codes can open on this computer only. */
  readonly publicUrl: string | null;
  /** Decided once for each data folder. */
  readonly suite: SuiteName;
  /** How SM2 stands in a stamp whose request does not say; null leaves it to the suite. */
  readonly sm2: Sm2Form | null;
  /** Days after which an upload that nobody had stamped is forgotten. */
  readonly uploadDays: number;
  /** Whether somebody said that production of the suite gm may keep its keys in files. */
  readonly keyFilesAllowed: boolean;
  readonly passphrase: PassphraseSource;
  /** The offline store of the root keys: a folder that may be taken away, and what opens it. */
  readonly rootKeys: { readonly folder: string; readonly passphrase: PassphraseSource };
  /** Where the time of time-stamps is known from. */
  readonly time: TimeConfig;
  /** Proxies in front whose X-Forwarded-For is believed. */
  readonly trustedProxies: number;
  readonly logLevel: string;
  /** Requests a minute: strangers reading, strangers verifying, one principal. */
  readonly rates: { readonly reading: number; readonly verifying: number; readonly principal: number };
  /** `conformance` opens what production keeps shut, for the test plans of others; never in production. */
  readonly providerProfile: 'standard' | 'conformance';
  /** Where the registers of persons and legal persons answer, and the file with the token for them; null for none. */
  readonly registers: { readonly url: string; readonly tokenFile: string } | null;
  /** What the ways to log in need beside the service itself. */
  readonly login: LoginConfig;
  /** Who runs this installation, as certificate subjects name it. */
  readonly settings: Settings | null;
}

/** Where the passphrase of the key files comes from. `made` is made on first start (demonstration only). */
export type PassphraseSource =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'made'; readonly path: string };

/** What flags may say; they win over the environment. */
export interface Flags {
  readonly data?: string | undefined;
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly mode?: Mode | undefined;
  readonly publicUrl?: string | undefined;
  /** For what opens no keys: production then needs no passphrase. */
  readonly keyless?: boolean;
}

const wholeNumber = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

const environmentSchema = z.object({
  YINXIN_DATA: z.string().min(1).default('./data'),
  YINXIN_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  YINXIN_REGISTERS_URL: z.url({ protocol: /^https?$/ }).optional(),
  YINXIN_REGISTERS_TOKEN_FILE: z.string().min(1).optional(),
  // An origin and nothing after it: it stands in codes and certificates.
  YINXIN_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((address) => address.replace(/\/$/, ''))
    .refine((address) => new URL(address).origin === address)
    .optional(),
  YINXIN_HOST: z.string().min(1).optional(),
  YINXIN_PORT: wholeNumber.refine((port) => port <= 65535).default(defaultPort),
  YINXIN_PASSPHRASE: z.string().min(12).optional(),
  YINXIN_PASSPHRASE_FILE: z.string().min(1).optional(),
  YINXIN_MODE: z.enum(['demonstration', 'production']).optional(),
  YINXIN_SUITE: z.enum(['international', 'gm']).optional(),
  YINXIN_SM2_SEAL: z.enum(['none', 'ses', 'cms']).optional(),
  YINXIN_UPLOAD_DAYS: wholeNumber.refine((days) => days >= 1 && days <= 3650).default(30),
  YINXIN_ALLOW_KEY_FILES: z.enum(['0', '1']).default('0'),
  YINXIN_ROOT_KEYS: z.string().min(1).optional(),
  YINXIN_ROOT_PASSPHRASE_FILE: z.string().min(1).optional(),
  YINXIN_TIME_SOURCE: timeSourceText.default(null),
  YINXIN_TIME_CHECK_SECONDS: wholeNumber.refine((seconds) => seconds >= 16 && seconds <= 3600).default(64),
  YINXIN_TSA_EXTERNAL: externalPoliciesText.optional(),
  YINXIN_TRUSTED_PROXIES: wholeNumber.refine((hops) => hops <= 10).default(0),
  YINXIN_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  YINXIN_RATE_READING: wholeNumber.refine((rate) => rate > 0).default(600),
  YINXIN_RATE_VERIFYING: wholeNumber.refine((rate) => rate > 0).default(60),
  YINXIN_RATE_PRINCIPAL: wholeNumber.refine((rate) => rate > 0).default(60_000),
  YINXIN_OIDC_PROFILE: z.enum(['standard', 'conformance']).default('standard'),
  ...loginVariables,
});

/**
 * Reads the configuration.
 * @throws ApiError `configuration-invalid` (names the variable), `configuration-refused` (valid, but not allowed to
 * start: demonstration data in production, missing passphrase …).
 */
export function readConfig(environment: NodeJS.ProcessEnv, flags: Flags = {}): Config {
  const parsed = environmentSchema.safeParse({
    // An empty variable is an unset one.
    ...Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== '')),
    ...(flags.data === undefined ? {} : { YINXIN_DATA: flags.data }),
    ...(flags.port === undefined ? {} : { YINXIN_PORT: flags.port }),
    ...(flags.host === undefined ? {} : { YINXIN_HOST: flags.host }),
    ...(flags.mode === undefined ? {} : { YINXIN_MODE: flags.mode }),
    ...(flags.publicUrl === undefined ? {} : { YINXIN_PUBLIC_URL: flags.publicUrl }),
  });
  if (!parsed.success) {
    const names = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))];
    throw new ApiError('configuration-invalid', `These settings do not hold: ${names.join(', ')}.`, {
      hint: hintFor(names[0] ?? ''),
    });
  }
  const values = parsed.data;
  const dataFolder = resolve(values.YINXIN_DATA);
  const settings = readSettings(dataFolder);
  const mode = values.YINXIN_MODE ?? settings?.mode ?? 'production';
  const publicUrl = values.YINXIN_PUBLIC_URL ?? settings?.publicUrl ?? null;
  const passphrase = passphraseSource(dataFolder, values.YINXIN_PASSPHRASE, values.YINXIN_PASSPHRASE_FILE);
  const rootPassphraseFile = values.YINXIN_ROOT_PASSPHRASE_FILE;
  const config: Config = {
    mode,
    dataFolder,
    databaseUrl: values.YINXIN_DATABASE_URL ?? null,
    // Strangers' machines reach a demonstration only when somebody said so.
    host:
      values.YINXIN_HOST ??
      (mode === 'demonstration' && values.YINXIN_PUBLIC_URL === undefined ? '127.0.0.1' : '::'),
    port: values.YINXIN_PORT,
    publicUrl,
    suite: values.YINXIN_SUITE ?? settings?.suite ?? 'international',
    sm2: values.YINXIN_SM2_SEAL ?? null,
    uploadDays: values.YINXIN_UPLOAD_DAYS,
    keyFilesAllowed: values.YINXIN_ALLOW_KEY_FILES === '1',
    passphrase,
    rootKeys: {
      folder: resolve(values.YINXIN_ROOT_KEYS ?? join(dataFolder, 'root-keys')),
      passphrase:
        rootPassphraseFile === undefined ? passphrase : { kind: 'file', path: resolve(rootPassphraseFile) },
    },
    time: {
      servers: values.YINXIN_TIME_SOURCE,
      interval: values.YINXIN_TIME_CHECK_SECONDS * 1000,
      external: values.YINXIN_TSA_EXTERNAL ?? new Map<string, string>(),
    },
    trustedProxies: values.YINXIN_TRUSTED_PROXIES,
    logLevel: values.YINXIN_LOG_LEVEL,
    rates: {
      reading: values.YINXIN_RATE_READING,
      verifying: values.YINXIN_RATE_VERIFYING,
      principal: values.YINXIN_RATE_PRINCIPAL,
    },
    providerProfile: values.YINXIN_OIDC_PROFILE,
    registers: registersOf(values.YINXIN_REGISTERS_URL, values.YINXIN_REGISTERS_TOKEN_FILE),
    login: loginConfigOf(values),
    settings,
  };
  refuseMixture(config, flags.keyless === true);
  return config;
}

/** @throws ApiError `configuration-invalid` for one of the two without the other. */
function registersOf(url: string | undefined, tokenFile: string | undefined): Config['registers'] {
  if (url === undefined && tokenFile === undefined) return null;
  if (url === undefined || tokenFile === undefined) {
    throw new ApiError('configuration-invalid', 'The registers need an address and a token.', {
      hint: 'set YINXIN_REGISTERS_URL and YINXIN_REGISTERS_TOKEN_FILE',
    });
  }
  return { url: url.replace(/\/$/, ''), tokenFile: resolve(tokenFile) };
}

const madePassphraseName = 'demonstration-passphrase';

/** Where a demonstration keeps the passphrase it made. */
function madePassphrasePath(dataFolder: string): string {
  return join(dataFolder, madePassphraseName);
}

function passphraseSource(
  dataFolder: string,
  value: string | undefined,
  file: string | undefined,
): PassphraseSource {
  if (value !== undefined && file !== undefined) {
    throw new ApiError(
      'configuration-invalid',
      'YINXIN_PASSPHRASE and YINXIN_PASSPHRASE_FILE are both set.',
      {
        hint: 'set one of them',
      },
    );
  }
  if (file !== undefined) return { kind: 'file', path: resolve(file) };
  if (value !== undefined) return { kind: 'value', value };
  return { kind: 'made', path: madePassphrasePath(dataFolder) };
}

/** Demonstration and production never meet in one data folder, and production has no defaults for what protects it. */
function refuseMixture(config: Config, keyless: boolean): void {
  const { mode, settings, dataFolder } = config;
  const refuse = (message: string, hint: string): never => {
    throw new ApiError('configuration-refused', message, { hint });
  };
  if (settings !== null && settings.mode !== mode) {
    refuse(
      `The data folder was made for ${settings.mode} and cannot be used for ${mode}.`,
      `choose another folder with --data, or unset YINXIN_MODE`,
    );
  }
  if (settings !== null && settings.suite !== config.suite) {
    refuse(
      `The data folder was made for the suite ${settings.suite} and cannot be used for ${config.suite}.`,
      'choose another folder with --data, or unset YINXIN_SUITE',
    );
  }
  if (mode === 'demonstration') return;
  if (config.providerProfile === 'conformance') {
    refuse(
      'The conformance profile of the OpenID Provider gives up protection and never runs in production.',
      'unset YINXIN_OIDC_PROFILE, or use a demonstration folder',
    );
  }
  if (existsSync(madePassphrasePath(dataFolder)) || usesMadePassphrase(config)) {
    refuse(
      'The key files of this data folder belong to a demonstration; production will not start with them.',
      'make a new folder with `yinxin init --data DIR`',
    );
  }
  if (config.passphrase.kind === 'made' && !keyless) {
    refuse(
      'Production needs the passphrase of its key files, and there is no default.',
      'set YINXIN_PASSPHRASE_FILE to a file only this service can read, or YINXIN_PASSPHRASE (12 characters or more)',
    );
  }
}

/** Whether the passphrase file named is the one a demonstration made for itself, wherever it was copied to. */
function usesMadePassphrase(config: Config): boolean {
  return config.passphrase.kind === 'file' && basename(config.passphrase.path) === madePassphraseName;
}

function hintFor(name: string): string {
  switch (name) {
    case 'YINXIN_PORT':
      return 'a port is a whole number from 0 to 65535';
    case 'YINXIN_TIME_SOURCE':
      return 'system, or time servers such as ntp://ntp1.example.cn,ntp://ntp2.example.cn,ntp://ntp3.example.cn';
    case 'YINXIN_TIME_CHECK_SECONDS':
      return 'the clock is checked every 16 to 3600 seconds';
    case 'YINXIN_TSA_EXTERNAL':
      return 'policies of others and where they are answered: 1.2.3.4=https://tsa.example.cn/tsr';
    case 'YINXIN_PUBLIC_URL':
      return 'an address such as https://seal.example.gov.cn';
    case 'YINXIN_DATABASE_URL':
      return 'an address such as postgresql://user:password@host:5432/yinxin';
    case 'YINXIN_SUITE':
      return 'the suite is international or gm';
    case 'YINXIN_SM2_SEAL':
      return 'an SM2 seal stands in a stamp as ses or cms, or none does';
    case 'YINXIN_UPLOAD_DAYS':
      return 'uploads that nobody had stamped are kept for 1 to 3650 days';
    case 'YINXIN_PASSPHRASE':
      return 'a passphrase has at least 12 characters';
    default:
      return 'see `yinxin serve --help`';
  }
}
