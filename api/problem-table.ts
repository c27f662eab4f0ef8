// Status and title of every refusal code. TypeScript refuses a code that is missing here or exists nowhere.
import type { CaErrorCode } from '../ca/errors.ts';
import type { CryptoErrorCode } from '../crypto/errors.ts';
import type { FormatErrorCode } from '../formats/errors.ts';
import type { IdentityErrorCode } from '../identity/errors.ts';
import type { LicenseErrorCode } from '../licenses/errors.ts';
import type { SigningErrorCode } from '../signing/errors.ts';
import type { StorageErrorCode } from '../storage/errors.ts';
import type { VerificationErrorCode } from '../verification/errors.ts';
import type { ApiErrorCode } from './errors.ts';

export type ErrorCode =
  | ApiErrorCode
  | CaErrorCode
  | CryptoErrorCode
  | FormatErrorCode
  | IdentityErrorCode
  | LicenseErrorCode
  | SigningErrorCode
  | StorageErrorCode
  | VerificationErrorCode;

/** HTTP status (RFC 9110), title in Chinese, title in English. */
export type ProblemRow = readonly [status: number, zh: string, en: string];

const fault: ProblemRow = [500, '内部错误', 'Internal error'];

const edge: Record<ApiErrorCode, ProblemRow> = {
  'request-invalid': [400, '请求内容不符合要求', 'Invalid request'],
  'json-malformed': [400, 'JSON 格式错误', 'Malformed JSON'],
  'multipart-malformed': [400, '表单格式错误', 'Malformed multipart body'],
  'body-missing': [400, '缺少请求内容', 'Missing body'],
  'body-too-large': [413, '请求内容过大', 'Body too large'],
  'content-type-unsupported': [415, '不支持的内容类型', 'Unsupported content type'],
  'file-missing': [400, '缺少文件', 'Missing file'],
  'file-not-pdf': [422, '不是 PDF 文件', 'Not a PDF'],
  'idempotency-key-missing': [400, '缺少 Idempotency-Key', 'Missing Idempotency-Key'],
  'idempotency-mismatch': [
    422,
    '同一 Idempotency-Key 的请求内容不同',
    'Idempotency-Key used for another request',
  ],
  'receipt-not-recognised': [422, '核验回执未获认可', 'Receipt not recognised'],
  'document-unknown': [404, '未找到文件', 'Document not found'],
  unauthenticated: [401, '需要身份认证', 'Authentication required'],
  'scope-missing': [403, '权限不足', 'Not permitted'],
  'csrf-refused': [403, '表单令牌无效，请刷新页面', 'Form token refused'],
  'not-found': [404, '未找到', 'Not found'],
  'method-not-allowed': [405, '不支持的请求方法', 'Method not allowed'],
  'not-acceptable': [406, '无法按要求的类型应答', 'Not acceptable'],
  'rate-limited': [429, '请求过于频繁', 'Too many requests'],
  'upload-aborted': [400, '上传中断', 'Upload aborted'],
  'verification-busy': [503, '核验繁忙，请稍后再试', 'Verification busy'],
  'verification-too-costly': [422, '文件过于复杂，无法核验', 'The file is too costly to verify'],
  'timestamp-unavailable': [503, '时间戳服务暂不可用', 'Time-stamp service unavailable'],
  'configuration-invalid': fault,
  'configuration-refused': fault,
  'port-taken': fault,
  'data-folder-unusable': fault,
  internal: fault,
};

const identity: Record<IdentityErrorCode, ProblemRow> = {
  'department-code-invalid': [422, '统一社会信用代码无效', 'Invalid credit code'],
  'department-exists': [409, '部门已登记', 'Department already registered'],
  'department-not-found': [404, '未找到部门', 'Department not found'],
  'department-name-invalid': [422, '部门名称无效', 'Invalid department name'],
  'scope-unknown': [422, '未知的权限范围', 'Unknown scope'],
  'api-key-not-found': [404, '未找到接口密钥', 'API key not found'],
  'api-key-refused': [401, '接口密钥无效', 'API key refused'],
  'account-not-found': [404, '未找到演示账户', 'Demonstration account not found'],
  'person-number-invalid': [422, '公民身份号码无效', 'Invalid resident number'],
  'demonstration-only': [404, '仅演示环境可用', 'Demonstration only'],
  'login-refused': [401, '登录信息不正确', 'The login details are not right'],
  'login-delayed': [429, '尝试次数过多，请稍后再试', 'Too many attempts; please wait'],
  'login-name-invalid': [422, '登录名无效', 'Invalid login name'],
  'login-name-taken': [409, '登录名已被使用', 'Login name taken'],
  'password-unacceptable': [422, '密码不符合要求', 'The password cannot be used'],
  'code-refused': [401, '验证码不正确或已失效', 'The code is wrong or has expired'],
  'code-not-sent': [503, '验证码暂时无法发送', 'The code could not be sent'],
  'challenge-refused': [401, '登录验证已失效，请重试', 'The challenge is used or has expired'],
  'certificate-refused': [401, '证书不能用于登录', 'The certificate cannot be used to log in'],
  'passkey-refused': [401, '通行密钥验证未通过', 'The passkey was not accepted'],
  'scan-not-found': [404, '二维码已失效', 'The code has expired'],
  'scan-refused': [403, '扫码登录未获批准', 'The scan login was refused'],
  'upstream-refused': [401, '外部身份认证未通过', 'The other provider did not confirm the login'],
  'upstream-unavailable': [503, '外部身份认证服务暂不可用', 'The other provider is not available'],
  'method-not-available': [404, '此登录方式不可用', 'This way to log in is not offered'],
  'authenticator-not-found': [404, '未找到登录方式', 'Authenticator not found'],
  'authenticator-exists': [409, '该登录方式已登记', 'Already enrolled'],
  'authenticator-last': [409, '这是最后一种登录方式，不能移除', 'The last authenticator cannot be removed'],
  'reauthentication-needed': [403, '请重新登录后再操作', 'Log in again first'],
};

const signing: Record<SigningErrorCode, ProblemRow> = {
  'seal-not-found': [404, '未找到印章', 'Seal not found'],
  'seal-not-valid': [409, '印章当前不可用', 'Seal not in force'],
  'seal-not-permitted': [403, '无权使用该印章', 'Seal not permitted'],
  'seal-type-unknown': [422, '未知的印章类型', 'Unknown seal type'],
  'seal-code-exhausted': fault,
  'seal-transition-not-allowed': [409, '印章状态不允许此变更', 'Seal change not allowed'],
  'seal-input-invalid': [422, '印章信息无效', 'Invalid seal input'],
  'name-too-long': [422, '名称过长', 'Name too long'],
  'glyph-missing': [422, '字体中没有该字', 'Character not in the font'],
  'scope-missing': edge['scope-missing'],
  'department-missing': [403, '须以部门身份办理', 'A department is required'],
  'document-not-found': [404, '未找到文件', 'Document not found'],
  'document-too-large': [413, '文件过大', 'Document too large'],
  'not-a-pdf': [422, '不是 PDF 文件', 'Not a PDF'],
  'pdf-encrypted': [422, '不支持加密的 PDF', 'Encrypted PDF'],
  'pdf-malformed': [422, 'PDF 文件已损坏', 'Damaged PDF'],
  'signing-forbidden': [422, '文件不允许再签名', 'The document forbids further signatures'],
  'page-not-found': [422, '页码不存在', 'No such page'],
  'placement-invalid': [422, '盖章位置无效', 'Invalid placement'],
  'seal-off-page': [422, '印章超出页面', 'Seal off the page'],
  'seal-over-field': [422, '盖章位置与已有签名域重叠', 'Seal over another field'],
  'field-not-found': [422, '未找到签名域', 'Signature field not found'],
  'field-already-signed': [409, '签名域已签名', 'Field already signed'],
  'placeholder-too-small': fault,
  'prepared-mismatch': fault,
  'timestamp-unavailable': edge['timestamp-unavailable'],
  'timestamp-invalid': [503, '时间戳服务应答无效', 'Invalid time-stamp answer'],
  'self-check-failed': fault,
  'stamp-not-found': [404, '未找到签章记录', 'Stamp not found'],
  'stamp-not-completed': [409, '签章未完成', 'Stamp not completed'],
  'idempotency-key-invalid': [400, 'Idempotency-Key 无效', 'Invalid Idempotency-Key'],
  'idempotency-mismatch': [
    422,
    '同一 Idempotency-Key 的请求内容不同',
    'Idempotency-Key used for another request',
  ],
  'idempotency-in-progress': [409, '相同请求正在处理', 'The same request is in progress'],
  'idempotency-abandoned': [
    409,
    '该请求曾中断，请换用新的 Idempotency-Key',
    'The request was abandoned: use a new key',
  ],
};

const licenses: Record<LicenseErrorCode, ProblemRow> = {
  'type-not-found': [404, '未找到证照类型', 'License type not found'],
  'type-invalid': [422, '证照类型定义无效', 'Invalid license type'],
  'type-edition-differs': [409, '证照类型版本不一致', 'License type edition differs'],
  'type-not-permitted': [403, '无权颁发该类证照', 'License type not permitted'],
  'template-invalid': [422, '证照模板无效', 'Invalid template'],
  'scope-missing': edge['scope-missing'],
  'department-missing': signing['department-missing'],
  'purpose-missing': [422, '须说明用途', 'A purpose is required'],
  'face-invalid': [422, '照面信息不符合要求', 'Invalid face'],
  'holder-invalid': [422, '持证主体信息无效', 'Invalid holder'],
  'validity-invalid': [422, '有效期无效', 'Invalid validity'],
  'license-number-taken': [409, '证照编号已使用', 'License number taken'],
  'matter-not-permitted': [422, '该事项不能颁发此类证照', 'Matter not permitted for this type'],
  'case-number-invalid': [422, '办件编号无效', 'Invalid case number'],
  'glyph-missing': signing['glyph-missing'],
  'text-overflow': [422, '文字超出版面', 'Text does not fit the page'],
  'page-failed': fault,
  'renderer-busy': [503, '制证繁忙，请稍后再试', 'Page renderer busy'],
  'code-too-long': [422, '证照码内容过长', 'Code too long'],
  'code-unreadable': fault,
  'seal-not-permitted': signing['seal-not-permitted'],
  'license-not-found': [404, '未找到证照', 'License not found'],
  'license-not-issued': [409, '证照尚未颁发', 'License not issued'],
  'case-not-found': [404, '未找到办件', 'Case not found'],
  'case-empty': [422, '办件没有内容', 'Empty case'],
  'case-number-taken': [409, '办件编号已使用', 'Case number taken'],
  'transition-not-allowed': [409, '当前状态不允许此变更', 'Change not allowed'],
  'change-invalid': [422, '状态变更无效', 'Invalid change'],
  'record-damaged': fault,
  'status-list-not-found': [404, '未找到状态列表', 'Status list not found'],
  'idempotency-key-invalid': signing['idempotency-key-invalid'],
  'idempotency-mismatch': signing['idempotency-mismatch'],
  'idempotency-in-progress': signing['idempotency-in-progress'],
  'idempotency-abandoned': signing['idempotency-abandoned'],
};

const verification: Record<VerificationErrorCode, ProblemRow> = {
  'trust-list-malformed': fault,
  'trust-list-signature': fault,
  'trust-list-rollback': fault,
  'trust-list-stale': fault,
  'trust-list-not-yet-valid': fault,
  'anchor-malformed': fault,
  'evidence-malformed': [422, '证据格式错误', 'Malformed evidence'],
  'receipt-invalid': [422, '核验回执无效', 'Invalid receipt'],
  'policy-unknown': [422, '未知的核验策略', 'Unknown policy'],
  'too-large': [413, '内容过大', 'Too large'],
};

const malformed = (zh: string, en: string): ProblemRow => [422, zh, en];

const formats: Record<FormatErrorCode, ProblemRow> = {
  'der-malformed': malformed('DER 编码错误', 'Malformed DER'),
  'der-too-deep': malformed('DER 嵌套过深', 'DER too deep'),
  'der-too-large': malformed('DER 内容过大', 'DER too large'),
  'ber-indefinite-length': malformed('不支持不定长编码', 'Indefinite length'),
  'trailing-bytes': malformed('内容末尾有多余数据', 'Trailing bytes'),
  'value-out-of-range': malformed('数值超出范围', 'Value out of range'),
  'certificate-malformed': malformed('证书格式错误', 'Malformed certificate'),
  'csr-malformed': malformed('证书请求格式错误', 'Malformed certificate request'),
  'crl-malformed': malformed('CRL 格式错误', 'Malformed CRL'),
  'ocsp-malformed': malformed('OCSP 格式错误', 'Malformed OCSP'),
  'cms-malformed': malformed('CMS 格式错误', 'Malformed CMS'),
  'timestamp-malformed': malformed('时间戳格式错误', 'Malformed time-stamp'),
  'timestamp-version': malformed('不支持的时间戳版本', 'Unknown time-stamp version'),
  'pkcs12-malformed': malformed('PKCS#12 格式错误', 'Malformed PKCS#12'),
  'signature-malformed': malformed('签名格式错误', 'Malformed signature'),
  'cbor-malformed': malformed('CBOR 格式错误', 'Malformed CBOR'),
  'cose-malformed': malformed('COSE 格式错误', 'Malformed COSE'),
  'code-malformed': malformed('证照码格式错误', 'Malformed license code'),
  'jwt-malformed': malformed('JWT 格式错误', 'Malformed JWT'),
  'status-list-malformed': malformed('状态列表格式错误', 'Malformed status list'),
  'identifier-malformed': malformed('标识格式错误', 'Malformed identifier'),
  'not-a-pdf': signing['not-a-pdf'],
  'pdf-malformed': signing['pdf-malformed'],
  'pdf-limit': malformed('PDF 结构超出处理上限', 'PDF beyond the limits'),
  'pdf-encrypted': signing['pdf-encrypted'],
  'pdf-password': malformed('PDF 密码不正确', 'Wrong PDF password'),
  'pdf-unsupported': malformed('不支持的 PDF 结构', 'Unsupported PDF'),
  'seal-malformed': malformed('印章格式错误', 'Malformed seal'),
};

const later: ProblemRow = [503, '存储暂不可用，请稍后再试', 'Storage unavailable'];

const storage: Record<StorageErrorCode, ProblemRow> = {
  unavailable: later,
  'unique-violation': fault,
  'constraint-violation': fault,
  'query-failed': fault,
  'write-conflict': later,
  'write-timeout': later,
  'write-closed': fault,
  'migration-locked': later,
  'schema-newer': fault,
  'audit-outside-write': fault,
  'document-damaged': fault,
  'document-too-large': signing['document-too-large'],
  'document-name-invalid': fault,
  'backup-unsupported': fault,
  'backup-damaged': fault,
  'backup-target-not-empty': fault,
};

const crypto: Record<CryptoErrorCode, ProblemRow> = {
  'algorithm-unknown': fault,
  'algorithm-refused': fault,
  'key-not-found': fault,
  'key-purpose': fault,
  'key-locked': fault,
  'key-damaged': fault,
  'key-store-unavailable': fault,
  'signing-server-failed': [503, '签名服务器暂不可用', 'Signing server unavailable'],
  'passphrase-invalid': fault,
  'ciphertext-damaged': fault,
  'master-key-unknown': fault,
  'pkcs12-password': [422, 'PKCS#12 口令错误或文件已损坏', 'Wrong PKCS#12 password'],
  'pkcs12-limit': [422, 'PKCS#12 文件超出处理上限', 'PKCS#12 beyond the limits'],
  'pkcs12-legacy': [422, 'PKCS#12 使用了过时的加密算法', 'PKCS#12 with outdated encryption'],
  'pkcs12-unsupported': [422, '不支持的 PKCS#12 文件', 'Unsupported PKCS#12'],
  'password-busy': [429, '登录人数较多，请稍后再试', 'Too many logins at once; please try again'],
};

const ca: Record<CaErrorCode, ProblemRow> = {
  'profile-violation': [422, '不符合证书模板', 'Certificate profile violated'],
  'lint-failed': fault,
  'self-check-failed': fault,
  'issuance-abandoned': fault,
  'authority-not-found': [404, '未找到签发机构', 'Authority not found'],
  'authority-retired': [409, '签发机构已停用', 'Authority retired'],
  'root-offline': [503, '根密钥处于离线状态', 'Root key offline'],
  'key-weak': [422, '密钥强度不足', 'Weak key'],
  'key-reused': [409, '密钥已用于其他证书', 'Key already certified otherwise'],
  'key-compromised': [422, '密钥已泄露', 'Key compromised'],
  'certificate-not-found': [404, '未找到证书', 'Certificate not found'],
  'certificate-already-revoked': [409, '证书已吊销', 'Certificate already revoked'],
  'revocation-refused': [422, '不能以此原因吊销', 'Revocation refused'],
  'csr-proof-refused': [422, '证书请求未能证明持有私钥', 'No proof of possession'],
  'csr-extension-refused': [422, '证书请求中的扩展不符合模板', 'Requested extension refused'],
  'csr-subject-refused': [422, '证书请求的主体与登记不一致', 'Requested subject refused'],
  'enrolment-invalid': [422, '证书申请信息无效', 'Invalid enrolment'],
  'enrolment-not-found': [404, '未找到证书申请', 'Enrolment not found'],
  'profile-disabled': [409, '该证书模板已停用', 'Profile disabled'],
  'password-weak': [422, '口令强度不足', 'Password too weak'],
  'renewal-refused': [409, '当前不能续期', 'Renewal refused'],
  'transition-not-allowed': licenses['transition-not-allowed'],
  'purpose-missing': licenses['purpose-missing'],
  'idempotency-mismatch': signing['idempotency-mismatch'],
  'idempotency-in-progress': signing['idempotency-in-progress'],
  'idempotency-abandoned': signing['idempotency-abandoned'],
  'batch-not-found': [404, '未找到批量任务', 'Batch not found'],
  'batch-invalid': [422, '批量任务无效', 'Invalid batch'],
  'ca-request-not-found': [404, '未找到审批事项', 'Request not found'],
  'ca-request-invalid': [422, '审批事项无效', 'Invalid request'],
  'ca-request-closed': [409, '审批事项已办结或过期', 'Request closed'],
  'self-approval': [403, '申请人不得审批自己的申请', 'Approval by the requester'],
  'foreign-credential-not-found': [404, '未找到外部证书', 'Foreign credential not found'],
  'foreign-credential-invalid': [422, '外部证书信息无效', 'Invalid foreign credential'],
  'foreign-chain-refused': [422, '外部证书链无效', 'Foreign chain refused'],
  'foreign-status-refused': [422, '外部证书状态信息无效', 'Foreign status refused'],
  'demonstration-mismatch': fault,
  'hierarchy-damaged': fault,
};

/** Every code of every room, once. */
export const problemTable: Record<ErrorCode, ProblemRow> = {
  ...formats,
  ...crypto,
  ...storage,
  ...ca,
  ...verification,
  ...signing,
  ...licenses,
  ...identity,
  ...edge,
};
