// Two departments with seals of their own on a real database, real key files, a real CA and its time-stamps over HTTP.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { TimestampAuthority } from '../../ca/timestamp-authority.ts';
import { CrlPublisher } from '../../ca/crl-publisher.ts';
import { OcspResponder } from '../../ca/ocsp-responder.ts';
import { statusForSigning } from '../../api/verification-facts.ts';
import type { EvidenceSource } from '../../verification/evidence.ts';
import type { SealRegisterParts } from '../../signing/seal-parts.ts';
import { createSeal } from '../../signing/seal-register.ts';
import type { Seal } from '../../signing/seal.ts';
import type { StampParts, StampRequest } from '../../signing/stamp-order.ts';
import { timestampClient } from '../../signing/timestamp-client.ts';
import type { TimestampService } from '../../signing/timestamp-service.ts';
import type { Actor } from '../../storage/actor.ts';
import { openDocumentFiles, type DocumentFiles } from '../../storage/documents-files.ts';
import { authorise, markAutomatic } from './grants.ts';
import { openDistrict, type District } from '../ca/district.ts';
import { documentKeys } from '../storage/document-keys.ts';
import type { Engine } from '../storage/engines.ts';

/** Matters that need no approval in these tests; what needs one names another. */
export const sampleMatter = '食品经营许可';
export const sampleLicenseMatter = 'YS1201050100013101000001';

export const approval = '11120105000123457H';
export const market = '11120105MB0000019A';

const scopes = ['stamps:write', 'stamps:read', 'seals:write'];
export const approvalClient: Actor = { id: 'client:approval', kind: 'client', department: approval, scopes };
export const marketClient: Actor = { id: 'client:market', kind: 'client', department: market, scopes };
export const system: Actor = { id: 'system', kind: 'system', department: null, scopes: ['seals:write'] };

/** What stands between a stamp and the time-stamp service: tests put lies here. */
export interface Wire {
  /** Answers in place of the service; null lets the request through. */
  intercept: ((request: Uint8Array, real: () => Promise<Uint8Array>) => Promise<Uint8Array>) | null;
  /** Requests that reached the wire. */
  requests: number;
  /** Whether nobody answers questions about certificates. */
  silentStatus: boolean;
  /** Questions about certificates. */
  questions: number;
}

export interface SealOffice {
  readonly district: District;
  readonly register: SealRegisterParts;
  readonly parts: StampParts;
  readonly documents: DocumentFiles;
  readonly wire: Wire;
  readonly approvalSeal: Seal;
  readonly marketSeal: Seal;
  /** Root certificate as PEM, in a file. */
  readonly rootFile: string;
  /** Stores a document. @returns its digest. */
  store(bytes: Uint8Array): Promise<string>;
  /** Bytes of a stored document. */
  load(digest: string): Promise<Uint8Array>;
  /** A request of the approval office's client, over a place in the lower right. */
  request(digest: string, key: string): StampRequest;
  close(): Promise<void>;
}

export async function openSealOffice(engine?: Engine): Promise<SealOffice> {
  const district = await openDistrict({ realClock: true, ...(engine === undefined ? {} : { engine }) });
  const { parts: ca, hierarchy } = district;
  const authority = new TimestampAuthority(ca, hierarchy);
  const server = await serve((request) => authority.respond(request));
  const documents = await openDocumentFiles(join(district.folder, 'documents'), documentKeys());
  const wire: Wire = { intercept: null, requests: 0, silentStatus: false, questions: 0 };
  const crls = new CrlPublisher({ ...ca, documents }, hierarchy, () => undefined);
  const ocsp = new OcspResponder(ca, hierarchy, () => true);
  const own = statusForSigning({ hierarchy, crls, ocsp });
  const status: EvidenceSource = {
    revocation(question) {
      wire.questions += 1;
      return wire.silentStatus ? Promise.resolve({ crls: [], ocsps: [] }) : own.revocation(question);
    },
  };
  const register: SealRegisterParts = {
    ...ca,
    authority: hierarchy.authority('department-seals'),
    maker: {
      authority: hierarchy.issuer('department-seals', 'sm2'),
      key: hierarchy.serviceKey('seal-making', 'sm2'),
    },
  };
  const parts: StampParts = {
    ...ca,
    documents,
    timestampBudget: 5000,
    longTerm: {
      anchors: () => hierarchy.roots().map(({ der }) => der),
      certificates: () => hierarchy.authorities().map(({ certificate }) => certificate.der),
      status,
      statusBudget: 5000,
    },
    timestamps: timestampClient({
      service: overHttp(server, wire),
      random: ca.random,
      clock: ca.clock,
      issuers: () => [hierarchy.authority('time-stamps').certificate.der],
    }),
  };
  const make = (department: string, departmentName: string): Promise<Seal> =>
    createSeal(register, {
      actor: system,
      name: `${departmentName}（演示）`,
      type: '01',
      department,
      departmentName: `${departmentName}（演示）`,
      picture: { kind: 'official', name: departmentName, purpose: null, centre: null },
      code: '120105',
      keepers: ['person:keeper'],
    });
  const approvalSeal = await make(approval, '天津市河北区政务服务办公室');
  const marketSeal = await make(market, '天津市河北区市场监督管理局');
  for (const seal of [approvalSeal, marketSeal]) {
    await authorise(register, seal);
    for (const matter of [sampleMatter, sampleLicenseMatter])
      await markAutomatic(register, seal.department, matter);
  }
  const rootFile = await district.file('root.pem', pemOf(hierarchy.root.der));
  return {
    district,
    register,
    parts,
    documents,
    wire,
    approvalSeal,
    marketSeal,
    rootFile,
    store: async (bytes) => {
      const writer = await documents.create();
      await writer.write(bytes);
      return (await writer.commit()).digest;
    },
    load: async (digest) => {
      const bytes = await documents.readAll(digest, 1 << 28);
      if (bytes === null) throw new Error('no such document');
      return bytes;
    },
    request: (digest, key) => ({
      actor: approvalClient,
      sealId: approvalSeal.id,
      source: { stored: digest },
      place: { page: 1, centreX: 150, centreY: 230 },
      matter: sampleMatter,
      caseNumber: '202611220001',
      reason: '准予行政许可决定（演示）',
      idempotencyKey: key,
    }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await district.remove();
    },
  };
}

export function pemOf(der: Uint8Array): string {
  const body = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

async function serve(respond: (request: Uint8Array) => Promise<Uint8Array>): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      respond(new Uint8Array(Buffer.concat(chunks))).then(
        (answer) => response.setHeader('Content-Type', 'application/timestamp-reply').end(answer),
        () => response.writeHead(500).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function overHttp(server: Server, wire: Wire): TimestampService {
  const { port } = server.address() as AddressInfo;
  return {
    async respond(request, signal) {
      wire.requests += 1;
      const real = async (body = request): Promise<Uint8Array> => {
        const answer = await fetch(`http://127.0.0.1:${port}/tsa`, {
          method: 'POST',
          body: new Uint8Array(body),
          signal,
        });
        return new Uint8Array(await answer.arrayBuffer());
      };
      return wire.intercept === null ? real() : wire.intercept(request, real);
    },
  };
}

/** A one-page A4 decision of about `size` bytes: text, an incompressible stream of padding, a table of objects. */
export function samplePdf(size = 20_000, pages = 1): Uint8Array {
  const pageNumbers = Array.from({ length: pages }, (_, i) => 5 + i);
  const content = 'BT /F1 18 Tf 72 760 Td (DEMONSTRATION DECISION) Tj ET\n';
  const padding = Buffer.alloc(Math.max(1, size - 900 - pages * 130), '0123456789abcdef').toString('latin1');
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${pageNumbers.map((n) => `${n} 0 R`).join(' ')}]/Count ${pages}>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    `<</Length ${content.length}>>\nstream\n${content}\nendstream`,
    ...pageNumbers.map(
      () =>
        '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents 4 0 R>>',
    ),
    `<</Length ${padding.length}>>\nstream\n${padding}\nendstream`,
  ];
  let text = '%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n';
  const rows = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const xref = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows.join('')}`;
  text += `trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${xref}\n%%EOF\n`;
  return new Uint8Array(Buffer.from(text, 'latin1'));
}
