// The form for names, rules and rights of a license type.
import { html, type Html } from '../html.ts';
import { say } from '../words.ts';

/** What the form shows. */
export interface TypeBasics {
  readonly name: string;
  readonly englishName: string;
  readonly numberLabel: string;
  readonly numberPattern: string;
  readonly matters: string;
  readonly seals: string;
  readonly validity: 'endless' | 'years' | 'given';
  readonly years: number;
  readonly renewalDays: number;
  readonly renewalBasis: string;
  readonly inspectionName: string;
  readonly inspectionMonths: number;
  readonly inspectionGrace: number;
  readonly inspectionOutcomes: string;
  readonly inspectionBasis: string;
  readonly retention: string;
  readonly secondPerson: readonly { readonly change: string; readonly ticked: boolean }[];
}

const changeWords: Readonly<Record<string, readonly [string, string]>> = {
  suspend: ['暂停', 'suspend'],
  withdraw: ['撤回', 'withdraw'],
  annul: ['撤销', 'annul'],
  revoke: ['吊销', 'revoke'],
  cancel: ['注销', 'cancel'],
  merge: ['并入他证', 'merge'],
};

const validities = [
  ['endless', '长期', 'no end'],
  ['years', '固定年数', 'whole years'],
  ['given', '由颁证系统指定', 'said when it is issued'],
] as const;

const retentions = [
  ['license-short', '短期', 'short'],
  ['license-standard', '一般', 'standard'],
  ['license-long', '长期', 'long'],
] as const;

function text(id: string, zh: string, en: string, value: string, maximum: number, needed = true): Html {
  return html`<label for="basic-${id}">${say(zh, en)}</label>
    <input
      id="basic-${id}"
      name="${id}"
      type="text"
      maxlength="${maximum}"
      value="${value}"
      autocomplete="off"
      ${needed ? html`required` : null}
    />`;
}

function number(id: string, zh: string, en: string, value: number, most: number): Html {
  return html`<label for="basic-${id}">${say(zh, en)}</label>
    <input id="basic-${id}" name="${id}" type="number" min="0" max="${most}" value="${value}" required />`;
}

function select(
  id: string,
  zh: string,
  en: string,
  value: string,
  options: readonly (readonly [string, string, string])[],
): Html {
  return html`<label for="basic-${id}">${say(zh, en)}</label>
    <select id="basic-${id}" name="${id}" required>
      ${options.map(
        ([key, words, english]) =>
          html`<option value="${key}" ${key === value ? html`selected` : null}>${words} ${english}</option>`,
      )}
    </select>`;
}

/** @param form wraps the fields into a form that posts them */
export function basicsSection(basics: TypeBasics, form: (body: Html) => Html): Html {
  return html`<details class="card">
    <summary>${say('名称、规则与权限', 'Names, rules and rights')}</summary>
    ${form(
      html`${text('name', '证照类型名称', 'Name', basics.name, 60)}
        ${text('englishName', '英文名称', 'English name', basics.englishName, 100)}
        ${text('numberLabel', '编号称谓', 'What the number is called', basics.numberLabel, 20)}
        ${text('numberPattern', '编号格式（正则表达式）', 'Form of the number, a regular expression', basics.numberPattern, 200)}
        ${text('matters', '事项实施编码（空格分隔）', 'Matters, blanks between', basics.matters, 2000, false)}
        ${text('seals', '允许的印章编码（空格分隔）', 'Seals, blanks between', basics.seals, 400)}
        ${select('validity', '有效期', 'Validity', basics.validity, validities)}
        ${number('years', '年数（或最长年数；长期填0）', 'Years, or years at most; 0 without end', basics.years, 100)}
        ${number('renewalDays', '届满前多少日起可延续（0为不设）', 'Renewal from so many days before; 0 for none', basics.renewalDays, 730)}
        ${text('renewalBasis', '延续依据', 'Legal basis of renewal', basics.renewalBasis, 200, false)}
        ${number('inspectionMonths', '检查间隔（月；0为不设）', 'Months between inspections; 0 for none', basics.inspectionMonths, 120)}
        ${text('inspectionName', '检查名称', 'What the inspection is called', basics.inspectionName, 20, false)}
        ${number('inspectionGrace', '宽限日数', 'Days of grace', basics.inspectionGrace, 365)}
        ${text('inspectionOutcomes', '检查结论（以、分隔，第一项为合格）', 'Outcomes, 、 between; the good one first', basics.inspectionOutcomes, 200, false)}
        ${text('inspectionBasis', '检查依据', 'Legal basis of the inspection', basics.inspectionBasis, 200, false)}
        ${select('retention', '保存期类别', 'Retention class', basics.retention, retentions)}
        <fieldset>
          <legend>${say('须双人办理的变更', 'Changes that need a second officer')}</legend>
          ${basics.secondPerson.map(({ change, ticked }) => {
            const [zh, en] = changeWords[change] ?? [change, change];
            return html`<label class="option" for="second-${change}">
              <input
                id="second-${change}"
                name="second-${change}"
                type="checkbox"
                value="yes"
                ${ticked ? html`checked` : null}
              />
              <span>${say(zh, en)}</span>
            </label>`;
          })}
        </fieldset>
        <button class="button" type="submit">${say('保存', 'Save')}</button>`,
    )}
  </details>`;
}
