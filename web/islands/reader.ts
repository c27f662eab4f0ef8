// The offline reader at work: keeps keys and status lists on this device, reads codes by camera, photo or digits, judges them.
import { inflateWeb } from '../../verification/inflate-web.ts';
import { emptyOfflineKit } from '../../verification/offline-kit.ts';
import { openOfflineKit } from '../../verification/offline-reader.ts';
import { refreshOfflineKit } from '../../verification/offline-refresh.ts';
import { offlineSourceAt } from '../../verification/offline-source.ts';
import { webSignatureVerifier } from '../../verification/signature-verifier-web.ts';
import type { Words } from '../../verification/report.ts';
import { html } from '../html.ts';
import { renderReport } from '../report.ts';
import { both, say } from '../words.ts';
import { openCamera, type Camera } from './page/camera.ts';
import { elementOf, problemPanel, show } from './page/elements.ts';
import { loadKit, saveKit } from './page/kit-store.ts';
import { kitPanel, type KitState } from './page/kit-words.ts';
import { keepPages, takeOver } from './page/offline-pages.ts';
import { readPhoto } from './page/read-photo.ts';
import { fetchText } from './page/text-at.ts';

const panel = elementOf('kit', HTMLElement);
const region = elementOf('result', HTMLElement);
const video = elementOf('video', HTMLVideoElement);
const cameraButton = elementOf('camera', HTMLButtonElement);
const photoInput = elementOf('photo', HTMLInputElement);
const codeForm = elementOf('code-form', HTMLFormElement);
const codeInput = elementOf('code', HTMLTextAreaElement);

const pageKeys = (panel.dataset['operatorKeys'] ?? '').split(' ').filter((key) => key !== '');
/** Milliseconds between two updates while the page is looked at. */
const interval = 5 * 60_000;
/** What was confirmed this long ago is asked for again before a verdict, where there is a network. */
const fresh = 60_000;

let state: KitState = {
  kit: emptyOfflineKit(pageKeys),
  pages: 'preparing',
  last: null,
  refreshing: false,
  newer: false,
};
let camera: Camera | null = null;

function tell(change: Partial<KitState>): void {
  state = { ...state, ...change };
  panel.innerHTML = kitPanel(state, new Date()).text;
}

const source = offlineSourceAt('', async (address) => {
  const answer = await fetchText(address);
  return answer.kind === 'text' ? answer.text : null;
});

let running: Promise<void> | null = null;

/** One update at a time; whoever comes meanwhile waits for it. */
function refresh(): Promise<void> {
  running ??= update().finally(() => (running = null));
  return running;
}

async function update(): Promise<void> {
  // Cryptography is there in secure contexts only: without it nothing could be checked, so nothing is kept.
  if (!isSecureContext) return;
  tell({ refreshing: true });
  const { kit, ...last } = await refreshOfflineKit(state.kit, {
    source,
    verifier: webSignatureVerifier,
    inflate: inflateWeb,
    now: new Date(),
  });
  if (last.trustListProblem === null) await saveKit(kit);
  tell({ kit, last, refreshing: false });
}

function isFresh(): boolean {
  const { trustList, statusLists } = state.kit;
  const times = [trustList?.confirmedAt ?? new Date(0), ...statusLists.map(({ confirmedAt }) => confirmedAt)];
  return Date.now() - Math.min(...times.map((time) => time.getTime())) < fresh;
}

const howWords: Readonly<Record<'online' | 'offline', Words>> = {
  online: {
    zh: '已在本设备上核验，状态在一分钟内向服务器确认过。',
    en: 'Verified on this device; the status was confirmed with the server within the last minute.',
  },
  offline: {
    zh: '已在本设备上离线核验，没有连接服务器。状态以上面写明的时间为准。',
    en: 'Verified on this device without the server. The status is as of the time stated above.',
  },
};

async function verify(text: string): Promise<void> {
  region.setAttribute('aria-busy', 'true');
  region.innerHTML = html`<p class="wait">${say('正在核验…', 'Verifying…')}</p>`.text;
  if (!isSecureContext) {
    // The page of a single code can ask the server instead.
    location.assign(`/v#${text}`);
    return;
  }
  if (navigator.onLine && !isFresh()) await refresh();
  const time = new Date();
  const reader = await openOfflineKit(state.kit, {
    verifier: webSignatureVerifier,
    inflate: inflateWeb,
    time,
  });
  const report = await reader.verify(text, time);
  show(
    region,
    html`${renderReport(report)}
      <p class="note how">${both(howWords[isFresh() ? 'online' : 'offline'])}</p>`,
  );
  region.focus({ preventScroll: true });
  region.scrollIntoView({ block: 'start' });
}

function sorry(title: Words, detail: Words | null): void {
  show(region, problemPanel(title, detail));
}

function verifyOrSay(text: string): void {
  verify(text).catch(() =>
    sorry(
      { zh: '无法确认', en: 'Cannot be confirmed' },
      { zh: '核验时出错，请重试。', en: 'Verification failed to run; please try again.' },
    ),
  );
}

function showCamera(on: boolean): void {
  video.hidden = !on;
  cameraButton.innerHTML = (
    on ? say('关闭摄像头', 'Close the camera') : say('打开摄像头', 'Open the camera')
  ).text;
}

async function toggleCamera(): Promise<void> {
  if (camera !== null) {
    camera.stop();
    return;
  }
  cameraButton.disabled = true;
  try {
    showCamera(true);
    camera = await openCamera(video);
    cameraButton.disabled = false;
    const digits = await camera.digits;
    if (digits !== null) {
      if ('vibrate' in navigator) navigator.vibrate(60);
      verifyOrSay(digits);
    }
  } catch {
    sorry(
      { zh: '打不开摄像头', en: 'The camera cannot be opened' },
      {
        zh: '请允许本页使用摄像头，或改用照片、输入数字。',
        en: 'Allow this page to use the camera, or use a photo or the digits.',
      },
    );
  } finally {
    camera = null;
    cameraButton.disabled = false;
    showCamera(false);
  }
}

async function verifyPhoto(file: File): Promise<void> {
  region.innerHTML = html`<p class="wait">${say('正在识别照片…', 'Reading the photo…')}</p>`.text;
  const digits = await readPhoto(file);
  photoInput.value = '';
  if (digits !== null) verifyOrSay(digits);
  else
    sorry(
      { zh: '照片中没有读到证照码', en: 'No license code was found in the photo' },
      {
        zh: '请对准二维码，光线充足，拍满画面后重试。',
        en: 'Fill the picture with the code, in good light, and try again.',
      },
    );
}

const deeds: Readonly<Record<string, () => void>> = {
  refresh: () => void refresh(),
  reset: () => {
    state = { ...state, kit: emptyOfflineKit(pageKeys) };
    void refresh();
  },
  'take-over': () => void takeOver(),
};

panel.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-do]') : null;
  deeds[button?.dataset['do'] ?? '']?.();
});
cameraButton.addEventListener('click', () => void toggleCamera());
photoInput.addEventListener('change', () => {
  const file = photoInput.files?.[0];
  if (file !== undefined) void verifyPhoto(file);
});
codeForm.addEventListener('submit', (event) => {
  event.preventDefault();
  verifyOrSay(codeInput.value.trim());
});
addEventListener('online', () => void refresh());
setInterval(() => {
  if (document.visibilityState === 'visible') void refresh();
}, interval);

async function start(): Promise<void> {
  const kit = await loadKit();
  tell(kit === null ? {} : { kit });
  void keepPages({ changed: (pages, newer) => tell({ pages, newer }) });
  await refresh();
}

void start();
