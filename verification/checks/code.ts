// The questions asked of a license code.
import { FACE, STATUS } from '../../formats/qr/labels.ts';
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import type { Check, Finding } from '../check.ts';
import type { CodeFacts } from '../facts-code.ts';
import { unexplainedKeys, wordsOfStatus } from '../license-words.ts';
import type { VerificationPolicy } from '../policy.ts';
import { speaksForRegion, speaksForType } from '../recognised-lists.ts';
import { stateAt } from '../trust-list.ts';
import type { ListedService } from '../trust-list.ts';

const read = (facts: CodeFacts): boolean => facts.claims !== null;
const signed = (facts: CodeFacts): boolean => facts.claims !== null && facts.signers.length > 0;

/** Services whose key signed and which were granted when the license was issued. */
function grantedSigners(facts: CodeFacts): readonly ListedService[] {
  const { claims } = facts;
  if (claims === null) return [];
  return facts.signers.filter(({ service }) => stateAt(service, claims.issuedAt)?.status === 'granted');
}

function judgeStatusAge(
  status: Extract<CodeFacts['status'], { kind: 'read' }>,
  policy: VerificationPolicy,
  time: Date,
): Finding | null {
  const skew = policy.clockSkewSeconds * 1000;
  const at = status.issuedAt;
  if (stateAt(status.signer.service, at)?.status !== 'granted') {
    return indeterminate(
      'TRY_LATER',
      '状态列表的签发者当时未获认可。',
      'The signer of the status list was not recognised then.',
      at,
    );
  }
  if (at.getTime() > time.getTime() + skew) {
    return indeterminate(
      'TRY_LATER',
      '状态列表的时间晚于验证时间。',
      'The status list is dated after the time of verification.',
      at,
    );
  }
  const ends = status.expires?.getTime() ?? at.getTime() + policy.freshnessSeconds * 1000;
  if (ends + skew < time.getTime()) {
    return indeterminate(
      'TRY_LATER',
      '状态列表已过期，无法确认当前状态。',
      'The status list is out of date; the present status is unknown.',
      at,
    );
  }
  return null;
}

/** Never passed: whoever was not meant has to ask the holder for a copy of their own. */
function judgeCopy(face: ReadonlyMap<number, unknown>): Finding {
  const [grant, made] = [face.get(FACE.copyGrant), face.get(FACE.copyWords)];
  if (typeof grant !== 'string' || typeof made !== 'string')
    return indeterminate('CUSTOM', '加注内容无法识别。', 'What this copy was made for cannot be read.');
  return warned(
    `加注件，不是原件：仅供${made}（授权编号 ${grant}）；用于其他部门或事项的无效。`,
    `A copy, no original, made only for: ${made} (grant ${grant}). It is of no use for another department or matter.`,
  );
}

/** Never passed: what was taken over is no original, and a level nobody knows is none. */
function judgeTrust(level: unknown): Finding {
  switch (level) {
    case 'B':
      return warned(
        '非原件：依核验通过的原电子证照登记（可信等级 B）。',
        'No original: registered from a file that verified (level B).',
      );
    case 'C':
      return warned(
        '非原件：依原证转换，并经人工核对（可信等级 C）。',
        'No original: taken over, and compared with the original by an officer (level C).',
      );
    case 'D':
      return warned(
        '非原件：依登记信息或影像转换，未见原证（可信等级 D）。',
        'No original: taken over from records or a scan; nobody saw the original (level D).',
      );
    default:
      return indeterminate('CUSTOM', '可信等级无法识别。', 'A level of trust that nobody knows.');
  }
}

/** What the present status says of a license, whoever asks. */
export function judgeLicenseStatus(
  status: CodeFacts['status'],
  policy: VerificationPolicy,
  time: Date,
): Finding {
  if (status.kind !== 'read') {
    const reasons = {
      'not-published': words(
        '该类证照不公开状态，请使用亮证码或由已登录的部门核验',
        'this type publishes no status: use a live code or a signed-in office',
      ),
      unavailable: words('状态服务不可用', 'the status service could not be reached'),
      malformed: words('状态列表无法读取', 'the status list cannot be read'),
      unsigned: words('状态列表未由信任列表中的密钥签名', 'the status list is not signed by a listed key'),
      'other-list': words('取得的是另一份状态列表', 'the answer is another status list'),
    } as const;
    const reason = reasons[status.kind];
    const answer = {
      zh: `无法确认证照的当前状态：${reason.zh}。`,
      en: `The present status is unknown: ${reason.en}.`,
    };
    return policy.licenseStatus === 'required'
      ? indeterminate('TRY_LATER', answer.zh, answer.en)
      : warned(answer.zh, answer.en);
  }
  const age = judgeStatusAge(status, policy, time);
  if (age !== null) return age;
  const word = wordsOfStatus(status.value);
  const [zh, en] = [`证照状态：${word.zh}。`, `License status: ${word.en}.`];
  if (status.value === STATUS.valid) return passed(zh, en, status.issuedAt, 'status-list');
  if (status.value === STATUS.inspectionOverdue) return warned(zh, en, status.issuedAt, 'status-list');
  return failed('REVOKED', zh, en, status.issuedAt, 'status-list');
}

/** Seconds, where a list names none. */
const offlineSeconds = 60;

/** A span in one unit: minutes, from an hour on hours, from two days on days. */
function ageWords(milliseconds: number): readonly [zh: string, en: string] {
  const minutes = Math.max(1, Math.floor(milliseconds / 60_000));
  if (minutes < 60) return [`${minutes}分钟`, `${minutes} min`];
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? [`${hours}小时`, `${hours} h`]
    : [`${Math.floor(hours / 24)}天`, `${Math.floor(hours / 24)} days`];
}

let lastPrefix = { prefix: '', host: '' };

/** Codes of one operator share their address: the last one's host is remembered. */
function hostOf(prefix: string): string {
  if (lastPrefix.prefix !== prefix) lastPrefix = { prefix, host: URL.parse(prefix)?.host ?? '' };
  return lastPrefix.host;
}

/** In the order in which people ask; the first of the worst names the reason. */
export const codeChecks: readonly Check<CodeFacts>[] = [
  {
    id: 'code.format',
    question: words('二维码内容是否完整、格式是否正确？', 'Is the code complete and well formed?'),
    citation: 'RFC 9052 4.2; RFC 8949 4.2.1; RFC 8392',
    applies: () => true,
    evaluate: (facts) =>
      facts.problem === null
        ? passed('格式正确。', 'Well formed.')
        : failed('FORMAT_FAILURE', '内容不是完整的证照码。', `Not a complete license code: ${facts.problem}`),
  },
  {
    id: 'code.trust-list',
    question: words('是否有可用的信任列表？', 'Is there a usable trust list?'),
    citation: 'ETSI TS 119 602 6',
    applies: read,
    evaluate: (facts, policy, time) => {
      const list = facts.trustList;
      if (list === null) {
        const why = facts.trustListProblem === null ? '' : ` (${facts.trustListProblem})`;
        return indeterminate(
          'NO_CERTIFICATE_CHAIN_FOUND',
          `没有可用的信任列表${why}。`,
          `There is no usable trust list${why}.`,
        );
      }
      return list.nextUpdate.getTime() + policy.clockSkewSeconds * 1000 < time.getTime()
        ? indeterminate('TRY_LATER', '信任列表已过期。', 'The trust list is out of date.', list.issued)
        : passed(`信任列表第${list.sequence}期。`, `Trust list edition ${list.sequence}.`, list.issued);
    },
  },
  {
    id: 'code.signer-key',
    question: words('签名密钥是否在信任列表中？', 'Is the signing key in the trust list?'),
    citation: 'RFC 9052 3.1 (kid); ETSI TS 119 602',
    applies: (facts) => read(facts) && facts.trustList !== null,
    evaluate: (facts) =>
      facts.candidates.length > 0
        ? passed('密钥在信任列表中。', 'The key is listed.')
        : indeterminate(
            'NO_SIGNING_CERTIFICATE_FOUND',
            '信任列表中没有该码的签名密钥。',
            'No listed key has the key id of this code.',
          ),
  },
  {
    id: 'code.signature',
    question: words('内容自签发后是否未被改动？', 'Is the content unchanged since it was signed?'),
    citation: 'RFC 9052 4.4',
    applies: (facts) => facts.candidates.length > 0,
    evaluate: (facts) =>
      facts.signers.length > 0
        ? passed('签名有效，内容未被改动。', 'The signature holds; the content is unchanged.')
        : failed(
            'SIG_CRYPTO_FAILURE',
            '签名无效：内容被改动过或系伪造。',
            'The signature does not hold: the content was changed or forged.',
          ),
  },
  {
    id: 'code.signer-status',
    question: words('签发时该密钥是否获认可？', 'Was the key recognised when the license was issued?'),
    citation: 'ETSI TS 119 602 (service status and history)',
    applies: signed,
    evaluate: (facts) =>
      grantedSigners(facts).length > 0
        ? passed('签发时获认可。', 'It was recognised then.', facts.claims?.issuedAt)
        : indeterminate(
            'CHAIN_CONSTRAINTS_FAILURE',
            '签发时该密钥未获认可。',
            'The key was not recognised when the license was issued.',
          ),
  },
  {
    id: 'code.issuer',
    question: words('颁证机关是否在信任列表中？', 'Is the issuing authority listed?'),
    citation: 'GB/T 36903; ETSI TS 119 602',
    applies: signed,
    evaluate: (facts) =>
      facts.issuer === null
        ? indeterminate(
            'CHAIN_CONSTRAINTS_FAILURE',
            '信任列表中没有该颁证机关。',
            'The issuing authority is not in the trust list.',
          )
        : passed(`颁证机关:${facts.issuer.name.zh}。`, `Issuing authority: ${facts.issuer.name.en}.`),
  },
  {
    id: 'code.scope',
    question: words(
      '该密钥可否为该区域签发此类证照？',
      'May the key speak for this type of license in this region?',
    ),
    citation: 'GB/T 36902; ETSI TS 119 602',
    applies: signed,
    evaluate: (facts) => {
      const { typeCode } = facts;
      if (typeCode === null || facts.dictionary === null) {
        return indeterminate(
          'CHAIN_CONSTRAINTS_FAILURE',
          '信任列表中没有此证照类型。',
          'The type of license is not in the trust list.',
        );
      }
      const ofType = grantedSigners(facts).filter(({ service }) => speaksForType(service, typeCode));
      if (ofType.length === 0) {
        return indeterminate(
          'CHAIN_CONSTRAINTS_FAILURE',
          '该密钥不得签发此类证照。',
          'The key may not speak for this type of license.',
        );
      }
      const issuer = facts.claims?.issuer ?? '';
      return ofType.some(({ service }) => speaksForRegion(service, issuer))
        ? passed(`证照类型:${facts.dictionary.name.zh}。`, `License type: ${facts.dictionary.name.en}.`)
        : indeterminate(
            'CHAIN_CONSTRAINTS_FAILURE',
            '颁证机关不在该密钥的区域范围内。',
            'The issuing authority lies outside the region that the key may speak for.',
          );
    },
  },
  {
    id: 'code.face',
    question: words('证面字段是否都有登记的含义？', 'Does every field of the face have a listed meaning?'),
    citation: 'GB/T 36903',
    applies: (facts) => facts.claims !== null && facts.dictionary !== null,
    evaluate: (facts) => {
      const unknown = facts.claims === null ? [] : unexplainedKeys(facts.claims.face, facts.dictionary);
      return unknown.length === 0
        ? passed('字段含义均已登记。', 'Every field is listed.')
        : warned(`有${unknown.length}个字段未登记。`, `${unknown.length} fields are not listed.`);
    },
  },
  {
    id: 'code.time',
    question: words('证照是否已生效且未到期？', 'Has the license begun and not ended?'),
    citation: 'RFC 8392 3.1.4, 3.1.6',
    applies: read,
    evaluate: (facts, policy, time) => {
      const { claims } = facts;
      if (claims === null) return indeterminate('FORMAT_FAILURE', '没有有效期信息。', 'No dates are known.');
      if (claims.issuedAt.getTime() > time.getTime() + policy.clockSkewSeconds * 1000) {
        return failed(
          'NOT_YET_VALID',
          '签发时间晚于验证时间。',
          'It is dated after the time of verification.',
        );
      }
      if (claims.expires !== null && claims.expires.getTime() <= time.getTime()) {
        return failed('EXPIRED', '证照已超过有效期。', 'The license has expired.', claims.expires);
      }
      return passed('在有效期内。', 'Within its period.');
    },
  },
  {
    id: 'code.status',
    question: words('证照当前是否有效？', 'Is the license in force now?'),
    citation: 'IETF Token Status List 8; 行政许可法 8, 69, 70',
    applies: signed,
    evaluate: ({ status }, policy, time) => judgeLicenseStatus(status, policy, time),
  },
  {
    id: 'code.status-age',
    question: words('离线缓存的状态有多旧？', 'How old is the status that was kept for offline use?'),
    citation: 'IETF Token Status List 4.2 (ttl), 8.3',
    applies: ({ status }) => status.kind === 'read' && status.confirmedAt !== null,
    evaluate: ({ status }, policy, time) => {
      if (status.kind !== 'read' || status.confirmedAt === null)
        return passed('状态刚刚取得。', 'The status was fetched just now.');
      const at = status.confirmedAt;
      const age = time.getTime() - at.getTime();
      if (age < -policy.clockSkewSeconds * 1000)
        return indeterminate(
          'TRY_LATER',
          '本机时钟早于状态的取得时间，无法判断其新旧。',
          'The clock is before the time at which the status was fetched; its age is unknown.',
          at,
        );
      if (age <= (status.timeToLive ?? offlineSeconds) * 1000)
        return passed('状态仍在缓存期内。', 'The kept status is still fresh.', at, 'status-list');
      const [zh, en] = ageWords(age);
      return warned(
        `状态取自${zh}前的缓存，此后的变化本机不知道。`,
        `The status is from a copy kept ${en} ago; what changed since is not known here.`,
        at,
        'status-list',
      );
    },
  },
  {
    id: 'code.host',
    question: words('码中网址是否为官方核验网址？', 'Is the address in the code an official one?'),
    citation: 'ETSI TS 119 602 (scheme extensions)',
    applies: (facts) => facts.prefix !== '' && facts.trustList !== null,
    evaluate: (facts) => {
      const host = hostOf(facts.prefix);
      return facts.trustList?.verifyHosts.includes(host) === true
        ? passed('官方核验网址。', 'An official address.')
        : warned(
            '码中网址不在官方核验网址之列，请勿据此打开。',
            'The address in the code is not an official one; do not open it.',
          );
    },
  },
  {
    id: 'code.sample',
    question: words('是否为演示证照（样章）？', 'Is it a specimen of a demonstration?'),
    citation: 'Yinxin license-code labels (mark)',
    applies: (facts) => facts.claims?.face.has(FACE.mark) === true,
    evaluate: () =>
      warned('演示证照（样章），不具有任何效力。', 'A specimen made by a demonstration; it has no force.'),
  },
  {
    id: 'code.copy',
    question: words('是否为限定用途的加注件？', 'Is it a copy for one purpose alone?'),
    citation: 'Yinxin license-code labels (copyGrant)',
    applies: (facts) => facts.claims?.face.has(FACE.copyGrant) === true,
    evaluate: (facts) => judgeCopy(facts.claims?.face ?? new Map<number, unknown>()),
  },
  {
    id: 'code.taken-over',
    question: words('是否由原证转换或登记而来？', 'Was it taken over from an original elsewhere?'),
    citation: 'Yinxin license-code labels (trust)',
    applies: (facts) => facts.claims?.face.has(FACE.trust) === true,
    evaluate: (facts) => judgeTrust(facts.claims?.face.get(FACE.trust)),
  },
];
