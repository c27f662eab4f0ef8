// The service as a process of its own, to be killed: prints where it listens and its keys as one line of JSON.
import { startService } from '../api/harness.ts';

const [dataFolder] = process.argv.slice(2);
if (dataFolder === undefined) throw new Error('Usage: serving-child DATA-FOLDER');

const service = await startService({ dataFolder, environment: process.env });
process.stdout.write(`${JSON.stringify({ url: service.url, apiKeys: service.apiKeys })}\n`);
