// What the provider is put together from: stores, clock, keys, and the ports that others fill.
import type { IncomingMessage } from 'node:http';
import type { Account, Proofing } from '../accounts.ts';
import type { Person } from '../persons.ts';
import type { Scope } from '../principal.ts';
import type { VerifiableClaim, VerifiedClaims } from '../verified-claims.ts';
import type { SessionDependencies } from '../sessions.ts';
import type { ProviderPages } from './pages.ts';
import type { Outbound } from './outbound.ts';

/** Whom a person may act for, as tokens tell it. */
export interface ActingMandate {
  /** `rep_…` */
  readonly id: string;
  readonly enterprise: { readonly creditCode: string; readonly name: string };
  readonly capacity: 'legal-representative' | 'manager' | 'agent';
  /** Every matter, or those with these 实施编码. */
  readonly matters: '*' | readonly string[];
  readonly until: Date;
}

/**
 * Port: what the provider asks about people.
 * Promises: answers are of now; an account that is not active is null; a mandate that ended is absent.
 */
export interface People {
  account(id: string): Promise<Account | null>;
  person(id: string): Promise<Person | null>;
  /** The proofing the account's level rests on, not older than `maxAge` seconds where that is given. */
  proofing(account: string, maxAge: number | null): Promise<Proofing | null>;
  /** Which of the claims asked for are verified, by which proofings; strongest first. `maxAge` as for `proofing`. */
  verified(
    account: string,
    asked: readonly VerifiableClaim[],
    maxAge: number | null,
  ): Promise<readonly VerifiedClaims[]>;
  mandates(account: string): Promise<readonly ActingMandate[]>;
  /** The scopes of our APIs a person has by what he is (resident, officer with roles), not acting for anybody. */
  scopes(account: string): Promise<readonly Scope[]>;
}

/** A caller's certificate, and whether its chain was validated to an authority that clients may come from. */
export interface CallerCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly validated: boolean;
}

export interface ProviderParts extends SessionDependencies {
  /** `https://host/oidc`: the issuer identifier. */
  readonly issuer: string;
  /** `https://host`: where this service is reached. */
  readonly address: string;
  /** `conformance` opens what production keeps shut, for other people's test plans; outside production only. */
  readonly profile: 'standard' | 'conformance';
  /** Whether http on this computer is accepted for web clients. */
  readonly loopback: boolean;
  readonly demonstration: boolean;
  readonly people: People;
  readonly pages: ProviderPages;
  readonly outbound: Outbound;
  /** The certificate the caller proved in its TLS connection; null without one. Never from a header a caller can set. */
  readonly callerCertificate: (request: IncomingMessage) => CallerCertificate | null;
  /** Told of faults that nobody awaits. */
  readonly fault: (what: string, error: unknown) => void;
}

/** Resource indicator of our own APIs: the audience their tokens are bound to. */
export function ownResource(parts: Pick<ProviderParts, 'address'>): string {
  return `${parts.address}/api`;
}
