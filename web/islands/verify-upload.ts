// The verification page: drop a file, watch it go up, read the report in place; a photographed or pasted code opens its own page.
import { html } from '../html.ts';
import { asksPassword, renderReport } from '../report.ts';
import { say } from '../words.ts';
import { elementOf, problemPanel, show } from './page/elements.ts';
import { readAnswer } from './page/server-answer.ts';

const fileForm = elementOf('file-form', HTMLFormElement);
const fileInput = elementOf('file', HTMLInputElement);
const drop = elementOf('drop', HTMLElement);
const passwordRow = elementOf('password-row', HTMLElement);
const passwordInput = elementOf('password', HTMLInputElement);
const progress = elementOf('progress', HTMLElement);
const bar = elementOf('progress-bar', HTMLProgressElement);
const codeForm = elementOf('code-form', HTMLFormElement);
const codeInput = elementOf('code', HTMLTextAreaElement);
const region = elementOf('result', HTMLElement);

/** XMLHttpRequest because fetch tells nothing about an upload's progress. */
function upload(file: File, onProgress: (share: number) => void): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const form = new FormData();
    form.append('document', file);
    if (!passwordRow.hidden) form.append('password', passwordInput.value);
    const request = new XMLHttpRequest();
    request.open('POST', fileForm.dataset['endpoint'] ?? '');
    request.setRequestHeader('Accept', 'application/json');
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener('load', () => resolve({ status: request.status, text: request.responseText }));
    request.addEventListener('error', () => resolve({ status: 0, text: '' }));
    request.send(form);
  });
}

const busyButton = (busy: boolean): void => {
  const button = fileForm.querySelector('button');
  if (button !== null) button.disabled = busy;
};

/** By type or, where the system knows none, by name. */
function isPicture(file: File): boolean {
  return file.type.startsWith('image/') || /\.(jpe?g|png|webp|heic|bmp)$/i.test(file.name);
}

/** A photo of a license stays on the device: its code is read here, and opens the page of the code. */
async function verifyPhoto(file: File): Promise<void> {
  busyButton(true);
  region.setAttribute('aria-busy', 'true');
  region.innerHTML = html`<p class="wait">
    ${say('正在识别照片中的二维码…', 'Reading the code in the photo…')}
  </p>`.text;
  let digits: string | null = null;
  try {
    // A megabyte that only photos need.
    const { readPhoto } = await import('./page/read-photo.ts');
    digits = await readPhoto(file);
  } catch {
    digits = null;
  }
  busyButton(false);
  if (digits !== null) {
    location.assign(`/v#${digits}`);
    return;
  }
  show(
    region,
    problemPanel(
      { zh: '照片中没有读到证照码', en: 'No license code was found in the photo' },
      {
        zh: '请对准二维码，光线充足、不反光，拍满画面后重试；也可上传证照的 PDF 文件。',
        en: 'Fill the picture with the code, in good light and without glare, and try again; or upload the PDF of the license.',
      },
    ),
  );
  region.focus({ preventScroll: true });
  region.scrollIntoView({ block: 'start' });
}

async function verifyFile(file: File): Promise<void> {
  busyButton(true);
  bar.value = 0;
  progress.hidden = false;
  region.setAttribute('aria-busy', 'true');
  region.innerHTML = html`<p class="wait">${say('正在核验…', 'Verifying…')}</p>`.text;
  const { status, text } = await upload(file, (share) => {
    bar.value = Math.round(share * 100);
  });
  progress.hidden = true;
  busyButton(false);
  const answer = readAnswer(status, text);
  show(
    region,
    answer.kind === 'report'
      ? html`<h2 class="file-name">${file.name}</h2>
          ${renderReport(answer.report)}`
      : problemPanel(answer.title, null),
  );
  if (answer.kind === 'report' && asksPassword(answer.report)) {
    askPassword();
    return;
  }
  forgetPassword();
  region.focus({ preventScroll: true });
  region.scrollIntoView({ block: 'start' });
}

/** The file said that it is encrypted: the field appears, and what stands in it opened nothing. */
function askPassword(): void {
  passwordRow.hidden = false;
  passwordInput.value = '';
  passwordInput.required = true;
  passwordInput.focus();
}

/** Another file, or one that was opened: nothing is kept of the password. */
function forgetPassword(): void {
  passwordRow.hidden = true;
  passwordInput.value = '';
  passwordInput.required = false;
}

fileInput.addEventListener('change', forgetPassword);

fileForm.addEventListener('submit', (event) => {
  const file = fileInput.files?.[0];
  if (file === undefined) return;
  event.preventDefault();
  void (isPicture(file) ? verifyPhoto(file) : verifyFile(file));
});

for (const name of ['dragenter', 'dragover'] as const) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
}

drop.addEventListener('dragleave', () => drop.classList.remove('over'));

drop.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  const { dataTransfer } = event;
  if (dataTransfer === null || dataTransfer.files.length === 0) return;
  fileInput.files = dataTransfer.files;
  forgetPassword();
  fileForm.requestSubmit();
});

codeForm.addEventListener('submit', (event) => {
  const digits = codeInput.value.replace(/^.*#/s, '').replaceAll(/\s/g, '');
  // Anything but digits goes to the server's form, which answers with a reason.
  if (!/^\d+$/.test(digits)) return;
  event.preventDefault();
  location.assign(`/v#${digits}`);
});
