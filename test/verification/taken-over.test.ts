// A license that was taken over from elsewhere never passes for an original: the code's level of trust has a row of its own.
import assert from 'node:assert/strict';
import { FACE } from '../../formats/qr/labels.ts';
import { verifyCode } from '../../verification/code.ts';
import type { Report } from '../../verification/report.ts';
import { codeDeps, goodClaims, makeCode, makeCodeWorld, makeStatusToken } from './code-world.ts';

const world = makeCodeWorld();

async function reportOf(level: string | number | null): Promise<Report> {
  const { face, ...claims } = goodClaims();
  const entries = level === null ? [...face] : [...face, [FACE.trust, level] as const];
  const code = makeCode(world.codeSigner, { ...claims, face: new Map(entries) });
  return verifyCode(code, codeDeps(world, await makeStatusToken(world.statusSigner)));
}

const rowOf = ({ rows }: Report) => rows.find(({ id }) => id === 'code.taken-over');

describe('the level of trust in a code', () => {
  for (const level of ['B', 'C', 'D']) {
    it(`${level} is warned of and shown, and hinders nothing else`, async () => {
      const report = await reportOf(level);
      assert.equal(report.conclusion, 'TOTAL-PASSED');
      assert.equal(rowOf(report)?.outcome, 'warned');
      assert.match(rowOf(report)?.finding.zh ?? '', new RegExp(`非原件.*可信等级 ${level}`));
      const shown = report.license?.fields.find(({ name }) => name === 'trust');
      assert.deepEqual([shown?.value, shown?.covered], [level, true]);
    });
  }

  it('is not asked of a license that was issued', async () => {
    const report = await reportOf(null);
    assert.ok([undefined, 'not-applicable'].includes(rowOf(report)?.outcome));
    assert.equal(
      report.license?.fields.some(({ name }) => name === 'trust'),
      false,
    );
  });

  for (const level of ['A', 'Z', '', 3]) {
    it(`${JSON.stringify(level)} is none that anybody knows: never a yes`, async () => {
      const report = await reportOf(level);
      assert.equal(rowOf(report)?.outcome, 'indeterminate');
      assert.equal(report.conclusion, 'INDETERMINATE');
    });
  }
});
