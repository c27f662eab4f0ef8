// The trust list's JSON: TS 119 602 member names on one side, our values on the other; strict both ways.
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { JsonObject } from '../formats/cose/jws.ts';
import type { AcceptanceRule } from './acceptance.ts';
import { VerificationError } from './errors.ts';
import type { Words } from './report.ts';
import type {
  FaceDictionary,
  FaceField,
  NextEditions,
  ServiceState,
  ServiceStatus,
  ServiceType,
  TrustedEntity,
  TrustedService,
  TrustList,
} from './trust-list-model.ts';

const listType = 'urn:yinxin:trust-list:district';
const statusDetermination = 'urn:yinxin:trust-list:status-determination:v1';

const serviceTypes: Record<ServiceType, string> = {
  'seal-ca': 'urn:yinxin:service:ca:seal',
  ca: 'http://uri.etsi.org/TrstSvc/Svctype/CA/PKC',
  timestamp: 'http://uri.etsi.org/TrstSvc/Svctype/TSA',
  'license-code': 'urn:yinxin:service:license-code',
  'status-list': 'urn:yinxin:service:status-list',
  receipt: 'urn:yinxin:service:receipt',
};

const serviceStatuses: Record<ServiceStatus, string> = {
  granted: 'http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted',
  withdrawn: 'http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn',
};

function multilingual(words: Words): object {
  return [
    { lang: 'zh', value: words.zh },
    { lang: 'en', value: words.en },
  ];
}

function stateToJson(state: ServiceState): object {
  return { ServiceStatus: serviceStatuses[state.status], StatusStartingTime: state.since.toISOString() };
}

function serviceToJson(service: TrustedService): object {
  return {
    ServiceInformation: {
      ServiceTypeIdentifier: serviceTypes[service.type],
      ServiceName: multilingual(service.name),
      ServiceDigitalIdentity: certificatesToJson(service.certificates),
      ...stateToJson(service.state),
      ...(service.supplyPoint === undefined
        ? {}
        : {
            ServiceSupplyPoints: [{ ServiceType: serviceTypes[service.type], uriValue: service.supplyPoint }],
          }),
      ServiceInformationExtensions: { LicenseTypes: service.licenseTypes, Regions: service.regions },
    },
    ServiceHistory: service.history.map(stateToJson),
  };
}

function certificatesToJson(certificates: readonly Uint8Array[]): object {
  return { X509Certificates: certificates.map((der) => ({ val: toBase64(der) })) };
}

/** The pointer of a list to itself (as of the EU's list of lists): the certificates of who signs its next edition. */
function pointerToSelf({ operator, next }: TrustList): object {
  if (next === null) return {};
  return {
    PointersToOtherLoTE: [
      {
        LoTELocation: next.location,
        ServiceDigitalIdentities: [certificatesToJson(next.certificates)],
        LoTEQualifiers: [
          { LoTEType: listType, SchemeOperatorName: multilingual(operator), MimeType: 'application/jose' },
        ],
      },
    ],
  };
}

function acceptanceToJson(rule: AcceptanceRule): JsonObject {
  return {
    Id: rule.id,
    Version: rule.version,
    Matters: rule.matters,
    Types: rule.types,
    StatusAgeSeconds: rule.statusAgeSeconds,
    Minimum: rule.minimum,
  };
}

/** A list as TS 119 602 JSON, ready to be signed. */
export function trustListToJson(list: TrustList): JsonObject {
  return {
    LoTE: {
      ListAndSchemeInformation: {
        LoTEVersionIdentifier: 1,
        LoTESequenceNumber: list.sequence,
        LoTEType: listType,
        SchemeOperatorName: multilingual(list.operator),
        StatusDeterminationApproach: statusDetermination,
        SchemeTerritory: list.territory,
        ListIssueDateTime: list.issued.toISOString(),
        NextUpdate: list.nextUpdate.toISOString(),
        ...pointerToSelf(list),
        SchemeExtensions: {
          VerifyHosts: list.verifyHosts,
          LicenseTypes: list.licenseTypes.map((type) => ({
            TypeCode: type.typeCode,
            TypeName: multilingual(type.name),
            PublicStatus: type.publicStatus,
            PrintedOnly: type.printedOnly.map(multilingual),
            Face: type.fields.map((field) => ({
              Key: field.key,
              Name: field.name,
              Label: multilingual(field.label),
            })),
            ...(type.acceptance === undefined ? {} : { Acceptance: type.acceptance.map(acceptanceToJson) }),
          })),
        },
      },
      TrustedEntitiesList: list.entities.map((entity) => ({
        TrustedEntityInformation: {
          TEName: multilingual(entity.name),
          TEIdentifier: entity.identifier,
          TEInformationExtensions: { Qualification: entity.qualification },
        },
        TrustedEntityServices: entity.services.map(serviceToJson),
      })),
    },
  };
}

function refuse(where: string): never {
  throw new VerificationError(
    'trust-list-malformed',
    `The trust list's ${where} is missing or not what it must be.`,
  );
}

/** A JSON value with its place, so that every refusal names what is wrong. */
class Node {
  readonly value: unknown;
  readonly place: string;

  constructor(value: unknown, place: string) {
    this.value = value;
    this.place = place;
  }

  member(name: string): Node {
    const value = this.value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(this.place);
    const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
    return new Node(found, `${this.place}.${name}`);
  }

  list(limit = 10_000): Node[] {
    if (!Array.isArray(this.value) || this.value.length > limit) refuse(this.place);
    return this.value.map((item: unknown, index) => new Node(item, `${this.place}[${index}]`));
  }

  text(limit = 1000): string {
    if (typeof this.value !== 'string' || this.value.length === 0 || this.value.length > limit)
      refuse(this.place);
    return this.value;
  }

  integer(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value) || this.value < 0)
      refuse(this.place);
    return this.value;
  }

  truth(): boolean {
    if (typeof this.value !== 'boolean') refuse(this.place);
    return this.value;
  }

  date(): Date {
    const text = this.text(40);
    const date = new Date(text);
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(text) || Number.isNaN(date.getTime()))
      refuse(this.place);
    return date;
  }

  words(): Words {
    const texts = new Map(
      this.list(20).map((item) => [item.member('lang').text(10), item.member('value').text()]),
    );
    const zh = texts.get('zh') ?? texts.get('en') ?? refuse(this.place);
    return { zh, en: texts.get('en') ?? zh };
  }

  bytes(): Uint8Array {
    const text = this.text(100_000);
    try {
      return fromBase64(text);
    } catch {
      return refuse(this.place);
    }
  }

  textsOrNull(): string[] | null {
    return this.value === null ? null : this.list().map((item) => item.text());
  }

  /** The key of `table` whose value this is. */
  oneOf<Key extends string>(table: Record<Key, string>): Key {
    const text = this.text();
    for (const key in table) if (table[key] === text) return key;
    return refuse(this.place);
  }
}

function stateFromJson(node: Node): ServiceState {
  return {
    status: node.member('ServiceStatus').oneOf(serviceStatuses),
    since: node.member('StatusStartingTime').date(),
  };
}

function certificatesFromJson(node: Node): readonly Uint8Array[] {
  return node
    .member('X509Certificates')
    .list(100)
    .map((certificate) => certificate.member('val').bytes());
}

function supplyPointFromJson(node: Node): { readonly supplyPoint?: string } {
  if (node.value === undefined) return {};
  const [first] = node.list(10);
  return first === undefined ? {} : { supplyPoint: first.member('uriValue').text() };
}

/** Pointers to lists of other types are for others to follow. */
function nextFromJson(node: Node): NextEditions | null {
  if (node.value === undefined) return null;
  const own = node.list(20).find((pointer) =>
    pointer
      .member('LoTEQualifiers')
      .list(20)
      .some((qualifier) => qualifier.member('LoTEType').value === listType),
  );
  if (own === undefined) return null;
  const certificates = own.member('ServiceDigitalIdentities').list(20).flatMap(certificatesFromJson);
  if (certificates.length === 0) refuse(`${own.place}.ServiceDigitalIdentities`);
  return { location: own.member('LoTELocation').text(), certificates };
}

function serviceFromJson(node: Node): TrustedService {
  const information = node.member('ServiceInformation');
  const extensions = information.member('ServiceInformationExtensions');
  return {
    name: information.member('ServiceName').words(),
    type: information.member('ServiceTypeIdentifier').oneOf(serviceTypes),
    certificates: certificatesFromJson(information.member('ServiceDigitalIdentity')),
    state: stateFromJson(information),
    history: node.member('ServiceHistory').list(1000).map(stateFromJson),
    licenseTypes: extensions.member('LicenseTypes').textsOrNull(),
    regions: extensions.member('Regions').textsOrNull(),
    ...supplyPointFromJson(information.member('ServiceSupplyPoints')),
  };
}

function entityFromJson(node: Node): TrustedEntity {
  const information = node.member('TrustedEntityInformation');
  const qualification = information.member('TEInformationExtensions').member('Qualification');
  return {
    name: information.member('TEName').words(),
    identifier: information.member('TEIdentifier').text(64),
    qualification: qualification.oneOf({ licensed: 'licensed', internal: 'internal' }),
    services: node.member('TrustedEntityServices').list().map(serviceFromJson),
  };
}

function faceFieldFromJson(node: Node): FaceField {
  return {
    key: node.member('Key').integer(),
    name: node.member('Name').text(100),
    label: node.member('Label').words(),
  };
}

function acceptanceFromJson(node: Node): AcceptanceRule {
  return {
    id: node.member('Id').text(200),
    version: node.member('Version').text(20),
    matters: node.member('Matters').textsOrNull() ?? [],
    types: node.member('Types').textsOrNull(),
    statusAgeSeconds: node.member('StatusAgeSeconds').integer(),
    minimum: node.member('Minimum').oneOf({ 'TOTAL-PASSED': 'TOTAL-PASSED', INDETERMINATE: 'INDETERMINATE' }),
  };
}

function licenseTypeFromJson(node: Node): FaceDictionary {
  const acceptance = node.member('Acceptance');
  return {
    ...(acceptance.value === undefined ? {} : { acceptance: acceptance.list(100).map(acceptanceFromJson) }),
    typeCode: node.member('TypeCode').text(100),
    name: node.member('TypeName').words(),
    publicStatus: node.member('PublicStatus').truth(),
    fields: node.member('Face').list(100).map(faceFieldFromJson),
    printedOnly: node
      .member('PrintedOnly')
      .list(100)
      .map((label) => label.words()),
  };
}

/** @throws VerificationError `trust-list-malformed`, naming the member that is wrong. */
export function trustListFromJson(value: unknown): TrustList {
  const root = new Node(value, 'content').member('LoTE');
  const scheme = root.member('ListAndSchemeInformation');
  const extensions = scheme.member('SchemeExtensions');
  if (scheme.member('LoTEVersionIdentifier').integer() !== 1) refuse('LoTEVersionIdentifier');
  if (scheme.member('LoTEType').text() !== listType) refuse('LoTEType');
  return {
    sequence: scheme.member('LoTESequenceNumber').integer(),
    issued: scheme.member('ListIssueDateTime').date(),
    nextUpdate: scheme.member('NextUpdate').date(),
    operator: scheme.member('SchemeOperatorName').words(),
    territory: scheme.member('SchemeTerritory').text(20),
    entities: root.member('TrustedEntitiesList').list().map(entityFromJson),
    licenseTypes: extensions.member('LicenseTypes').list().map(licenseTypeFromJson),
    next: nextFromJson(scheme.member('PointersToOtherLoTE')),
    verifyHosts: extensions
      .member('VerifyHosts')
      .list(100)
      .map((host) => host.text(253)),
  };
}
