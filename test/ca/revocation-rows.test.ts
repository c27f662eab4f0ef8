// Entries of full lists as the database gives them: part by part, each scope's own, on both engines.
import assert from 'node:assert/strict';
import {
  listedRows,
  listedShapes,
  WHOLE,
  type CrlScope,
  type RevocationState,
} from '../../ca/revocation-store.ts';
import { fromHex } from '../../formats/bytes.ts';
import { encodeCrlEntries, type CrlEntry, type RevocationReason } from '../../formats/x509/crl.ts';
import { CrlRowEncoder } from '../../formats/x509/crl-rows.ts';
import { engines } from '../storage/engines.ts';
import { openDistrict, type District } from './district.ts';

const AUTHORITIES = ['department-seals', 'enterprises'];
const REASONS: readonly RevocationReason[] = ['unspecified', 'keyCompromise', 'superseded'];
const COUNT = 60;

interface Kept extends CrlEntry {
  readonly serial: string;
  readonly authority: string;
  readonly shard: number;
  readonly state: RevocationState;
}

const rows: readonly Kept[] = Array.from({ length: COUNT }, (_, index): Kept => {
  // Their order is not the one they are kept in, and two authorities' serials lie among each other.
  const serial = `01${((index * 37) % COUNT).toString(16).padStart(4, '0')}`;
  return {
    serial,
    serialNumber: fromHex(serial),
    authority: AUTHORITIES[Number(index % 7 > 2)]!,
    shard: index % 3,
    state: (['revoked', 'held', 'released', 'revoked'] as const)[index % 4]!,
    reason: REASONS[index % REASONS.length]!,
    revocationDate: new Date(Date.UTC(index % 5 === 0 ? 2050 : 2026, 1, 1, 0, 0, index, 5)),
    invalidityDate: index % 3 === 0 ? new Date(Date.UTC(2025, 1, 1, 0, 0, index)) : null,
  };
});

for (const engine of engines) {
  describe(`rows of full lists (${engine.name})`, () => {
    let district: District | null = null;

    before(async function () {
      engine.require(this);
      district = await openDistrict({ engine });
      await district.database.write(async (tx) => {
        for (const [index, row] of rows.entries()) {
          const { serial, authority, shard } = row;
          await tx
            .insertInto('ca_certificate')
            .values({
              serial,
              authority,
              profile: 'seal',
              subject: 'O=x',
              key_id: 'sha256:0',
              der: 'MAA=',
              state: 'issued',
              not_before: '2026-01-01',
              not_after: '2028-01-01',
              intended_at: '2026-01-01',
              issued_at: '2026-01-01',
              shard,
            })
            .execute();
          await tx
            .insertInto('ca_revocation')
            .values({
              serial,
              authority,
              shard,
              state: row.state,
              reason: row.reason,
              revoked_at: row.revocationDate.toISOString(),
              invalidity_date: row.invalidityDate?.toISOString() ?? null,
              change: index + 1,
            })
            .execute();
        }
      });
    });
    after(() => district?.remove());

    const scopes: readonly CrlScope[] = AUTHORITIES.flatMap((authority) =>
      [WHOLE, 0, 1, 2].map((shard) => ({ authority, shard })),
    );

    it('are those of their scope, in order, whatever the size of a part', async () => {
      for (const scope of scopes) {
        const own = rows
          .filter(
            ({ authority, shard, state }) =>
              authority === scope.authority &&
              (scope.shard === WHOLE || shard === scope.shard) &&
              state !== 'released',
          )
          .toSorted((one, other) => (one.serial < other.serial ? -1 : 1));
        assert.ok(own.length > 3);
        const wanted = Buffer.from(encodeCrlEntries(own));
        for (const limit of [1, 2, 7, COUNT, 500]) {
          const encoder = new CrlRowEncoder(limit);
          const pieces: Uint8Array[] = [];
          for (let after: string | null = ''; after !== null;) {
            const part = await listedRows(district!.database.reader, scope, after, limit);
            pieces.push(Uint8Array.from(encoder.encode(part.rows)));
            after = part.next;
          }
          assert.deepEqual(Buffer.concat(pieces), wanted, `${scope.authority} ${scope.shard} by ${limit}`);
          let [count, length] = [0, 0];
          for (let after: string | null = ''; after !== null;) {
            const part = await listedShapes(district!.database.reader, scope, after, limit);
            for (const shape of part.values) {
              count += shape.count;
              length += shape.count * encodeCrlEntries([shape.sample]).length;
            }
            after = part.next;
          }
          assert.deepEqual([count, length], [own.length, wanted.length]);
        }
      }
    });
  });
}
