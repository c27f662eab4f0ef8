// Networks and the words for where they are: the operator's own list, because nothing here knows cities.
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import type { Words } from '../verification/report.ts';
import { ApiError } from './errors.ts';

/** A network in words. */
export interface Place {
  readonly words: Words;
  readonly bits: number;
  /** @param kind - of the address */
  holds(address: string, kind: 'ipv4' | 'ipv6'): boolean;
}

/** Narrow networks first: the narrowest that holds an address names it. */
export type Places = readonly Place[];

const mostBytes = 1 << 20;
const name = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}<>]{1,60}$/u);
const schema = z.array(z.strictObject({ network: z.string().max(50), zh: name, en: name })).max(10_000);

/**
 * Reads the list: `[{"network": "203.0.113.0/24", "zh": "天津市河北区", "en": "Hebei District, Tianjin"}]`.
 * @param file - null where there is none
 * @throws ApiError `configuration-invalid`, naming the entry that does not hold.
 */
export function readPlaces(file: string | null): Places {
  if (file === null) return [];
  const parsed = schema.safeParse(jsonOf(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(file, `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'no list'}`);
  }
  return parsed.data
    .map((each, position) => placeOfEntry(file, each, position))
    .toSorted((a, b) => b.bits - a.bits);
}

function placeOfEntry(
  file: string,
  entry: { readonly network: string; readonly zh: string; readonly en: string },
  position: number,
): Place {
  const [, address = '', length = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(entry.network) ?? [];
  const version = isIP(address);
  const bits = Number(length);
  if (version === 0 || bits > (version === 4 ? 32 : 128))
    throw invalid(
      file,
      `${position}.network: ${JSON.stringify(entry.network)} is no network such as 203.0.113.0/24`,
    );
  const own = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, bits, own);
  return {
    words: { zh: entry.zh, en: entry.en },
    bits,
    holds: (asked, kind) => kind === own && list.check(asked, kind),
  };
}

function jsonOf(file: string): unknown {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > mostBytes) throw invalid(file, 'it is larger than a mebibyte');
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw invalid(file, 'it cannot be read as JSON', cause);
  }
}

function invalid(file: string, why: string, cause?: unknown): ApiError {
  return new ApiError('configuration-invalid', `The places in ${file} do not hold: ${why}.`, {
    cause,
    hint: 'see docs/login.md, YINXIN_PLACES_FILE',
  });
}
