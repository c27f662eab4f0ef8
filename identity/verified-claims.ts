// verified_claims (OpenID Identity Assurance Schema 1.0): how, when, by whom and by what evidence claims were checked.
import { proofingsOf, type Proofing, type ProofingMethod } from './accounts.ts';
import { ageAt, type DocumentType } from './identity-documents.ts';
import { liveProofing } from './levels.ts';
import { personById, type Person, type PersonDependencies } from './persons.ts';

/** Claims that can be verified here; a client sees only those it asked for and was granted. */
export const verifiableClaims = [
  'name',
  'birthdate',
  'document_type',
  'document_number',
  'wanghao',
  'age_over_18',
] as const;

export type VerifiableClaim = (typeof verifiableClaims)[number];

/** What proofing here goes by: the district's ladder, docs/identity-people.md. */
export const trustFramework = 'cn_district_real_name';

/** A value of the claim `verified_claims`. Nothing in it but `claims` tells who the person is. */
export interface VerifiedClaims {
  readonly verification: {
    readonly trust_framework: typeof trustFramework;
    readonly assurance_level: string;
    /** ISO 8601 */
    readonly time: string;
    /** Identifier of the proofing, for questions later. */
    readonly verification_process: string;
    readonly evidence: readonly Evidence[];
  };
  readonly claims: Readonly<Record<string, string | boolean>>;
}

interface CheckDetail {
  /** Of the schema's list: `data` a record compared, `vpip` document inspected in person, `vcrypt` its chip checked, `pvp` the person there. */
  readonly check_method: 'data' | 'vpip' | 'vcrypt' | 'pvp' | 'auth';
  readonly organization: string;
  readonly time: string;
}

type Evidence =
  | {
      readonly type: 'electronic_record';
      readonly check_details: readonly CheckDetail[];
      readonly record: {
        readonly type: string;
        readonly source: { readonly name: string; readonly country_code: 'CN' };
      };
    }
  | {
      readonly type: 'document';
      readonly check_details: readonly CheckDetail[];
      readonly document_details: { readonly type: string; readonly issuer: { readonly country_code: 'CN' } };
    };

const documentNames: Readonly<Record<DocumentType, string>> = {
  'resident-identity-card': 'idcard',
  'hong-kong-macao-permit': 'travel_permit',
  'taiwan-permit': 'travel_permit',
  'residence-permit': 'residence_permit',
  'foreign-permanent-resident-card': 'residence_permit',
  passport: 'passport',
};

/** Which claims a method bears out: a 网证 says nothing of names and numbers, and a self-assertion nothing at all. */
const bornOut: Readonly<Record<ProofingMethod, readonly VerifiableClaim[]>> = {
  'self-asserted': [],
  wangzheng: ['wanghao'],
  register: ['name', 'document_type', 'document_number', 'birthdate', 'age_over_18'],
  certificate: ['name', 'document_type', 'document_number', 'birthdate', 'age_over_18'],
  window: ['name', 'document_type', 'document_number', 'birthdate', 'age_over_18', 'wanghao'],
  upstream: ['name'],
};

/**
 * Builds the value from the proofings that are alive.
 * @param asked - claims the client may see; others are left out, and a proofing that bears out none of them too
 * @param maxAge - seconds since the proofing that the client accepts, null for any
 * @returns strongest first; [] where nothing asked for is verified
 */
export async function verifiedClaimsOf(
  dependencies: PersonDependencies,
  accountId: string,
  asked: readonly VerifiableClaim[],
  maxAge: number | null = null,
): Promise<readonly VerifiedClaims[]> {
  const account = await dependencies.database.reader
    .selectFrom('account')
    .select('person')
    .where('id', '=', accountId)
    .where('state', '=', 'active')
    .executeTakeFirst();
  const person = account === undefined ? null : await personById(dependencies, account.person);
  if (person === null) return [];
  const now = dependencies.clock();
  const result: VerifiedClaims[] = [];
  let left = [...(await proofingsOf(dependencies, accountId))];
  for (let best = liveProofing(left, now, maxAge); best !== null; best = liveProofing(left, now, maxAge)) {
    const used = best;
    left = left.filter((one) => one.id !== used.id);
    const claims = claimsOf(
      person,
      asked.filter((claim) => bornOut[used.method].includes(claim)),
      now,
    );
    // A claim stands once, under the strongest proofing that bears it out.
    const fresh = Object.fromEntries(
      Object.entries(claims).filter(([name]) => !result.some((one) => name in one.claims)),
    );
    if (Object.keys(fresh).length > 0) {
      result.push({ verification: await verificationOf(dependencies, person, used), claims: fresh });
    }
  }
  return result;
}

function claimsOf(
  person: Person,
  asked: readonly VerifiableClaim[],
  now: Date,
): Readonly<Record<string, string | boolean>> {
  const values: Readonly<Record<VerifiableClaim, string | boolean | null>> = {
    name: person.name,
    birthdate: person.birthDate,
    document_type: person.documentType,
    document_number: person.number,
    wanghao: person.wanghao,
    age_over_18: person.birthDate === null ? null : ageAt(person.birthDate, now) >= 18,
  };
  return Object.fromEntries(
    asked.flatMap((claim) => {
      const value = values[claim];
      return value === null ? [] : [[claim, value] as const];
    }),
  );
}

async function verificationOf(
  dependencies: PersonDependencies,
  person: Person,
  proofing: Proofing,
): Promise<VerifiedClaims['verification']> {
  const time = proofing.verifiedAt.toISOString();
  return {
    trust_framework: trustFramework,
    // The rung of proofing alone: what the login was worth is told by acr.
    assurance_level: `urn:gov:ial:${proofing.rung}`,
    time,
    verification_process: proofing.id,
    evidence: await evidenceOf(dependencies, person, proofing, time),
  };
}

async function evidenceOf(
  dependencies: PersonDependencies,
  person: Person,
  proofing: Proofing,
  time: string,
): Promise<readonly Evidence[]> {
  const record = (type: string, name: string, method: 'data' | 'auth'): Evidence => ({
    type: 'electronic_record',
    check_details: [{ check_method: method, organization: name, time }],
    record: { type, source: { name, country_code: 'CN' } },
  });
  switch (proofing.method) {
    case 'self-asserted':
      return [];
    case 'register':
      return [record('population_register', '人口库', 'data')];
    case 'wangzheng':
      return [record('wangzheng', '国家网络身份认证公共服务', 'auth')];
    case 'upstream':
      return [record('upstream_identity', proofing.source, 'auth')];
    case 'certificate':
      return [record('certificate_registration', proofing.source, 'auth')];
    case 'window': {
      const department = await dependencies.database.reader
        .selectFrom('department')
        .select('name')
        .where('credit_code', '=', proofing.source)
        .executeTakeFirst();
      const organization = department?.name ?? proofing.source;
      // Rung 4 at a window means a reader checked the chip of the document.
      const inspection = proofing.rung === 4 ? 'vcrypt' : 'vpip';
      return [
        {
          type: 'document',
          check_details: [
            { check_method: inspection, organization, time },
            { check_method: 'pvp', organization, time },
          ],
          document_details: {
            type: person.documentType === null ? 'idcard' : documentNames[person.documentType],
            issuer: { country_code: 'CN' },
          },
        },
        record('population_register', '人口库', 'data'),
      ];
    }
  }
}
