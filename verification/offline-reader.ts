// Judging codes from an offline kit: the same verdict as online, with the age of the status said. Reaches nothing of Node.
import { fromBase64 } from '../formats/bytes.ts';
import type { Inflate } from '../formats/qr/status-list.ts';
import { verifyCode, type CodeDependencies } from './code.ts';
import { VerificationError } from './errors.ts';
import type { OfflineKit } from './offline-kit.ts';
import type { VerificationPolicy } from './policy.ts';
import type { Report } from './report.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import { verifyTrustList } from './trust-list.ts';

export interface OfflineReaderOptions {
  readonly verifier: SignatureVerifier;
  readonly inflate: Inflate;
  /** When the kit is opened; a trust list past its next update is not used. */
  readonly time: Date;
  /** Default: the portal policy. */
  readonly policy?: VerificationPolicy;
}

/** A kit that was opened: its trust list is verified once, each status list when a license first needs it. */
export interface OfflineReader {
  /**
   * @param text address or digits of a printed code
   * @param time the instant the judgement is for
   * @returns a report; without a usable trust list or status INDETERMINATE, never an exception
   */
  verify(text: string, time: Date): Promise<Report>;
}

async function trustOf(
  kit: OfflineKit,
  options: Pick<OfflineReaderOptions, 'verifier' | 'time'>,
): Promise<Pick<CodeDependencies, 'trustList' | 'trustListProblem'>> {
  if (kit.trustList === null) return { trustList: null, trustListProblem: 'unavailable' };
  try {
    const trustList = await verifyTrustList(kit.trustList.text, {
      verifier: options.verifier,
      operatorKeys: kit.operatorKeys.map((key) => fromBase64(key)),
      time: options.time,
      lowestSequence: kit.trustList.sequence,
    });
    return { trustList };
  } catch (error) {
    if (error instanceof VerificationError) return { trustList: null, trustListProblem: error.code };
    throw error;
  }
}

/**
 * What the kit knows, as the verification of a code takes it; also for PDFs of licenses, whose status is asked the same way.
 * A kit that was tampered with confirms nothing.
 */
export async function offlineDependencies(
  kit: OfflineKit,
  options: Pick<OfflineReaderOptions, 'verifier' | 'time'>,
): Promise<
  Pick<CodeDependencies, 'trustList' | 'trustListProblem'> & Required<Pick<CodeDependencies, 'statusLists'>>
> {
  const lists = new Map(kit.statusLists.map((list) => [list.number, list]));
  return {
    ...(await trustOf(kit, options)),
    statusLists: {
      // Another operator's lists are not in the kit.
      statusList: (number, supplyPoint) =>
        Promise.resolve(supplyPoint === null ? (lists.get(number)?.token ?? null) : null),
      confirmedAt: (number) => lists.get(number)?.confirmedAt ?? null,
    },
  };
}

/** Opens a kit: its trust list is verified once, here. */
export async function openOfflineKit(kit: OfflineKit, options: OfflineReaderOptions): Promise<OfflineReader> {
  const { verifier, inflate, policy } = options;
  const dependencies = {
    verifier,
    inflate,
    ...(policy === undefined ? {} : { policy }),
    ...(await offlineDependencies(kit, options)),
  };
  return { verify: (text, time) => verifyCode(text, { ...dependencies, time }) };
}
