// Sample accounts that hold the licenses of the demonstration's journey.
import { district } from '../../fixtures/district.ts';
import { licenses } from './samples.ts';

const person = district.persons.findIndex(({ number }) => number === licenses.senior.holder.code);
const enterprise = district.enterprises.findIndex(
  ({ creditCode }) => creditCode === licenses.food.holder.code,
);

export const districtAccounts = {
  holderOfSeniorCard: `holder-${person + 1}`,
  foodEnterprise: `enterprise-${enterprise + 1}`,
} as const;
