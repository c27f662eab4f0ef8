// Composition root of the service: opens everything, settles what a crash left, listens, and ends in order.
import type { RequestListener } from 'node:http';
import { availableParallelism } from 'node:os';
import { bulkRunner } from '../ca/bulk-runner.ts';
import { CrlPublisher } from '../ca/crl-publisher.ts';
import { CaError } from '../ca/errors.ts';
import type { Hierarchy } from '../ca/hierarchy.ts';
import { OcspResponder } from '../ca/ocsp-responder.ts';
import { settleIssuance } from '../ca/settle.ts';
import { TimestampAuthority } from '../ca/timestamp-authority.ts';
import type { DemonstrationAccount } from '../identity/demonstration-sign-in.ts';
import { sessionEvents } from '../identity/session-events.ts';
import { SealStatusPublisher } from '../signing/seal-status-list.ts';
import { stampBatchRunner } from '../signing/stamp-batch-runner.ts';
import { timestampClient } from '../signing/timestamp-client.ts';
import { ownTurn } from '../signing/turns.ts';
import { keptLicenseEvents } from '../licenses/events-port.ts';
import { createPageRenderer, type PageRenderer } from '../licenses/page-renderer.ts';
import { licenseTypes } from '../licenses/type-register.ts';
import { faceDictionary } from '../licenses/type.ts';
import { MasterKeyRotation } from '../storage/master-key-rotation.ts';
import type { Words } from '../verification/report.ts';
import type { Config } from './config.ts';
import { ApiError } from './errors.ts';
import { createGuard } from './guard.ts';
import { openHierarchy } from './hierarchy.ts';
import { openInstallation, sweepUploads, type Installation, type World } from './installation.ts';
import { configuredRegisters, openPeople, watchPeople, type OpenedRegisters } from './people-services.ts';
import { openPageSignIn } from './page-sign-in.ts';
import { keepPersonalData } from './personal-data-upkeep.ts';
import { recognisedSource } from './recognised-source.ts';
import { RateLimiter } from './limits.ts';
import { openLoginServices, type DemonstrationChoice } from './login-services.ts';
import { keepLoginSwept, listenForCertificates } from './login-upkeep.ts';
import { keepLicensesUp } from './license-upkeep.ts';
import { keepLicenseBatches, openLicenseWork } from './license-work.ts';
import { listen, stopListening } from './listen.ts';
import { longTermParts } from './long-term.ts';
import type { Log } from './log.ts';
import { openMetrics, type Metrics } from './metrics.ts';
import { openIdentityProvider } from './oidc-services.ts';
import { routes } from './routes.ts';
import { createApplication, createHttpServer } from './server.ts';
import { lockServer } from './server-lock.ts';
import type { Services } from './services.ts';
import { settleLeftovers } from './settle-leftovers.ts';
import type { Settings } from './settings.ts';
import { foreignKeys, sealParts } from './seal-parts.ts';
import { signingServersOf } from './signing-server-http.ts';
import { foreignStatusLists } from './status-lists-http.ts';
import { statusSource } from './status-source-http.ts';
import { timestampSettings } from './time-settings.ts';
import { keepClockChecked } from './time-checks.ts';
import { trustListPublisher } from './trust-list.ts';
import { createReportRenderer, type ReportRenderer } from './report-renderer.ts';
import { keepShowingsSwept } from './showing-upkeep.ts';
import { keepStampsUp } from './stamp-upkeep.ts';
import { verificationFacts } from './verification-facts.ts';
import { createVerificationPool, type VerificationPool } from './verification-pool.ts';

/** A service that listens. */
export interface RunningService {
  /** On this computer: `http://127.0.0.1:8480`. */
  readonly localUrl: string;
  readonly services: Services;
  /** Stops accepting, finishes what runs, closes. Safe to call twice. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly config: Config;
  readonly settings: Settings;
  readonly world: World;
  readonly log: Log;
  /** Sample accounts of the demonstration sign-in; made when the installation is open. */
  readonly accounts?: (installation: Installation) => Promise<readonly DemonstrationAccount[]>;
  /** Sample persons that anybody may sign in as, in the demonstration. */
  readonly demonstrationLogins?: (installation: Installation) => Promise<readonly DemonstrationChoice[]>;
  /** Registers of the demonstration; those configured otherwise. */
  readonly registers?: (installation: Installation) => Promise<OpenedRegisters>;
  /** Names of the matters that are known, by 实施编码. */
  readonly matterNames?: ReadonlyMap<string, Words>;
}

const maintenanceInterval = 6 * 3_600_000;
const timestampBudget = 10_000;
/** OCSP answers signed for one caller alone, by one process: about a tenth of what a core can sign. */
const ocspSignedAtOnce = { perMinute: 120_000, burst: 4000 };
/** Pages waiting to be drawn before callers are told to come back. */
const renderingQueue = 200;
const reportQueue = 50;

/** Uploaded files: how many may wait, how long one may take (ms), and how large a worker's heap may grow (MB). */
const verificationLimits = { queueLimit: 100, timeLimit: 60_000, memoryLimit: 1024 };

/** One core stays for everything else, where there are more than two: drawing is most of what a license costs. */
function renderingWorkers(): number {
  return Math.max(2, availableParallelism() - 1);
}

/**
 * Starts the service.
 * @throws ApiError `port-taken`, `configuration-refused`, `data-folder-unusable`; StorageError, CryptoError, CaError.
 */
export async function startService(options: StartOptions): Promise<RunningService> {
  const { config, log } = options;
  // Until everything is open: a port that is taken is said first, and nothing half-open answers.
  let handler: RequestListener = (_request, response) => {
    response.writeHead(503, { 'Retry-After': '2', 'Content-Type': 'text/plain' });
    response.end('starting\n');
  };
  const server = createHttpServer((request, response) => handler(request, response));
  const port = await listen(server, config.host, config.port);
  const localUrl = `http://${config.host === '::' || config.host === '0.0.0.0' ? '127.0.0.1' : bracketed(config.host)}:${port}`;
  // For this process alone: sign-ins of our own pages are exchanged here, whatever stands before the public address.
  const ownServer = createHttpServer((request, response) => handler(request, response));
  const undo: (() => Promise<unknown>)[] = [
    () => stopListening(ownServer, 1000),
    () => stopListening(server),
  ];
  const stopAll = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const ownUrl = `http://127.0.0.1:${await listen(ownServer, '127.0.0.1', 0)}`;
    const installation = await openInstallation(config, options.world);
    undo.unshift(() => installation.close());
    const lock = await lockServer(config.dataFolder);
    undo.unshift(() => lock.release());
    await sweepUploads(installation);
    const metrics = openMetrics();
    undo.unshift(() => {
      metrics.stop();
      return Promise.resolve();
    });
    const renderer = createPageRenderer({ workers: renderingWorkers(), queueLimit: renderingQueue });
    undo.unshift(() => renderer.close());
    // Two at least: one file that takes its whole time must not stop all others.
    const verifications = createVerificationPool({ ...verificationLimits, workers: renderingWorkers() });
    undo.unshift(() => verifications.close());
    const reports = createReportRenderer(reportQueue);
    undo.unshift(() => reports.close());
    const services = await openServices(options, {
      installation,
      metrics,
      renderer,
      verifications,
      reports,
      ownUrl,
      port,
      watch: (stop) => undo.push(stop),
    });
    await settleLeftovers(services, log);
    // Before anything closes: rows under way are finished.
    undo.push(() => services.bulk.stop());
    services.bulk.wake();
    undo.push(() => services.stampBatches.stop());
    services.stampBatches.wake();
    const licenseBatches = keepLicenseBatches(services);
    undo.push(() => licenseBatches.stop());
    const licenseLife = keepLicensesUp(services.licenses, keptLicenseEvents, log);
    undo.push(() => licenseLife.stop());
    let ready = true;
    const maintenance = setInterval(() => {
      services.bulk.wake();
      services.hierarchy
        .maintain()
        .catch((error: unknown) => log.error({ err: error }, 'maintenance failed'));
    }, maintenanceInterval);
    maintenance.unref();
    const stampUpkeep = keepStampsUp(services, log, config.uploadDays);
    const personalData = keepPersonalData(services, log);
    undo.push(() => personalData.stop());
    // Before anything closes: a stamp under way is finished.
    undo.push(() => stampUpkeep.stop());
    const showings = keepShowingsSwept(services, log);
    undo.push(() => showings.stop());
    const sweeping = keepLoginSwept(services, log);
    const stopCertificates = await listenForCertificates(services, config, log);
    undo.unshift(stopCertificates);
    const clockChecks = keepClockChecked(services.timestampAuthority, config.time.interval, log);
    handler = createApplication({ routes, services, log, metrics, ready: () => ready });
    log.info(
      { address: services.address, local: localUrl, mode: config.mode, suite: config.suite },
      'listening',
    );
    let stopping: Promise<void> | null = null;
    return {
      localUrl,
      services,
      stop() {
        ready = false;
        clearInterval(maintenance);
        clockChecks.stop();
        sweeping.stop();
        stopping ??= stopAll();
        return stopping;
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function openServices(
  options: StartOptions,
  opened: {
    readonly installation: Installation;
    readonly metrics: Metrics;
    readonly renderer: PageRenderer;
    readonly verifications: VerificationPool;
    readonly reports: ReportRenderer;
    readonly ownUrl: string;
    readonly port: number;
    /** Given what ends the work by the clock. */
    readonly watch: (stop: () => Promise<void>) => void;
  },
): Promise<Services> {
  const { installation, metrics, renderer, verifications, reports, ownUrl, port } = opened;
  const { config, settings } = options;
  const address = config.publicUrl ?? settings.publicUrl ?? `http://localhost:${port}`;
  if (!installation.demonstration && !address.startsWith('https://')) {
    throw new ApiError('configuration-refused', 'Production needs an https public address.', {
      hint: 'set YINXIN_PUBLIC_URL, e.g. https://zz.example.gov.cn',
    });
  }
  await settleIssuance(installation);
  const hierarchy = await openHierarchy(installation, settings, address);
  const crls = new CrlPublisher(installation, hierarchy, (error) =>
    options.log.error({ err: error }, 'a revocation list could not be made'),
  );
  await firstRootLists(hierarchy, crls, options.log);
  // Every caller together: answers that are signed for one of them alone.
  const ocspAtOnce = new RateLimiter(ocspSignedAtOnce, installation.clock);
  const signIn = { accounts: (await options.accounts?.(installation)) ?? [] };
  const timestampAuthority = new TimestampAuthority(
    installation,
    hierarchy,
    timestampSettings(config.time, installation.clock),
  );
  const timestamps = timestampClient({
    // Our own authority, in this process: the bytes it would answer at /tsa, without a way there and back.
    service: {
      async respond(request) {
        const answer = await timestampAuthority.respond(request);
        // As if it had come from afar: whoever asked goes on in a turn of its own.
        await ownTurn();
        return answer;
      },
    },
    random: installation.random,
    clock: installation.clock,
    digest: installation.suite.digest,
    issuers: () =>
      hierarchy
        .authorities()
        .filter(({ kind }) => kind === 'time-stamps')
        .map(({ certificate }) => certificate.der),
  });
  const ocsp = new OcspResponder(installation, hierarchy, () => ocspAtOnce.take('ocsp') === 0);
  const trustList = trustListPublisher({
    installation,
    settings,
    hierarchy,
    publicUrl: address,
    licenseTypes: async () => (await licenseTypes(installation.database.reader)).map(faceDictionary),
  });
  const recognised = recognisedSource({ ...installation, trustList });
  const longTerm = longTermParts({ hierarchy, crls, ocsp, recognised }, !installation.demonstration);
  const signingServer = await signingServersOf(config.dataFolder, installation.demonstration);
  const status = statusSource(!installation.demonstration);
  const keys = {
    keys: installation.keys,
    ...foreignKeys({ ...installation, signingServer, statusSource: status }),
  };
  const stamps = {
    ...installation,
    ...keys,
    timestamps,
    timestampBudget,
    longTerm,
    ...(config.sm2 === null ? {} : { sm2: config.sm2 }),
  };
  const sealStatus = new SealStatusPublisher({
    database: installation.database,
    clock: installation.clock,
    key: () => hierarchy.serviceKey('status-list'),
    issuer: address,
  });
  const foreignLists = foreignStatusLists(installation.clock, !installation.demonstration);
  const judging = {
    ...installation,
    hierarchy,
    crls,
    ocsp,
    recognised,
    foreignStatusLists: foreignLists,
    address,
    sealStatus,
  };
  const identity = await openIdentityProvider(installation, {
    address,
    fault: (what, error) => options.log.error({ err: error }, what),
  });
  opened.watch(identity.watch(options.log));
  const registers = await (options.registers ?? configuredRegisters)(installation);
  opened.watch(() => registers.stop());
  const events = sessionEvents(installation);
  const people = await openPeople(installation, events, registers.registers);
  opened.watch(watchPeople(people, options.log));
  return {
    ...installation,
    settings,
    address,
    ...identity.served,
    people,
    showWangzheng: registers.showWangzheng,
    events,
    hierarchy,
    metrics,
    verifications,
    reports,
    matterNames: options.matterNames ?? new Map(),
    trustList,
    recognised,
    foreignStatusLists: foreignLists,
    timestampAuthority,
    ocsp,
    crls,
    bulk: bulkRunner({ ...installation, hierarchy }, (error) =>
      options.log.error({ err: error }, 'a bulk operation was interrupted'),
    ),
    signingServer,
    statusSource: status,
    stamps,
    stampBatches: stampBatchRunner({ ...stamps, cipher: installation.cipher }, (error) =>
      options.log.error({ err: error }, 'a batch of stamps was interrupted'),
    ),
    ...openLicenseWork(
      { ...stamps, renderer, serviceKeys: hierarchy, publicUrl: address },
      { pool: verifications, facts: () => verificationFacts(judging) },
      options.log,
    ),
    seals: sealParts(installation, hierarchy, keys, async () => ({
      ...(await verificationFacts(judging)),
      // A seal made elsewhere: its maker's authority is asked, where its certificate says.
      evidence: longTerm.status,
    })),
    sealStatus,
    signIn,
    guard: createGuard({ apiKeys: installation, ...identity.served }),
    pageSignIn: await openPageSignIn({
      ...identity.served,
      ownUrl: () => ownUrl,
      operatorCode: settings.creditCode,
    }),
    login: await openLoginServices({
      installation,
      hierarchy,
      address,
      config: config.login,
      demonstrationAccounts: (await options.demonstrationLogins?.(installation)) ?? [],
      onFailure: (error) => options.log.error({ err: error }, 'a message could not be sent'),
    }),
    rotation: new MasterKeyRotation(installation, (error) =>
      options.log.error({ err: error }, 'a rotation of the master key was interrupted'),
    ),
    databaseAnswers: () =>
      installation.database.reader
        .selectFrom('install_fact')
        .select('name')
        .limit(1)
        .execute()
        .then(
          () => true,
          () => false,
        ),
  };
}

/** A root's list is made while its key is still at hand; later the officers renew it. */
async function firstRootLists(hierarchy: Hierarchy, crls: CrlPublisher, log: Log): Promise<void> {
  for (const { name, kind } of hierarchy.authorities()) {
    if (kind !== 'root') continue;
    await crls.full(name).catch((error: unknown) => {
      if (!(error instanceof CaError && error.code === 'root-offline')) throw error;
      log.error({ authority: name }, 'no valid revocation list, and the root key is offline');
    });
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
