// Where the seal of a license stands: what its template says, as an order for one signature.
import type { Placing } from '../signing/placement-order.ts';
import type { PageTemplate } from './template.ts';

/**
 * The seat on the first page, or the same on every page, and the riding seal besides.
 * @param template checked
 */
export function placingOf(template: PageTemplate): Placing {
  const seats = template.pages.map(({ elements }) => elements.find((element) => element.kind === 'seal'));
  const [seat] = seats;
  if (seat === undefined) throw new TypeError('A checked template has a seal place.');
  const centre = { centreX: seat.x, centreY: seat.y };
  const onEvery = seats.length > 1 && seats.every((each) => each !== undefined);
  return {
    place: onEvery ? { pages: 'all', ...centre } : { page: 1, ...centre },
    ...(template.riding === undefined ? {} : { riding: template.riding }),
  };
}
