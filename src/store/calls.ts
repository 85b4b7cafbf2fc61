import { StoreUnavailable } from "./store.ts";

/** Questions and answers between threads: each call has a number, and may be called off. */

interface Port {
  postMessage(message: unknown): void;
  on(event: "message", listener: (message: unknown) => void): unknown;
}

interface Call {
  readonly id: number;
  readonly call: string;
  readonly parameters: unknown[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly heals: boolean; readonly message: string; readonly stack?: string };
}

/** The functions that a thread answers, as the other side sees them. */
export type Calls = Record<string, (...parameters: never[]) => unknown>;

export interface Caller<C extends Calls> {
  ask<N extends keyof C & string>(
    call: N,
    ...parameters: Parameters<C[N]> | [...Parameters<C[N]>, AbortSignal | undefined]
  ): Promise<Awaited<ReturnType<C[N]>>>;
  /** The other side has ended: whoever waits is told why. */
  end(error: Error): void;
}

/** The asking side. A last parameter that is an `AbortSignal` calls the question off. */
export function createCaller<C extends Calls>(port: Port): Caller<C> {
  const pending = new Map<number, { resolve: (result: never) => void; reject: (error: unknown) => void }>();
  let nextId = 1;
  let ended: Error | null = null;
  port.on("message", (message) => {
    const { id, result, error } = message as Answer;
    const call = pending.get(id);
    pending.delete(id);
    if (!error) return call?.resolve(result as never);
    const thrown = error.heals ? new StoreUnavailable(error.message) : new Error(error.message);
    if (error.stack) thrown.stack = error.stack;
    call?.reject(thrown);
  });
  return {
    ask: (call, ...given) =>
      new Promise((resolve, reject) => {
        const last = given.at(-1);
        const signal = last instanceof AbortSignal ? last : undefined;
        const parameters = given.filter((parameter) => !(parameter instanceof AbortSignal));
        if (ended) return reject(ended);
        if (signal?.aborted) return reject(signal.reason);
        const id = nextId++;
        const callOff = () => {
          pending.delete(id);
          port.postMessage({ id, calledOff: true });
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", callOff, { once: true });
        const settle =
          <T>(how: (value: T) => void) =>
          (value: T) => {
            signal?.removeEventListener("abort", callOff);
            how(value);
          };
        pending.set(id, { resolve: settle(resolve), reject: settle(reject) });
        port.postMessage({ id, call, parameters });
      }),
    end(error) {
      ended ??= error;
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    },
  };
}

/**
 * The answering side. A function gets a signal as its last parameter.
 * @param asKnown makes an error what the other side may know of it
 * @param stopped is told of every question that ended unanswered because it was called off
 */
export function answerCalls(
  port: Port,
  calls: Calls,
  asKnown: (error: unknown) => Error,
  stopped: () => void = () => {},
): void {
  const running = new Map<number, AbortController>();
  port.on("message", async (message) => {
    const { id, call, parameters, calledOff } = message as Call & { readonly calledOff?: true };
    if (calledOff) return running.get(id)?.abort();
    const method = calls[call];
    if (!method) return;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const result = await (method as (...given: unknown[]) => unknown)(...parameters, controller.signal);
      port.postMessage({ id, result });
    } catch (error) {
      if (controller.signal.aborted) stopped();
      const known = asKnown(error);
      const heals = known instanceof StoreUnavailable;
      port.postMessage({ id, error: { message: known.message, heals, stack: known.stack } });
    } finally {
      running.delete(id);
    }
  });
}
