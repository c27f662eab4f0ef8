// Purposes that every installation begins with: what the service does by itself, told to people before anybody edits it.
import type { Actor } from '../storage/actor.ts';
import type { PeopleDependencies } from './accounts.ts';
import { publishPurpose, purposes, type NewPurpose } from './purposes.ts';

const defaults: readonly NewPurpose[] = [
  {
    id: 'sign-in',
    name: '统一身份认证',
    englishName: 'Signing in',
    legalBasis: 'statutory-duty',
    sensitive: true,
    categories: ['姓名', '证件类型与号码，或者网号', '实名核验记录', '登录记录'],
    retentionDays: 1095,
    retentionGround: '账户注销后三年，用于争议处理；登录记录按网络安全法至少保存六个月',
    recipients: [],
    notice:
      '为确认办事人身份，本系统处理您的姓名、证件信息或者网号，以及核验和登录记录。您可以只用网号，不提供姓名和证件号码。系统不采集、不保存人脸图像。证件号码加密保存，查看留痕，您可以随时查看谁看过。',
    englishNotice:
      'To know who applies, we process your name and document, or your 网号 alone, and records of proofing and login. No face image is taken or kept. Numbers are encrypted, every reading leaves a trace, and you can see who looked.',
  },
  {
    id: 'licenses',
    name: '电子证照服务',
    englishName: 'E-license service',
    legalBasis: 'statutory-duty',
    sensitive: true,
    categories: ['证照记载的信息', '亮证与用证记录'],
    retentionDays: 3650,
    retentionGround: '证照档案按档案管理规定保存',
    recipients: [],
    notice: '为依法颁发、保存和核验电子证照，本系统处理证照记载的信息，以及亮证、用证的记录。',
    englishNotice:
      'To issue, keep and verify e-licenses by law, we process what a license says and records of its showing and use.',
  },
  {
    id: 'mandates',
    name: '代表企业办事',
    englishName: 'Acting for an enterprise',
    legalBasis: 'statutory-duty',
    sensitive: false,
    categories: ['被授权人姓名', '授权事项与期限', '办事记录'],
    retentionDays: 1825,
    retentionGround: '授权终止后五年，用于追溯以企业名义作出的行为',
    recipients: [],
    notice:
      '为确认您能否代表企业办事，本系统处理授权人、被授权人、授权事项和期限，并以双方名义记录所办事项。',
    englishNotice:
      'To know whether you may act for an enterprise we process who granted what to whom and until when, and record acts under both names.',
  },
  {
    id: 'sms-notices',
    name: '短信提醒',
    englishName: 'Notices by SMS',
    legalBasis: 'consent',
    sensitive: false,
    categories: ['手机号码', '提醒内容'],
    retentionDays: 30,
    retentionGround: '撤回同意后三十日内删除发送记录',
    recipients: [],
    notice:
      '经您同意，证照到期、登录异常、实名等级将到期时，本系统向您的手机发送短信提醒。不同意不影响办事，可以随时撤回。',
    englishNotice:
      'If you consent, we send an SMS when a license or your level is about to run out, or a login looks odd. Refusing changes nothing else; withdraw at any time.',
  },
];

/** Publishes those that are not there yet; what an officer published since stays. */
export async function ensureDefaultPurposes(
  dependencies: PeopleDependencies,
  actor: Actor,
  digest: (text: string) => string,
): Promise<void> {
  const known = new Set((await purposes(dependencies.database)).map(({ id }) => id));
  for (const purpose of defaults)
    if (!known.has(purpose.id)) await publishPurpose(dependencies, actor, purpose, digest);
}
