import { AlertLine } from "../shared/alert-line.tsx";
import { pinnedSelection } from "../shared/alert-order.ts";
import { say as sayShared } from "../shared/words.ts";
import { placeName, type WallParts } from "./wall-parts.ts";
import { say } from "./words.ts";

const SHOWN = 8;

/** The newest alerts, the grave ones on top: what is new slides in. */
export function AlertList(parts: WallParts) {
  const { live, session } = parts;
  const shown = pinnedSelection(live.alerts.value, SHOWN);
  const now = live.minute.value + 59_999;
  return (
    <section class="list">
      <h2>{say("newest")}</h2>
      <ol class="alerts">
        {shown.map((alert) => (
          <AlertLine
            key={alert.id}
            alert={alert}
            title={session.ruleTitle(alert.ruleId)}
            where={placeName(parts, alert.place?.communityId)}
            now={now}
          />
        ))}
        {shown.length === 0 && <li class="empty">{sayShared("noAlerts")}</li>}
      </ol>
    </section>
  );
}
