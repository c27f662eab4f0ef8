// `yinxin restore approve`: an administrator agrees to a restore, with a certificate anywhere, or both did on their page beforehand.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { operator, realWorld } from '../../api/installation.ts';
import { restoreAgreementBytes } from '../../formats/login/restore-approval.ts';
import { noSessions } from '../../identity/account-events.ts';
import { exportRestoreApproval, signedHours, type RestoreApproval } from '../../identity/restore-approval.ts';
import { backupDigest } from '../../storage/backup.ts';
import { exitCodes, parseFlags, UsageError, type Command } from '../command.ts';
import {
  configOfInstallation,
  dataFlag,
  dataHelp,
  passphraseHelp,
  withInstallation,
} from '../installation.ts';
import { openedCertificateFile, signerKey } from '../certificate-file.ts';

const digestPattern = /^(?:sha256|sm3):[0-9a-f]{64}$/;

export const restoreApproveCommand: Command = {
  help: `Usage: yinxin restore approve (--backup DIGEST | --from DIR) --file KEY.p12 [--password-file FILE] > approval.json
       yinxin restore approve (--backup DIGEST | --from DIR) --request ID [--data DIR] > approval.json

The first signs, on an administrator's own computer and without any installation, with the certificate that administrator
signs in with; good for ${signedHours} hours. The second hands out what two administrators approved beforehand on the page
/office/administration, kind "restore", object DIGEST; good for 90 days: keep it beside the backup.

  --backup DIGEST       of the backup, as \`yinxin backup\` and \`yinxin restore\` tell it
  --from DIR            the backup itself, to tell the digest from
  --file FILE           the certificate file (PKCS #12)
  --password-file FILE  its first line opens the certificate file; otherwise the password is asked for
  --request ID          the approved request (tpr_…); it is used up by this
${dataHelp}

${passphraseHelp}

Exit codes: 0 done, 1 refused, 64 usage, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      backup: { type: 'string' },
      from: { type: 'string' },
      file: { type: 'string' },
      'password-file': { type: 'string' },
      request: { type: 'string' },
    });
    const { file, request } = values;
    if ((file === undefined) === (request === undefined))
      throw new UsageError('say either --file or --request');
    const backup = await digestOf(values.backup, values.from);
    const approval =
      file === undefined
        ? await handedOut(request ?? '', backup)
        : await signed(file, values['password-file'], backup);
    terminal.print(JSON.stringify(approval));
    return exitCodes.done;

    function handedOut(id: string, digest: string): Promise<RestoreApproval> {
      const config = configOfInstallation(terminal, { data: values.data });
      return withInstallation(config, (installation) =>
        exportRestoreApproval({ ...installation, events: noSessions }, operator, {
          request: id,
          backup: digest,
        }),
      );
    }
  },
};

async function digestOf(digest: string | undefined, folder: string | undefined): Promise<string> {
  if ((digest === undefined) === (folder === undefined))
    throw new UsageError('say either --backup or --from');
  if (digest === undefined) return backupDigest(resolve(folder ?? ''));
  if (!digestPattern.test(digest)) throw new UsageError('--backup: a digest is sha256:… or sm3:…');
  return digest;
}

async function signed(
  file: string,
  passwordFile: string | undefined,
  backup: string,
): Promise<RestoreApproval> {
  const key = signerKey(await openedCertificateFile(file, passwordFile));
  const until = new Date(realWorld.clock().getTime() + signedHours * 3_600_000).toISOString();
  const certificate = createHash('sha256').update(key.certificate).digest('hex');
  const signature = await key.sign(restoreAgreementBytes({ backup, until, certificate }));
  return {
    kind: 'signature',
    backup,
    until,
    certificate: Buffer.from(key.certificate).toString('base64'),
    algorithm: key.algorithm,
    signature: Buffer.from(signature).toString('base64'),
  };
}
