// Configuration of the ways to log in: environment variables to plain values.
import { z } from 'zod';
import { ApiError } from './errors.ts';

export interface LoginConfig {
  /** The host name with TLS client authentication and the listener behind it; null where there is none. */
  readonly tls: TlsLoginConfig | null;
  /** A gateway that text messages are posted to; the demonstration has its inbox instead. */
  readonly textGateway: { readonly url: string; readonly tokenFile: string | null } | null;
  /** JSON file that names other OpenID Providers. */
  readonly upstreamFile: string | null;
  /** JSON file that says where networks are. */
  readonly placesFile: string | null;
  /** Where the signer listens on a person's own computer. */
  readonly signerPort: number;
}

export interface TlsLoginConfig {
  /** `https://host[:port]`, as people's browsers reach it. */
  readonly origin: string;
  /** Port to listen on; 0 lets the system choose. */
  readonly port: number;
  /** PEM. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

const path = z.string().min(1).optional();
const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((value) => value <= 65535);

/** Where `yinxin signer` listens unless told. */
export const defaultSignerPort = 18480;

/** The variables, as zod reads them. */
export const loginVariables = {
  YINXIN_TLS_LOGIN_URL: z
    .url({ protocol: /^https$/ })
    .transform((address) => address.replace(/\/$/, ''))
    .refine((address) => new URL(address).origin === address)
    .optional(),
  YINXIN_TLS_LOGIN_PORT: port.default(8443),
  YINXIN_TLS_LOGIN_CERTIFICATE: path,
  YINXIN_TLS_LOGIN_KEY: path,
  YINXIN_SMS_GATEWAY: z.url({ protocol: /^https?$/ }).optional(),
  YINXIN_SMS_GATEWAY_TOKEN_FILE: path,
  YINXIN_UPSTREAM_FILE: path,
  YINXIN_PLACES_FILE: path,
  YINXIN_SIGNER_PORT: port.default(defaultSignerPort),
} as const;

type LoginValues = z.output<z.ZodObject<typeof loginVariables>>;

/** @throws ApiError `configuration-invalid` where TLS client authentication is half configured. */
export function loginConfigOf(values: LoginValues): LoginConfig {
  return {
    tls: tlsOf(values),
    textGateway:
      values.YINXIN_SMS_GATEWAY === undefined
        ? null
        : { url: values.YINXIN_SMS_GATEWAY, tokenFile: values.YINXIN_SMS_GATEWAY_TOKEN_FILE ?? null },
    upstreamFile: values.YINXIN_UPSTREAM_FILE ?? null,
    placesFile: values.YINXIN_PLACES_FILE ?? null,
    signerPort: values.YINXIN_SIGNER_PORT,
  };
}

function tlsOf(values: LoginValues): TlsLoginConfig | null {
  const origin = values.YINXIN_TLS_LOGIN_URL;
  const certificateFile = values.YINXIN_TLS_LOGIN_CERTIFICATE;
  const keyFile = values.YINXIN_TLS_LOGIN_KEY;
  if (origin === undefined && certificateFile === undefined && keyFile === undefined) return null;
  if (origin === undefined || certificateFile === undefined || keyFile === undefined) {
    throw new ApiError('configuration-invalid', 'TLS client authentication is half configured.', {
      hint: 'set YINXIN_TLS_LOGIN_URL, YINXIN_TLS_LOGIN_CERTIFICATE and YINXIN_TLS_LOGIN_KEY together',
    });
  }
  return { origin, port: values.YINXIN_TLS_LOGIN_PORT, certificateFile, keyFile };
}
