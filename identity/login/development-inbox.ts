// The demonstration's telephones: messages are kept, encrypted, for a day and shown on a page. Never in production.
import type { Reader } from '../../storage/database.ts';
import { IdentityError } from '../errors.ts';
import { randomIdentifier } from '../identifier.ts';
import { maskedTelephone } from './names.ts';
import type { LoginParts, MessageSender } from './parts.ts';

type InboxParts = Pick<LoginParts, 'database' | 'clock' | 'random' | 'cipher'> & {
  readonly demonstration: boolean;
};

export interface DevelopmentMessage {
  readonly at: Date;
  /** Masked. */
  readonly telephone: string;
  readonly text: string;
}

/** A sender whose messages end on the page. @throws IdentityError `demonstration-only`. */
export function developmentInbox(parts: InboxParts): MessageSender {
  requireDemonstration(parts);
  return {
    async send(telephone, text) {
      const id = randomIdentifier('msg', parts.random);
      const row = {
        id,
        target_cipher: parts.cipher.seal(placeOf(id, 'target_cipher'), telephone),
        text_cipher: parts.cipher.seal(placeOf(id, 'text_cipher'), text),
        at: parts.clock().toISOString(),
      };
      await parts.database.write(async (tx) => {
        await tx.insertInto('development_message').values(row).execute();
      });
    },
  };
}

/** The latest messages, newest first. @throws IdentityError `demonstration-only`. */
export async function developmentMessages(
  parts: InboxParts & { readonly database: { readonly reader: Reader } },
  limit: number,
): Promise<readonly DevelopmentMessage[]> {
  requireDemonstration(parts);
  const rows = await parts.database.reader
    .selectFrom('development_message')
    .selectAll()
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    at: new Date(row.at),
    telephone: maskedTelephone(parts.cipher.open(placeOf(row.id, 'target_cipher'), row.target_cipher)),
    text: parts.cipher.open(placeOf(row.id, 'text_cipher'), row.text_cipher),
  }));
}

function requireDemonstration(parts: InboxParts): void {
  if (!parts.demonstration) {
    throw new IdentityError('demonstration-only', 'There is no development inbox in production.');
  }
}

function placeOf(
  row: string,
  column: string,
): { readonly table: string; readonly column: string; readonly row: string } {
  return { table: 'development_message', column, row };
}
