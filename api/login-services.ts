// What the login pages may call: the methods' parts, what is configured beside them, and the passwords' queue.
import { availableParallelism } from 'node:os';
import type { Hierarchy } from '../ca/hierarchy.ts';
import { passwordHasher } from '../crypto/password.ts';
import { PRIVATE_OID } from '../formats/x509/private-oid.ts';
import type { DocumentType } from '../identity/identity-documents.ts';
import { accountById, accountOfPerson, proofingOf } from '../identity/accounts.ts';
import type { CertificateParts } from '../identity/login/certificate-judge.ts';
import { developmentInbox } from '../identity/login/development-inbox.ts';
import type { LoginAccounts, MessageSender } from '../identity/login/parts.ts';
import type { PasskeyParts } from '../identity/login/passkey.ts';
import type { PasswordParts } from '../identity/login/password.ts';
import { findPerson } from '../identity/persons.ts';
import { IdentityError } from '../identity/errors.ts';
import type { Words } from '../verification/report.ts';
import type { Installation } from './installation.ts';
import type { LoginConfig } from './login-config.ts';
import { readPlaces, type Places } from './places.ts';
import { textGateway } from './text-gateway-http.ts';
import { upstreamLogins, type UpstreamLogins } from './upstream-openid.ts';

/** Parts of every method. */
export type LoginDoors = PasswordParts &
  PasskeyParts &
  CertificateParts & { readonly demonstration: boolean };

/** A made-up person that anybody may be in the demonstration. */
export interface DemonstrationChoice {
  /** `acc_…` */
  readonly account: string;
  readonly name: string;
  readonly detail: Words;
}

export interface LoginServices {
  readonly doors: LoginDoors;
  readonly upstreams: UpstreamLogins;
  /** Where networks are, in words. */
  readonly places: Places;
  /** Origin of the host name with TLS client authentication; null where there is none. */
  readonly tlsOrigin: string | null;
  /** Origin of the signer on a person's own computer. */
  readonly signerOrigin: string;
  /** Empty outside the demonstration. */
  readonly demonstrationAccounts: readonly DemonstrationChoice[];
  /** Does something after the answer is on its way; what fails is logged, without what it was about. */
  later(work: () => Promise<void>): void;
}

/** Passwords that may wait for the hash: at 40 a second the last one of them waits for about two seconds. */
const waitingPasswords = 80;

/** How the CA's enrolments name documents, and how persons do. */
const documentTypes: Readonly<Record<string, readonly DocumentType[]>> = {
  'resident-id': ['resident-identity-card'],
  passport: ['passport'],
  'hk-macao-permit': ['hong-kong-macao-permit'],
  'taiwan-permit': ['taiwan-permit'],
  'foreigner-id': ['foreign-permanent-resident-card'],
};

/** What a login must know of accounts, of the installation's records. */
export function loginAccounts(installation: Installation): LoginAccounts {
  return {
    async isActive(account) {
      return (await accountById(installation, account))?.state === 'active';
    },
    async rungOf(account) {
      return (await proofingOf(installation, account, installation.clock()))?.rung ?? 0;
    },
    async ofDocument(documentType, number) {
      for (const type of documentTypes[documentType] ?? []) {
        try {
          const person = await findPerson(installation, { type, number, name: '' });
          const account = person === null ? null : await accountOfPerson(installation, person.id);
          if (account !== null) return account.id;
        } catch (error) {
          // A number the CA once took that is none by today's rules is nobody's.
          if (!(error instanceof IdentityError)) throw error;
        }
      }
      return null;
    },
  };
}

function messagesOf(installation: Installation, config: LoginConfig): MessageSender | null {
  if (config.textGateway !== null) return textGateway(config.textGateway, !installation.demonstration);
  return installation.demonstration ? developmentInbox(installation) : null;
}

/**
 * Opens everything the login pages need.
 * @throws ApiError `configuration-invalid` for a file that names other providers and cannot be read.
 */
export async function openLoginServices(opened: {
  readonly installation: Installation;
  readonly hierarchy: Hierarchy;
  readonly address: string;
  readonly config: LoginConfig;
  readonly demonstrationAccounts: readonly DemonstrationChoice[];
  readonly onFailure: (error: unknown) => void;
}): Promise<LoginServices> {
  const { installation, hierarchy, address, config } = opened;
  return {
    doors: {
      ...installation,
      accounts: loginAccounts(installation),
      messages: messagesOf(installation, config),
      hasher: passwordHasher({
        random: installation.random,
        // One thread of the pool stays for files and names.
        concurrency: Math.max(1, Math.min(availableParallelism(), 3)),
        queueLimit: waitingPasswords,
      }),
      origin: address,
      hierarchy,
      deviceKeyPolicies: [PRIVATE_OID.deviceKeyPolicy],
    },
    upstreams: await upstreamLogins({
      file: config.upstreamFile,
      address,
      publicOnly: !installation.demonstration,
      parts: installation,
    }),
    places: readPlaces(config.placesFile),
    tlsOrigin: config.tls?.origin ?? null,
    signerOrigin: `http://127.0.0.1:${config.signerPort}`,
    demonstrationAccounts: installation.demonstration ? opened.demonstrationAccounts : [],
    later(work) {
      setImmediate(() => void work().catch(opened.onFailure));
    },
  };
}
