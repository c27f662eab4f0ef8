// `yinxin verify-chain`: many certificates judged from standard input, without an installation.
import { once } from 'node:events';
import { dsaAt } from '../../verification/historical-dsa.ts';
import { runVerifyChain, verifyChainUsage } from '../../verification/chain-cli.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { UsageError, parseFlags } from '../command.ts';
import type { Command } from '../command.ts';

export const verifyChainCommand: Command = {
  help: verifyChainUsage,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      json: { type: 'boolean', default: false },
      // Taken as everywhere: a case brings everything along, and nothing is read from an installation.
      data: { type: 'string' },
    });
    if (!values.json) throw new UsageError('--json is required: cases and answers are lines of JSON.');
    return runVerifyChain({
      verifier: nodeSignatureVerifier,
      now: new Date(),
      historical: dsaAt,
      input: process.stdin,
      async out(line) {
        terminal.print(line);
        if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
      },
    });
  },
};
