import { useComputed } from "@preact/signals";
import { useRef } from "preact/hooks";
import { alertTitle } from "../shared/subtypes.ts";
import { say as sayShared } from "../shared/words.ts";
import { AlertLine } from "./alert-line.tsx";
import { type ListPart, rowsAt } from "./list-rows.ts";
import { subjectName } from "./names.ts";
import { placeName, type WallParts } from "./wall-parts.ts";
import { say } from "./words.ts";

const ROWS = 8;
/** Long enough to read a page from across a hall. */
const PAGE_MS = 8_000;

/** What is grave stays above, the newest of the rest below; both leaf on by themselves, and go back to what has just come. */
export function AlertList(parts: WallParts) {
  const { live } = parts;
  const beat = useComputed(() => Math.floor(live.now.value / PAGE_MS)).value;
  const first = useRef({ newest: "", beat });
  const newest = newestOf(live.alerts.value);
  // One beat more, so that what is new stands for a whole one at least.
  if (newest !== first.current.newest) first.current = { newest, beat: beat + 1 };
  const { upper, lower } = rowsAt(live.alerts.value, ROWS, Math.max(0, beat - first.current.beat));
  return (
    <section class="list">
      {upper.all > 0 && <Part parts={parts} title={say("graveAlerts")} part={upper} />}
      {lower.all > 0 && <Part parts={parts} title={say("otherAlerts")} part={lower} />}
      {upper.all + lower.all === 0 && <p class="empty well">{sayShared("noAlerts")}</p>}
    </section>
  );
}

function Part({ parts, title, part }: { parts: WallParts; title: string; part: ListPart }) {
  const { live, session } = parts;
  const now = live.minute.value + 59_999;
  return (
    <>
      <h2>
        {title}
        <b>{part.all}</b>
        {part.pages > 1 && <small>{say("pageOf", { page: part.page + 1, pages: part.pages })}</small>}
      </h2>
      <ol class="alerts" style={{ flexGrow: part.shown.length }}>
        {part.shown.map((alert) => (
          <AlertLine
            key={alert.id}
            alert={alert}
            title={alertTitle(session, alert)}
            where={placeName(parts, alert.place?.communityId)}
            what={subjectName(alert, parts.district)}
            now={now}
          />
        ))}
      </ol>
    </>
  );
}

function newestOf(alerts: WallParts["live"]["alerts"]["value"]): string {
  let newest: (typeof alerts)[number] | undefined;
  for (const alert of alerts) if (!newest || alert.openedAt > newest.openedAt) newest = alert;
  return newest?.id ?? "";
}
