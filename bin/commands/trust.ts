// `yinxin trust`: whose trust lists and certificates this installation relies on beside its own.
import { readFile } from 'node:fs/promises';
import { operator, type Installation } from '../../api/installation.ts';
import { dersOf } from '../../api/pem.ts';
import { addAnchor, endTrust, namedAnchors, recogniseList, seenLists } from '../../api/recognised-lists.ts';
import { labelledDigest } from '../../crypto/algorithms.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { approvalHelp, takeUpApproval } from '../approval.ts';
import { exitCodes, parseFlags, required, UsageError, type Command, type Terminal } from '../command.ts';
import {
  configOfInstallation,
  dataFlag,
  dataHelp,
  passphraseHelp,
  withInstallation,
} from '../installation.ts';

/** SubjectPublicKeyInfo of public keys, and of certificates by their key. */
function keysIn(text: string): readonly Uint8Array[] {
  if (text.includes('BEGIN CERTIFICATE'))
    return dersOf(text, ['CERTIFICATE'], 'The operator key').map(
      (der) => parseCertificate(der).subjectPublicKeyInfo.der,
    );
  return dersOf(text, ['PUBLIC KEY'], 'The operator key');
}

/** A change as two persons agree to it: what is done under which name, and with exactly which file. */
async function changeOf(asked: {
  readonly list: string | undefined;
  readonly anchor: string | undefined;
  readonly end: string | undefined;
  readonly name: string;
}): Promise<string> {
  const file = asked.list ?? asked.anchor;
  if (file === undefined) return `end ${asked.end ?? ''} ${asked.name}`;
  const digest = labelledDigest('sha256', await readFile(file));
  return `${asked.list === undefined ? 'anchor' : 'list'} ${asked.name} ${digest}`;
}

async function tell(installation: Installation, terminal: Terminal): Promise<void> {
  for (const { name, sequence, nextUpdate, ended } of await seenLists(installation.database.reader))
    terminal.print(
      `list    ${name}  edition ${sequence}, to be renewed by ${nextUpdate.toISOString()}${ended ? ' (ended)' : ''}`,
    );
  for (const { name } of await namedAnchors(installation.database.reader)) terminal.print(`anchor  ${name}`);
}

export const trustCommand: Command = {
  help: `Usage: yinxin trust [--list FILE | --anchor FILE | --end list|anchor] [--name NAME] [--operator-key FILE]

Without any of the three: everything that is relied on beside the installation's own trust list.

  --list FILE          take in another operator's trust list, or a later edition of it: what GET /api/v1/trust-list or
                       /api/v1/trust-list/succession of that operator answers
  --operator-key FILE  PEM of the operator's key or certificate, got by another way than the list; needed the first time.
                       Later editions are followed by what was seen: hand-overs of the key, never a lower sequence
  --anchor FILE        trust a certificate (PEM) as it is; what leads to it is called unconfirmed
  --end list|anchor    rely on it no more; what was seen of a list is kept, so that it cannot come back older
  --name NAME          how it is called here
${approvalHelp}
${dataHelp}

${passphraseHelp}

Example: curl -sS https://zz.example.cn/api/v1/trust-list/succession > l && yinxin trust --list l --name 示例区 --operator-key key.pem
Exit codes: 0 done, 1 refused, 64 usage, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      list: { type: 'string' },
      anchor: { type: 'string' },
      end: { type: 'string' },
      name: { type: 'string' },
      'operator-key': { type: 'string' },
      approval: { type: 'string' },
    });
    const { list, anchor, end } = values;
    if ([list, anchor, end].filter((each) => each !== undefined).length > 1)
      throw new UsageError('Only one of --list, --anchor and --end is meant at a time.');
    const config = configOfInstallation(terminal, { data: values.data });
    await withInstallation(config, async (installation) => {
      if (list !== undefined || anchor !== undefined || end !== undefined) {
        const change = await changeOf({ list, anchor, end, name: required(values.name, 'name') });
        await takeUpApproval(installation, values.approval, { kind: 'trust-list', parameters: { change } });
      }
      if (list !== undefined) {
        const key = values['operator-key'];
        const taken = await recogniseList(installation, operator, {
          name: required(values.name, 'name'),
          text: await readFile(list, 'utf8'),
          operatorKeys: key === undefined ? [] : keysIn(await readFile(key, 'utf8')),
        });
        terminal.print(`${values.name ?? ''} edition ${taken.sequence} of ${taken.operator.zh}`);
      } else if (anchor !== undefined) {
        const [certificate, ...more] = dersOf(await readFile(anchor, 'utf8'), ['CERTIFICATE'], 'The anchor');
        if (certificate === undefined || more.length > 0)
          throw new UsageError('--anchor takes one certificate.');
        await addAnchor(installation, operator, { name: required(values.name, 'name'), certificate });
        terminal.print(values.name ?? '');
      } else if (end !== undefined) {
        if (end !== 'list' && end !== 'anchor') throw new UsageError('--end says list or anchor.');
        await endTrust(installation, operator, end, required(values.name, 'name'));
      } else await tell(installation, terminal);
    });
    return exitCodes.done;
  },
};
