import { signedHeaders } from "../access/signature.ts";
import type { Clock } from "../domain/time.ts";
import { type Carrier, demandSuccess } from "./courier.ts";
import type { GuardedAnswer, GuardedRequest } from "./guarded-request.ts";
import type { Output } from "./output-shape.ts";

export type Send = (request: GuardedRequest) => Promise<GuardedAnswer>;

/** What every sender over HTTP needs. */
export interface HttpParts {
  readonly clock: Clock;
  readonly send: Send;
}

/** One request per step of an alert, in order, signed. */
export function webhookCarrier({ url, secrets }: Output<"webhook">, { clock, send }: HttpParts): Carrier {
  const post = async (id: string, body: object, signal: AbortSignal): Promise<GuardedAnswer> => {
    const text = JSON.stringify(body);
    // The machine's own time: a receiver compares it with its own, whatever day is being played here.
    const signature = secrets.secret === undefined ? {} : signedHeaders(secrets.secret, id, Date.now(), text);
    const headers = { "content-type": "application/json", "webhook-id": id, ...signature };
    const answer = await send({ method: "POST", url, headers, body: text, signal });
    demandSuccess(answer);
    return answer;
  };
  return {
    batch: 1,
    collectMs: 0,
    everyMs: 0,
    async send([event], signal) {
      if (event) await post(event.id, { type: "alert", ...event }, signal);
    },
    async test(signal) {
      const at = clock.now();
      const answer = await post(`test:${at}`, { type: "test", id: `test:${at}`, at }, signal);
      return `answered ${answer.status}`;
    },
  };
}
