// The audit trail's events and their words: none without words, no words without an event, no two alike in one language.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { events, eventWords } from '../../web/pages/people/event-words.ts';

describe('events of the audit trail', () => {
  const source = readFileSync(new URL('../../storage/audit-log.ts', import.meta.url), 'utf8');
  const [, list = ''] = /export type AuditAction =([^;]+);/.exec(source) ?? [];
  const actions = Array.from(list.matchAll(/'([^']+)'/g), ([, action = '']) => action);

  it('each have words in both languages', () => {
    assert.ok(actions.length > 150);
    assert.deepEqual(Object.keys(events).toSorted(), actions.toSorted());
    for (const action of actions) {
      const { zh, en } = eventWords(action);
      assert.match(zh, /\p{Script=Han}/u, action);
      assert.match(en, /^[\p{L}\p{N} ,.()-]+$/u, action);
    }
  });

  it('stand as they are called where they are new', () => {
    assert.deepEqual(eventWords('x.y'), { zh: 'x.y', en: '' });
  });
});
