// The verification page: drop a file, watch it go up, read the report in place; a pasted code opens its own page.
import { html } from '../html.ts';
import { renderReport } from '../report.ts';
import { say } from '../words.ts';
import { elementOf, problemPanel, show } from './page/elements.ts';
import { readAnswer } from './page/server-answer.ts';

const fileForm = elementOf('file-form', HTMLFormElement);
const fileInput = elementOf('file', HTMLInputElement);
const drop = elementOf('drop', HTMLElement);
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

async function verifyFile(file: File): Promise<void> {
  const button = fileForm.querySelector('button');
  if (button !== null) button.disabled = true;
  bar.value = 0;
  progress.hidden = false;
  region.setAttribute('aria-busy', 'true');
  region.innerHTML = html`<p class="wait">${say('正在核验…', 'Verifying…')}</p>`.text;
  const { status, text } = await upload(file, (share) => {
    bar.value = Math.round(share * 100);
  });
  progress.hidden = true;
  if (button !== null) button.disabled = false;
  const answer = readAnswer(status, text);
  show(
    region,
    answer.kind === 'report'
      ? html`<h2 class="file-name">${file.name}</h2>
          ${renderReport(answer.report)}`
      : problemPanel(answer.title, null),
  );
  region.focus({ preventScroll: true });
  region.scrollIntoView({ block: 'start' });
}

fileForm.addEventListener('submit', (event) => {
  const file = fileInput.files?.[0];
  if (file === undefined) return;
  event.preventDefault();
  void verifyFile(file);
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
  fileForm.requestSubmit();
});

codeForm.addEventListener('submit', (event) => {
  const digits = codeInput.value.replace(/^.*#/s, '').replaceAll(/\s/g, '');
  // Anything but digits goes to the server's form, which answers with a reason.
  if (!/^\d+$/.test(digits)) return;
  event.preventDefault();
  location.assign(`/v#${digits}`);
});
