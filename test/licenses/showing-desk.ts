// A holder with a card on their phone and a verifier at a desk, on a clock that the test moves.
import { randomBytes } from 'node:crypto';
import { issueLicense } from '../../licenses/issue.ts';
import { openCase } from '../../licenses/open-cases.ts';
import type { LicenseParts } from '../../licenses/parts.ts';
import type { LivePicture } from '../../licenses/live-code.ts';
import { showLicenses, type Showing } from '../../licenses/presentation.ts';
import type { ClaimRequest } from '../../licenses/presentation-claim.ts';
import type { StoredLicense } from '../../licenses/store.ts';
import type { Actor } from '../../storage/actor.ts';
import type { Engine } from '../storage/engines.ts';
import { market, openLicenseOffice, type LicenseOffice } from './license-office.ts';

export const holder: Actor = {
  id: 'person:psn_1',
  kind: 'person',
  department: null,
  scopes: ['licenses:own'],
};
const desk = ['licenses:present', 'cases:write'];
export const verifier: Actor = { ...market, id: 'person:psn_clerk', kind: 'person', scopes: desk };
export const MATTER = 'YS1201050200013101000001';
export const CASE = 'YS12010520261126000001';

/** Another officer of the same department. */
export function colleague(number: number): Actor {
  return { ...verifier, id: `person:psn_clerk_${number}` };
}

export interface ShowingDesk {
  readonly office: LicenseOffice;
  /** On the clock of the test. */
  readonly parts: LicenseParts;
  readonly card: StoredLicense;
  readonly showing: Showing;
  /** Moves the clock. */
  wait(seconds: number): void;
  /** A picture of the card on the phone. */
  show(showing?: Showing): Promise<LivePicture>;
  /** A claim of what is on the phone. */
  claim(picture: LivePicture, changes?: Partial<ClaimRequest>): ClaimRequest;
  close(): Promise<void>;
}

export const textOf = ({ code }: LivePicture): string => code.prefix + code.digits;

export async function openShowingDesk(engine?: Engine): Promise<ShowingDesk> {
  const office = await openLicenseOffice(engine);
  let ahead = 0;
  const parts: LicenseParts = {
    ...office.parts,
    clock: () => new Date(office.parts.clock().getTime() + ahead),
  };
  const request = office.senior1();
  const card = await issueLicense(office.parts, request);
  const showing: Showing = {
    actor: holder,
    purpose: '持证人查看',
    holder: { kind: 'resident', code: request.holder.code },
    device: randomBytes(16).toString('hex'),
  };
  await openCase(parts, verifier, { caseNumber: CASE, matter: MATTER });
  return {
    office,
    parts,
    card,
    showing,
    wait: (seconds) => {
      ahead += seconds * 1000;
    },
    show: (by = showing) => showLicenses(parts, by, [card.id]),
    claim: (picture, changes) => ({
      actor: verifier,
      code: textOf(picture),
      matter: MATTER,
      caseNumber: CASE,
      type: 'sample-senior',
      fields: ['CZZT', 'KZ_CSRQ'],
      ...changes,
    }),
    close: () => office.close(),
  };
}
