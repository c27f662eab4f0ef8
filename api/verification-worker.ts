// Worker thread: verifies one file at a time. What it needs from outside it asks the main thread for.
import { open } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { bytesSource, type ByteSource } from '../formats/pdf/source.ts';
import { inflateWeb } from '../verification/inflate-web.ts';
import { nodePdfCiphers } from '../verification/pdf-ciphers-node.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../verification/signature-verifier-node.ts';
import type { SealStatus } from '../verification/seal-status.ts';
import type { TrustList } from '../verification/trust-list-model.ts';
import { verify } from '../verification/verify.ts';
import { sealedSource } from './upload.ts';
import type {
  VerificationAnswer,
  VerificationQuestion,
  VerificationReply,
  VerificationTask,
} from './verification-pool.ts';

type Port = NonNullable<typeof parentPort>;

/** Questions under way. */
const waiting = new Map<number, (value: unknown) => void>();
let asked = 0;

/** An answer that failed on the main thread never comes: that thread gives the whole task up. */
function ask(port: Port, question: VerificationQuestion): Promise<unknown> {
  return new Promise((resolve) => {
    asked += 1;
    waiting.set(asked, resolve);
    port.postMessage({ kind: 'question', id: asked, question } satisfies VerificationReply);
  });
}

async function withSource<T>(
  document: VerificationTask['document'],
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  if ('bytes' in document) return use(bytesSource(document.bytes));
  const file = await open(document.path, 'r');
  try {
    return await use(sealedSource(file, document));
  } finally {
    await file.close();
  }
}

/** As told with the last task that told one. */
let trustList: TrustList | null = null;

async function perform(port: Port, task: VerificationTask): Promise<VerificationReply> {
  if (task.trustList !== undefined) trustList = task.trustList;
  try {
    const report = await withSource(task.document, (source) =>
      verify(source, {
        verifier: nodeSignatureVerifier,
        startDigest: nodeStartDigest,
        inflate: inflateWeb,
        time: task.time,
        ...(task.documentDigest === undefined ? {} : { documentDigest: task.documentDigest }),
        ...(task.password === undefined
          ? {}
          : { encrypted: { password: task.password, ciphers: nodePdfCiphers } }),
        ...(task.holder === undefined ? {} : { holder: task.holder }),
        ...(task.anchors === undefined ? {} : { anchors: task.anchors }),
        ...(task.policy === undefined ? {} : { policy: task.policy }),
        trustList,
        // The main thread answers each kind of question with its kind of value.
        evidence: {
          revocation: async (request) =>
            (await ask(port, { kind: 'revocation', request })) as {
              crls: readonly Uint8Array[];
              ocsps: readonly Uint8Array[];
            },
        },
        sealStatus: {
          sealStatus: async (request) =>
            (await ask(port, { kind: 'seal-status', request })) as SealStatus | 'not-asked' | null,
        },
        statusLists: {
          statusList: async (list, supplyPoint) =>
            (await ask(port, { kind: 'status-list', list, supplyPoint })) as string | null,
        },
      }),
    );
    return { kind: 'report', report };
  } catch (error) {
    return {
      kind: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

const port = parentPort;
port?.on('message', (message: VerificationTask | VerificationAnswer) => {
  if (message.kind === 'answer') {
    waiting.get(message.id)?.(message.value);
    waiting.delete(message.id);
    return;
  }
  waiting.clear();
  port.postMessage({ kind: 'begun' } satisfies VerificationReply);
  void perform(port, message).then((reply) => port.postMessage(reply));
});
