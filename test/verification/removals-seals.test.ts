// A verdict never turns better when something is removed: seals, uses of seals, and license codes, part by part.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { verifyCode } from '../../verification/code.ts';
import { policyData, policyNamed } from '../../verification/policy.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { goodClaims, makeCode, makeCodeWorld, makeStatusToken } from './code-world.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { daysFromNow, makeCrl, makePki, now } from './pki.ts';
import { neverBetter } from './removals.ts';
import { makeSeal, makeSealWorld, original, sealDeps, useSeal } from './seal-world.ts';
import type { SealWorld } from './seal-world.ts';
import { makeToken } from './signed-pdf.ts';

const policies = fc.constantFrom(...policyData.map(({ name }) => name));
const stranger = makePki({ root: { commonName: '别处根' }, sealCa: { commonName: '别处CA' } });

const worlds: Readonly<Record<string, SealWorld>> = {
  good: makeSealWorld(),
  'signer expired since': makeSealWorld({ signer: { notAfter: daysFromNow(-0.5) } }),
  'signer expired before': makeSealWorld({ signer: { notAfter: daysFromNow(-2) } }),
  'maker expired': makeSealWorld({ maker: { notAfter: daysFromNow(-0.5) } }),
};
const worldOf = (name: string): SealWorld => worlds[name] ?? makeSealWorld();

const tokens = [
  'token',
  'token over other data',
  'token of a stranger',
  'token from before',
  'token that is none',
] as const;
const around = [
  'CA',
  'root list',
  'list',
  'list that revokes',
  'list of the time-stamping CA',
  'anchor',
] as const;
const proving = ['CA', 'root list', 'list', 'list that revokes', 'anchor'] as const;

/** One token at most has room: the first that is there. */
function tokenOf(parts: ReadonlySet<string>, world: SealWorld, before: Date) {
  const made = {
    token: (value: Uint8Array) => makeToken(world, value),
    'token over other data': (value: Uint8Array) => makeToken(world, value, { over: original }),
    'token of a stranger': (value: Uint8Array) => makeToken(stranger, value),
    'token from before': (value: Uint8Array) => makeToken(world, value, { genTime: before }),
    'token that is none': () => Uint8Array.of(1, 2, 3),
  };
  const first = tokens.find((part) => parts.has(part));
  return first === undefined ? {} : { timestamp: made[first] };
}

function deps(
  parts: ReadonlySet<string>,
  world: SealWorld,
  { policy, reason }: { readonly policy: string; readonly reason: 'superseded' | 'keyCompromise' },
): VerificationDependencies {
  const [root, seals, tsa] = world.crls;
  const revoking = makeCrl(world.sealCa, {
    revoked: [{ certificate: world.signer.certificate, at: daysFromNow(-0.5), reason }],
  });
  const made: Record<string, Uint8Array | undefined> = {
    'root list': root,
    list: seals,
    'list that revokes': revoking,
    'list of the time-stamping CA': tsa,
  };
  // What revokes comes in place of what does not: one state is the truth.
  const known = parts.has('list that revokes') ? { ...made, list: undefined } : made;
  return sealDeps(world, {
    policy: policyNamed(policy),
    certificates: parts.has('CA') ? [world.sealCa.certificate] : [],
    anchors: parts.has('anchor') ? [world.root.certificate] : [],
    crls: Object.entries(known).flatMap(([part, list]) => (parts.has(part) ? (list ?? []) : [])),
  });
}

/** Either the list that revokes is among the parts, or the good one is: taking the first away never brings the second. */
const settings = fc.record({
  world: fc.constantFrom(...Object.keys(worlds)),
  version: fc.constantFrom(4 as const, 5 as const),
  policy: policies,
  reason: fc.constantFrom('superseded' as const, 'keyCompromise' as const),
});

describe('whatever is taken away from a seal or its use', () => {
  for (const lists of [
    around.filter((part) => part !== 'list'),
    around.filter((part) => part !== 'list that revokes'),
  ]) {
    it(`never makes the verdict on a use better: ${lists.join(', ')}`, () =>
      neverBetter(
        {
          parts: [...tokens, ...lists],
          proving: () => proving,
          settings,
          judge: (parts, setting) => {
            const world = worldOf(setting.world);
            const bytes = useSeal(world, setting.version, tokenOf(parts, world, daysFromNow(-2)));
            return verifyBytes(bytes, deps(parts, world, setting));
          },
        },
        80,
      ));

    it(`never makes the verdict on a seal better: ${lists.join(', ')}`, () =>
      neverBetter(
        {
          parts: [...tokens, ...lists],
          proving: () => proving,
          settings,
          judge: (parts, setting) => {
            const world = worldOf(setting.world);
            const options = setting.version === 5 ? tokenOf(parts, world, daysFromNow(-21)) : {};
            return verifyBytes(makeSeal(world, setting.version, options), deps(parts, world, setting));
          },
        },
        80,
      ));
  }

  it('starts from what passes, with everything good there', async () => {
    const world = worldOf('good');
    const parts = new Set<string>(['token', ...around.filter((part) => part !== 'list that revokes')]);
    const report = await verifyBytes(
      useSeal(world, 5, tokenOf(parts, world, now)),
      deps(parts, world, { policy: 'archive', reason: 'superseded' }),
    );
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
  });
});

describe('whatever is taken away beside a license code', () => {
  it('never makes the verdict better', async () => {
    const world = makeCodeWorld();
    const code = makeCode(world.codeSigner, goodClaims());
    const states = await Promise.all(
      [0, 1, 2, 3, 13].map(
        async (value) => [value, await makeStatusToken(world.statusSigner, { value })] as const,
      ),
    );
    const token = new Map<number, string>(states);
    await neverBetter(
      {
        parts: ['trust list', 'status', 'service for status'],
        proving: () => ['trust list', 'status', 'service for status'],
        settings: fc.record({ value: fc.constantFrom(...token.keys()), policy: policies }),
        judge: (parts, { value, policy }) => {
          const { list } = world;
          const entities = list.entities.map((entity) => ({
            ...entity,
            services: entity.services.filter(
              ({ type }) => type !== 'status-list' || parts.has('service for status'),
            ),
          }));
          return verifyCode(code, {
            ...depsFor(makePki()),
            time: daysFromNow(0.01),
            policy: policyNamed(policy),
            trustList: parts.has('trust list') ? { ...list, entities } : null,
            statusLists: {
              statusList: () => Promise.resolve(parts.has('status') ? (token.get(value) ?? null) : null),
            },
          });
        },
      },
      60,
    );
  });
});
