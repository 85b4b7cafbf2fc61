import type { Carrier } from "./courier.ts";
import type { Output } from "./output-shape.ts";
import type { OutwardAlert } from "./outward.ts";

export type Broker = Output<"mqtt">["broker"];
export type Publish = (broker: Broker, topic: string, payload: string, retain: boolean) => Promise<void>;

interface MirrorParts {
  readonly publish: (topic: string, payload: string, retain: boolean) => Promise<void>;
  readonly open: () => Iterable<OutwardAlert>;
}

/** A broker of others may have forgotten what was retained. */
const REPEAT_MS = 3_600_000;
/** Stands for the community of an alert that has no place. */
const NOWHERE = "none";

export const alertTopic = ({ id, ruleId, place }: Pick<OutwardAlert, "id" | "ruleId" | "place">): string =>
  `kerbside/v1/alerts/${place.communityId ?? NOWHERE}/${ruleId}/${id}`;

/**
 * Alerts as a topic tree for other systems. An alert that has not ended is retained, so who subscribes has the whole picture at
 * once; its end is sent like any step, and then an empty message takes it out of the tree.
 */
export function mqttMirror({ publish, open }: MirrorParts): Carrier {
  const topics = new Map<string, string>();

  const show = async (alert: OutwardAlert): Promise<void> => {
    const topic = alertTopic(alert);
    const before = topics.get(alert.id);
    if (before !== undefined && before !== topic) await publish(before, "", true);
    if (alert.closedAt === null) {
      topics.set(alert.id, topic);
      return publish(topic, JSON.stringify(alert), true);
    }
    topics.delete(alert.id);
    await publish(topic, JSON.stringify(alert), false);
    await publish(topic, "", true);
  };

  return {
    batch: 100,
    collectMs: 0,
    everyMs: 0,
    async send(events) {
      for (const { alert } of events) await show(alert);
    },
    repeat: {
      everyMs: REPEAT_MS,
      async send() {
        for (const alert of open()) await show(alert);
      },
    },
    async test() {
      await publish("kerbside/v1/alerts/test", JSON.stringify({ type: "test" }), false);
      return "published on kerbside/v1/alerts/test";
    },
  };
}
