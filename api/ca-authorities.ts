// What the CA is, for everybody: its authorities, its profiles with the clause of every bound, and chains to download.
import { z } from 'zod';
import type { Authority } from '../ca/parts.ts';
import type { Profile } from '../ca/profile.ts';
import { profileSettings } from '../ca/profile-settings.ts';
import { profiles } from '../ca/profiles/list.ts';
import { nameText } from '../formats/x509/name.ts';
import { caTag as tag, certificatePem, hierarchy } from './ca-schemas.ts';
import { bytes, json } from './reply.ts';
import { route, type Route } from './route.ts';
import { instant } from './schemas.ts';

const reading = { kind: 'public', rate: 'reading' } as const;
const open = { 'Cache-Control': 'public, max-age=60', 'Access-Control-Allow-Origin': '*' };

const authorityAnswer = z.object({
  name: z.string(),
  hierarchy,
  kind: z.string(),
  generation: z.int(),
  state: z.enum(['active', 'retired', 'revoked']),
  qualification: z.literal('internal').describe('非依法设立的电子认证服务机构（电子签名法第十六条）'),
  subject: z.string(),
  serial: z.string(),
  algorithm: z.string(),
  notBefore: instant,
  notAfter: instant,
  lists: z.int().describe('Over how many revocation lists its certificates are spread.'),
  certificateUrl: z.url(),
  chainUrl: z.url(),
  crlUrl: z.url(),
});

function answerOf(authority: Authority, address: string): z.input<typeof authorityAnswer> {
  const { name, certificate } = authority;
  return {
    name,
    hierarchy: authority.hierarchy,
    kind: authority.kind,
    generation: authority.generation,
    state: authority.state,
    qualification: 'internal',
    subject: nameText(certificate.subject),
    serial: certificate.serialHex,
    algorithm: authority.key.algorithm,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    lists: authority.shards,
    certificateUrl: `${address}/ca/${name}.cer`,
    chainUrl: `${address}/ca/${name}.pem`,
    crlUrl: `${address}/crl/${name}.crl`,
  };
}

const authorities = route({
  method: 'get',
  path: '/api/v1/ca/authorities',
  tag,
  summary: 'Every authority of both hierarchies, whatever its state',
  access: reading,
  replies: [
    {
      status: 200,
      description: 'Authorities.',
      content: { 'application/json': z.object({ authorities: z.array(authorityAnswer) }) },
    },
  ],
  handle(services) {
    const all = services.hierarchy.authorities();
    return Promise.resolve(
      json(200, { authorities: all.map((each) => answerOf(each, services.address)) }, open),
    );
  },
});

const bound = z.object({ value: z.unknown(), clause: z.string() });
const profileAnswer = z.object({
  name: z.string(),
  hierarchy,
  authorities: z.array(z.string()),
  certifies: z.string().nullable(),
  enabled: z.boolean(),
  maximumDays: z.object({ value: z.int(), clause: z.string() }),
  bounds: z.record(z.string(), bound).describe('Every bound beside the clause it comes from.'),
});

/** A bound that the officers lowered says so. */
const lowered = (clause: string): string => `${clause}; lowered by two officers`;

function profileAnswerOf(
  profile: Profile,
  setting: { readonly enabled: boolean; readonly maximumDays: number | null } | undefined,
): z.input<typeof profileAnswer> {
  const { maximumDays } = profile;
  const most = setting?.maximumDays ?? null;
  return {
    name: profile.name,
    hierarchy: profile.hierarchy,
    authorities: [...profile.authorities],
    certifies: profile.certifies,
    enabled: setting?.enabled ?? true,
    maximumDays: most === null ? { ...maximumDays } : { value: most, clause: lowered(maximumDays.clause) },
    bounds: Object.fromEntries(
      Object.entries(profile).flatMap(([name, value]: [string, unknown]) =>
        typeof value === 'object' && value !== null && 'clause' in value && 'value' in value
          ? [[name, { value: value.value, clause: String(value.clause) }]]
          : [],
      ),
    ),
  };
}

const profileList = route({
  method: 'get',
  path: '/api/v1/ca/profiles',
  tag,
  summary: 'Every certificate profile, each bound with its clause, and what officers set',
  access: reading,
  replies: [
    {
      status: 200,
      description: 'Profiles.',
      content: { 'application/json': z.object({ profiles: z.array(profileAnswer) }) },
    },
  ],
  async handle(services) {
    const settings = await profileSettings(services.database.reader);
    return json(
      200,
      {
        profiles: profiles.map((profile) =>
          profileAnswerOf(
            profile,
            settings.find((each) => each.profile === profile.name && each.hierarchy === profile.hierarchy),
          ),
        ),
      },
      open,
    );
  },
});

const chain = route({
  method: 'get',
  path: '/ca/{authority}.pem',
  tag,
  summary: 'An authority’s certificate and those above it, the root last, PEM',
  access: reading,
  params: z.object({ authority: z.string().regex(/^[a-z0-9-]{1,40}$/) }),
  replies: [
    { status: 200, description: 'Certificates.', content: { 'application/pem-certificate-chain': 'binary' } },
  ],
  handle(services, { params }) {
    const authority = services.hierarchy.authority(params.authority);
    const root = services.hierarchy
      .authorities()
      .find(
        (each) =>
          each.kind === 'root' &&
          Buffer.from(each.certificate.subject.der).equals(authority.certificate.issuer.der),
      );
    const ders = [
      ...(authority.chain.length === 0 ? [authority.certificate.der] : authority.chain),
      ...(root === undefined || root.name === authority.name ? [] : [root.certificate.der]),
    ];
    return Promise.resolve(
      bytes('application/pem-certificate-chain', ders.map(certificatePem).join(''), open),
    );
  },
});

export const caAuthorityRoutes: readonly Route[] = [authorities, profileList, chain];
