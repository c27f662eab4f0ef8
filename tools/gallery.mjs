// Draws every kind of seal and every kind of place as PNG, with a page that shows them: npm run gallery [-- --out DIR]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { joinBytes } from '../formats/bytes.ts';
import { bytesSource } from '../formats/pdf/source.ts';
import { finishSignature } from '../signing/finish.ts';
import { prepareSignature } from '../signing/prepare.ts';
import { sizeOf } from '../signing/seal-picture/description.ts';
import { drawSeal } from '../signing/seal-picture/draw-seal.ts';
import { sealAppearance } from '../signing/seal-picture/seal-appearance.ts';
import { svgPicture } from '../signing/seal-picture/svg.ts';
import { sealPlacing } from '../signing/seal-placing.ts';
import { galleryPlaces, gallerySeals } from './gallery-samples.mjs';

const { values } = parseArgs({ options: { out: { type: 'string', default: 'gallery' } } });
const folder = resolve(values.out);
const scratch = mkdtempSync(join(tmpdir(), 'yinxin-gallery-'));
mkdirSync(folder, { recursive: true });

/** A page of the seal's own size that shows nothing else. */
function sealPage(description) {
  const { width, height } = sizeOf(description);
  const [w, h] = [((width + 4) * 72) / 25.4, ((height + 4) * 72) / 25.4];
  return stamped(blank([[w, h]]), description, {
    place: { page: 1, centreX: (width + 4) / 2, centreY: (height + 4) / 2 },
  });
}

function blank(pages) {
  const kids = pages.map((_, i) => `${3 + i} 0 R`).join(' ');
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${kids}]/Count ${pages.length}>>`,
    ...pages.map(([w, h]) => `<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${w.toFixed(3)} ${h.toFixed(3)}]>>`),
  ];
  let text = '%PDF-1.7\n';
  const rows = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const size = objects.length + 1;
  text += `xref\n0 ${size}\n0000000000 65535 f \n${rows.join('')}trailer\n<</Size ${size}/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF\n`;
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Placed as a stamp places it; the value of the signature is left empty, since only pictures are wanted. */
async function stamped(pdf, description, placing) {
  const seal = { appearance: sealAppearance(description), size: sizeOf(description) };
  const { place, showings } = sealPlacing(seal, placing);
  const time = new Date('2026-11-22T05:06:07Z');
  const prepared = await prepareSignature(bytesSource(pdf), { time, contentsCapacity: 16, place });
  const appended = finishSignature(prepared, Uint8Array.of(0x30, 0));
  const invisible = await prepareSignature(bytesSource(pdf), { time, contentsCapacity: 16 });
  const bytesAdded = appended.length - (invisible.before.length + invisible.after.length + 34);
  return { pdf: joinBytes([pdf, appended]), showings: showings(), bytesAdded };
}

/** @returns names of the PNGs, one a page */
function rendered(name, pdf, dpi, pages = 1) {
  const file = join(scratch, `${name}.pdf`);
  writeFileSync(file, pdf);
  const names = [];
  for (let page = 1; page <= pages; page++) {
    const png = pages === 1 ? name : `${name}-${page}`;
    const range = ['-f', String(page), '-l', String(page)];
    execFileSync('pdftoppm', [
      '-png',
      '-cropbox',
      '-r',
      String(dpi),
      ...range,
      '-singlefile',
      file,
      join(folder, png),
    ]);
    names.push(`${png}.png`);
  }
  return names;
}

const sections = [];
try {
  const seals = [];
  for (const [name, title, description] of gallerySeals) {
    const { pdf, bytesAdded } = await sealPage(description);
    const [png] = rendered(`seal-${name}`, pdf, 300);
    writeFileSync(join(folder, `seal-${name}.svg`), svgPicture(drawSeal(description), title));
    const { width, height } = sizeOf(description);
    seals.push({
      title: `${title}: ${width} × ${height} mm, ${bytesAdded} bytes in the PDF`,
      images: [png, `seal-${name}.svg`],
    });
  }
  sections.push(['印章 Seals (PNG by another program from the PDF, SVG by ours)', seals]);
  const places = [];
  for (const [name, title, pdf, pages, description, placing, shown] of galleryPlaces) {
    const made = await stamped(pdf, description, placing);
    const where = made.showings.map(({ page, centreX, centreY }) => `p. ${page}: ${centreX}, ${centreY}`);
    const told = where.length > 6 ? `${where.slice(0, 6).join('; ')} … (${where.length})` : where.join('; ');
    const images = rendered(`place-${name}`, made.pdf, 50, Math.min(pages, shown ?? pages));
    places.push({ title: `${title}: ${told}; ${made.bytesAdded} bytes`, images });
  }
  sections.push(['用印位置 Places', places]);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const figure = ({ title, images }) =>
  `<figure><div>${images.map((image) => `<img src="${image}" alt="">`).join('')}</div><figcaption>${escaped(title)}</figcaption></figure>`;
const body = sections
  .map(
    ([title, figures]) => `<h2>${escaped(title)}</h2>\n<section>${figures.map(figure).join('\n')}</section>`,
  )
  .join('\n');
writeFileSync(
  join(folder, 'index.html'),
  `<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>印信: seals and places</title>
<style>body{font:14px/1.5 system-ui;margin:1rem;background:#eee;color:#222}section{display:flex;flex-wrap:wrap;gap:1rem}
figure{margin:0;padding:.6rem;background:#fff;border:1px solid #ccc;max-width:100%}figure div{display:flex;flex-wrap:wrap;gap:.4rem}
img{max-height:260px;border:1px solid #ddd;background:#fff}figcaption{max-width:40rem}</style>
<h1>印信: seals and places</h1>
${body}
</html>
`,
);
process.stdout.write(`${join(folder, 'index.html')}\n`);
