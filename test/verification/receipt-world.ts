// A receipt of another authority and everything behind it: good by default, one deviation a case.
import { defaultAcceptanceRule } from '../../verification/acceptance.ts';
import { verifyCode } from '../../verification/code.ts';
import type { CodeDependencies } from '../../verification/code.ts';
import type { ReceiptExpectation } from '../../verification/facts-receipt.ts';
import { commitToHolder } from '../../verification/holder.ts';
import type { ReceiptClaims } from '../../verification/receipt-claims.ts';
import { receiptClaims, signReceipt } from '../../verification/receipt.ts';
import { recogniseReceipt, type Recognition } from '../../verification/recognise.ts';
import { withRecognised } from '../../verification/recognised-lists.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import type { TrustedService, TrustList } from '../../verification/trust-list.ts';
import {
  codeDeps,
  goodClaims,
  issuer,
  makeCode,
  makeCodeWorld,
  makeStatusToken,
  signerOf,
  type CodeWorld,
  type StatusOptions,
} from './code-world.ts';
import { daysFromNow, makeParty, now, type Party } from './pki.ts';

export const audience = '11120105MB0000019A';
export const caseNumber = '120105-2026-000123';
export const matter = 'YS1201050100013101000001';
/** Of the made-up enterprise that holds the license. */
export const holderCode = '91120105MA00000001';

export interface ReceiptWorld {
  /** Ours: empty but for what it is. */
  readonly own: TrustList;
  readonly other: CodeWorld;
  readonly receiptSigner: Party;
  /** The other operator's list, with the service that signs its receipts. */
  readonly listed: TrustList;
}

/** @param supplyPoint where its status lists are served */
export function makeReceiptWorld(supplyPoint = 'https://other.test/api/v1/status-lists/'): ReceiptWorld {
  const other = makeCodeWorld();
  const receiptSigner = makeParty({
    commonName: '演示回执',
    issuer: null,
    keyUsage: ['digitalSignature'],
  });
  const [entity] = other.list.entities;
  if (entity === undefined) throw new Error('The list has an entity.');
  const receipts: TrustedService = {
    name: { zh: '回执', en: 'receipts' },
    type: 'receipt',
    certificates: [receiptSigner.certificate],
    state: { status: 'granted', since: daysFromNow(-20) },
    history: [],
    licenseTypes: null,
    regions: null,
  };
  const services = entity.services.map((service) =>
    service.type === 'status-list' ? { ...service, supplyPoint } : service,
  );
  return {
    own: { ...makeCodeWorld().list, entities: [] },
    other,
    receiptSigner,
    listed: { ...other.list, entities: [{ ...entity, services: [...services, receipts] }] },
  };
}

/** Claims as the other authority makes them after verifying a code. */
export async function goodReceiptClaims(
  world: ReceiptWorld,
  holder: string | null = holderCode,
): Promise<ReceiptClaims> {
  const report = await verifyCode(
    makeCode(world.other.codeSigner, goodClaims()),
    codeDeps(world.other, await makeStatusToken(world.other.statusSigner), { time: now }),
  );
  return receiptClaims(report, {
    issuer,
    audience,
    caseNumber,
    matter,
    holder:
      holder === null
        ? null
        : {
            commitment: await commitToHolder(
              nodeSignatureVerifier,
              audience,
              holder,
              new Uint8Array(16).fill(5),
              'sha256',
            ),
            binding: 'record',
          },
    id: 'rcp_1',
    lifetime: 3600,
    acceptanceRule: () => defaultAcceptanceRule,
  });
}

export interface RecognitionCase {
  readonly claims?: (claims: ReceiptClaims) => ReceiptClaims;
  readonly signer?: Party;
  readonly expected?: Partial<ReceiptExpectation>;
  readonly deps?: Partial<CodeDependencies>;
  readonly list?: (list: TrustList) => TrustList;
  readonly status?: StatusOptions | null;
  readonly token?: (token: string) => string;
}

/** Recognises the good receipt with one deviation. */
export async function recognise(world: ReceiptWorld, change: RecognitionCase = {}): Promise<Recognition> {
  const good = await goodReceiptClaims(world);
  const signed = await signReceipt(
    change.claims?.(good) ?? good,
    signerOf(change.signer ?? world.receiptSigner),
  );
  const status =
    change.status === null ? null : await makeStatusToken(world.other.statusSigner, change.status ?? {});
  return recogniseReceipt(
    change.token?.(signed) ?? signed,
    {
      audience,
      caseNumber,
      matter,
      holder: holderCode,
      recordDigest: () => Promise.resolve(null),
      ...change.expected,
    },
    {
      ...codeDeps(world.other, status),
      trustList: withRecognised(world.own, [
        { name: 'other', list: change.list?.(world.listed) ?? world.listed },
      ]),
      ...change.deps,
    },
  );
}
