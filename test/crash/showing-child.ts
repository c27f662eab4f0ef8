// A service that shows a license, answers claims and makes copies without end, to be killed: one line of JSON for each that is done.
import { approvalOffice, civilAffairs, marketSupervision } from '../../fixtures/departments.ts';
import { journeyLicenses } from '../../fixtures/licenses.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import { receiptSigner } from '../../api/showing-answers.ts';
import { makeCopy } from '../../licenses/copy.ts';
import { beijingDay } from '../../licenses/face.ts';
import { issueLicense } from '../../licenses/issue.ts';
import { openCase } from '../../licenses/open-cases.ts';
import { answerClaim, showLicenses } from '../../licenses/presentation.ts';
import { takeAnswer } from '../../licenses/presentation-answer.ts';
import { claimShowing } from '../../licenses/presentation-claim.ts';
import type { Actor } from '../../storage/actor.ts';
import { startService } from '../api/harness.ts';

const [dataFolder, round] = process.argv.slice(2);
if (dataFolder === undefined || round === undefined)
  throw new Error('Usage: showing-child DATA-FOLDER ROUND');

const { services } = await startService({ dataFolder, environment: process.env });
const parts = services.licenses;
const { senior } = journeyLicenses(2026);
const system: Actor = {
  id: 'client:crash',
  kind: 'client',
  department: civilAffairs.creditCode,
  scopes: ['licenses:write', 'stamps:write'],
};
const card = await issueLicense(parts, {
  actor: system,
  idempotencyKey: 'card',
  matter: senior.matter.code,
  caseNumber: null,
  type: senior.type.key,
  number: senior.number,
  holder: senior.holder,
  face: senior.face,
});
const clerk: Actor = {
  id: `person:clerk-${round}`,
  kind: 'person',
  department: approvalOffice.creditCode,
  scopes: ['licenses:present', 'cases:write'],
};
const matter = foodBusinessMatter.code;
await openCase(parts, clerk, { caseNumber: 'crash-1', matter });

const say = (done: object): void => void process.stdout.write(`${JSON.stringify(done)}\n`);
const holder = {
  actor: { id: 'person:holder', kind: 'person', department: null, scopes: ['licenses:own'] } as const,
  purpose: '持证人查看',
  holder: senior.holder,
};
say({ kind: 'ready' });

async function shown(line: number, serial: number): Promise<void> {
  const showing = { ...holder, device: `device ${round} ${line}` };
  const picture = await showLicenses(parts, showing, [card.id]);
  const { id, claim } = await claimShowing(parts, {
    actor: { ...clerk, id: `${clerk.id}-${line}-${Math.floor(serial / 100)}` },
    code: picture.code.prefix + picture.code.digits,
    matter,
    caseNumber: 'crash-1',
    type: senior.type.key,
    fields: ['CZZT'],
  });
  await answerClaim(parts, showing, id, { agree: true, number: claim.matchNumber });
  const by = { ...clerk, id: `${clerk.id}-${line}-${Math.floor(serial / 100)}` };
  const { receiptId } = await takeAnswer(parts, by, id, receiptSigner(services));
  say({ kind: 'answer', id, receiptId });
}

async function copied(line: number, serial: number): Promise<void> {
  const copy = await makeCopy(parts, {
    ...holder,
    idempotencyKey: `copy-${round}-${line}-${serial}`,
    license: card.id,
    fields: ['CZZT'],
    grant: {
      department: marketSupervision.creditCode,
      departmentName: marketSupervision.name,
      matter,
      matterName: foodBusinessMatter.name,
      until: beijingDay(new Date(Date.now() + 20 * 86_400_000)),
    },
  });
  say({ kind: 'copy', id: copy.id, grant: copy.grantNumber, digest: copy.document.digest });
}

async function endlessly(work: (line: number, serial: number) => Promise<void>, line: number): Promise<void> {
  for (let serial = 0; ; serial += 1) await work(line, serial);
}

await Promise.all([endlessly(shown, 1), endlessly(shown, 2), endlessly(copied, 3), endlessly(copied, 4)]);
