import { createHmac } from "node:crypto";
import type { Logger } from "pino";
import { createSealer } from "../access/sealed.ts";
import type { Center } from "../center/access.ts";
import type { Config } from "../config.ts";
import type { Alert } from "../domain/alert.ts";
import { faultsOf, linesOf } from "../domain/faults.ts";
import { conflict, invalid, notFound } from "../domain/problem.ts";
import type { Actor } from "../domain/roles.ts";
import { type Millis, SECOND } from "../domain/time.ts";
import { alertmanagerCarrier } from "./alertmanager.ts";
import { type Carrier, type Courier, type CourierStatus, type Delivery, startCourier } from "./courier.ts";
import { emailCarrier } from "./email.ts";
import { guardedRequest, parseHosts, reachOutside } from "./guarded-request.ts";
import { devicesIn } from "./live-devices.ts";
import { mqttMirror, type Publish } from "./mqtt-mirror.ts";
import { ngsiCarrier } from "./ngsi.ts";
import { type Output, type OutputInput, outputShape, type SecretField, secretFields } from "./output-shape.ts";
import { eventOf, matches, type OutwardAlert, type OutwardContext, outward } from "./outward.ts";
import { webhookCarrier } from "./webhook.ts";

/** An output as it is kept: its secrets are sealed. */
interface StoredOutput {
  readonly id: string;
  readonly settings: Omit<OutputInput, SecretField>;
  readonly sealed: { readonly [name in SecretField]?: string };
  readonly changedAt: Millis;
  readonly changedBy: string;
}

/** An output as people may see it: of a secret, only that there is one. */
export type ShownOutput = OutputInput & {
  readonly id: string;
  readonly has: readonly SecretField[];
  readonly changedAt: Millis;
  readonly changedBy: string;
  /** Null while it is switched off. */
  readonly status: CourierStatus | null;
};

export interface Outputs {
  /** Delivers from now on; called once, when everything that is published through is there. */
  start(): void;
  all(): ShownOutput[];
  get(id: string): ShownOutput;
  /** @throws Problem 400, 409 when there are too many */
  put(id: string, input: unknown, actor: Actor): Promise<ShownOutput>;
  remove(id: string, actor: Actor): Promise<void>;
  /** Sends something harmless now. */
  test(id: string): Promise<Delivery>;
  /** The latest deliveries since the start, newest first. */
  deliveries(id: string): readonly Delivery[];
  /** An alert as others may know it. */
  outward(alert: Alert): OutwardAlert;
  close(): Promise<void>;
}

interface Parts {
  readonly center: Center;
  readonly config: Config;
  readonly logger: Logger;
  readonly pepper: Uint8Array;
  readonly publish: Publish;
}

const OUTPUTS = "outputs";
const POSITIONS = "outputPositions";
const RETRY_FIRST_MS = SECOND;

/** Everything that tells others of alerts. One courier per output; what they have delivered is a position in the journal. */
export function createOutputs({ center, config, logger, pepper, publish }: Parts): Outputs {
  const { clock, store, alerting } = center;
  const { documents, alertRev } = store.restored;
  const sealer = createSealer(pepper);
  const inside = parseHosts(config.OUTPUT_INSIDE_HOSTS);
  const timeoutMs = config.OUTPUT_TIMEOUT_SECONDS * SECOND;
  const stored = new Map<string, StoredOutput>();
  const positions = new Map<string, number>();
  const couriers = new Map<string, Courier>();
  const devices = devicesIn(center);
  /** Changes of outputs go one after the other: an old courier has ended before the new one starts. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = turn.then(run);
    turn = mine.catch(() => {});
    return mine;
  };
  for (const { collection, id, body } of documents) {
    if (collection === OUTPUTS) stored.set(id, body as unknown as StoredOutput);
    else if (collection === POSITIONS) positions.set(id, (body as { rev: number }).rev);
  }

  const context: OutwardContext = {
    titleOf: (ruleId) => alerting.rulebook.edition(ruleId)?.rule.title ?? { en: ruleId, zh: ruleId },
    isPerson: (id) => center.registry.get(id)?.kind === "person",
    pseudonym: (id) => `person-${createHmac("sha256", pepper).update(`outward ${id}`).digest("hex").slice(0, 12)}`,
  };
  const http = {
    clock,
    send: (request: Parameters<typeof guardedRequest>[0]) =>
      guardedRequest(request, reachOutside(inside), { timeoutMs, answerBytes: config.OUTPUT_ANSWER_BYTES }),
  };
  const openOf = (output: Output) =>
    function* () {
      for (const alert of center.alerts.values()) {
        if (alert.closedAt === null && matches(output.filter, alert)) yield outward(alert, context);
      }
    };
  const opened = ({ id, settings, sealed }: StoredOutput): Output => {
    const secrets = Object.entries(sealed).map(([name, text]) => [name, sealer.open(text)]);
    return { ...settings, id, secrets: Object.fromEntries(secrets) } as Output;
  };

  const carrierOf = (output: Output): Carrier => {
    switch (output.type) {
      case "webhook":
        return webhookCarrier(output as Output<"webhook">, http);
      case "alertmanager":
        return alertmanagerCarrier(output as Output<"alertmanager">, { ...http, open: openOf(output) });
      case "mqtt": {
        const { broker } = output as Output<"mqtt">;
        return mqttMirror({ publish: (...message) => publish(broker, ...message), open: openOf(output) });
      }
      case "ngsi":
        return ngsiCarrier(output as Output<"ngsi">, {
          ...http,
          changedDevices: (sinceRev) => devices.changedSince(sinceRev, output.filter.communityId),
        });
      case "email":
        return emailCarrier(output as Output<"email">, { clock, inside, timeoutMs, timeZone: config.TIME_ZONE });
    }
  };

  const start = (record: StoredOutput): void => {
    if (!record.settings.enabled) return;
    const output = opened(record);
    const { id } = record;
    const courier = startCourier({
      carrier: carrierOf(output),
      clock,
      logger: logger.child({ output: id }),
      startRev: positions.get(id) ?? 0,
      limits: {
        retryFirstMs: RETRY_FIRST_MS,
        retryLastMs: config.OUTPUT_RETRY_LAST_SECONDS * SECOND,
        logEntries: config.OUTPUT_LOG_ENTRIES,
      },
      steps: (afterRev, limit) => store.alertSteps(afterRev, limit),
      // An alert that was archived since is no longer in the live picture.
      headRev: () => Math.max(alertRev, center.alerts.head),
      accepts: (alert) => matches(output.filter, alert),
      eventOf: (entry, alert) => eventOf(entry, alert, context),
      keepPosition(rev) {
        positions.set(id, rev);
        return center.operate((_now, changes) => {
          if (stored.has(id)) changes.putDocument(POSITIONS, id, { rev });
        });
      },
    });
    couriers.set(id, courier);
  };
  const stop = async (id: string): Promise<void> => {
    const courier = couriers.get(id);
    couriers.delete(id);
    await courier?.stop();
  };

  const existing = (id: string): StoredOutput => {
    const record = stored.get(id);
    if (!record) throw notFound(`output ${id}`);
    return record;
  };
  const shown = ({ id, settings, sealed, changedAt, changedBy }: StoredOutput): ShownOutput => {
    const has = Object.keys(sealed) as SecretField[];
    return { ...(settings as OutputInput), id, has, changedAt, changedBy, status: couriers.get(id)?.status ?? null };
  };
  const running = (id: string): Courier => {
    existing(id);
    const courier = couriers.get(id);
    if (!courier) throw conflict("state", "this output is switched off; enable it first");
    return courier;
  };

  center.onSettled(() => {
    for (const courier of couriers.values()) courier.wake();
  });

  return {
    start() {
      for (const record of stored.values()) start(record);
    },
    all: () => [...stored.values()].map(shown),
    get: (id) => shown(existing(id)),

    put: (id, input, actor) =>
      inTurn(async () => {
        const before = stored.get(id);
        const settings = parseOutput(input);
        if (!before && stored.size >= config.OUTPUTS) {
          throw conflict("tooMany", `there are ${config.OUTPUTS} outputs already (OUTPUTS); remove one first`);
        }
        if (before && before.settings.type !== settings.type) {
          throw conflict("type", `output ${id} is of type ${before.settings.type}; remove it to make another one`);
        }
        const { secret, token, password, ...open } = settings as OutputInput & Partial<Record<SecretField, string>>;
        const given = { secret, token, password };
        const sealed: Partial<Record<SecretField, string>> = {};
        for (const name of secretFields) {
          const kept = before?.sealed[name];
          if (given[name]) sealed[name] = sealer.seal(given[name]);
          else if (given[name] === undefined && kept !== undefined) sealed[name] = kept;
        }
        const record = await center.operate((now, changes): StoredOutput => {
          const next = { id, settings: open, sealed, changedAt: now, changedBy: actor.name };
          const details = JSON.parse(JSON.stringify({ ...open, has: Object.keys(sealed) }));
          changes.putDocument(OUTPUTS, id, JSON.parse(JSON.stringify(next)));
          changes.audit.push({ at: now, actor: actor.name, action: "output.change", target: id, details });
          if (!before) {
            // A new one begins now: what has been is history.
            positions.set(id, Math.max(alertRev, center.alerts.head));
            changes.putDocument(POSITIONS, id, { rev: positions.get(id) ?? 0 });
          }
          return next;
        });
        await stop(id);
        stored.set(id, record);
        start(record);
        return shown(record);
      }),

    remove: (id, actor) =>
      inTurn(async () => {
        existing(id);
        stored.delete(id);
        await stop(id);
        positions.delete(id);
        await center.operate((now, changes) => {
          changes.putDocument(OUTPUTS, id, null);
          changes.putDocument(POSITIONS, id, null);
          changes.audit.push({ at: now, actor: actor.name, action: "output.remove", target: id, details: null });
        });
      }),

    test: (id) => running(id).test(),
    deliveries(id) {
      existing(id);
      return couriers.get(id)?.log.toReversed() ?? [];
    },
    outward: (alert) => outward(alert, context),
    async close() {
      await Promise.all([...couriers.keys()].map(stop));
    },
  };
}

/** @throws Problem 400 that names each field */
function parseOutput(input: unknown): OutputInput {
  const parsed = outputShape.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = faultsOf(parsed.error, "output");
  throw invalid(`the output does not fit: ${linesOf(errors.slice(0, 5)).join("; ")}`, { errors });
}
