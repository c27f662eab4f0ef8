// Load on a serving process: stamps, licenses, whole cases and status changes; remembers exactly what was acknowledged.
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { DemonstrationSeal } from '../../fixtures/seals.ts';
import { enterprises } from '../../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../../fixtures/licenses.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import type { Serving } from './serving.ts';

/** One request as sent, and what was acknowledged of it (null: no answer came). */
export interface Sent {
  readonly kind: 'stamp' | 'license' | 'case' | 'change';
  readonly key: string;
  readonly send: (serving: Serving) => Promise<Response>;
  acknowledged: Acknowledged | null;
}

export interface Acknowledged {
  readonly stamps: readonly { readonly id: string; readonly digest: string }[];
  readonly licenses: readonly { readonly id: string; readonly identifier: string; readonly digest: string }[];
  /** License changed, for a change. */
  readonly revoked: string | null;
}

interface StampAnswer {
  readonly id: string;
  readonly document: { readonly digest: string };
}
interface LicenseAnswer {
  readonly id: string;
  readonly identifier: string;
  readonly document: { readonly digest: string };
}

export class Load {
  readonly sent: Sent[] = [];
  readonly refused: { readonly kind: string; readonly status: number; readonly body: string }[] = [];
  readonly #document: Uint8Array<ArrayBuffer>;
  readonly #seal: DemonstrationSeal;
  readonly #revocable: string[] = [];
  #count = 0;
  #answered = 0;

  constructor(document: Uint8Array, seal: DemonstrationSeal) {
    this.#document = Uint8Array.from(document);
    this.#seal = seal;
  }

  /** Resolves when `count` more requests than now have been answered with success. */
  async answered(count: number): Promise<void> {
    const goal = this.#answered + count;
    while (this.#answered < goal) await pause(2);
  }

  /** Sends requests one after another until the service is gone. */
  async callUntilGone(serving: Serving): Promise<void> {
    for (;;) {
      const request = this.#next();
      this.sent.push(request);
      try {
        const response = await request.send(serving);
        const body = await response.text();
        if (response.status === 201) {
          request.acknowledged = this.#read(request, JSON.parse(body));
          this.#answered += 1;
        } else this.refused.push({ kind: request.kind, status: response.status, body });
      } catch {
        return;
      }
    }
  }

  #read(request: Sent, answer: unknown): Acknowledged {
    const stampOf = ({ id, document }: StampAnswer) => ({ id, digest: document.digest });
    const licenseOf = ({ id, identifier, document }: LicenseAnswer) => {
      this.#revocable.push(id);
      return { id, identifier, digest: document.digest };
    };
    const none: Acknowledged = { stamps: [], licenses: [], revoked: null };
    switch (request.kind) {
      case 'stamp':
        return { ...none, stamps: [stampOf(answer as StampAnswer)] };
      case 'license':
        return { ...none, licenses: [licenseOf(answer as LicenseAnswer)] };
      case 'case': {
        const whole = answer as { decision: StampAnswer; licenses: LicenseAnswer[] };
        return { ...none, stamps: [stampOf(whole.decision)], licenses: whole.licenses.map(licenseOf) };
      }
      case 'change':
        return { ...none, revoked: request.key.split(' ')[1] ?? null };
    }
  }

  #next(): Sent {
    const count = (this.#count += 1);
    const choice = count % 8;
    const revocable = choice === 7 ? this.#revocable.shift() : undefined;
    if (revocable !== undefined) return this.#change(count, revocable);
    if (choice === 5) return this.#case(count);
    if (choice % 2 === 0) return this.#license(count);
    return this.#stamp(count);
  }

  #stamp(count: number): Sent {
    return post('stamp', `stamp ${count}`, '/api/v1/stamps', () => {
      const form = new FormData();
      form.set('seal', this.#seal.sealCode);
      form.set('matter', foodBusinessMatter.code);
      // Every other one with an SM2 seal in a revision before.
      form.set('sm2', count % 4 === 1 ? 'ses' : 'none');
      form.set('x', '150');
      form.set('y', '235');
      form.set('reason', `crash ${count}`);
      form.set('document', new Blob([this.#document], { type: 'application/pdf' }), 'decision.pdf');
      return form;
    });
  }

  #license(count: number): Sent {
    return post('license', `license ${count}`, '/api/v1/licenses', () =>
      JSON.stringify({ ...orderOf(count), matter: foodBusinessMatter.code, case: `crash-${count}` }),
    );
  }

  #case(count: number): Sent {
    return post('case', `case ${count}`, '/api/v1/cases', () => {
      const form = new FormData();
      form.set(
        'case',
        JSON.stringify({
          matter: foodBusinessMatter.code,
          case: `crash-case-${count}`,
          decision: { seal: this.#seal.sealCode, page: 1, x: 150, y: 235 },
          licenses: [orderOf(count)],
        }),
      );
      form.set('document', new Blob([this.#document], { type: 'application/pdf' }), 'decision.pdf');
      return form;
    });
  }

  #change(count: number, license: string): Sent {
    return post('change', `change ${license} ${count}`, `/api/v1/licenses/${license}/status-changes`, () =>
      JSON.stringify({ change: 'revoke', reason: '演示吊销', legalBasis: '食品安全法第一百二十四条' }),
    );
  }
}

function orderOf(count: number) {
  const enterprise = enterprises[count % enterprises.length];
  if (enterprise === undefined) throw new RangeError('The district has no enterprises.');
  const { type, number, holder, face } = foodBusinessLicense(enterprise, count);
  return { type: type.key, number, holder, face };
}

function post(kind: Sent['kind'], key: string, path: string, body: () => FormData | string): Sent {
  return {
    kind,
    key,
    acknowledged: null,
    send: (serving) => {
      const content = body();
      return fetch(`${serving.url}${path}`, {
        method: 'POST',
        body: content,
        headers: {
          Authorization: `Bearer ${serving.apiKeys['approval-office'] ?? ''}`,
          'Idempotency-Key': createHash('sha256').update(key).digest('hex'),
          ...(typeof content === 'string' ? { 'Content-Type': 'application/json' } : {}),
        },
      });
    },
  };
}
