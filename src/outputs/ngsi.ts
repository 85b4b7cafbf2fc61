import { type Carrier, demandSuccess } from "./courier.ts";
import { alertEntity, type NgsiEntity, normalized } from "./ngsi-entities.ts";
import type { Output } from "./output-shape.ts";
import type { HttpParts } from "./webhook.ts";

const AT_ONCE = 100;

interface NgsiParts extends HttpParts {
  /** Bins and vehicles that have changed since a revision of the live picture, and the revision they stand at. */
  readonly changedDevices: (sinceRev: number) => Promise<{ entities: readonly NgsiEntity[]; rev: number }>;
}

/**
 * Tells a context broker (`upsert`) or anybody who takes notifications (`notify`). Alerts come from the journal and are never
 * lost; bins and vehicles are a picture, and only the latest counts.
 */
export function ngsiCarrier(output: Output<"ngsi">, { clock, send, changedDevices }: NgsiParts): Carrier {
  const { secrets, tenant, mode, entities: wanted } = output;
  const base = output.url.replace(/\/+$/, "");
  const url = mode === "upsert" ? `${base}/ngsi-ld/v1/entityOperations/upsert?options=update` : base;
  const devices = wanted.includes("WasteContainer") || wanted.includes("Vehicle");
  let toldRev = 0;

  const post = async (entities: readonly NgsiEntity[], signal: AbortSignal): Promise<void> => {
    for (let i = 0; i < entities.length; i += AT_ONCE) {
      const data = entities.slice(i, i + AT_ONCE).map(normalized);
      const now = clock.now();
      const notification = {
        id: `urn:ngsi-ld:Notification:kerbside:${now}-${i}`,
        type: "Notification",
        subscriptionId: `urn:ngsi-ld:Subscription:kerbside:${output.id}`,
        notifiedAt: new Date(now).toISOString(),
        data,
      };
      const headers = {
        "content-type": "application/ld+json",
        ...(secrets.token !== undefined && { authorization: `Bearer ${secrets.token}` }),
        ...(tenant !== undefined && { "ngsild-tenant": tenant }),
      };
      const body = JSON.stringify(mode === "upsert" ? data : notification);
      demandSuccess(await send({ method: "POST", url, headers, body, signal }));
    }
  };

  return {
    batch: AT_ONCE,
    collectMs: 0,
    everyMs: 0,
    async send(events, signal) {
      if (!wanted.includes("Alert")) return;
      const latest = new Map(events.map(({ alert }) => [alert.id, alert]));
      await post([...latest.values()].map(alertEntity), signal);
    },
    ...(devices && {
      repeat: {
        everyMs: output.everySeconds * 1_000,
        async send(signal) {
          const { entities, rev } = await changedDevices(toldRev);
          await post(
            entities.filter(({ type }) => wanted.includes(type)),
            signal,
          );
          toldRev = rev;
        },
      },
    }),
    async test(signal) {
      const attributes = { description: { is: "Property", value: "A test of the connection" } } as const;
      await post([{ id: "urn:ngsi-ld:Alert:kerbside:test", type: "Alert", attributes }], signal);
      return "the receiver took a test entity";
    },
  };
}
