// An SVG that was supplied, made safe by reading only shapes out of it; what is drawn later is our own drawing of them.
import { then, type Affine, type Colour, type OutlineStep, type Stroke } from './drawing.ts';
import { readSvgElements, refusedSvg, short, type SvgElement } from './svg-elements.ts';
import { readSvgPath } from './svg-path.ts';
import { shapeOutline } from './svg-shapes.ts';
import { readColour, readLength, readNumber, readNumbers, readTransform } from './svg-values.ts';

/** A shape in the picture's own units, y downwards as SVG counts. */
export interface SvgFigure {
  readonly outline: readonly OutlineStep[];
  readonly place: Affine;
  readonly fill: Colour | null;
  readonly rule: 'nonzero' | 'evenodd';
  readonly stroke: Stroke | null;
}

export interface SvgPicture {
  /** Left, top, width, height. */
  readonly viewBox: readonly [number, number, number, number];
  readonly figures: readonly SvgFigure[];
}

interface Style {
  readonly fill: Colour | null;
  readonly rule: 'nonzero' | 'evenodd';
  readonly stroke: Colour | null;
  readonly width: number;
  readonly cap: Stroke['cap'];
  readonly join: Stroke['join'];
  readonly place: Affine;
}

const mostSteps = 100_000;
const upright: Affine = [1, 0, 0, 1, 0, 0];
const start: Style = {
  fill: [0, 0, 0],
  rule: 'nonzero',
  stroke: null,
  width: 1,
  cap: 'butt',
  join: 'miter',
  place: upright,
};

/** Attributes that say nothing about the drawing. */
const silent: ReadonlySet<string> = new Set(['id', 'version', 'xmlns', 'role', 'baseProfile']);
const styling: ReadonlySet<string> = new Set([
  'fill',
  'fill-rule',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-linecap',
  'stroke-linejoin',
  'stroke-opacity',
  'opacity',
]);
const shapes: Readonly<Record<string, readonly string[]>> = {
  path: ['d'],
  rect: ['x', 'y', 'width', 'height', 'rx', 'ry'],
  circle: ['cx', 'cy', 'r'],
  ellipse: ['cx', 'cy', 'rx', 'ry'],
  polygon: ['points'],
  polyline: ['points'],
  line: ['x1', 'y1', 'x2', 'y2'],
};

/**
 * Shapes, groups, plain colours and transforms. Scripts, styles, links, text, images, references, filters, animation,
 * transparency and every attribute not known here are refused by name.
 * @throws SigningError `picture-refused`
 */
export function readSvg(text: string): SvgPicture {
  const root = readSvgElements(text);
  if (root.name !== 'svg') throw refusedSvg('its root is not svg');
  const { attributes } = root;
  if ((attributes.get('xmlns') ?? '') !== 'http://www.w3.org/2000/svg') {
    throw refusedSvg('its root is not in the namespace of SVG');
  }
  const figures: SvgFigure[] = [];
  let steps = 0;
  const visit = (element: SvgElement, inherited: Style): void => {
    const geometry = shapes[element.name];
    const style = styleOf(
      element,
      inherited,
      geometry ?? (element === root ? ['width', 'height', 'viewBox'] : []),
    );
    if (element === root || element.name === 'g') {
      for (const child of element.children) visit(child, style);
      return;
    }
    if (element.name === 'title' || element.name === 'desc') return;
    if (geometry === undefined) throw refusedSvg(`the element ${short(element.name)} is not allowed`);
    if (element.children.some(({ name }) => name !== 'title' && name !== 'desc')) {
      throw refusedSvg(`the element ${element.name} has something inside`);
    }
    const outline =
      element.name === 'path' ? readSvgPath(element.attributes.get('d') ?? '') : shapeOutline(element);
    steps += outline.length;
    if (steps > mostSteps) throw refusedSvg('it has too many steps');
    const stroke: Stroke | null =
      style.stroke === null || style.width === 0
        ? null
        : { colour: style.stroke, width: style.width, cap: style.cap, join: style.join };
    const fill = element.name === 'line' ? null : style.fill;
    if (outline.length > 1 && (fill !== null || stroke !== null)) {
      figures.push({ outline, place: style.place, fill, rule: style.rule, stroke });
    }
  };
  visit(root, start);
  if (figures.length === 0) throw refusedSvg('it draws nothing');
  return { viewBox: viewBoxOf(attributes), figures };
}

function viewBoxOf(attributes: ReadonlyMap<string, string>): SvgPicture['viewBox'] {
  const written = attributes.get('viewBox');
  const [x, y, width, height] =
    written === undefined
      ? [0, 0, readLength(attributes.get('width') ?? ''), readLength(attributes.get('height') ?? '')]
      : readNumbers(written, 4);
  if (x === undefined || y === undefined || width === undefined || height === undefined) {
    throw refusedSvg('it has no size');
  }
  if (!(width > 0 && height > 0) || width / height > 20 || height / width > 20) {
    throw refusedSvg('its size is none of a picture');
  }
  return [x, y, width, height];
}

function styleOf(element: SvgElement, inherited: Style, geometry: readonly string[]): Style {
  let style = inherited;
  const properties = new Map<string, string>();
  for (const [name, value] of element.attributes) {
    if (styling.has(name)) properties.set(name, value);
    else if (name === 'transform') style = { ...style, place: then(readTransform(value), style.place) };
    else if (name === 'style') {
      for (const [property, own] of readDeclarations(value)) properties.set(property, own);
    } else if (!geometry.includes(name) && !silent.has(name)) {
      throw refusedSvg(`the attribute ${short(name)} is not allowed`);
    }
  }
  for (const [name, value] of properties) style = withProperty(style, name, value.trim());
  return style;
}

function readDeclarations(text: string): [string, string][] {
  return text
    .split(';')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [, name = '', value = ''] = /^\s*([a-z-]+)\s*:\s*([^:;{}@\\/*]+)$/.exec(part) ?? [];
      if (!styling.has(name)) throw refusedSvg(`the style ${short(part.trim())} is not allowed`);
      return [name, value];
    });
}

function withProperty(style: Style, name: string, value: string): Style {
  switch (name) {
    case 'fill':
      return { ...style, fill: readColour(value) };
    case 'stroke':
      return { ...style, stroke: readColour(value) };
    case 'stroke-width': {
      const width = readLength(value);
      if (width < 0 || width > 1e5) throw refusedSvg('a stroke has a wrong width');
      return { ...style, width };
    }
    case 'fill-rule':
      if (value !== 'nonzero' && value !== 'evenodd') throw refusedSvg('a fill rule is unknown');
      return { ...style, rule: value };
    case 'stroke-linecap':
      if (value !== 'butt' && value !== 'round' && value !== 'square')
        throw refusedSvg('a line cap is unknown');
      return { ...style, cap: value };
    case 'stroke-linejoin':
      if (value !== 'miter' && value !== 'round' && value !== 'bevel')
        throw refusedSvg('a line join is unknown');
      return { ...style, join: value };
    default:
      // opacity, fill-opacity, stroke-opacity: seals go into files that allow no transparency.
      if (readNumber(value) !== 1) throw refusedSvg('something in it is half transparent');
      return style;
  }
}
