// Worker thread: derives one key of a PKCS #12 file and ends.
import { parentPort, workerData } from 'node:worker_threads';
import { pkcs12KeySync, type Pkcs12KeyOrder } from './pkcs12-kdf.ts';

parentPort?.postMessage(pkcs12KeySync(workerData as Pkcs12KeyOrder));
