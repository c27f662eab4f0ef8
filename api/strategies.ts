// passport at work inside the interaction pages only: one strategy a method, no session of its own, one outcome a call.
import type { Request, Response } from 'express';
import passport from 'passport';

/** What a strategy came to. */
export type StrategyOutcome<T> =
  | { readonly kind: 'passed'; readonly value: T }
  /** The browser goes elsewhere first. */
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'failed' };

/**
 * Runs one strategy on one request, with nothing left behind: the provider alone keeps sessions.
 * @param request - what the strategy looks at; only `session`, where it wants one, is changed
 * @throws whatever the strategy found wrong.
 */
export function runStrategy<T>(strategy: passport.Strategy, request: object): Promise<StrategyOutcome<T>> {
  return new Promise((resolve, reject) => {
    let location = '';
    const response = {
      statusCode: 0,
      setHeader(name: string, value: string) {
        if (name.toLowerCase() === 'location') location = value;
      },
      end: () => resolve({ kind: 'redirect', location }),
    };
    const fail = (error: unknown): void =>
      reject(error instanceof Error ? error : new Error('The strategy failed.', { cause: error }));
    const authenticate = new passport.Passport().authenticate(
      strategy,
      { session: false },
      (error: unknown, value: unknown) => {
        if (error !== null && error !== undefined) fail(error);
        else
          resolve(
            value === false || value === undefined
              ? { kind: 'failed' }
              : { kind: 'passed', value: value as T },
          );
      },
    ) as (request: Request, response: Response, next: (error?: unknown) => void) => void;
    authenticate(request as Request, response as unknown as Response, fail);
  });
}

/** A strategy whose whole work is one question about one attempt. */
class FactorStrategy<T> extends passport.Strategy {
  readonly ask: () => Promise<T>;

  constructor(name: string, ask: () => Promise<T>) {
    super();
    this.name = name;
    this.ask = ask;
  }

  override authenticate(): void {
    this.ask().then(
      (factor) => this.success(factor as Express.User),
      (error: unknown) => this.error(error),
    );
  }
}

/** Shows one factor, or several at once, through the strategy of its method. @throws IdentityError, CryptoError of the method. */
export async function factorThrough<T>(method: string, ask: () => Promise<T>): Promise<T> {
  const outcome = await runStrategy<T>(new FactorStrategy(method, ask), {});
  if (outcome.kind !== 'passed') throw new Error(`The strategy ${method} came to no factor.`);
  return outcome.value;
}
