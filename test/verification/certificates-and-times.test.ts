// Stamped PDFs whose certificates, revocation data or time-stamps are wrong.
import assert from 'node:assert/strict';
import { OID } from '../../formats/x509/oid.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import type { Expected } from './expect.ts';
import { daysFromNow, listsOf, makeCrl, makePki, now } from './pki.ts';
import type { TestPki } from './pki.ts';
import { latin1, signPdf } from './signed-pdf.ts';

const pki = makePki();
const good = signPdf(pki);

describe('a stamped PDF whose certificates or times are wrong', () => {
  const late = (days: number): Partial<VerificationDependencies> => ({ time: daysFromNow(days) });
  const cases: readonly (readonly [
    string,
    () => { pki: TestPki; pdf: Uint8Array; deps?: Partial<VerificationDependencies> },
    Expected,
    level: string,
  ])[] = [
    [
      'no time-stamp',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: null }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp over other data',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { over: latin1('other') } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp with a broken signature',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { breakSignature: true } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp that names another certificate',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { withoutEss: true } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp from the future',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { genTime: daysFromNow(3) } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp by a stranger',
      () => {
        const other = makePki();
        return { pki, pdf: signPdf(pki, undefined, { token: { authority: other.tsa } }) };
      },
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp by a signer without the usage',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { authority: pki.signer } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamping usage not critical',
      () => {
        const p = makePki({ tsa: { extendedKeyUsageCritical: false } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamping usage beside another',
      () => {
        const p = makePki({ tsa: { extendedKeyUsage: [OID.timeStamping, OID.documentSigning] } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'bad time-stamp where the policy requires one',
      () => ({
        pki,
        pdf: signPdf(pki, undefined, { token: { over: latin1('other') } }),
        deps: {
          policy: {
            id: 'x',
            version: '1',
            name: 'archive',
            timestamp: 'required',
            revocation: 'required',
            licenseStatus: 'required',
            clockSkewSeconds: 300,
            freshnessSeconds: 86_400,
          },
        },
      }),
      ['INDETERMINATE', 'NO_POE', 'signature.time-stamp'],
      'B-B',
    ],
    [
      'foreign chain',
      () => {
        const p = makePki();
        return { pki, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'certificate.path'],
      'B-B',
    ],
    [
      'no anchors at all',
      () => ({ pki, pdf: good, deps: { anchors: [] } }),
      ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'certificate.path'],
      'B-B',
    ],
    [
      'expired, without time-stamp',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: null }), deps: late(800) }),
      ['INDETERMINATE', 'OUT_OF_BOUNDS_NO_POE', 'certificate.path'],
      'B-B',
    ],
    [
      'expired, with time-stamp',
      () => {
        const p = makePki({ signer: { notAfter: daysFromNow(2) } });
        return { pki: p, pdf: signPdf(p), deps: late(5) };
      },
      ['TOTAL-PASSED', null, null],
      'B-T',
    ],
    [
      'expired before the time-stamp',
      () => {
        const p = makePki({ signer: { notAfter: daysFromNow(-1) } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'OUT_OF_BOUNDS_NO_POE', 'certificate.path'],
      'B-T',
    ],
    [
      'not yet valid',
      () => {
        const p = makePki({ signer: { notBefore: daysFromNow(1) } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'OUT_OF_BOUNDS_NO_POE', 'certificate.path'],
      'B-T',
    ],
    [
      'revoked before the time-stamp',
      () => ({
        pki,
        pdf: good,
        deps: {
          crls: [
            ...pki.crls,
            makeCrl(pki.sealCa, {
              revoked: [
                { certificate: pki.signer.certificate, at: daysFromNow(-2), reason: 'keyCompromise' },
              ],
            }),
          ],
        },
      }),
      ['INDETERMINATE', 'REVOKED_NO_POE', 'certificate.revocation'],
      'B-T',
    ],
    [
      'revoked after the time-stamp',
      () => ({
        pki,
        pdf: good,
        deps: {
          time: daysFromNow(3),
          crls: [
            ...pki.crls,
            makeCrl(pki.sealCa, {
              thisUpdate: daysFromNow(2),
              nextUpdate: daysFromNow(9),
              revoked: [{ certificate: pki.signer.certificate, at: daysFromNow(1), reason: 'superseded' }],
            }),
          ],
        },
      }),
      ['TOTAL-PASSED', null, null],
      'B-T',
    ],
    [
      'revoked, without time-stamp',
      () => ({
        pki,
        pdf: signPdf(pki, undefined, { token: null }),
        deps: {
          crls: [
            ...pki.crls,
            makeCrl(pki.sealCa, {
              revoked: [
                { certificate: pki.signer.certificate, at: daysFromNow(-2), reason: 'keyCompromise' },
              ],
            }),
          ],
        },
      }),
      ['INDETERMINATE', 'REVOKED_NO_POE', 'certificate.revocation'],
      'B-B',
    ],
    [
      'CA revoked, without time-stamp',
      () => ({
        pki,
        pdf: signPdf(pki, undefined, { token: null }),
        deps: {
          crls: [
            ...pki.crls,
            makeCrl(pki.root, {
              revoked: [{ certificate: pki.sealCa.certificate, at: daysFromNow(-2), reason: 'cACompromise' }],
            }),
          ],
        },
      }),
      ['INDETERMINATE', 'REVOKED_CA_NO_POE', 'certificate.revocation'],
      'B-B',
    ],
    [
      'time-stamping key lost later: the time is not proven',
      () => ({
        pki,
        pdf: good,
        deps: {
          crls: [
            ...pki.crls,
            makeCrl(pki.tsaCa, {
              revoked: [{ certificate: pki.tsa.certificate, at: now, reason: 'keyCompromise' }],
            }),
          ],
        },
      }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'no revocation data',
      () => ({ pki, pdf: good, deps: { crls: [] } }),
      ['INDETERMINATE', 'TRY_LATER', 'certificate.revocation'],
      'B-B',
    ],
    [
      'revocation data out of date',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: null }), deps: late(30) }),
      ['INDETERMINATE', 'TRY_LATER', 'certificate.revocation'],
      'B-B',
    ],
    [
      'revocation list signed by another key',
      () => ({
        pki,
        pdf: good,
        deps: { crls: [makeCrl(pki.root), makeCrl(pki.sealCa, { key: pki.signer.key }), makeCrl(pki.tsaCa)] },
      }),
      ['INDETERMINATE', 'TRY_LATER', 'certificate.revocation'],
      'B-T',
    ],
    [
      'server certificate as signer',
      () => {
        const p = makePki({ signer: { extendedKeyUsage: [OID.serverAuth] } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-T',
    ],
    [
      'encryption certificate as signer',
      () => {
        const p = makePki({ signer: { keyUsage: ['keyEncipherment'] } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-T',
    ],
    [
      'issuer that is no CA',
      () => {
        const p = makePki({ sealCa: { ca: false } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-T',
    ],
    [
      'path longer than allowed',
      () => {
        const p = makePki({ root: { pathLength: 0 } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-B',
    ],
    [
      'unknown critical extension',
      () => {
        const p = makePki({
          signer: { extra: [{ oid: '1.2.3.4.5', critical: true, value: Uint8Array.of(5, 0) }] },
        });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-T',
    ],
    [
      'signing-time attribute',
      () => ({ pki, pdf: signPdf(pki, undefined, { signingTime: now }) }),
      ['TOTAL-PASSED', null, null],
      'B-T',
    ],
    [
      'not PAdES but right',
      () => ({ pki, pdf: signPdf(pki, undefined, { subFilter: 'adbe.pkcs7.detached' }) }),
      ['TOTAL-PASSED', null, null],
      'none',
    ],
  ];
  for (const [name, make, expected, level] of cases) {
    it(`${name}: ${expected[0]}, ${level}`, async () => {
      const { pki: trusted, pdf, deps } = make();
      const report = await verifyBytes(pdf, depsFor(trusted, deps));
      expectReport(report, expected);
      assert.equal(report.signatures[0]?.level, level);
    });
  }

  it('removing evidence never makes it pass', async () => {
    const full = listsOf(pki);
    for (let without = 0; without < full.length; without++) {
      const crls = full.filter((_, at) => at !== without);
      const report = await verifyBytes(signPdf(pki), depsFor(pki, { crls }));
      assert.equal(report.conclusion === 'TOTAL-PASSED', without === 2, `without list ${without}`);
    }
  });
});
