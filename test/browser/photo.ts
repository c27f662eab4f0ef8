// Photos of printed licenses as phones take them: turned, in uneven light, with noise and blur, as JPEG.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { run } from '../programs.ts';

export interface Shot {
  /** Degrees, clockwise. */
  readonly turned: number;
  /** Of 255, either way. */
  readonly noise: number;
  /** Pixels. */
  readonly blur: number;
  /** How much darker the far corner is, 0 to 1. */
  readonly shade: number;
  /** How little light there is: 1 a bright room, 0.25 a dim corridor; 1 where left out. */
  readonly light?: number;
  /** A stain on the paper: its middle in the picture and its radius, in the picture's pixels. */
  readonly stain?: { readonly x: number; readonly y: number; readonly radius: number };
}

/** A steady hand in an office. */
export const fairShot: Shot = { turned: 7, noise: 24, blur: 0.7, shade: 0.35 };

/**
 * The first page as a printer puts it on paper.
 * @param density pixels an inch: 170 as a small camera sees a whole page, 300 as one of twelve megapixels does
 */
export async function printed(pdftoppm: string, pdf: Uint8Array, density = 170): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'yinxin-photo-'));
  try {
    const [source, page] = [join(folder, 'page.pdf'), join(folder, 'page')];
    await writeFile(source, pdf);
    run(pdftoppm, ['-png', '-r', String(density), '-singlefile', source, page]);
    return new Uint8Array(await readFile(`${page}.png`));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Photographs a picture (PNG). @returns JPEG */
export async function photograph(browser: Browser, png: Uint8Array, shot: Shot): Promise<Buffer> {
  const page = await browser.newPage();
  try {
    const address = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
    const taken = await page.evaluate<string>(`(async () => {
      const shot = ${JSON.stringify(shot)};
      const image = new Image();
      image.src = ${JSON.stringify(address)};
      await image.decode();
      const canvas = document.createElement('canvas');
      const side = Math.ceil(Math.hypot(image.width, image.height) * 1.02);
      canvas.width = side;
      canvas.height = Math.ceil(side * 0.8);
      const context = canvas.getContext('2d');
      context.fillStyle = '#8a7a66';
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.translate(canvas.width / 2, canvas.height / 2);
      context.rotate((shot.turned * Math.PI) / 180);
      context.filter = 'blur(' + shot.blur + 'px)';
      context.drawImage(image, -image.width / 2, -image.height / 2);
      if (shot.stain) {
        context.fillStyle = '#5b4a33';
        context.beginPath();
        context.arc(shot.stain.x - image.width / 2, shot.stain.y - image.height / 2, shot.stain.radius, 0, 7);
        context.fill();
      }
      const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
      let state = 4711;
      for (let at = 0; at < pixels.data.length; at += 4) {
        state = (state * 1103515245 + 12345) % 2147483648;
        const x = ((at / 4) % canvas.width) / canvas.width;
        const y = at / 4 / canvas.width / canvas.height;
        const light = (shot.light ?? 1) * (1 - (shot.shade * (x + y)) / 2);
        const noise = (state / 2147483648 - 0.5) * 2 * shot.noise;
        for (let channel = 0; channel < 3; channel += 1)
          pixels.data[at + channel] = pixels.data[at + channel] * light + noise;
      }
      context.putImageData(pixels, 0, 0);
      return canvas.toDataURL('image/jpeg', 0.72);
    })()`);
    return Buffer.from(taken.split(',')[1] ?? '', 'base64');
  } finally {
    await page.close();
  }
}
