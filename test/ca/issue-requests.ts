// Requests for certificates as tests begin with them.
import type { IssueRequest } from '../../ca/issue-request.ts';
import { CREDIT_CODE, looseKey, SYSTEM, type District } from './district.ts';

/** Nobody: the example of GB 11643. */
export const PERSON = {
  name: '王小明',
  documentType: 'resident-identity-card',
  documentNumber: '11010519491231002X',
};

/** A good request for a resident's certificate, changed as told. */
export function residentRequest(district: District, change: Partial<IssueRequest> = {}): IssueRequest {
  return {
    profile: 'resident-signing',
    authority: district.hierarchy.issuer('residents'),
    subject: { commonName: PERSON.name, surname: '王', givenName: '小明' },
    publicKey: looseKey().spki,
    holder: { subjectKey: null, identity: PERSON },
    actor: SYSTEM,
    ...change,
  };
}

/** A good request for a seal's certificate, changed as told. */
export function sealRequest(district: District, change: Partial<IssueRequest> = {}): IssueRequest {
  return {
    profile: 'seal',
    authority: district.hierarchy.authority('department-seals'),
    subject: { organization: '天津市河北区民政局', creditCode: CREDIT_CODE, commonName: '12010500000001' },
    publicKey: looseKey().spki,
    actor: SYSTEM,
    ...change,
  };
}
