// What a seal application asks for, as people read it: every member by its name in words, nothing left out.
import type { Words } from '../verification/report.ts';
import { actorList } from '../web/actor.ts';
import type { Html } from '../web/html.ts';
import type { ActorsShown } from './shown-actors.ts';

const labels: Readonly<Record<string, Words>> = {
  name: { zh: '印章名称', en: 'Name' },
  type: { zh: '印章类型', en: 'Type' },
  code: { zh: '印章编码', en: 'Code' },
  departmentName: { zh: '所有者', en: 'Owner' },
  keepers: { zh: '保管人', en: 'Keepers' },
  approvalsNeeded: { zh: '所需审批人数', en: 'Approvals a use needs' },
  lifetimeDays: { zh: '有效天数', en: 'Days of validity' },
  credential: { zh: '外部证书', en: 'Credential' },
  client: { zh: '系统', en: 'Client' },
  matters: { zh: '事项', en: 'Matters' },
  matter: { zh: '事项', en: 'Matter' },
  automatic: { zh: '自动核发', en: 'Automatic' },
  perDay: { zh: '每日次数', en: 'Uses a day' },
  total: { zh: '总次数', en: 'Uses in all' },
  validFrom: { zh: '自', en: 'From' },
  validUntil: { zh: '至', en: 'Until' },
  'picture.kind': { zh: '印模式样', en: 'Impression' },
  'picture.name': { zh: '环排文字', en: 'Text along the ring' },
  'picture.purpose': { zh: '横排文字', en: 'Straight line' },
  'picture.centre': { zh: '中央', en: 'Centre' },
  'picture.taxNumber': { zh: '税号', en: 'Tax number' },
  'hours.days': { zh: '星期', en: 'Weekdays' },
  'hours.from': { zh: '时段起', en: 'From' },
  'hours.until': { zh: '时段止', en: 'Until' },
};

/** Shown by themselves, or too long to read. */
const elsewhere: ReadonlySet<string> = new Set(['sealId', 'eseal', 'picture.artwork']);
const longest = 500;

function wordsFor(name: string): Words {
  return labels[name] ?? { zh: name, en: name };
}

/** Minutes after midnight as a clock says them. */
function clockOf(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function textOf(name: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(String).join(' ');
  if (typeof value === 'number')
    return name === 'hours.from' || name === 'hours.until' ? clockOf(value) : String(value);
  if (typeof value === 'boolean') return value ? '是 yes' : '否 no';
  return typeof value === 'string' ? value : null;
}

/** The keepers whom an application names. */
export function keepersOf({ keepers }: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(keepers) ? keepers.map(String) : [];
}

/** @param parameters as the application holds them: plain data, at most one level deep beside lists */
export function applicationFacts(
  parameters: Readonly<Record<string, unknown>>,
  shown: ActorsShown,
): readonly { readonly label: Words; readonly value: Html | string }[] {
  const flat = Object.entries(parameters).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([inner, each]) => [`${name}.${inner}`, each])
      : [[name, value]],
  );
  return flat.flatMap(([name, value]): { readonly label: Words; readonly value: Html | string }[] => {
    if (name === 'keepers')
      return [{ label: wordsFor(name), value: actorList(keepersOf(parameters).map(shown)) }];
    const text = elsewhere.has(name) ? null : textOf(name, value);
    return text === null ? [] : [{ label: wordsFor(name), value: text.slice(0, longest) }];
  });
}
