// A page as a picture for screens: SVG of the very glyphs, lines and places that the PDF will have, without its fonts.
import type { PageLayout } from './layout-builder.ts';
import { frameOf } from './page-border.ts';
import { COLOURS } from './page-colours.ts';
import type { PageFonts } from './page-fonts.ts';
import { layoutPages, type PageContent } from './page-layout.ts';
import { QUIET_ZONE } from './code-picture.ts';

/** Modules of the grey square that stands where the code will be (version 12). */
const CODE_MODULES = 65;
const CODE_POINTS = (CODE_MODULES + 2 * QUIET_ZONE) * 5 * (72 / 300);

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function rgb(colour: keyof typeof COLOURS): string {
  return `#${COLOURS[colour]
    .map((part) =>
      Math.round(part * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

function frame({ border, width, height }: PageLayout): string {
  if (border.style === 'none') return '';
  const { lines, strands, strandThickness } = frameOf(border.style, width, height);
  const stroke = `fill="none" stroke="${rgb(border.colour)}"`;
  const drawn = lines.map(({ inset, thickness }) => {
    const [w, h] = [width - 2 * inset, height - 2 * inset].map(rounded);
    return `<rect x="${rounded(inset)}" y="${rounded(inset)}" width="${w ?? ''}" height="${h ?? ''}" ${stroke} stroke-width="${thickness}"/>`;
  });
  const path = strands
    .map((strand) =>
      strand.map((step) => (step.length === 2 ? 'M' : 'C') + step.map(rounded).join(' ')).join(''),
    )
    .join('');
  return (
    drawn.join('') + (path === '' ? '' : `<path d="${path}" ${stroke} stroke-width="${strandThickness}"/>`)
  );
}

function words({ texts, height }: PageLayout, fonts: PageFonts): string {
  const glyphs = new Map<string, string>();
  const uses: string[] = [];
  for (const { text, x, y, size, weight, colour } of texts) {
    const { font } = fonts[weight];
    const scale = size / font.unitsPerEm;
    const run = font.layout(text);
    let at = x;
    run.glyphs.forEach((glyph, index) => {
      const id = `${weight[0] ?? ''}${glyph.id}`;
      if (!glyphs.has(id)) glyphs.set(id, glyph.path.toSVG());
      uses.push(
        `<use href="#${id}" transform="translate(${rounded(at)} ${rounded(height - y)}) scale(${scale.toFixed(6)} -${scale.toFixed(6)})" fill="${rgb(colour)}"/>`,
      );
      at += (run.positions?.[index]?.xAdvance ?? 0) * scale;
    });
  }
  const defined = [...glyphs].map(([id, path]) => `<path id="${id}" d="${path}"/>`).join('');
  return `<defs>${defined}</defs>${uses.join('')}`;
}

function places({ code, photo, height }: PageLayout): string {
  const box = (x: number, y: number, w: number, h: number): string =>
    `<rect x="${rounded(x)}" y="${rounded(y)}" width="${rounded(w)}" height="${rounded(h)}" fill="#e4e7ea" stroke="#6b7280" stroke-width="0.6"/>` +
    `<path d="M${rounded(x)} ${rounded(y)}l${rounded(w)} ${rounded(h)}m0 -${rounded(h)}l-${rounded(w)} ${rounded(h)}" stroke="#6b7280" stroke-width="0.4"/>`;
  return (
    (photo === null ? '' : box(photo.x, height - photo.y - photo.height, photo.width, photo.height)) +
    (code === null ? '' : box(code.x, height - code.y, CODE_POINTS, CODE_POINTS))
  );
}

/** A whole SVG document; a dashed ring of 42 mm stands where the seal will be stamped. */
function pagePicture(layout: PageLayout, fonts: PageFonts): string {
  const { width, height, rules, seal } = layout;
  const lines = rules.map(
    ({ from, to, thickness, colour }) =>
      `<path d="M${rounded(from[0])} ${rounded(height - from[1])}L${rounded(to[0])} ${rounded(height - to[1])}" stroke="${rgb(colour)}" stroke-width="${thickness}"/>`,
  );
  const mm = 72 / 25.4;
  const ring =
    seal === null
      ? ''
      : `<circle cx="${rounded(seal.x * mm)}" cy="${rounded(seal.y * mm)}" r="${rounded(21 * mm)}" fill="none" stroke="#c71e26" stroke-width="1.2" stroke-dasharray="4 3"/>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${rounded(width)} ${rounded(height)}">` +
    `<rect width="100%" height="100%" fill="#fff"/>${frame(layout)}${places(layout)}${lines.join('')}${words(layout, fonts)}${ring}</svg>`
  );
}

/**
 * The pages of a license as pictures, one SVG document each.
 * @throws LicenseError `glyph-missing`, `text-overflow`
 */
export function pagePictures(content: PageContent, fonts: PageFonts): readonly string[] {
  return layoutPages(content, fonts).map((layout) => pagePicture(layout, fonts));
}
