// The printed code's page: verifies on this device, asks the status list, and says how it was done.
import { fromBase64 } from '../../formats/bytes.ts';
import type { Report, Words } from '../../verification/report.ts';
import { verifyCode, type CodeDependencies } from '../../verification/code.ts';
import { VerificationError } from '../../verification/errors.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import { openOfflineKit } from '../../verification/offline-reader.ts';
import { webSignatureVerifier } from '../../verification/signature-verifier-web.ts';
import { verifyTrustList, type TrustList } from '../../verification/trust-list.ts';
import { html, type Html } from '../html.ts';
import { renderReport } from '../report.ts';
import { both, say } from '../words.ts';
import { elementOf, problemPanel, show } from './page/elements.ts';
import { loadKit } from './page/kit-store.ts';
import { readAnswer } from './page/server-answer.ts';
import { fetchText } from './page/text-at.ts';

const region = elementOf('result', HTMLElement);

/** Where the page says things are. */
const places = {
  operatorKeys: (region.dataset['operatorKeys'] ?? '').split(' ').filter((key) => key !== ''),
  trustList: region.dataset['trustList'] ?? '',
  statusLists: region.dataset['statusLists'] ?? '',
  fallback: region.dataset['fallback'] ?? '',
};

const verifiedHere: Words = {
  zh: '已在本设备上核验签名，并向服务器查询了状态。',
  en: 'The signature was verified on this device; the status came from the server.',
};
const verifiedOffline: Words = {
  zh: '没有网络：已用本设备保存的密钥和状态列表核验，状态以上面写明的时间为准。',
  en: 'No network: verified with the keys and status lists kept on this device; the status is as of the time stated above.',
};
const verifiedThere: Words = {
  zh: '当前连接不是安全连接（HTTPS），浏览器不提供密码功能；已由服务器核验。',
  en: 'This connection is not secure (HTTPS), so the browser offers no cryptography; the server verified the code.',
};

/** How often the network was absent so far: an answer of the server, even a refusal, does not count. */
let absences = 0;

async function textAt(address: string): Promise<string | null> {
  const answer = await fetchText(address);
  if (answer.kind === 'offline') absences += 1;
  return answer.kind === 'text' ? answer.text : null;
}

/** The greatest edition seen on this device, per operator key: an older list served later is refused. */
const sequenceStore = {
  name: `yinxin.trust-list.${(places.operatorKeys[0] ?? '').slice(-32)}`,
  read(): number {
    try {
      const stored = Number(localStorage.getItem(this.name) ?? '0');
      return Number.isSafeInteger(stored) && stored > 0 ? stored : 0;
    } catch {
      // A browser may refuse storage altogether.
      return 0;
    }
  },
  write(sequence: number): void {
    try {
      localStorage.setItem(this.name, String(sequence));
    } catch {
      return;
    }
  },
};

type TrustEvidence = Pick<CodeDependencies, 'trustList' | 'trustListProblem'>;

async function trustEvidence(time: Date): Promise<TrustEvidence> {
  const text = await textAt(places.trustList);
  if (text === null) return { trustList: null, trustListProblem: 'unavailable' };
  try {
    const trustList: TrustList = await verifyTrustList(text, {
      verifier: webSignatureVerifier,
      operatorKeys: places.operatorKeys.map((key) => fromBase64(key)),
      time,
      lowestSequence: sequenceStore.read(),
    });
    sequenceStore.write(trustList.sequence);
    return { trustList };
  } catch (error) {
    if (error instanceof VerificationError) return { trustList: null, trustListProblem: error.code };
    throw error;
  }
}

/** What the offline reader keeps on this device, where somebody set it up here. */
async function verifyOffline(text: string, time: Date): Promise<Report | null> {
  const kit = await loadKit();
  if (kit === null) return null;
  const reader = await openOfflineKit(kit, { verifier: webSignatureVerifier, inflate: inflateWeb, time });
  return reader.verify(text, time);
}

async function verifyOnDevice(text: string): Promise<Html> {
  const time = new Date();
  const before = absences;
  const report = await verifyCode(text, {
    verifier: webSignatureVerifier,
    inflate: inflateWeb,
    time,
    ...(await trustEvidence(time)),
    statusLists: { statusList: (list) => textAt(places.statusLists + String(list)) },
  });
  // Without a network the page can say nothing; with a kit it can say what was so when the kit was filled.
  const kept = absences > before ? await verifyOffline(text, time) : null;
  return kept === null
    ? withNote(renderReport(report), verifiedHere)
    : withNote(renderReport(kept), verifiedOffline);
}

async function verifyOnServer(text: string): Promise<Html> {
  let status = 0;
  let body = '';
  try {
    const response = await fetch(places.fallback, {
      method: 'POST',
      credentials: 'omit',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ code: text }),
    });
    status = response.status;
    body = await response.text();
  } catch {
    status = 0;
  }
  const answer = readAnswer(status, body);
  return answer.kind === 'report'
    ? withNote(renderReport(answer.report), verifiedThere)
    : problemPanel({ zh: '无法确认', en: 'Cannot be confirmed' }, answer.title);
}

function withNote(report: Html, note: Words): Html {
  return html`${report}
    <p class="note how">${both(note)}</p>`;
}

async function judge(): Promise<void> {
  const digits = location.hash.slice(1);
  if (digits === '') {
    show(
      region,
      problemPanel(
        { zh: '网址里没有证照码', en: 'The address holds no code' },
        {
          zh: '请用手机相机扫描证照上的二维码，或到“核验”页粘贴网址。',
          en: 'Scan the code on the license with a phone’s camera, or paste its address on the page “Verify”.',
        },
      ),
    );
    return;
  }
  // An earlier verdict must not stand while the next one is being made.
  region.setAttribute('aria-busy', 'true');
  region.innerHTML = html`<p class="wait">${say('正在核验…', 'Verifying…')}</p>`.text;
  // Cryptography is there in secure contexts only, whatever the types of the platform say.
  const here = globalThis.isSecureContext;
  show(region, here ? await verifyOnDevice(digits) : await verifyOnServer(digits));
}

function run(): void {
  judge().catch(() => {
    show(
      region,
      problemPanel(
        { zh: '无法确认', en: 'Cannot be confirmed' },
        { zh: '核验时出错，请刷新页面重试。', en: 'Verification failed to run; please reload the page.' },
      ),
    );
  });
}

addEventListener('hashchange', run);
run();
