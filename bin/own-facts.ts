// What an installation knows for verification, opened beside a running server or without one.
import { CrlPublisher } from '../ca/crl-publisher.ts';
import { OcspResponder } from '../ca/ocsp-responder.ts';
import type { Config } from '../api/config.ts';
import { ApiError } from '../api/errors.ts';
import { openHierarchy } from '../api/hierarchy.ts';
import { openInstallation, realWorld } from '../api/installation.ts';
import { recognisedSource } from '../api/recognised-source.ts';
import { foreignStatusLists } from '../api/status-lists-http.ts';
import { trustListPublisher } from '../api/trust-list.ts';
import { verificationFacts } from '../api/verification-facts.ts';
import { faceDictionary } from '../licenses/type.ts';
import { licenseTypes } from '../licenses/type-register.ts';
import { SealStatusPublisher } from '../signing/seal-status-list.ts';
import type { VerifyIo } from '../verification/cli.ts';

export interface OwnFacts {
  readonly verification: Pick<
    VerifyIo,
    'evidence' | 'statusLists' | 'sealStatus' | 'operatorKeys' | 'trustList' | 'anchors'
  >;
  close(): Promise<void>;
}

/**
 * Opens the installation's facts.
 * @throws ApiError `configuration-refused` where there is no installation; as `openInstallation`.
 */
export async function openOwnFacts(config: Config): Promise<OwnFacts | null> {
  const { settings } = config;
  if (settings === null) {
    throw new ApiError('configuration-refused', `There is no installation in ${config.dataFolder}.`, {
      hint: 'leave --data out to verify without one',
    });
  }
  const installation = await openInstallation(config, realWorld);
  try {
    // Status lists name themselves by the public address; without one only the number at the end counts.
    const address = config.publicUrl ?? `http://localhost:${config.port}`;
    const hierarchy = await openHierarchy(installation, settings, address);
    const trustList = trustListPublisher({
      installation,
      settings,
      hierarchy,
      publicUrl: address,
      licenseTypes: async () => (await licenseTypes(installation.database.reader)).map(faceDictionary),
    });
    const facts = await verificationFacts({
      ...installation,
      hierarchy,
      crls: new CrlPublisher(installation, hierarchy),
      ocsp: new OcspResponder(installation, hierarchy),
      recognised: recognisedSource({ ...installation, trustList }),
      foreignStatusLists: foreignStatusLists(installation.clock, !installation.demonstration),
      address,
      sealStatus: new SealStatusPublisher({
        database: installation.database,
        clock: installation.clock,
        key: () => hierarchy.serviceKey('status-list'),
        issuer: address,
      }),
    });
    const { evidence, statusLists, sealStatus } = facts;
    return {
      verification: {
        trustList: facts.trustList ?? null,
        anchors: facts.anchors ?? [],
        operatorKeys: await trustList.operatorKeys(),
        ...(evidence === undefined ? {} : { evidence }),
        ...(statusLists === undefined ? {} : { statusLists }),
        ...(sealStatus === undefined ? {} : { sealStatus }),
      },
      close: () => installation.close(),
    };
  } catch (error) {
    await installation.close();
    throw error;
  }
}
