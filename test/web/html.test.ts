// Whatever text goes into a page comes out as text: never as markup, never outside its attribute.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { escapeText, html, Html, ownPath, type HtmlValue } from '../../web/html.ts';
import { scale } from '../scale.ts';

const named: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#96;': '`',
};

/** What a browser reads of escaped text. */
function read(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39|#96);/g, (entity) => named[entity] ?? '?');
}

/** Texts with the characters that matter, more often than chance would give them. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '`', '&', '/', '=', ' ', 'x', '#', ';', '𬭸') }),
  fc.constantFrom('</script><script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '&lt;', '${1}'),
);

describe('web/html', () => {
  it('escapes every text so that it reads back the same and cannot leave its place', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const escaped = escapeText(text);
        assert.doesNotMatch(escaped, /[<>"'`]/);
        assert.equal(read(escaped), text);
        assert.equal(html`<p title="${text}">${text}</p>`.text, `<p title="${escaped}">${escaped}</p>`);
      }),
      { numRuns: scale(500) },
    );
  });

  it('keeps markup made by itself, joins lists, leaves nothing for nothing', () => {
    const list: HtmlValue = ['a<', html`<b>${'&'}</b>`, [1, null, false, undefined]];
    assert.equal(html`<i>${list}</i>`.text, '<i>a&lt;<b>&amp;</b>1</i>');
    assert.equal(html`${new Html('<hr>')}`.text, '<hr>');
  });

  it('never takes an object with a text member for markup', () => {
    const forged = { text: '<script>' } as unknown as string;
    assert.throws(() => html`${forged}`.text);
  });

  it('lets links made from data lead to this site only', () => {
    for (const path of ['/', '/my', '/licenses/lic_1?x=1#y']) assert.equal(ownPath(path), path);
    for (const path of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      'javascript:alert(1)',
      '',
      '/a b',
    ])
      assert.equal(ownPath(path), '/');
    fc.assert(
      fc.property(hostile, (text) => {
        const url = new URL(ownPath(text), 'https://own.example');
        assert.equal(url.origin, 'https://own.example');
      }),
      { numRuns: scale(500) },
    );
  });
});
