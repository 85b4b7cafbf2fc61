import { levels } from "../domain/levels.ts";
import type { Clock, Millis } from "../domain/time.ts";
import { type Carrier, demandSuccess } from "./courier.ts";
import type { Output } from "./output-shape.ts";
import type { OutwardAlert } from "./outward.ts";
import type { HttpParts } from "./webhook.ts";

/** An alert as `POST /api/v2/alerts` of Prometheus Alertmanager takes it. */
export interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** An alert that is not said again for so many rounds counts as resolved there: the same factor Prometheus uses. */
const ROUNDS_BELIEVED = 4;
const AT_ONCE = 100;

export function postableAlert(alert: OutwardAlert, now: Millis, believedMs: Millis): PostableAlert {
  const { place, subject, title } = alert;
  const labels: Record<string, string | null> = {
    alertname: alert.ruleId,
    // Labels are what an alert is known by there: nothing that changes during its life but its level.
    severity: levels[alert.level].title.en.toLowerCase(),
    alert_id: alert.id,
    subtype: alert.subtype,
    subject_kind: subject.kind,
    subject: subject.id,
    community: place.communityId,
    grid: place.gridId,
    service: "kerbside",
  };
  const annotations: Record<string, string | null> = {
    summary: `${title.en}: ${subject.id}`,
    summary_zh: `${title.zh}：${subject.id}`,
    state: alert.state,
    location: place.lat === null ? null : `${place.lat},${place.lon}`,
  };
  const given = (fields: Record<string, string | null>) =>
    Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== null));
  return {
    labels: given(labels),
    annotations: given(annotations),
    startsAt: new Date(alert.openedAt).toISOString(),
    endsAt: new Date(alert.closedAt ?? now + believedMs).toISOString(),
  };
}

interface AlertmanagerParts extends HttpParts {
  readonly open: () => Iterable<OutwardAlert>;
}

/** Tells an Alertmanager of open alerts again and again, and of ended ones until it has heard it. */
export function alertmanagerCarrier(output: Output<"alertmanager">, parts: AlertmanagerParts): Carrier {
  const everyMs = output.resendSeconds * 1_000;
  const { token } = output.secrets;
  const url = `${output.url.replace(/\/+$/, "")}/api/v2/alerts`;
  const clock: Clock = parts.clock;
  /** The level an alert was last sent with: with another one it is another alert there, and the first must end. */
  const sentAs = new Map<string, PostableAlert>();

  const post = async (alerts: readonly PostableAlert[], signal: AbortSignal): Promise<void> => {
    for (let i = 0; i < alerts.length; i += AT_ONCE) {
      const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
      const body = JSON.stringify(alerts.slice(i, i + AT_ONCE));
      demandSuccess(await parts.send({ method: "POST", url, headers, body, signal }));
    }
  };
  const tell = async (alerts: Iterable<OutwardAlert>, signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    const latest = new Map(Array.from(alerts, (alert) => [alert.id, alert]));
    const told: PostableAlert[] = [];
    for (const alert of latest.values()) {
      const postable = postableAlert(alert, now, everyMs * ROUNDS_BELIEVED);
      const before = sentAs.get(alert.id);
      if (before && before.labels.severity !== postable.labels.severity) {
        told.push({ ...before, endsAt: new Date(now).toISOString() });
      }
      told.push(postable);
    }
    await post(told, signal);
    for (const alert of latest.values()) {
      if (alert.closedAt !== null) sentAs.delete(alert.id);
      else sentAs.set(alert.id, postableAlert(alert, now, everyMs * ROUNDS_BELIEVED));
    }
  };

  return {
    batch: AT_ONCE,
    collectMs: 0,
    everyMs: 0,
    send: (events, signal) =>
      tell(
        events.map(({ alert }) => alert),
        signal,
      ),
    repeat: { everyMs, send: (signal) => tell(parts.open(), signal) },
    async test(signal) {
      const now = clock.now();
      const labels = { alertname: "KerbsideTest", severity: "info", service: "kerbside" };
      const annotations = { summary: "A test of the connection; it ends by itself within a minute." };
      const [startsAt, endsAt] = [now, now + 60_000].map((at) => new Date(at).toISOString()) as [string, string];
      await post([{ labels, annotations, startsAt, endsAt }], signal);
      return "the Alertmanager took a test alert that ends within a minute";
    },
  };
}
