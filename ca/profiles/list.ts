// Every profile by name and hierarchy, checked when this file is first loaded.
import { CaError } from '../errors.ts';
import {
  checkProfile,
  issuingKinds,
  type HierarchyName,
  type IssuingKind,
  type Profile,
  type ProfileName,
} from '../profile.ts';
import * as international from './international/issuing-ca.ts';
import { ocspResponder } from './international/ocsp-responder.ts';
import * as persons from './international/persons.ts';
import { root } from './international/root.ts';
import * as seals from './international/seal.ts';
import { server } from './international/server.ts';
import * as signers from './international/service-signers.ts';
import { timestampUnit } from './international/timestamp-unit.ts';
import * as sm2Authorities from './sm2/authorities.ts';
import * as sm2Persons from './sm2/persons.ts';
import * as sm2Seals from './sm2/seal.ts';
import * as sm2Services from './sm2/services.ts';

const all: readonly Profile[] = [
  root,
  ...issuingKinds.map(international.issuingCa),
  seals.seal,
  seals.enterpriseSeal,
  persons.enterpriseSigning,
  persons.enterpriseAuthentication,
  persons.residentSigning,
  persons.residentAuthentication,
  timestampUnit,
  ocspResponder,
  server,
  signers.licenseCodeSigner,
  signers.statusListSigner,
  signers.trustListSigner,
  signers.receiptSigner,
  signers.identityTokenSigner,
  signers.auditLogSigner,
  sm2Authorities.root,
  ...issuingKinds.map(sm2Authorities.issuingCa),
  sm2Seals.seal,
  sm2Seals.enterpriseSeal,
  sm2Seals.sealMaker,
  sm2Persons.enterpriseSigning,
  sm2Persons.enterpriseAuthentication,
  sm2Persons.residentSigning,
  sm2Persons.residentAuthentication,
  sm2Services.timestampUnit,
  sm2Services.ocspResponder,
  sm2Services.server,
  sm2Services.licenseCodeSigner,
  sm2Services.statusListSigner,
  sm2Services.trustListSigner,
  sm2Services.receiptSigner,
  sm2Services.identityTokenSigner,
  sm2Services.auditLogSigner,
];

const placeOf = (name: string, hierarchy: string, certifies: string | null): string =>
  `${hierarchy} ${name} ${certifies ?? ''}`;

const byPlace = new Map(
  all.map((profile) => [placeOf(profile.name, profile.hierarchy, profile.certifies), checkProfile(profile)]),
);

/** Every profile of both hierarchies; an issuing CA once for each kind. */
export const profiles: readonly Profile[] = all;

/**
 * @param certifies - for `issuing-ca`, the kind of the new authority.
 * @throws CaError `profile-violation` for an issuing CA of no kind, and for a kind where none belongs.
 */
export function profileOf(
  name: ProfileName,
  hierarchy: HierarchyName,
  certifies: IssuingKind | null = null,
): Profile {
  const found = byPlace.get(placeOf(name, hierarchy, certifies));
  if (found === undefined) {
    throw new CaError('profile-violation', `There is no profile ${name} of this kind in ${hierarchy}.`);
  }
  return found;
}
