// The verifier's form: takes a code that came with the address, or from a photo of the holder's screen.
import type { Words } from '../../verification/report.ts';
import { tell } from './page/ask.ts';

const code = document.getElementById('code');
const row = document.getElementById('photo-row');
const photo = document.getElementById('photo');
const region = document.getElementById('photo-state');

const reading: Words = { zh: '正在识别…', en: 'Reading…' };
const found: Words = { zh: '已识别亮证码。', en: 'The live code was read.' };
const nothing: Words = {
  zh: '照片中没有读到亮证码，请再拍一次，或键入十位数字。',
  en: 'No live code in the photo: take another, or type the ten digits.',
};

/** A live code and nothing else: 39 digits behind its address. */
function liveCode(text: string): string | null {
  return /^https?:\/\/\S+\/p#\d{39}$/.test(text.trim()) ? text.trim() : null;
}

async function read(input: HTMLInputElement, file: File, says: HTMLElement): Promise<void> {
  tell(says, reading);
  // A megabyte that only photos need.
  const { readPhoto } = await import('./page/read-photo.ts');
  const text = await readPhoto(file, liveCode).catch(() => null);
  if (text !== null) input.value = text;
  tell(says, text === null ? nothing : found);
}

if (code instanceof HTMLInputElement) {
  // What `/p#…` brought along; the digits never were in a request.
  const brought = sessionStorage.getItem('live-code');
  sessionStorage.removeItem('live-code');
  if (brought !== null && /^\d{39}$/.test(brought)) code.value = brought;
  if (row !== null && photo instanceof HTMLInputElement && region !== null) {
    row.hidden = false;
    photo.addEventListener('change', () => {
      const file = photo.files?.[0];
      if (file !== undefined) void read(code, file, region);
    });
  }
}
