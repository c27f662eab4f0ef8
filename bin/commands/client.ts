// `yinxin client`: the clients of the OpenID Provider, from the machine's own shell.
import { readFile } from 'node:fs/promises';
import { clientApproval } from '../../api/client-approval.ts';
import { operator, type Installation } from '../../api/installation.ts';
import type { ClientSettingsInput } from '../../identity/provider/client.ts';
import {
  checkedSettings,
  registerClient,
  rotateClientSecret,
  setClientState,
  type ClientDependencies,
} from '../../identity/provider/clients.ts';
import { allClients, requireClient } from '../../identity/provider/client-register.ts';
import { approvalHelp } from '../approval.ts';
import { exitCodes, parseFlags, required, UsageError, type Command, type Terminal } from '../command.ts';
import {
  configOfInstallation,
  dataFlag,
  dataHelp,
  passphraseHelp,
  withInstallation,
} from '../installation.ts';

const flags = {
  ...dataFlag,
  id: { type: 'string' },
  name: { type: 'string' },
  'english-name': { type: 'string' },
  department: { type: 'string' },
  redirect: { type: 'string', multiple: true },
  logout: { type: 'string' },
  'api-scopes': { type: 'string' },
  settings: { type: 'string' },
  'at-once': { type: 'boolean' },
  approval: { type: 'string' },
} as const;

export const client: Command = {
  help: `Usage: yinxin client add --name TEXT --english-name TEXT --department CODE [what it is]
       yinxin client list
       yinxin client rotate --id ID [--at-once]
       yinxin client disable --id ID
       yinxin client enable --id ID

  --name TEXT, --english-name TEXT  how people see it when it asks for a login
  --department CODE   the registered department that answers for it
  --redirect URL      where logins come back, exactly; may be given several times. A website: code flow with PKCE
  --logout URL        where it hears of logouts (back channel)
  --api-scopes LIST   without --redirect: a system that calls our APIs by its own right
  --settings FILE     JSON of everything else; docs/single-sign-on.md lists it. Flags win over the file
  --id ID             a name for a new client; of which client, otherwise
  --at-once           the former secret ends now, not in a day
${approvalHelp}, for a client that reaches
                      far: scopes of the CA, of administration or approval, numbers of documents, our own pages
${dataHelp}

A secret is printed alone on standard output, this once.

${passphraseHelp}

Example: yinxin client add --name 办事大厅 --english-name 'Service hall' --department 11120105000123457H \\
    --redirect https://hall.example.gov.cn/return --logout https://hall.example.gov.cn/logout > secret
Exit codes: 0 done, 1 refused, 64 usage, 78 configuration`,
  async run(args, terminal) {
    const [what = '', ...rest] = args;
    const { values } = parseFlags(rest, flags);
    const act = actions[what];
    if (act === undefined) throw new UsageError('say one of add, list, rotate, disable, enable');
    const config = configOfInstallation(terminal, { data: values.data });
    return withInstallation(config, (installation) => act(installation, values, terminal));
  },
};

type Values = ReturnType<typeof parseFlags<typeof flags>>['values'];

const actions: Readonly<
  Record<string, (installation: Installation, values: Values, terminal: Terminal) => Promise<number>>
> = {
  async add(installation, values, terminal) {
    const asked = {
      name: required(values.name, 'name'),
      englishName: required(values['english-name'], 'english-name'),
      department: required(values.department, 'department'),
      settings: await settingsOf(values),
    };
    const clients = dependenciesOf(installation);
    const settings = checkedSettings(asked.settings, clients.loopback);
    const alongside = await clientApproval(installation, operator, values.approval, {
      change: ['register', { ...asked, id: values.id, settings }],
      reach: [settings],
    });
    const named = { ...asked, ...(values.id === undefined ? {} : { id: values.id }) };
    const made = await registerClient(clients, operator, named, alongside);
    terminal.tell(`Client ${made.client.id} is registered (${made.client.settings.authentication}).`);
    if (made.secret !== null) terminal.print(made.secret);
    return exitCodes.done;
  },
  async list(installation, _values, terminal) {
    for (const each of await allClients(installation))
      terminal.print(
        [
          each.id,
          each.state,
          each.settings.kind,
          each.settings.authentication,
          each.department,
          each.name,
        ].join('\t'),
      );
    return exitCodes.done;
  },
  async rotate(installation, values, terminal) {
    const { id, settings } = await requireClient(installation, required(values.id, 'id'));
    const alongside = await clientApproval(installation, operator, values.approval, {
      change: ['rotate', { id }],
      reach: [settings],
    });
    const atOnce = values['at-once'] === true;
    terminal.print(await rotateClientSecret(dependenciesOf(installation), operator, id, atOnce, alongside));
    return exitCodes.done;
  },
  async disable(installation, values, terminal) {
    await setClientState(dependenciesOf(installation), operator, required(values.id, 'id'), 'disabled');
    terminal.tell(`Client ${values.id ?? ''} is disabled; what was granted to it has ended.`);
    return exitCodes.done;
  },
  async enable(installation, values, terminal) {
    const { id, settings } = await requireClient(installation, required(values.id, 'id'));
    const alongside = await clientApproval(installation, operator, values.approval, {
      change: ['enable', { id }],
      reach: [settings],
    });
    await setClientState(dependenciesOf(installation), operator, id, 'active', alongside);
    terminal.tell(`Client ${values.id ?? ''} is enabled.`);
    return exitCodes.done;
  },
};

function dependenciesOf(installation: Installation): ClientDependencies {
  const { config, demonstration } = installation;
  return { ...installation, loopback: demonstration || config.providerProfile === 'conformance' };
}

async function settingsOf(values: Values): Promise<ClientSettingsInput> {
  const fromFile = values.settings === undefined ? {} : await settingsFile(values.settings);
  const redirects = values.redirect ?? [];
  const scopes = values['api-scopes']?.split(',').map((scope) => scope.trim());
  return {
    ...(redirects.length === 0 && scopes !== undefined && values.settings === undefined
      ? { kind: 'system', grants: ['system'] }
      : {}),
    ...fromFile,
    ...(redirects.length === 0 ? {} : { redirectUris: redirects }),
    ...(values.logout === undefined ? {} : { backchannelLogoutUri: values.logout }),
    // Names are checked with everything else where the client is registered.
    ...(scopes === undefined ? {} : { apiScopes: scopes as ClientSettingsInput['apiScopes'] }),
  };
}

async function settingsFile(path: string): Promise<ClientSettingsInput> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch {
    throw new UsageError(`--settings: ${path} is no readable JSON file`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new UsageError('--settings: the file holds no JSON object');
  return parsed;
}
