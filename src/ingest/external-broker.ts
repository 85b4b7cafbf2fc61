import { connect, type MqttClient } from "mqtt";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Clock } from "../domain/time.ts";
import type { Inbox } from "./inbox.ts";

export interface ExternalParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly inbox: Inbox;
  readonly logger: Logger;
  /** MQTT filters of the dialects, beside the native topics. */
  readonly dialectTopics: readonly string[];
  /** MQTT filters of the mappings in force; tells them at once, and again whenever they change. */
  readonly onMappings: (listener: (filters: readonly string[]) => void) => void;
}

export interface ExternalBroker {
  /** Connections that are up now. */
  readonly connected: number;
  /** Says something of the center's own there too. */
  publish(topic: string, payload: string, retain: boolean): Promise<void>;
  /** Sends a command to a device, through the broker of others. */
  publishCommand(kind: string, deviceId: string, command: object): Promise<void>;
  close(): Promise<void>;
}

const NATIVE_FILTERS = ["telemetry", "event", "status", "reply"].map((channel) => `kerbside/v1/+/+/${channel}`);
const RECONNECT_MS = 2_000;

/**
 * Reads from a broker of others through shared subscriptions. Its PUBACK leaves after the commit; since the client library
 * then takes one message at a time for each connection, several connections form the batches.
 */
export async function connectExternalBroker({
  config,
  clock,
  inbox,
  logger,
  dialectTopics,
  onMappings,
}: ExternalParts): Promise<ExternalBroker> {
  const shared = (filters: readonly string[]) => filters.map((filter) => `$share/${config.MQTT_SHARE_GROUP}/${filter}`);
  const filters = shared([...NATIVE_FILTERS, ...dialectTopics]);
  let mapped: string[] = [];
  const clients: MqttClient[] = [];
  let connected = 0;

  const start = (number: number): Promise<void> =>
    new Promise((resolve) => {
      const client = connect(config.MQTT_URL ?? "", {
        clientId: `kerbside-ingest-${config.MQTT_SHARE_GROUP}-${number}`,
        clean: false,
        reconnectPeriod: RECONNECT_MS,
        resubscribe: false,
      });
      clients.push(client);
      client.handleMessage = (packet, done) => {
        const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
        // A retained message is what was once true: it is no news.
        if (packet.retain) return done();
        inbox.submit({ topic: packet.topic, payload, receivedAt: clock.now(), principal: null }, () => done());
      };
      let up = false;
      client.on("connect", () => {
        if (!up) connected++;
        up = true;
        client.subscribe([...filters, ...mapped], { qos: 1 }, (error, granted) => {
          const refused = granted?.filter(({ qos }) => qos >= 128).map(({ topic }) => topic) ?? [];
          if (error || refused.length > 0) logger.error({ err: error, refused }, "the broker refuses subscriptions");
          resolve();
        });
      });
      client.on("close", () => {
        if (up) connected--;
        up = false;
      });
      client.on("error", (error) => {
        if (number === 0) logger.warn({ err: error }, "the external broker cannot be reached; trying again");
        resolve();
      });
      // A broker that is down must not keep the center from starting.
      client.on("offline", () => resolve());
    });

  onMappings((topics) => {
    const next = shared(topics);
    const gone = mapped.filter((filter) => !next.includes(filter));
    const added = next.filter((filter) => !mapped.includes(filter));
    mapped = next;
    // A client that is not connected subscribes to all of them when it is.
    for (const client of clients.filter(({ connected }) => connected)) {
      if (gone.length > 0) client.unsubscribe(gone);
      if (added.length > 0) client.subscribe(added, { qos: 1 });
    }
  });

  await Promise.all(Array.from({ length: Math.max(1, config.MQTT_CONNECTIONS) }, (_, number) => start(number)));
  const say: ExternalBroker["publish"] = async (topic, payload, retain) => {
    // The library would keep it until the connection is back, and nobody would know that it has not left.
    const client = clients.find(({ connected }) => connected);
    if (!client) throw new Error("the external broker is not connected");
    await client.publishAsync(topic, payload, { qos: 1, retain });
  };
  return {
    get connected() {
      return connected;
    },
    publish: say,
    publishCommand: (kind, deviceId, command) =>
      say(`kerbside/v1/${kind}/${deviceId}/command`, JSON.stringify(command), false),
    async close() {
      await Promise.all(clients.map((client) => client.endAsync(true)));
    },
  };
}
