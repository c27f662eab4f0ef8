// Worker thread: answers second opinions, several to a message.
import { parentPort } from 'node:worker_threads';
import type { Opinions } from './opinion-thread.ts';
import { agrees, type OpinionQuestion } from './second-opinion.ts';

function opinion(question: OpinionQuestion): boolean | null {
  try {
    return agrees(question);
  } catch {
    return null;
  }
}

parentPort?.on('message', (questions: readonly OpinionQuestion[]) => {
  const opinions: Opinions = questions.map(opinion);
  parentPort?.postMessage(opinions);
});
