// Seals made elsewhere: taken in by two persons, their key at a signing server, used like our own, free of the remark internal.
import assert from 'node:assert/strict';
import {
  bringChain,
  openForeignKey,
  requestForeign,
  retireForeign,
  type ForeignParts,
} from '../../ca/foreign-credential.ts';
import { foreignById } from '../../ca/foreign-store.ts';
import { CaError } from '../../ca/errors.ts';
import { CryptoError } from '../../crypto/errors.ts';
import type { SigningServer } from '../../crypto/signing-server.ts';
import { toBase64 } from '../../formats/bytes.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import type { ApplicationParts, SealOperation } from '../../signing/seal-application-kinds.ts';
import { drawSeal } from '../../signing/seal-picture/draw-seal.ts';
import { svgPicture } from '../../signing/seal-picture/svg.ts';
import { fileSeal, requiredSeal } from '../../signing/seal-register.ts';
import { stampDocument } from '../../signing/stamp.ts';
import type { StampParts } from '../../signing/stamp-order.ts';
import type { Actor } from '../../storage/actor.ts';
import type { TrustList } from '../../verification/trust-list.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../../verification/signature-verifier-node.ts';
import { verify } from '../../verification/verify.ts';
import { makeCrl, makeSm2Key, signWith } from '../verification/pki.ts';
import { makeSeal, makeSealWorld, sealDeps, type SealOptions } from '../verification/seal-world.ts';
import { administration, authorise, byTwoPersons } from './grants.ts';
import { approval, market, openSealOffice, samplePdf, type SealOffice } from './seal-office.ts';

const officer: Actor = { id: 'person:ca-officer', kind: 'person', department: null, scopes: ['ca:operate'] };
const code = '12010500009001';

describe('seals made elsewhere', () => {
  const world = makeSealWorld();
  let office: SealOffice;
  let parts: ApplicationParts;
  let stamping: StampParts;
  let foreign: ForeignParts;
  let credential = '';
  /** Signatures that the server was asked for. */
  let signed = 0;
  let lying = false;

  before(async () => {
    office = await openSealOffice();
    const server: SigningServer = {
      name: 'city',
      publicKey: () => Promise.resolve({ algorithm: 'SM2SM3', publicKey: world.signer.key.spki }),
      sign: (key, input) => {
        assert.equal(key, 'seal-9001');
        assert.ok('message' in input, 'SM2 is given the message: Z is the key’s');
        signed += 1;
        return Promise.resolve(signWith(lying ? makeSm2Key() : world.signer.key, input.message));
      },
    };
    foreign = {
      ...office.register,
      signingServer: (name) => (name === 'city' ? server : null),
      statusSource: {
        list: () => Promise.reject(new Error('none')),
        answer: () => Promise.reject(new Error('none')),
      },
    };
    const keys = { foreignKey: (id: string) => openForeignKey(foreign, id) };
    parts = {
      ...office.register,
      ...keys,
      foreignCredential: (id) => foreignById(office.parts.database.reader, id),
      judgeSeal: (eseal) =>
        verify(bytesSource(eseal), sealDeps(world, { time: office.parts.clock(), crls: lists() })),
    };
    stamping = { ...office.parts, ...keys };
    const requested = await requestForeign(foreign, {
      actor: officer,
      idempotencyKey: 'foreign-1',
      department: approval,
      organization: '天津市河北区政务服务办公室',
      commonName: code,
      authorityName: '演示电子认证服务机构',
      key: { place: 'server', server: 'city', name: 'seal-9001' },
    });
    credential = requested.id;
    await bringChain(foreign, officer, credential, [
      world.signer.certificate,
      world.sealCa.certificate,
      world.root.certificate,
    ]);
    signed = 0;
  });
  after(() => office.close());

  function lists(): readonly Uint8Array[] {
    const dates = {
      thisUpdate: new Date(Date.now() - 60_000),
      nextUpdate: new Date(Date.now() + 86_400_000),
    };
    return [makeCrl(world.root, dates), makeCrl(world.sealCa, dates)];
  }

  const svg = svgPicture(
    drawSeal({
      kind: 'official',
      name: '天津市河北区演示局',
      purpose: null,
      centre: null,
      code,
      demonstration: true,
    }),
    '印模',
  );

  function foreignSeal(change: SealOptions = {}): Uint8Array {
    return makeSeal(world, 4, {
      ...change,
      information: {
        id: code,
        picture: { type: 'SVG', data: new TextEncoder().encode(svg), width: 42, height: 42 },
        ...change.information,
      },
    });
  }

  const takingIn = (eseal: Uint8Array, change: object = {}): SealOperation => ({
    kind: 'take-in',
    departmentName: '天津市河北区政务服务办公室（演示）',
    eseal: toBase64(eseal),
    credential,
    keepers: ['person:keeper'],
    approvalsNeeded: 1,
    ...change,
  });

  it('refuses what is no seal to be used here, and says why', async () => {
    const good = foreignSeal();
    const broken = good.slice();
    broken[broken.length - 5] = (broken[broken.length - 5] ?? 0) ^ 1;
    const png = { type: 'png', data: Uint8Array.of(1, 2, 3), width: 42, height: 42 };
    const cases: readonly (readonly [string, SealOperation, string?])[] = [
      ['foreign-seal-refused', takingIn(Uint8Array.of(1, 2, 3))],
      ['foreign-seal-refused', takingIn(broken)],
      ['foreign-seal-refused', { ...takingIn(good), eseal: 'not base64!' } as SealOperation],
      ['foreign-seal-refused', takingIn(makeSeal(world, 1))],
      ['foreign-seal-refused', takingIn(foreignSeal({ information: { id: 'UUID-1' } }))],
      ['foreign-seal-refused', takingIn(good, { credential: `fcr_${'0'.repeat(32)}` })],
      ['foreign-seal-refused', takingIn(good), market],
      ['foreign-seal-refused', takingIn(foreignSeal({ information: { picture: { ...png, type: 'ofd' } } }))],
      ['picture-refused', takingIn(foreignSeal({ information: { picture: png } }))],
      [
        'foreign-seal-refused',
        takingIn(
          foreignSeal({
            property: {
              validEnd: new Date(Date.now() - 1000),
              validStart: new Date(0),
              createDate: new Date(0),
            },
          }),
        ),
      ],
      [
        'seal-object-missing',
        takingIn(
          foreignSeal({
            property: { signers: { kind: 'certificates', certificates: [world.maker.certificate] } },
          }),
        ),
      ],
      ['foreign-seal-refused', takingIn(foreignSeal({ key: makeSm2Key() }))],
      ['application-invalid', takingIn(good, { keepers: [] })],
    ];
    for (const [refused, operation, department = approval] of cases)
      await assert.rejects(
        byTwoPersons(parts, department, operation),
        (error: { code?: string }) => error.code === refused,
        `${refused} ${JSON.stringify(operation).slice(0, 60)}`,
      );
    assert.equal(signed, 0, 'nothing was signed to find that out');
  });

  it('takes one in, files it, and stamps with its key at the server; both revisions pass, licensed', async () => {
    const eseal = foreignSeal();
    const taken = await byTwoPersons(parts, approval, takingIn(eseal));
    assert.equal(taken.state, 'executed', JSON.stringify(taken.outcome));
    const id = taken.sealId ?? '';
    const seal = await requiredSeal(office.parts.database.reader, id);
    assert.deepEqual(
      [seal.origin, seal.state, seal.code, seal.foreignCredential],
      ['foreign', 'made', code, credential],
    );
    await fileSeal(parts, {
      actor: { ...administration, scopes: ['seals:file'] },
      sealId: id,
      number: 'CITY-1',
    });
    await authorise(parts, { id, department: approval });
    signed = 0;
    const digest = await office.store(samplePdf());
    const request = { ...office.request(digest, 'foreign-stamp'), sealId: id, sm2: 'ses' } as const;
    const result = await stampDocument(stamping, request);
    assert.equal(signed, 2, 'one for the seal, one for PAdES');
    await stampDocument(stamping, request);
    assert.equal(signed, 2, 'and none for a repetition');
    const bytes = await office.load(result.document.digest);
    const trustList = {
      sequence: 1,
      issued: new Date(0),
      nextUpdate: new Date(Date.now() + 86_400_000),
      operator: { zh: '演示', en: 'test' },
      territory: '120105',
      entities: [
        {
          name: { zh: '演示电子认证服务机构', en: 'Licensed' },
          identifier: '91120105MA0000023E',
          qualification: 'licensed',
          services: [
            {
              name: { zh: '印章', en: 'seals' },
              type: 'seal-ca',
              certificates: [world.sealCa.certificate],
              state: { status: 'granted', since: new Date(0) },
              history: [],
              licenseTypes: null,
              regions: null,
            },
          ],
        },
      ],
      licenseTypes: [],
      next: null,
      verifyHosts: [],
    } as unknown as TrustList;
    const own = office.parts.longTerm?.status;
    const report = await verify(bytesSource(bytes), {
      verifier: nodeSignatureVerifier,
      startDigest: nodeStartDigest,
      inflate: inflateWeb,
      time: new Date(),
      trustList,
      anchors: office.district.hierarchy.authorities().map(({ certificate }) => certificate.der),
      certificates: [world.sealCa.certificate],
      crls: lists(),
      ...(own === undefined ? {} : { evidence: own }),
    });
    assert.equal(report.conclusion, 'TOTAL-PASSED', JSON.stringify(report.summary));
    assert.deepEqual(
      report.signatures.map(({ conclusion, qualification }) => [conclusion, qualification.value]),
      [
        ['TOTAL-PASSED', 'licensed'],
        ['TOTAL-PASSED', 'licensed'],
      ],
    );
  });

  it('is judged from its file alone at B-LT, where somebody tells of its authority; else at no such level', async () => {
    const row = await office.parts.database.reader
      .selectFrom('seal')
      .select('id')
      .where('code', '=', code)
      .executeTakeFirstOrThrow();
    const { longTerm } = stamping;
    assert.ok(longTerm !== undefined);
    const digest = await office.store(samplePdf());
    const order = { sealId: row.id, sm2: 'ses', level: 'B-LT' } as const;
    await assert.rejects(
      stampDocument(stamping, { ...office.request(digest, 'foreign-unknown'), ...order }),
      (error: { code?: string }) => error.code === 'self-check-failed',
      'nobody here knows its authority',
    );
    const knowing = (told: boolean): StampParts => ({
      ...stamping,
      longTerm: {
        ...longTerm,
        anchors: async () => [...(await longTerm.anchors()), world.sealCa.certificate],
        status: {
          revocation: (question) =>
            Buffer.from(question.issuer).equals(Buffer.from(world.sealCa.certificate))
              ? Promise.resolve({ crls: told ? lists() : [], ocsps: [] })
              : longTerm.status.revocation(question),
        },
      },
    });
    await assert.rejects(
      stampDocument(knowing(false), { ...office.request(digest, 'foreign-silent'), ...order }),
      (error: { code?: string }) => error.code === 'status-unavailable',
    );
    const result = await stampDocument(knowing(true), { ...office.request(digest, 'foreign-lt'), ...order });
    assert.equal(result.level, 'B-LT');
    const report = await verify(bytesSource(await office.load(result.document.digest)), {
      verifier: nodeSignatureVerifier,
      startDigest: nodeStartDigest,
      inflate: inflateWeb,
      time: new Date(),
      anchors: [world.sealCa.certificate, ...office.district.hierarchy.roots().map(({ der }) => der)],
    });
    assert.equal(report.conclusion, 'TOTAL-PASSED', JSON.stringify(report.summary));
  });

  it('gives nothing out where the server lies, or the credential has ended', async () => {
    const row = await office.parts.database.reader
      .selectFrom('seal')
      .select('id')
      .where('code', '=', code)
      .executeTakeFirstOrThrow();
    const digest = await office.store(samplePdf());
    const order = (key: string) => ({ ...office.request(digest, key), sealId: row.id, sm2: 'ses' }) as const;
    lying = true;
    await assert.rejects(
      stampDocument(stamping, order('foreign-lie')),
      (error) => error instanceof CryptoError && error.code === 'signing-server-failed',
    );
    lying = false;
    await assert.rejects(
      stampDocument(stamping, order('foreign-lie')),
      (error: { code?: string }) => error.code === 'idempotency-abandoned',
    );
    await assert.rejects(
      byTwoPersons(parts, approval, { kind: 'renew', sealId: row.id, lifetimeDays: null }),
      (error: { code?: string }) => error.code === 'application-invalid',
    );
    await assert.rejects(
      byTwoPersons(parts, approval, takingIn(foreignSeal())).then(({ outcome }) => {
        throw Object.assign(new Error('failed'), { code: outcome?.['code'] });
      }),
      (error: { code?: string }) => error.code === 'seal-input-invalid',
      'its code is in use',
    );
    await retireForeign(foreign, officer, credential);
    await assert.rejects(
      stampDocument(stamping, order('foreign-retired')),
      (error) => error instanceof CaError && error.code === 'transition-not-allowed',
    );
  });
});
